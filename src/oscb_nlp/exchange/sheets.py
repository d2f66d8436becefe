"""Coding sheets: Excel workbooks in which a person codes passages.

A sheet holds passages with what stands before them, the model's suggestions unless the coder is
to be blind, and drop-down lists from the codebook. A row counts once its column "checked" says
yes; it is known by its passage and words, so rows may be sorted anew or left away.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from oscb_nlp.codebook import STANCES, Codebook
from oscb_nlp.codings import text_key
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.redaction import redact, redact_spans
from oscb_nlp.tables import formula_safe, zip_without_times

__all__ = ["CODING_TAB", "NEEDED", "NEVER_SAVED", "SLOTS", "Suggestion", "sheet_bytes"]

SLOTS = 6
"""Themes that a passage can be given in a sheet."""
CODING_TAB = "Coding"
NEVER_SAVED = 1980
"""The year that a sheet bears until somebody saves it."""
_PLAIN = ("passage_id", "key", "review", "year", "page", "number", "heading", "before", "passage")
_CODES = tuple(f"{name} {slot}" for slot in range(1, SLOTS + 1) for name in ("theme", "stance"))
_COLUMNS = (*_PLAIN, "suggested", *_CODES, "checked", "coder", "note")
NEEDED = ("passage_id", "key", *_CODES, "checked")
"""Columns without which a sheet cannot be read back."""
_OPEN = (*_CODES, "checked", "coder", "note")  # what a coder may write in
_WIDTHS = {
    "review": 24, "year": 7, "page": 6, "number": 10, "heading": 22, "before": 40, "passage": 80,
    "suggested": 30, "theme": 28, "stance": 16, "checked": 10, "coder": 14, "note": 30,
}  # fmt: skip
_WRAPPED = frozenset({"review", "heading", "before", "passage", "suggested", "note"})
_LONGEST = 32_767  # characters that a cell of Excel takes
_LINE, _TALLEST = 15.0, 300.0  # points
_HEAD = PatternFill("solid", fgColor="1F3A4D")
_WRITE_HERE = PatternFill("solid", fgColor="FFF8E1")


class Suggestion(NamedTuple):
    """A theme that is suggested for a passage, with its stance, score and evidence spans."""

    theme: str
    stance: str
    score: float
    spans: tuple[tuple[int, int], ...] = ()


def sheet_bytes(
    tagged: TaggedCorpus,
    passage_ids: Sequence[str],
    suggestions: Mapping[str, Sequence[Suggestion]] | None = None,
    coder: str = "",
    remarks: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook for coding passages.

    Parameters
    ----------
    tagged
        The corpus that the passages are of.
    passage_ids
        The passages, in the order in which they are to be read.
    suggestions
        Themes by passage; None for a blind sheet, which shows none.
    coder
        Who will code; may be left to be filled in.
    remarks
        Text for the column ``suggested`` in place of the suggestions, by passage: what
        coders disagreed on.

    Returns
    -------
    bytes
        An ``.xlsx`` file with the tabs Coding, Codebook, Instructions and Progress. Contact
        details are redacted, and no cell with text of a review can run as a formula.
    """
    book = Workbook()
    coding = book.active
    coding.title = CODING_TAB
    codebook = tagged.codebook
    _fill_coding(coding, _rows(tagged, passage_ids, suggestions, coder, remarks or {}))
    _fill_codebook(book.create_sheet("Codebook"), codebook)
    _fill_instructions(book.create_sheet("Instructions"), suggestions is None)
    _fill_progress(book.create_sheet("Progress"), len(passage_ids))
    _validate(coding, len(passage_ids), len(codebook.ids))
    for tab in book.worksheets:
        tab.protection.sheet = True
        tab.protection.formatColumns = tab.protection.formatRows = False
        tab.protection.autoFilter = tab.protection.sort = False
    buffer = io.BytesIO()
    book.save(buffer)
    return zip_without_times(buffer.getvalue())


def _rows(
    tagged: TaggedCorpus,
    passage_ids: Sequence[str],
    suggestions: Mapping[str, Sequence[Suggestion]] | None,
    coder: str,
    remarks: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    passages = tagged.passages.set_index("passage_id")
    before = tagged.passages["text"].where(
        tagged.passages["document_id"] == tagged.passages["document_id"].shift(), None
    )
    before = dict(
        zip(
            tagged.passages["passage_id"],
            tagged.passages["text"].shift().where(before.notna(), ""),
            strict=True,
        )
    )
    documents = tagged.documents.set_index("document_id")
    for passage_id in passage_ids:
        passage = passages.loc[passage_id]
        document = documents.loc[passage["document_id"]]
        mine = (suggestions or {}).get(passage_id, ())[:SLOTS]
        row: dict[str, Any] = {
            "passage_id": passage_id,
            "key": text_key(passage["text"]),
            "review": document["title"] or Path(document["file"]).name,
            "year": "" if pd.isna(document["year"]) else int(document["year"]),
            "page": int(passage["page"]),
            "number": passage["number"],
            "heading": redact(passage["heading"]),
            "before": redact(before[passage_id] or ""),
            "passage": _marked(passage["text"], [span for s in mine for span in s.spans]),
            "suggested": remarks.get(passage_id)
            or "; ".join(f"{s.theme}: {s.stance} ({s.score:.2f})" for s in mine),
            "coder": coder,
        }
        for slot, suggestion in enumerate(mine, 1):
            row |= {f"theme {slot}": suggestion.theme, f"stance {slot}": suggestion.stance}
        yield row


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str | CellRichText:
    """Return a text with its evidence in bold; without contact details."""
    text, spans = redact_spans(_held(text), spans)
    if len(text) > _LONGEST:
        return text[:_LONGEST]
    bold = InlineFont(b=True)
    parts: list[str | TextBlock] = []
    at = 0
    for start, end in sorted(spans):
        if start < at or (start, end) == (0, len(text)):
            continue
        parts += [text[at:start]] if start > at else []
        parts.append(TextBlock(bold, text[start:end]))
        at = end
    parts += [text[at:]] if at < len(text) else []
    return CellRichText(*parts) if at else text


def _fill_coding(tab: Worksheet, rows: Iterator[dict[str, Any]]) -> None:
    _head(tab, _COLUMNS)
    for at, row in enumerate(rows, 2):
        for column, name in enumerate(_COLUMNS, 1):
            cell = tab.cell(at, column)
            _set(cell, row.get(name, ""))
            cell.alignment = Alignment(wrap_text=name in _WRAPPED, vertical="top")
            if name in _OPEN:
                cell.protection = Protection(locked=False)
                cell.fill = _WRITE_HERE
        tab.row_dimensions[at].height = _height(row)
    for name in ("passage_id", "key"):
        tab.column_dimensions[get_column_letter(_COLUMNS.index(name) + 1)].hidden = True
    tab.freeze_panes = tab.cell(2, _COLUMNS.index("review") + 1)
    tab.auto_filter.ref = tab.dimensions


def _height(row: Mapping[str, Any]) -> float:
    """Return how tall a row must be for its wrapped texts; not every program finds that out."""
    lines = max(-(-len(str(row.get(name) or "")) // _WIDTHS[name]) for name in _WRAPPED)
    return min(_TALLEST, _LINE * (lines + 1))


def _set(cell: Cell, value: Any) -> None:
    """Set a cell; text that begins like a formula is text, also once somebody edits it."""
    cell.value = _held(value) if isinstance(value, str) else value
    if isinstance(value, str) and formula_safe(value) != value:
        cell.data_type = "s"
        cell.quotePrefix = True


def _held(text: str) -> str:
    """Return a text without the characters that no workbook can hold."""
    return str(ILLEGAL_CHARACTERS_RE.sub(" ", text))


def _head(tab: Worksheet, names: Sequence[str]) -> None:
    for column, name in enumerate(names, 1):
        cell = tab.cell(1, column, name)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = _HEAD
        tab.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(
            name.partition(" ")[0], 18
        )


def _fill_codebook(tab: Worksheet, codebook: Codebook) -> None:
    _head(tab, ("theme", "label", "definition", "include", "exclude", "", "stance", "meaning"))
    for at, theme in enumerate(codebook, 2):
        texts = (
            theme.id,
            theme.label,
            theme.definition,
            "\n".join(theme.include),
            "\n".join(theme.exclude),
        )
        for column, text in enumerate(texts, 1):
            _set(tab.cell(at, column), text)
            tab.cell(at, column).alignment = Alignment(wrap_text=True, vertical="top")
    for at, stance in enumerate(codebook.stances, 2):
        _set(tab.cell(at, 7), stance.id)
        _set(tab.cell(at, 8), stance.definition)
        tab.cell(at, 8).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("BCDEGH", (30, 60, 60, 60, 18, 60), strict=True):
        tab.column_dimensions[letter].width = width


def _fill_instructions(tab: Worksheet, blind: bool) -> None:
    lines = (
        "Read each passage with its heading; the column before shows what stands ahead of it.",
        "Give every theme that the passage is really about, and to each its stance; none is an answer too.",
        "The lists in the theme and stance columns come from the tab Codebook, where each is defined.",
        "Without suggestions: code from the passage and the codebook alone."
        if blind
        else "Themes are filled in as the model suggests them, its evidence in bold: correct, add and delete.",
        "Set checked to yes once a row is as you mean it. Rows that are not checked are not imported.",
        "Write your name in the column coder, one name a row. Notes are for you.",
        "You may filter and stop at any time; an import takes what is checked so far.",
        "Do not rename headers or merge cells.",
    )
    tab.column_dimensions["A"].width = 110
    for at, line in enumerate(lines, 1):
        tab.cell(at, 1, line)


def _fill_progress(tab: Worksheet, passages: int) -> None:
    column = get_column_letter(_COLUMNS.index("checked") + 1)
    cells = f"{CODING_TAB}!${column}$2:${column}${passages + 1}"
    rows = (
        ("Passages", passages),
        ("Checked", f'=COUNTIF({cells},"yes")'),
        ("Still to check", "=B1-B2"),
        ("Share", "=IF(B1=0,0,B2/B1)"),
    )
    tab.column_dimensions["A"].width = 18
    for at, (label, value) in enumerate(rows, 1):
        tab.cell(at, 1, label)
        tab.cell(at, 2, value)
    tab["B4"].number_format = "0%"


def _validate(tab: Worksheet, passages: int, themes: int) -> None:
    lists = {
        "theme": f"Codebook!$A$2:$A${themes + 1}",
        "stance": f"Codebook!$G$2:$G${len(STANCES) + 1}",
        "checked": '"yes"',
    }
    for name, source in lists.items():
        rule = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=True)
        rule.error = f"Choose a {name} from the list"
        tab.add_data_validation(rule)
        for column, header in enumerate(_COLUMNS, 1):
            if header.split()[0] == name and passages:
                letter = get_column_letter(column)
                rule.add(f"{letter}2:{letter}{passages + 1}")
