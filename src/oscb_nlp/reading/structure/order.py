"""The order in which a reader takes a page's lines: columns, and pages drawn out of order.

The engine's order follows the content stream, which is right on most pages, so it is only
changed where the page shows that it is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from oscb_nlp.reading.engines.page import Line, PageContent

__all__ = ["gutter_of", "reading_order"]

_FEWEST = 6  # lines that make a column


def gutter_of(page: PageContent) -> float | None:
    """Return where the right-hand column of a two-column page begins, None for one column."""
    lines = [line for line in page.lines if len(line.text) > 3]
    starts = Counter(round(line.box.x0) for line in lines if line.box.x0 > 0.4 * page.width)
    if not starts:
        return None
    start, _count = starts.most_common(1)[0]
    # Most lines of the column may hang under a number: its own margin lies further left.
    ends = sorted(line.box.x1 for line in lines if line.box.x1 < start - 2)
    if len(ends) < _FEWEST:
        return None
    left_end = ends[len(ends) * 19 // 20]
    start = min(at for at in starts if left_end < at <= start) if left_end < start else start
    right = [line for line in lines if line.box.x0 >= start - 3]
    left = [line for line in lines if line.box.x1 < start - 2]
    across = [line for line in lines if line.box.x0 < start - 6 and line.box.x1 > start + 6]
    if len(right) < _FEWEST or len(left) < _FEWEST:
        return None
    if len(across) > 0.3 * (len(left) + len(right)):
        return None
    # A column of prose is wide; labels beside their texts, and figures, are no columns.
    wide = all(
        sum(line.box.x1 - line.box.x0 for line in side) / len(side) > 0.18 * page.width
        for side in (left, right)
    )
    return start - 3.0 if wide else None


def reading_order(page: PageContent, gutter: float | None) -> list[Line]:
    """Return the page's lines as a reader takes them."""
    lines = list(page.lines)
    if gutter is not None:
        sides = [_side(line, gutter) for line in lines]
        turns = sum(a != b for a, b in pairwise(side for side in sides if side))
        return _by_columns(lines, gutter) if turns > max(4, 0.1 * len(lines)) else lines
    climbs = sum(_climbs(above, below) for above, below in pairwise(lines))
    if climbs > max(4, 0.15 * len(lines)) or climbs > max(2, 0.6 * len(lines)):
        return sorted(lines, key=lambda line: (round(line.box.top), line.box.x0))
    return lines


def _side(line: Line, gutter: float) -> int:
    """Return 1 for a line of the left column, 2 for the right one, 0 for one across both."""
    if line.box.x0 >= gutter:
        return 2
    return 1 if line.box.x1 < gutter + 4 else 0


def _by_columns(lines: Sequence[Line], gutter: float) -> list[Line]:
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda line: (line.box.top, line.box.x0)):
        if _side(line, gutter) == 0:
            ordered += _band(band, gutter)
            band = []
            ordered.append(line)
        else:
            band.append(line)
    return ordered + _band(band, gutter)


def _band(lines: Sequence[Line], gutter: float) -> list[Line]:
    return [line for side in (1, 2) for line in lines if _side(line, gutter) == side]


def _climbs(above: Line, below: Line) -> bool:
    """Say whether the engine goes back up the page within one column."""
    overlap = min(above.box.x1, below.box.x1) - max(above.box.x0, below.box.x0)
    narrower = min(above.box.x1 - above.box.x0, below.box.x1 - below.box.x0)
    return below.box.bottom < above.box.top - 2 and overlap > 0.5 * narrower
