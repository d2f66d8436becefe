"""What a document shows that its metadata can be read from, and how much each place is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oscb_nlp.document import MetadataValue, Span

__all__ = ["Evidence", "Place", "places_of"]

_MOST = 3_000  # characters of a place: patterns of names take the square of its length


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the reader found that metadata can be read from.

    ``title_lines`` are the first page's lines as (text, size); ``texts`` are (page, text)
    of the first pages; ``furniture`` are running headers and footers.
    """

    path: Path
    properties: dict[str, str]
    title_lines: Sequence[tuple[str, float]]
    texts: Sequence[tuple[int, str]]
    furniture: Sequence[str]
    links: Sequence[str]


class Place(NamedTuple):
    """A piece of text with where it stands and how much a value read from it is worth."""

    source: str
    page: int
    text: str
    confidence: str

    def found(
        self, value: str, start: int = 0, end: int = 0, confidence: str = ""
    ) -> MetadataValue:
        """Return a value that stands in characters ``[start, end)`` of this place."""
        return MetadataValue(
            value,
            self.source,
            self.page,
            confidence or self.confidence,
            self.text[:300],
            Span(start, end),
        )


def places_of(evidence: Evidence, texts: int = 30) -> Iterator[Place]:
    """Yield title page, running headers and the first ``texts`` texts, in falling order of worth."""
    for text, _size in evidence.title_lines:
        yield Place("title page", 1, text[:_MOST], "high")
    for text in evidence.furniture:
        yield Place("running header", 0, text[:_MOST], "high")
    for page, text in evidence.texts[:texts]:
        yield Place("text", page, text[:_MOST], "medium")
