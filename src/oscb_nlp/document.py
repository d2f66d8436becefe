"""What a document is: pages, headings, passages, items, tables, notes and metadata.

Plain frozen dataclasses without I/O. Boxes are in PDF points with the origin in the
page's top left corner as it is shown; pages count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from textwrap import shorten
from typing import Any, NamedTuple

__all__ = [
    "PASSAGE_KINDS",
    "SUFFIXES",
    "Box",
    "Document",
    "Heading",
    "Item",
    "MetadataValue",
    "Note",
    "NoteMark",
    "PageReading",
    "Passage",
    "Problem",
    "Span",
    "Table",
    "TextRun",
    "row_passage",
]

SUFFIXES = (".pdf", ".docx", ".html", ".htm")
"""Names of the kinds of file that are read, PDF first."""

PASSAGE_KINDS = ("numbered", "paragraph", "bullet", "quote", "table-row")
"""The kinds of passage, the unit of coding."""


class Box(NamedTuple):
    """A rectangle on a page in points, origin top left."""

    x0: float
    top: float
    x1: float
    bottom: float

    def rounded(self) -> Box:
        """Return the box to a hundredth of a point, as the tables and outputs give it."""
        return Box(*(round(edge, 2) for edge in self))

    def union(self, other: Box) -> Box:
        """Return the smallest box that holds both."""
        return Box(
            min(self.x0, other.x0),
            min(self.top, other.top),
            max(self.x1, other.x1),
            max(self.bottom, other.bottom),
        )


class Span(NamedTuple):
    """Characters ``[start, end)`` of a passage's text."""

    start: int
    end: int


_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)
_NO_SPAN = Span(0, 0)


class NoteMark(NamedTuple):
    """The mark of a footnote: where in the text it stood, and what it says."""

    at: int
    number: str


class TextRun(NamedTuple):
    """The part of a text that stands in one line of a page: its map back to the page.

    Attributes
    ----------
    start, end
        Characters ``[start, end)`` of the text.
    page, box
        The line's page and its box there.
    offsets
        For each of these characters its index among the page's characters as the engine
        counts them; empty where the page was read by OCR.
    """

    start: int
    end: int
    page: int
    box: Box
    offsets: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """One unit of coding.

    Attributes
    ----------
    page
        Page on which the passage begins, from 1.
    number
        As printed ("3.12", "Recommendation 4"); empty where there is none.
    kind
        One of :data:`PASSAGE_KINDS`.
    section
        Part of the review ("recommendations", "analysis" ...; see ``sections.toml``).
    heading
        Text of the heading that the passage stands under.
    text
        The words, joined over line and page ends.
    bbox
        The passage's box on its first page.
    end_page
        Page on which it ends.
    level
        Depth of a nested bullet, from 1; 0 for what is no bullet.
    marks
        The footnote marks that stood in the text.
    lines
        The map from the text back to the page, a run for each line.
    confidence
        Mean confidence of the words where OCR read them, 0 to 1; None for a page's own text.
    """

    page: int
    number: str
    kind: str
    section: str
    heading: str
    text: str
    bbox: Box
    end_page: int = 0
    level: int = 0
    marks: tuple[NoteMark, ...] = ()
    lines: tuple[TextRun, ...] = field(repr=False, default=())
    confidence: float | None = None

    def places(self, start: int = 0, end: int | None = None) -> list[tuple[int, Box]]:
        """Return page and box of each line that holds some of the characters ``[start, end)``.

        The boxes are of whole lines; ``oscb_nlp.locate`` gives the characters' own.
        """
        end = len(self.text) if end is None else end
        return [(run.page, run.box) for run in self.lines if run.start < end and run.end > start]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its level (1 is the highest)."""

    page: int
    level: int
    text: str
    bbox: Box = _NOWHERE


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote; a passage that has its mark lists ``number`` among its ``marks``."""

    page: int
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, learning point or recommendation, from prose, a list or a table alike.

    Attributes
    ----------
    kind
        "finding", "learning-point", "recommendation", "action" or "question".
    number
        As printed, without its kind ("4", "2.1", "R3"); empty where there is none.
    text
        The words, without the columns that the fields below hold.
    agency
        Who is asked to act, as the review says it; empty where it says nobody.
    owner, timescale, status
        As an action plan gives them.
    page
        Page on which it begins.
    passage
        Index of its first passage in ``Document.passages``; ``passages`` counts how many
        passages it has.
    source
        "numbered", "list", "table" or "prose".
    """

    kind: str
    number: str
    text: str
    agency: str
    owner: str
    timescale: str
    status: str
    page: int
    passage: int
    passages: int
    source: str


@dataclass(frozen=True, slots=True)
class PageReading:
    """Which engine read a page and why, and what it rests on.

    ``structure`` is "tags" or "typography"; ``confidence`` is the mean word confidence of
    OCR from 0 to 1, None for a page that has text of its own.
    """

    page: int
    engine: str
    reason: str
    structure: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``rows`` holds the header row first, rows over a page end joined."""

    page: int
    rows: tuple[tuple[str, ...], ...]
    bbox: Box
    row_pages: tuple[int, ...] = ()
    row_boxes: tuple[Box, ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class MetadataValue:
    """A metadata value, where it was found, and how sure that makes it.

    Attributes
    ----------
    value
        The value as text.
    source
        "title page", "running header", "text", "document properties", "link", "file name"
        or "manifest".
    page
        Page where it stands; 0 where it is on none.
    span
        Characters of ``quote`` that hold it.
    confidence
        "high", "medium" or "low": a low one wants a look before it is counted on.
    quote
        The words that it was read from.
    """

    value: str
    source: str
    page: int = 0
    confidence: str = "high"
    quote: str = ""
    span: Span = _NO_SPAN


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with a document, in the vocabulary of ``errors.PROBLEMS``."""

    file: str
    problem: str
    detail: str
    page: int = 0


_SHOWN = 5  # passages that a document shows of itself in a notebook


@dataclass(frozen=True, slots=True)
class Document:
    """A review as read: its metadata, passages, headings, items, tables, notes and problems.

    ``engine`` names the engines that read its pages ("pdfium", "pdfium+ocr"); ``readings``
    says it for each page. ``furniture`` keeps the running headers and footers, contents and
    captions that no passage holds.
    """

    file: str
    document_id: str
    pages: int
    engine: str
    metadata: dict[str, MetadataValue]
    passages: tuple[Passage, ...] = field(repr=False)
    headings: tuple[Heading, ...] = field(repr=False, default=())
    tables: tuple[Table, ...] = field(repr=False, default=())
    notes: tuple[Note, ...] = field(repr=False, default=())
    furniture: tuple[str, ...] = field(repr=False, default=())
    items: tuple[Item, ...] = field(repr=False, default=())
    readings: tuple[PageReading, ...] = field(repr=False, default=())
    captions: tuple[str, ...] = field(repr=False, default=())
    problems: tuple[Problem, ...] = field(default=())

    def value(self, name: str) -> str:
        """Return a metadata value, or an empty string where it is not known."""
        found = self.metadata.get(name)
        return found.value if found else ""

    def _repr_html_(self) -> str:
        from oscb_nlp.display import card, table

        known = [(name, v.value, v.source, v.confidence) for name, v in self.metadata.items()]
        first = [
            (p.page, p.number, p.kind, shorten(p.text, 160, placeholder=" …"))
            for p in self.passages[:_SHOWN]
        ]
        facts = {
            "file": self.file,
            "pages": self.pages,
            "passages": len(self.passages),
            "headings": len(self.headings),
            "tables": len(self.tables),
            "items": len(self.items),
            "problems": len(self.problems),
        }
        return card(
            self.value("title") or "Document",
            facts,
            table("What it says of itself", ("", "value", "from", "confidence"), known),
            table("First passages", ("page", "number", "kind", "text"), first),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain values, in the form that ``read --format json`` prints."""
        return {
            "file": self.file,
            "document_id": self.document_id,
            "pages": self.pages,
            "engine": self.engine,
            "metadata": {name: asdict(value) for name, value in self.metadata.items()},
            "passages": [_passage_values(passage) for passage in self.passages],
            "headings": [asdict(heading) for heading in self.headings],
            "items": [asdict(item) for item in self.items],
            "tables": [
                {"page": t.page, "caption": t.caption, "rows": t.rows, "bbox": t.bbox}
                for t in self.tables
            ],
            "notes": [asdict(note) for note in self.notes],
            "furniture": list(self.furniture),
            "captions": list(self.captions),
            "readings": [asdict(reading) for reading in self.readings],
            "problems": [asdict(problem) for problem in self.problems],
        }


def _passage_values(passage: Passage) -> dict[str, Any]:
    values = {
        name: getattr(passage, name)
        for name in ("page", "end_page", "number", "kind", "level", "section", "heading", "text")
    }
    values["bbox"] = passage.bbox
    if passage.confidence is not None:
        values["confidence"] = passage.confidence
    values["marks"] = [mark._asdict() for mark in passage.marks]
    values["lines"] = [
        {"start": run.start, "end": run.end, "page": run.page, "bbox": run.box.rounded()}
        for run in passage.lines
    ]
    return values


def row_passage(cells: tuple[str, ...]) -> tuple[str, str]:
    """Return number and text of a table row as a passage.

    A first cell that is short and holds a digit is the row's number; the other
    cells are joined with " | ".

    >>> row_passage(("R4", "Audit the pathway", "", "Health"))
    ('R4', 'Audit the pathway | Health')
    """
    first = cells[0].strip() if cells else ""
    numbered = len(cells) > 1 and len(first) <= 6 and any(char.isdigit() for char in first)
    rest = cells[1:] if numbered else cells
    return (first.rstrip(".") if numbered else ""), " | ".join(cell for cell in rest if cell)
