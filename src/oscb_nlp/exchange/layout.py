"""A review as one readable text, and where its passages stand in it.

Programs for qualitative analysis code whole documents. The text is the passages with a blank
line between them; a heading stands once, before the first passage below it, and a paragraph's
printed number before its words. Line ends are single line feeds, so that every program counts
the same positions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

from oscb_nlp.exchange.coded import CodedPassage, Review
from oscb_nlp.exchange.counting import one_line_end

__all__ = ["Layout", "Place", "lay_out"]


class Place(NamedTuple):
    """A passage's characters ``[start, end)`` in the text of its review, in code points."""

    passage: CodedPassage
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The text of a review and the places of its passages, in order."""

    text: str
    places: tuple[Place, ...]

    def touched(self, start: int, end: int) -> list[Place]:
        """Return the passages that characters ``[start, end)`` have words of."""
        first = max(bisect_right(self.places, start, key=attrgetter("start")) - 1, 0)
        last = bisect_left(self.places, end, key=attrgetter("start"))
        return [
            place
            for place in self.places[first:last]
            if self.text[max(start, place.start) : min(end, place.end)].strip()
        ]


def lay_out(review: Review) -> Layout:
    r"""Return a review as text with the places of its passages.

    >>> passages = [CodedPassage(f"d-{i}", "d", 1, "", "", "", "Home", t)
    ...             for i, t in enumerate(("It was cold.", "Nobody asked."))]
    >>> lay_out(Review("d", "d.pdf", "", "", "", None, tuple(passages))).text
    'Home\n\nIt was cold.\n\nNobody asked.\n'
    """
    blocks: list[str] = []
    places: list[Place] = []
    length, heading = 0, ""
    for passage in review.passages:
        words = one_line_end(passage.text)
        before = f"{one_line_end(passage.number)} " if passage.number else ""
        if passage.heading and passage.heading != heading:
            before = f"{one_line_end(passage.heading)}\n\n{before}"
        heading = passage.heading or heading
        start = length + len(before)
        places.append(Place(passage, start, start + len(words)))
        blocks.append(f"{before}{words}")
        length += len(before) + len(words) + 2
    return Layout("\n\n".join(blocks) + "\n", tuple(places))
