"""Coding sheets that come back: in part filled, sorted anew, or saved by another program."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from oscb_nlp.codebook import STANCES, Codebook
from oscb_nlp.codings import Given, coding_rows, text_key
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.intake import Imported
from oscb_nlp.exchange.sheets import CODING_TAB, NEEDED, NEVER_SAVED, SLOTS
from oscb_nlp.tables import CODING_SCHEMAS, frame

__all__ = ["CONFLICTS", "read_sheet"]

CONFLICTS = (
    "unknown-passage", "changed-text", "unknown-theme", "unknown-stance", "no-stance",
    "stance-without-theme", "theme-twice", "no-coder", "two-coders", "coded-twice",
    "not-checked", "formula", "merged-cells",
)  # fmt: skip
"""What may keep a row of a sheet from being imported."""

_YES = frozenset({"yes", "y", "x", "true", "1", "done"})
_SEVERAL = re.compile(r"[,;/&+]|\band\b")
_MOST_UNPACKED = 200_000_000  # bytes
_MOST_PARTS = 2_000
_MOST_ROWS = 100_000
_HEADER_ROWS = 10  # among which the header is looked for

Problem = tuple[str, str]


def read_sheet(
    path: str | Path, tagged: TaggedCorpus, coder: str | None = None, coded_at: str = ""
) -> Imported:
    """Read a coding sheet back, in part filled, sorted anew or saved by another program.

    Parameters
    ----------
    path
        The workbook.
    tagged
        The corpus whose passages it holds.
    coder
        Who coded, where the rows do not say.
    coded_at
        When, where the workbook does not say when it was last saved.

    Returns
    -------
    Imported
        A row that has any conflict is not taken, and listed.

    Raises
    ------
    LabelError
        If the file is no workbook, is too large, or lacks a tab or header that is needed.
    """
    path = Path(path)
    book = _open(path)
    tab = _coding_tab(path, book)
    header, columns = _header(path, tab)
    saved = book.properties.modified
    when = coded_at
    if saved and saved.year != NEVER_SAVED:
        when = saved.isoformat(timespec="seconds")
    texts = dict(zip(tagged.passages["passage_id"], tagged.passages["text"], strict=True))
    documents = dict(
        zip(tagged.passages["passage_id"], tagged.passages["document_id"], strict=True)
    )
    merged = {
        row for area in tab.merged_cells.ranges for row in range(area.min_row, area.max_row + 1)
    }
    codings: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    seen: dict[tuple[str, str], tuple[int, Given]] = {}
    unread = 0
    for number, row in _body(tab, header, columns):
        problems = [("merged-cells", "cells of this row are merged")] if number in merged else []
        problems += _of_row(row, texts, tagged.codebook, coder)
        if not problems and row["checked"].lower() not in _YES:
            unread += 1
            continue
        name, given = row.get("coder") or coder or "", _given(row)
        earlier = seen.setdefault((row["passage_id"], name), (number, given))
        if not problems and earlier[0] != number:
            if earlier[1] == given:
                continue
            problems = [("coded-twice", f"{name} codes this passage in row {earlier[0]} otherwise")]
        if problems:
            conflicts += [
                {"where": f"row {number}", "what": what, "detail": detail}
                for what, detail in problems
            ]
            continue
        passage = {
            "passage_id": row["passage_id"],
            "document_id": documents[row["passage_id"]],
            "text": texts[row["passage_id"]],
        }
        codings += coding_rows(passage, name, given, when, path.name)
    return Imported(
        frame(codings, CODING_SCHEMAS["codings"]),
        pd.DataFrame(conflicts, columns=["where", "what", "detail"]),
        unread,
    )


def _open(path: Path) -> Workbook:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
        fits = len(parts) <= _MOST_PARTS and sum(p.file_size for p in parts) <= _MOST_UNPACKED
        book = load_workbook(path, keep_links=False) if fits else None
    except FileNotFoundError:
        raise LabelError(f"{path}: there is no such file") from None
    except Exception as error:
        # openpyxl raises whatever its parts raise on a damaged or hostile file.
        raise LabelError(
            f"{path}: cannot be read as an Excel workbook (.xlsx): {type(error).__name__}: {error}"
        ) from None
    if book is None:
        raise LabelError(f"{path}: unpacks to more than a coding sheet can hold")
    return book


def _coding_tab(path: Path, book: Workbook) -> Worksheet:
    for tab in book.worksheets:
        if tab.title.strip().lower() == CODING_TAB.lower():
            if tab.max_row > _MOST_ROWS:
                raise LabelError(f"{path}: has more than {_MOST_ROWS} rows")
            return tab
    found = ", ".join(tab.title for tab in book.worksheets)
    raise LabelError(
        f"{path}: has no tab {CODING_TAB!r} but {found}; import the sheet as it was made"
    )


def _header(path: Path, tab: Worksheet) -> tuple[int, dict[str, int]]:
    """Return the header's row and each column's place."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(tab.iter_rows(max_row=_HEADER_ROWS, values_only=True), 1):
        names = {
            str(value).strip().lower(): at for at, value in enumerate(row) if value is not None
        }
        if len(names.keys() & set(NEEDED)) > len(best[1].keys() & set(NEEDED)):
            best = (number, names)
    missing = [name for name in NEEDED if name not in best[1]]
    if missing:
        raise LabelError(
            f"{path}: the tab {tab.title!r} lacks the header {missing[0]!r} (renamed or deleted?); "
            "put it back as it was"
        )
    return best


def _body(
    tab: Worksheet, header: int, columns: Mapping[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield rows that hold anything, with their number; cells are text without outer space."""
    for number, values in enumerate(
        tab.iter_rows(min_row=header + 1, values_only=True), header + 1
    ):
        row = {
            name: "" if at >= len(values) or values[at] is None else str(values[at]).strip()
            for name, at in columns.items()
        }
        if any(row[name] for name in NEEDED):
            yield number, row


def _of_row(
    row: Mapping[str, str], texts: Mapping[str, str], codebook: Codebook, coder: str | None
) -> list[Problem]:
    """Return what keeps a row from being taken; of a row that is not checked, only lost work."""
    if row["checked"].lower() not in _YES:
        return _unmarked(row)
    found: list[Problem] = []
    if row["passage_id"] not in texts:
        found.append(("unknown-passage", f"{row['passage_id']!r} is no passage of these results"))
    elif row["key"] != text_key(texts[row["passage_id"]]):
        found.append(("changed-text", "the passage has other words now than when it was coded"))
    name = row.get("coder") or coder or ""
    if not name:
        found.append(("no-coder", "the column coder is empty; fill it in or give --coder"))
    elif _SEVERAL.search(name):
        found.append(("two-coders", f"{name!r} names more than one coder; give each a row"))
    return found + _of_codes(row, codebook)


def _unmarked(row: Mapping[str, str]) -> list[Problem]:
    if row["checked"]:
        return [("not-checked", f"checked says {row['checked']!r}, not yes: the row is left out")]
    suggested = dict(
        part.split(":")[0:2] for part in row.get("suggested", "").split(";") if part.count(":") == 1
    )
    kept = {theme.strip(): stance.split("(")[0].strip() for theme, stance in suggested.items()}
    if any(row[f"theme {slot}"] for slot in range(1, SLOTS + 1)) and _given(row) != kept:
        return [("not-checked", "the codes were changed but checked is empty: the row is left out")]
    return []


def _of_codes(row: Mapping[str, str], codebook: Codebook) -> list[Problem]:
    found: list[Problem] = []
    given: set[str] = set()
    for slot in range(1, SLOTS + 1):
        theme, stance = row[f"theme {slot}"], row[f"stance {slot}"]
        if theme.startswith("=") or stance.startswith("="):
            found.append(("formula", f"theme {slot} or its stance is a formula: {theme or stance}"))
        elif stance and not theme:
            found.append(
                ("stance-without-theme", f"stance {slot} is {stance!r}, theme {slot} is empty")
            )
        elif theme:
            if theme in given:
                found.append(("theme-twice", f"{theme!r} is given twice"))
            given.add(theme)
            found += _unknown("theme", theme, codebook.ids)
            found += (
                _unknown("stance", stance, STANCES)
                if stance
                else [("no-stance", f"{theme!r} has no stance")]
            )
    return found


def _unknown(what: str, value: str, known: Any) -> list[Problem]:
    if value in known:
        return []
    near = get_close_matches(value.lower(), list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return [(f"unknown-{what}", f"{value!r} is no {what} of the codebook{hint}")]


def _given(row: Mapping[str, str]) -> dict[str, str]:
    return {
        row[f"theme {slot}"]: row[f"stance {slot}"]
        for slot in range(1, SLOTS + 1)
        if row[f"theme {slot}"]
    }
