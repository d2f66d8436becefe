"""What a document is: pages, headings, passages, tables and metadata.

Plain frozen dataclasses without I/O. Boxes are in PDF points with the origin in the
page's top left corner; pages count from 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

__all__ = [
    "PASSAGE_KINDS",
    "Box",
    "Document",
    "Heading",
    "MetadataValue",
    "Note",
    "Passage",
    "Problem",
    "Span",
    "Table",
    "row_passage",
]

PASSAGE_KINDS = ("numbered", "paragraph", "bullet", "quote", "table-row")
"""The kinds of passage, the unit of coding."""


class Box(NamedTuple):
    """A rectangle on a page in points, origin top left."""

    x0: float
    top: float
    x1: float
    bottom: float

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
    """

    page: int
    number: str
    kind: str
    section: str
    heading: str
    text: str
    bbox: Box
    end_page: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its level (1 is the highest)."""

    page: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote, tied to its mark by ``number``."""

    page: int
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table; ``rows`` holds the header row first, rows over a page end joined."""

    page: int
    rows: tuple[tuple[str, ...], ...]
    bbox: Box
    row_pages: tuple[int, ...] = ()
    row_boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class MetadataValue:
    """A metadata value with where it was found and on which page (0: none)."""

    value: str
    source: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong with a document, in the vocabulary of ``errors.PROBLEMS``."""

    file: str
    problem: str
    detail: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A review as read: its metadata, passages, headings, tables, notes and problems."""

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
    problems: tuple[Problem, ...] = field(default=())

    def value(self, name: str) -> str:
        """Return a metadata value, or an empty string where it is not known."""
        found = self.metadata.get(name)
        return found.value if found else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the document as plain values, in the form that ``read --format json`` prints."""
        return {
            "file": self.file,
            "document_id": self.document_id,
            "pages": self.pages,
            "engine": self.engine,
            "metadata": {name: asdict(value) for name, value in self.metadata.items()},
            "passages": [asdict(passage) for passage in self.passages],
            "headings": [asdict(heading) for heading in self.headings],
            "tables": [
                {"page": table.page, "rows": table.rows, "bbox": table.bbox}
                for table in self.tables
            ],
            "notes": [asdict(note) for note in self.notes],
            "furniture": list(self.furniture),
            "problems": [asdict(problem) for problem in self.problems],
        }


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
