"""What a page draws beside its words: ruled lines, and how much of it pictures cover."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box
from oscb_nlp.reading.engines import calls
from oscb_nlp.reading.engines.page import Segment
from oscb_nlp.reading.engines.turning import Turn

__all__ = ["Graphics", "page_graphics"]

_MOST_OBJECTS = 20_000
_MOST_SEGMENTS = 5_000
_THIN = 2.5  # points: a rectangle as thin as this is a line
_SHORT = 6.0


class Graphics(NamedTuple):
    """Ruled lines, the share of the page that pictures cover, and how many objects it draws."""

    segments: list[Segment]
    pictures: float
    objects: int


def page_graphics(page: int, turn: Turn) -> Graphics:
    """Return the page's ruled lines and the share of it that pictures cover."""
    segments: list[Segment] = []
    covered = 0.0
    edges = tuple(ctypes.c_float() for _ in range(4))
    places = tuple(map(calls.address, edges))
    count = calls.count_objects(page)
    get_object, object_type = calls.get_object, calls.object_type
    for index in range(min(count, _MOST_OBJECTS)):
        item = get_object(page, index)
        kind = object_type(item)
        if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
            continue
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            if len(segments) < _MOST_SEGMENTS and calls.object_bounds(item, *places):
                segments.extend(_path_segments(item, turn, *(edge.value for edge in edges)))
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE and calls.object_bounds(item, *places):
            covered += _visible(turn.box(*(edge.value for edge in edges)), turn)
    return Graphics(segments, min(covered / max(turn.width * turn.height, 1.0), 1.0), count)


def _visible(box: Box, turn: Turn) -> float:
    across = min(box.x1, turn.width) - max(box.x0, 0.0)
    upright = min(box.bottom, turn.height) - max(box.top, 0.0)
    return max(across, 0.0) * max(upright, 0.0)


def _path_segments(
    item: int, turn: Turn, left: float, bottom: float, right: float, top: float
) -> Iterator[Segment]:
    """Yield the level and upright lines of a path: a line, a rectangle's edges, or a whole grid."""
    box = turn.box(left, bottom, right, top)
    across, upright = box.x1 - box.x0, box.bottom - box.top
    if across < _SHORT and upright < _SHORT:
        return
    if upright <= _THIN:
        middle = (box.top + box.bottom) / 2
        yield Segment(box.x0, middle, box.x1, middle)
    elif across <= _THIN:
        middle = (box.x0 + box.x1) / 2
        yield Segment(middle, box.top, middle, box.bottom)
    elif (count := calls.count_path_segments(item)) <= 6:
        if count >= 4:
            yield from _edges(box)
    else:
        yield from _drawn(item, turn, count)


def _edges(box: Box) -> Iterator[Segment]:
    yield Segment(box.x0, box.top, box.x1, box.top)
    yield Segment(box.x0, box.bottom, box.x1, box.bottom)
    yield Segment(box.x0, box.top, box.x0, box.bottom)
    yield Segment(box.x1, box.top, box.x1, box.bottom)


def _drawn(item: int, turn: Turn, count: int) -> Iterator[Segment]:
    """Follow a path of many segments, as of a table that is drawn at one go."""
    matrix = pdfium_c.FS_MATRIX()
    if not calls.object_matrix(item, calls.address(matrix)):
        return
    x, y = ctypes.c_float(), ctypes.c_float()
    last: tuple[float, float] | None = None
    for index in range(min(count, _MOST_SEGMENTS)):
        part = calls.path_segment(item, index)
        if not calls.segment_point(part, calls.address(x), calls.address(y)):
            continue
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if last and calls.segment_type(part) == pdfium_c.FPDF_SEGMENT_LINETO:
            box = turn.box(
                min(last[0], point[0]), min(last[1], point[1]),
                max(last[0], point[0]), max(last[1], point[1]),
            )  # fmt: skip
            if box.bottom - box.top < 1 and box.x1 - box.x0 > _SHORT:
                yield Segment(box.x0, box.top, box.x1, box.top)
            elif box.x1 - box.x0 < 1 and box.bottom - box.top > _SHORT:
                yield Segment(box.x0, box.top, box.x0, box.bottom)
        last = point
