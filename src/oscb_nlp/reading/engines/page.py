"""What an engine gives for a page: lines with their place, type and tag, rules and pictures.

Boxes are in points with the origin in the top left corner of the page as it is shown, so a
page that is turned by its ``/Rotate`` entry, or whose words are, is turned back here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from oscb_nlp.document import Box, NoteMark

__all__ = [
    "LINE_END_HYPHEN",
    "Cell",
    "Grid",
    "Line",
    "PageContent",
    "Segment",
    "clean",
    "merge_split_lines",
]

LINE_END_HYPHEN = "\ufffe"
"""Ends a line whose last word goes on in the next one: pdfium gives it for any hyphen there."""

_FAR = 2.0  # times the type size: words so far apart stand in two columns,
_MARKER = 16  # unless what stands before the gap is as short as "Recommendation 1"
_LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
    "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
_DIRTY = re.compile(
    r"[\x00-\x1f\x7f\xa0\xad\u0300-\u036f\u2000-\u200f\u2028-\u202f\u2060\ufb00-\ufb06"
    r"\ufeff\ufffe\uffff\ud800-\udfff]|  "
)
_DROPPED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\xad\u200b-\u200f\u2060\ufeff\ufffe\uffff\ud800-\udfff]"
)


class Segment(NamedTuple):
    """A ruled line, level or upright: ``x0 == x1`` or ``top == bottom``."""

    x0: float
    top: float
    x1: float
    bottom: float


class Line(NamedTuple):
    """One line of a page.

    Attributes
    ----------
    offsets
        For each character of ``text`` its index among the engine's characters of the page;
        empty where the engine gives none.
    marks
        Marks of footnotes that were taken out of ``text``, and where they stood.
    role
        The structure tag of the block that the line is in ("P", "H2", "LI"); "Artifact" for
        what belongs to the page; empty where the page has no tags.
    block
        Number of that block on its page, from 1; 0 where there is none.
    confidence
        Mean confidence of its words where OCR read them, 0 to 1.
    """

    page: int
    text: str
    box: Box
    size: float
    bold: bool
    offsets: Sequence[int] = ()
    marks: tuple[NoteMark, ...] = ()
    role: str = ""
    block: int = 0
    confidence: float | None = None


class Cell(NamedTuple):
    """A cell of a ruled table and the lines in it."""

    box: Box
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """The part of a table that stands on one page; None where a row has no cell of its own."""

    page: int
    height: float
    box: Box
    rows: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class PageContent:
    """What an engine found on one page.

    ``pictures`` is the share of the page that pictures cover, ``drawn`` says whether it draws
    anything, ``tagged`` is the share of its characters that structure tags cover, ``unresolved``
    marks a table whose ruling was misread, ``vertical`` holds texts that run up the page, and
    ``reason`` says why this engine read it.
    """

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    grids: tuple[Grid, ...] = ()
    links: tuple[str, ...] = ()
    pictures: float = 0.0
    drawn: bool = True
    tagged: float = 0.0
    cut: bool = False
    unresolved: bool = False
    engine: str = "pdfium"
    reason: str = ""
    confidence: float | None = None
    vertical: tuple[str, ...] = field(default=())

    @property
    def characters(self) -> int:
        """Characters in the page's lines and cells."""
        cells = (cell for grid in self.grids for row in grid.rows for cell in row if cell)
        return sum(len(line.text) for line in self.lines) + sum(
            len(line.text) for cell in cells for line in cell.lines
        )


def clean(text: str, first: int) -> tuple[str, Sequence[int]]:
    """Return a line's text in NFC and, for each character, its index on the page.

    Ligatures are written out, soft hyphens inside the line and control characters dropped,
    runs of spaces made one. A hyphen that divides a word at the line's end stays as
    :data:`LINE_END_HYPHEN` or a soft hyphen, for the joining to decide.

    Parameters
    ----------
    text
        The engine's text of one line.
    first
        Index of its first character on the page.
    """
    if not _DIRTY.search(text):
        begin = len(text) - len(text.lstrip())
        stripped = text.strip()
        return stripped, range(first + begin, first + begin + len(stripped))
    end = ""
    trimmed = text.rstrip()
    if trimmed[-1:] in {"\ufffe", "\x02"}:
        end, trimmed = LINE_END_HYPHEN, trimmed[:-1]
    elif trimmed[-1:] == "\xad":
        end, trimmed = "\xad", trimmed[:-1]
    chars: list[str] = []
    places: list[int] = []
    for index, char in enumerate(trimmed):
        if char.isspace():
            if chars and chars[-1] != " ":
                chars.append(" ")
                places.append(first + index)
        elif not _DROPPED.match(char):
            for letter in _LIGATURES.get(char, char):
                chars.append(letter)
                places.append(first + index)
    if chars and chars[-1] == " " and not end:
        chars.pop()
        places.pop()
    if chars and end:
        chars.append(end)
        places.append(first + len(trimmed))
    return _composed(chars, places)


def _composed(chars: list[str], places: list[int]) -> tuple[str, tuple[int, ...]]:
    """Put letters and their accents together, keeping the place of the letter."""
    text = "".join(chars)
    if unicodedata.is_normalized("NFC", text):
        return text, tuple(places)
    out: list[str] = []
    kept: list[int] = []
    start = 0
    while start < len(chars):
        end = start + 1
        while end < len(chars) and unicodedata.combining(chars[end]):
            end += 1
        composed = unicodedata.normalize("NFC", "".join(chars[start:end]))
        out.extend(composed)
        kept.extend([places[start]] * len(composed))
        start = end
    # Composing may also change letters that stand alone, one for one.
    whole = unicodedata.normalize("NFC", "".join(out))
    return (whole, tuple(kept)) if len(whole) == len(kept) else ("".join(out), tuple(kept))


def merge_split_lines(lines: Sequence[Line]) -> list[Line]:
    """Join pieces of one line that the engine gave apart, such as a bullet and its words."""
    merged: list[Line] = []
    for line in lines:
        if merged and _same_baseline(merged[-1], line):
            merged[-1] = _joined(merged[-1], line)
        else:
            merged.append(line)
    return merged


def _joined(last: Line, line: Line) -> Line:
    box, size = last.box.union(line.box), max(last.size, line.size)
    if line.marks and not line.text:
        at = len(last.text)
        marks = tuple(mark._replace(at=at) for mark in line.marks)
        return last._replace(box=box, size=size, marks=last.marks + marks)
    gap = "" if line.box.x0 - last.box.x1 < 0.12 * last.size else " "
    shift = len(last.text) + len(gap)
    offsets: Sequence[int] = ()
    if last.offsets and line.offsets:
        offsets = (*last.offsets, *(line.offsets[:1] if gap else ()), *line.offsets)
    return last._replace(
        text=last.text + gap + line.text,
        box=box,
        size=size,
        bold=line.bold,
        offsets=offsets,
        marks=last.marks + tuple(mark._replace(at=mark.at + shift) for mark in line.marks),
        role=line.role or last.role,
        block=line.block or last.block,
    )


def _same_baseline(left: Line, right: Line) -> bool:
    gap = right.box.x0 - left.box.x1
    if gap < -2 or (gap > _FAR * max(left.size, 8.0) and len(left.text) > _MARKER):
        return False
    overlap = min(left.box.bottom, right.box.bottom) - max(left.box.top, right.box.top)
    height = min(left.box.bottom - left.box.top, right.box.bottom - right.box.top)
    return height > 0 and overlap > 0.6 * height
