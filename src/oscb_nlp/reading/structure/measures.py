"""What is usual in a document: type size, line pitch, margins and columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from oscb_nlp.reading.engines.page import Line, PageContent
from oscb_nlp.reading.engines.tags import ARTIFACT

__all__ = ["Measures", "body_size", "measure", "trusted_pages"]

_COVERED = 0.8  # share of a page's characters that its tags must cover to be followed
_MID_SENTENCE = 0.12  # share of paragraph ends in mid-sentence above which tags mislead
_TERMINAL = (".", "!", "?", ":", ";", "”", "’", ")")


@dataclass(frozen=True, slots=True)
class Measures:
    """The usual type size and line pitch, and the margins of the full width and each column.

    ``lefts`` and ``rights`` hold them by side: 0 is the full width, 1 and 2 are columns.
    ``tagged`` are the pages whose structure tags are followed.
    """

    body: float
    pitch: float
    lefts: tuple[float, float, float]
    rights: tuple[float, float, float]
    gutters: Mapping[int, float]
    tagged: Collection[int]

    def side(self, line: Line) -> int:
        """Return the column that a line stands in: 0 where the page has one."""
        gutter = self.gutters.get(line.page)
        if gutter is None:
            return 0
        if line.box.x0 >= gutter:
            return 2
        return 1 if line.box.x1 < gutter + 4 else 0

    def indent(self, line: Line) -> float:
        """Return how far a line begins from the left margin of its column, in points."""
        return line.box.x0 - self.lefts[self.side(line)]

    def is_short(self, line: Line, share: float = 0.15) -> bool:
        """Say whether a line ends well before its column's right margin."""
        side = self.side(line)
        return line.box.x1 < self.rights[side] - share * (self.rights[side] - self.lefts[side])


def body_size(pages: Sequence[PageContent]) -> float:
    """Return the type size in which most characters are set."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def measure(
    lines: Sequence[Line], body: float, gutters: Mapping[int, float], tagged: Collection[int]
) -> Measures:
    """Measure the lines of a document's text."""
    ordinary = [line for line in lines if abs(line.size - body) < 0.6] or list(lines)
    first = Measures(body, 0.0, (0.0,) * 3, (0.0,) * 3, gutters, tagged)
    sides = [[line for line in ordinary if first.side(line) == side] for side in range(3)]
    edges = [_edges(side or ordinary) for side in sides]
    return Measures(
        body=body,
        pitch=_typical_pitch(ordinary),
        lefts=(edges[0][0], edges[1][0], edges[2][0]),
        rights=(edges[0][1], edges[1][1], edges[2][1]),
        gutters=gutters,
        tagged=tagged,
    )


def trusted_pages(pages: Sequence[PageContent]) -> frozenset[int]:
    """Return the pages whose structure tags may be followed.

    Tags must cover the page, and over the document they must not divide sentences: a
    converter that makes each line a paragraph does so at most line ends.
    """
    covered = [page for page in pages if page.tagged >= _COVERED]
    ends = divided = blocks = 0
    for page in covered:
        for above, below in pairwise(page.lines):
            if not (above.block and below.block) or above.block == below.block:
                continue
            if above.role != "P" or below.role != "P":
                continue
            ends += 1
            divided += below.text[:1].islower() and not above.text.endswith(_TERMINAL)
        blocks += len({line.block for line in page.lines if line.block})
    if not blocks or (ends and divided > max(2, _MID_SENTENCE * ends)):
        return frozenset()
    return frozenset(page.number for page in covered if _artifacts(page) < 0.5)


def _artifacts(page: PageContent) -> float:
    """Return the share of a page's characters that are marked as no part of the text."""
    total = sum(len(line.text) for line in page.lines)
    marked = sum(len(line.text) for line in page.lines if line.role == ARTIFACT)
    return marked / total if total else 0.0


def _edges(lines: Sequence[Line]) -> tuple[float, float]:
    lefts = sorted(line.box.x0 for line in lines)
    rights = sorted(line.box.x1 for line in lines)
    return lefts[len(lefts) // 50], rights[len(rights) * 19 // 20]


def _typical_pitch(lines: Sequence[Line]) -> float:
    """Return the distance from line to line within a paragraph, in points.

    The lower quartile, since where paragraphs are short half of all distances are between them.
    """
    pitches = [
        below.box.top - above.box.top
        for above, below in pairwise(lines)
        if above.page == below.page
        and above.size == below.size
        and 0.8 * above.size < below.box.top - above.box.top < 2.2 * above.size
    ]
    return sorted(pitches)[len(pitches) // 4] if pitches else 14.0
