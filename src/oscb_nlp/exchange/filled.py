"""Coding sheets that come back: in part filled, sorted anew, or saved by another program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import STANCES, Codebook
from oscb_nlp.codings import MODEL, Given, coding_rows, text_key
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.intake import Imported
from oscb_nlp.exchange.sheets import CODING_TAB, NEEDED, NEVER_SAVED, SLOTS
from oscb_nlp.exchange.workbook import Tab, read_tab
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
_SHOWN = 80  # letters of a cell that a conflict repeats
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
    tab = read_tab(path, CODING_TAB)
    header, columns = _header(path, tab)
    when = coded_at
    if tab.saved and tab.saved.year != NEVER_SAVED:
        when = tab.saved.isoformat(timespec="seconds")
    texts = dict(zip(tagged.passages["passage_id"], tagged.passages["text"], strict=True))
    documents = dict(
        zip(tagged.passages["passage_id"], tagged.passages["document_id"], strict=True)
    )
    codings: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    seen: dict[tuple[str, str], tuple[int, Given]] = {}
    unread = 0
    for number, row in _body(tab, header, columns):
        problems = (
            [("merged-cells", "cells of this row are merged")] if number in tab.merged else []
        )
        problems += _of_row(row, texts, tagged.codebook, coder)
        if not problems and row["checked"].lower() not in _YES:
            unread += 1
            continue
        name, given = row.get("coder") or coder or "", _given(row)
        earlier = seen.setdefault((row["passage_id"], name), (number, given))
        if not problems and earlier[0] != number:
            if earlier[1] == given:
                continue
            problems = [("coded-twice", f"{_cut(name)} codes it in row {earlier[0]} otherwise")]
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


def _header(path: Path, tab: Tab) -> tuple[int, dict[str, int]]:
    """Return the header's row and each column's place."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(tab.rows[:_HEADER_ROWS], 1):
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
    tab: Tab, header: int, columns: Mapping[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield rows that hold anything, with their number; cells are text without outer space."""
    for number, values in enumerate(tab.rows[header:], header + 1):
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
        found.append(
            ("unknown-passage", f"{_cut(row['passage_id'])} is no passage of these results")
        )
    elif row["key"] != text_key(texts[row["passage_id"]]):
        found.append(("changed-text", "the passage has other words now than when it was coded"))
    name = row.get("coder") or coder or ""
    if name.lower() in ("", MODEL):
        found.append(("no-coder", "the column coder is empty; fill it in or give --coder"))
    elif _SEVERAL.search(name):
        found.append(("two-coders", f"{_cut(name)} names more than one coder; give each a row"))
    return found + _of_codes(row, codebook)


def _unmarked(row: Mapping[str, str]) -> list[Problem]:
    if row["checked"]:
        return [
            ("not-checked", f"checked says {_cut(row['checked'])}, not yes: the row is left out")
        ]
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
            found.append(
                ("formula", f"theme {slot} or its stance is a formula: {_cut(theme or stance)}")
            )
        elif stance and not theme:
            found.append(
                ("stance-without-theme", f"stance {slot} is {_cut(stance)}, theme {slot} is empty")
            )
        elif theme:
            if theme in given:
                found.append(("theme-twice", f"{_cut(theme)} is given twice"))
            given.add(theme)
            found += _unknown("theme", theme, codebook.ids)
            found += (
                _unknown("stance", stance, STANCES)
                if stance
                else [("no-stance", f"{_cut(theme)} has no stance")]
            )
    return found


def _unknown(what: str, value: str, known: Any) -> list[Problem]:
    if value in known:
        return []
    near = get_close_matches(value[:_SHOWN].lower(), list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return [(f"unknown-{what}", f"{_cut(value)} is no {what} of the codebook{hint}")]


def _cut(value: str) -> str:
    return repr(value[:_SHOWN])


def _given(row: Mapping[str, str]) -> dict[str, str]:
    return {
        row[f"theme {slot}"]: row[f"stance {slot}"]
        for slot in range(1, SLOTS + 1)
        if row[f"theme {slot}"]
    }
