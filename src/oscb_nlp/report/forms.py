"""The blocks that a report is made of: headings, paragraphs, quotes, tables, pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Block", "Heading", "Paragraph", "Picture", "Quote", "Table", "cells"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a level, 1 for the report's title."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``bullet`` sets it as an item of a list."""

    text: str
    bullet: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a review and where they stand."""

    text: str
    citation: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; all cells are text."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as PNG, with the words that stand for it where it cannot be shown."""

    png: bytes
    words: str


Block: TypeAlias = Heading | Paragraph | Quote | Table | Picture


def cells(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Return rows as the text of a table's cells; None is empty."""
    return tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)
