"""From the engine's coordinates to the page as it is shown, also where either is turned."""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box
from oscb_nlp.reading.engines import calls

__all__ = ["Turn"]

_ASKED = 8  # characters whose direction is asked for: a table page is turned as a whole


class Turn(NamedTuple):
    """How a page lies: its corner in the engine's units, its size as shown, quarter turns."""

    left: float
    bottom: float
    width: float
    height: float
    quarters: int

    @classmethod
    def of(cls, page: pdfium.PdfPage, text: int, characters: int) -> Turn:
        """Return the turn that makes most of the page's words run from left to right."""
        left, bottom, right, top = page.get_bbox()
        quarters = (page.get_rotation() // 90) % 4
        if characters:
            quarters = (quarters + _direction(text, characters, quarters)) % 4
        across, upright = right - left, top - bottom
        if quarters % 2:
            across, upright = upright, across
        return cls(left, bottom, across, upright, quarters)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """Return a rectangle given by its lower left and upper right corner as shown."""
        if self.quarters == 0:
            high = self.height + self.bottom
            return Box(x0 - self.left, high - y1, x1 - self.left, high - y0)
        x0, x1 = x0 - self.left, x1 - self.left
        y0, y1 = y0 - self.bottom, y1 - self.bottom
        if self.quarters == 1:
            return Box(y0, x0, y1, x1)
        if self.quarters == 2:
            return Box(self.width - x1, y0, self.width - x0, y1)
        return Box(self.width - y1, self.height - x1, self.width - y0, self.height - x0)


def _direction(text: int, characters: int, quarters: int) -> int:
    """Return the quarter turns, beyond the page's own, that bring its words level."""
    matrix = pdfium_c.FS_MATRIX()
    place = calls.address(matrix)
    seen: Counter[int] = Counter()
    step = max(1, characters // _ASKED)
    for index in range(step // 2, characters, step):
        if calls.character_matrix(text, index, place) and (matrix.a or matrix.b):
            seen[round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4] += 1
    if not seen:
        return 0
    direction, count = seen.most_common(1)[0]
    return (direction - quarters) % 4 if count > 0.6 * seen.total() else 0
