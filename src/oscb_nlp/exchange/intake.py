"""Codings as they come in from another program, gathered into rows, with what could not be taken."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import STANCES, Codebook
from oscb_nlp.codings import MODEL, coding_rows
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.project import LONG_AGO
from oscb_nlp.files import read_limited
from oscb_nlp.tables import CODING_SCHEMAS, frame

__all__ = ["CONFLICTS", "Imported", "Intake", "read_codings", "strongest"]

_MOST_BYTES = 64 << 20
_MOST_ROWS = 500_000

CONFLICTS: dict[str, str] = {
    "unknown-code": "the codebook has no theme or stance of that name",
    "unknown-source": "no review has that name or that text",
    "source-without-text": "the source's text is not in the file",
    "text-not-found": "the words stand in no passage",
    "several-passages": "the words stand in more than one passage",
    "over-two-passages": "the selection goes over more than one passage",
    "other-words": "the passage of that id has other words",
    "whole-source": "a whole review is coded, not a passage",
    "not-text": "what is coded has no text: a picture, a recording or a place on a page",
    "no-coder": "nobody is named; give the coder's name",
    "stance-unclear": "several stances, and which one belongs to the theme is not said",
    "two-stances": "the coder gave one theme two stances; the stronger one was taken",
    "stance-without-theme": "a stance without a theme that it belongs to",
    "theme-beside-none": "the coder gave a theme and said that none applies; the theme was taken",
    "not-answered": "the coder skipped or rejected it",
}
"""The vocabulary of conflicts. Where no "was taken" is said, the coding was not imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What :func:`oscb_nlp.exchange.read_exchange` took from a file, and what it could not.

    Attributes
    ----------
    codings
        Rows of the table ``codings``, for :func:`oscb_nlp.codings.with_codings`.
    conflicts
        A row for each thing not taken as it was: ``where`` (source and selection, or line),
        ``what`` (a word of :data:`CONFLICTS`) and ``detail``.
    unread
        Rows of a coding sheet that nobody has marked as checked.
    """

    codings: pd.DataFrame
    conflicts: pd.DataFrame
    unread: int = 0


@dataclass
class Intake:
    """What has been taken so far: by passage and coder, themes with stances.

    ``coder`` is who coded what names nobody, or the model.
    """

    passages: Mapping[str, Mapping[str, Any]]
    coder: str = ""
    _given: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _dates: dict[tuple[str, str], str] = field(default_factory=dict)
    _conflicts: list[dict[str, str]] = field(default_factory=list)

    def conflict(self, where: str, what: str, detail: str = "") -> None:
        """Note something that was not taken as it was."""
        said = CONFLICTS[what]
        detail = f"{detail}: {said}" if detail else said
        self._conflicts.append({"where": where, "what": what, "detail": detail})

    def who(self, name: str, where: str) -> str | None:
        """Return whose coding it is, empty for what is left alone, None where nobody is named.

        The model's codings are not what a person said, unless the caller names who took them over.
        """
        named = name.strip()
        if named and named.lower() != MODEL:
            return named
        if self.coder or named:
            return self.coder
        self.conflict(where, "no-coder")
        return None

    def read(self, passage: str, coder: str, date: str) -> None:
        """Note that a coder read a passage, whatever was found in it."""
        self._given.setdefault((passage, coder), {})
        if date and date != LONG_AGO:
            self._dates[passage, coder] = max(date, self._dates.get((passage, coder), ""))

    def give(self, where: str, passage: str, coder: str, theme: str, stance: str) -> None:
        """Note a theme with its stance; of two stances the stronger one stays."""
        given = self._given.setdefault((passage, coder), {})
        known = given.get(theme, "")
        if known and stance and known != stance:
            self.conflict(where, "two-stances", f"{theme}: {known}, {stance}")
        given[theme] = strongest([one for one in (known, stance) if one])

    def imported(self, origin: str) -> Imported:
        """Return everything as rows, in the order of passages and coders."""
        rows: list[dict[str, Any]] = []
        order = {name: index for index, name in enumerate(self.passages)}
        for key in sorted(self._given, key=lambda pair: (order[pair[0]], pair[1])):
            passage, coder = key
            given, date = self._given[key], self._dates.get(key, "")
            rows += coding_rows(self.passages[passage], coder, given, date, origin)
        return Imported(
            frame(rows, CODING_SCHEMAS["codings"]),
            pd.DataFrame(self._conflicts, columns=["where", "what", "detail"]),
        )


def read_codings(path: Path, codebook: Codebook | None = None) -> pd.DataFrame:
    """Read codings that :func:`oscb_nlp.second_coder.write_codings` wrote, or the ``codings.csv`` of a results folder.

    Raises
    ------
    LabelError
        If the file is no such table, or has a theme that is not in the codebook given.
    """
    names = CODING_SCHEMAS["codings"].names
    try:
        content = io.BytesIO(read_limited(path, _MOST_BYTES))
        found = pd.read_csv(
            content, dtype=str, keep_default_na=False, encoding="utf-8-sig", nrows=_MOST_ROWS + 1
        )
    except (OSError, ValueError) as error:
        raise LabelError(f"{path}: cannot be read as a table of codings: {error}") from None
    if len(found) > _MOST_ROWS:
        raise LabelError(f"{path}: has more than {_MOST_ROWS:,} rows; divide it")
    if missing := [name for name in names if name not in found]:
        raise LabelError(f"{path}: is no table of codings: the column {missing[0]!r} is missing")
    if codebook and (unknown := set(found["theme"]) - {"", *codebook.ids}):
        raise LabelError(f"{path}: {min(unknown)[:60]!r} is no theme of the codebook")
    if unknown := set(found["stance"]) - {"", *STANCES}:
        raise LabelError(f"{path}: {min(unknown)[:60]!r} is no stance")
    if nobody := [name for name in set(found["coder"]) if name.strip().lower() in ("", MODEL)]:
        raise LabelError(f"{path}: {nobody[0]!r} is no coder's name")
    return frame(found[names].to_dict("records"), CODING_SCHEMAS["codings"])


def strongest(stances: Sequence[str]) -> str:
    """Return the stance that stands where there are several, or empty.

    >>> strongest(["narrative", "finding"])
    'finding'
    """
    return min(stances, key=STANCES.index) if stances else ""
