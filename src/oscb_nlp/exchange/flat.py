"""Coded passages as one flat table, a row for each passage and theme: CSV, Excel, Parquet.

In CSV and Excel a cell that begins as a formula does has an apostrophe before it, so that no
program runs what a document says. Parquet has the words as they are, and evidence as spans.

Not held: passages without a theme, and what each coder said where several read a passage: a row
is a code that stands, with the names of those who gave it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from oscb_nlp.codebook import Codebook
from oscb_nlp.exchange.coded import CodedPassage, Given, Review
from oscb_nlp.tables import formula_safe, pack

__all__ = ["to_csv", "to_parquet", "to_xlsx"]

_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32())])
_SCHEMA = pa.schema(
    [
        ("citation", pa.string()),
        ("theme", pa.string()),
        ("label", pa.string()),
        ("family", pa.string()),
        ("stance", pa.string()),
        ("text", pa.string()),
        ("evidence_words", pa.string()),
        ("score", pa.float64()),
        ("stance_score", pa.float64()),
        ("coder", pa.string()),
        ("file", pa.string()),
        ("title", pa.string()),
        ("board", pa.string()),
        ("review_type", pa.string()),
        ("year", pa.int32()),
        ("page", pa.int32()),
        ("number", pa.string()),
        ("kind", pa.string()),
        ("section", pa.string()),
        ("heading", pa.string()),
        ("passage_id", pa.string()),
        ("document_id", pa.string()),
        ("evidence", pa.list_(_SPAN)),
    ]
)
_WIDE = {"citation": 34, "text": 80, "label": 28, "evidence_words": 30}
_LONGEST = 32_767  # characters that a cell of Excel takes
# openpyxl writes the time of saving into the file.
_SAVED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def to_csv(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the table as CSV, in UTF-8 with the mark by which Excel knows it.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_csv([], load_codebook()).decode("utf-8-sig")[:20]
    'citation,theme,label'
    """
    rows = [[_cell(value) for value in row] for row in _shown(reviews, codebook)]
    table = pd.DataFrame(rows, columns=_columns(), dtype=object)
    return str(table.to_csv(index=False, lineterminator="\n")).encode("utf-8-sig")


def to_xlsx(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the table as an Excel workbook with its first row frozen and filters set.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_xlsx([], load_codebook())[:2]
    b'PK'
    """
    book = Workbook()
    sheet = book.active
    sheet.title = "Coded passages"
    sheet.append(_columns())
    for row in _shown(reviews, codebook):
        sheet.append([_excel(value) for value in row])
    for index, name in enumerate(_columns(), 1):
        head = sheet.cell(1, index)
        head.font = Font(bold=True)
        sheet.column_dimensions[head.column_letter].width = _WIDE.get(name, 16)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    target = io.BytesIO()
    book.save(target)
    return _without_time(target)


def to_parquet(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the table as Parquet, with evidence as spans in ``text``.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_parquet([], load_codebook())[:4]
    b'PAR1'
    """
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_rows(reviews, codebook), schema=_SCHEMA), target)
    return target.getvalue()


def _rows(reviews: Sequence[Review], codebook: Codebook) -> list[dict[str, Any]]:
    labels = {theme.id: theme.label for theme in codebook}
    families = {family.id: family.label for family in codebook.families}
    of_theme = {theme.id: families[theme.family] for theme in codebook}
    return [
        {
            "label": labels.get(given.theme, given.theme),
            "family": of_theme.get(given.theme, ""),
            **_row(review, passage, given),
        }
        for review in reviews
        for passage in review.passages
        for given in passage.standing
    ]


def _row(review: Review, passage: CodedPassage, given: Given) -> dict[str, Any]:
    words = (" ".join(passage.text[start:end].split()) for start, end in given.evidence)
    return {
        **{
            name: getattr(review, name)
            for name in ("file", "title", "board", "review_type", "year")
        },
        **{
            name: getattr(passage, name)
            for name in ("page", "number", "kind", "section", "heading", "text", "document_id")
        },
        **{
            name: getattr(given, name)
            for name in ("theme", "stance", "score", "stance_score", "coder")
        },
        "passage_id": passage.id,
        "citation": review.citation(passage),
        "evidence": [{"start": start, "end": end} for start, end in given.evidence],
        "evidence_words": "; ".join(dict.fromkeys(words)),
    }


def _columns() -> list[str]:
    """Return the columns that people see: positions say nothing without the text beside them."""
    return [name for name in _SCHEMA.names if name != "evidence"]


def _shown(reviews: Sequence[Review], codebook: Codebook) -> list[list[Any]]:
    return [[row[name] for name in _columns()] for row in _rows(reviews, codebook)]


def _cell(value: Any) -> Any:
    return formula_safe(value) if isinstance(value, str) else value


def _excel(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return str(formula_safe(ILLEGAL_CHARACTERS_RE.sub("", value)))[:_LONGEST]


def _without_time(file: io.BytesIO) -> bytes:
    """Return a workbook whose bytes depend on its cells alone."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    entries[core] = _SAVED.sub(rb"\g<1>1980-01-01T00:00:00Z", entries[core])
    return pack(entries)
