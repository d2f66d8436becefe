"""Ruled tables from the lines that a page draws: segments to cells to grids.

The method is the one that table readers share: join collinear segments, find where level
and upright ones meet, and take each smallest rectangle whose four corners are joined by
drawn lines for a cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from oscb_nlp.document import Box
from oscb_nlp.reading.engines.page import Segment

__all__ = ["Frame", "find_frames"]

_SNAP = 2.5  # points: lines nearer than this are one line
_REACH = 3.0  # points: a line may end this short of the one that it meets
_MOST_POINTS = 6_000


class Frame(NamedTuple):
    """The cells of one table: ``rows[i][j]`` is a box, or None where a cell spans others."""

    box: Box
    rows: tuple[tuple[Box | None, ...], ...]


class _Rule(NamedTuple):
    at: float
    low: float
    high: float


def find_frames(segments: Sequence[Segment]) -> list[Frame]:
    """Return the tables of at least two columns that the segments draw, top to bottom."""
    level = _merge((s.top, s.x0, s.x1) for s in segments if s.top == s.bottom)
    upright = _merge((s.x0, s.top, s.bottom) for s in segments if s.x0 == s.x1)
    if len(level) < 2 or len(upright) < 3:
        return []
    frames = [_frame(cells) for cells in _groups(_cells(level, upright))]
    wide = [frame for frame in frames if max(map(len, frame.rows), default=0) > 1]
    return sorted(wide, key=lambda frame: (frame.box.top, frame.box.x0))


def _merge(rules: Iterable[tuple[float, float, float]]) -> list[_Rule]:
    """Join segments that lie on one line and touch."""
    lines: list[list[_Rule]] = []
    for at, low, high in sorted(rules):
        if lines and at - lines[-1][-1].at < _SNAP:
            lines[-1].append(_Rule(at, low, high))
        else:
            lines.append([_Rule(at, low, high)])
    merged: list[_Rule] = []
    for line in lines:
        at = sum(rule.at for rule in line) / len(line)
        first, *others = sorted(line, key=lambda rule: rule.low)
        low, high = first.low, first.high
        for rule in others:
            if rule.low <= high + _REACH:
                high = max(high, rule.high)
            else:
                merged.append(_Rule(at, low, high))
                low, high = rule.low, rule.high
        merged.append(_Rule(at, low, high))
    return merged


def _cells(level: list[_Rule], upright: list[_Rule]) -> list[Box]:
    on_level: dict[int, list[int]] = defaultdict(list)
    on_upright: dict[int, list[int]] = defaultdict(list)
    meet: set[tuple[int, int]] = set()
    for i, h in enumerate(level):
        for j, v in enumerate(upright):
            if (
                h.low - _REACH <= v.at <= h.high + _REACH
                and v.low - _REACH <= h.at <= v.high + _REACH
            ):
                meet.add((i, j))
                on_level[i].append(j)
                on_upright[j].append(i)
    if len(meet) > _MOST_POINTS:
        return []
    for members in on_level.values():
        members.sort(key=lambda j: upright[j].at)
    for members in on_upright.values():
        members.sort(key=lambda i: level[i].at)
    return [
        cell
        for i, j in meet
        if (cell := _cell_at(i, j, level, upright, on_level, on_upright, meet)) is not None
    ]


def _cell_at(
    i: int,
    j: int,
    level: list[_Rule],
    upright: list[_Rule],
    on_level: dict[int, list[int]],
    on_upright: dict[int, list[int]],
    meet: set[tuple[int, int]],
) -> Box | None:
    """Return the smallest cell whose top left corner is where level ``i`` meets upright ``j``."""
    x0, top = upright[j].at, level[i].at
    rights = [k for k in on_level[i] if upright[k].at > x0]
    for low in on_upright[j]:
        if level[low].at <= top:
            continue
        for right in rights:
            if (low, right) in meet:
                return Box(x0, top, upright[right].at, level[low].at)
    return None


def _groups(cells: list[Box]) -> list[list[Box]]:
    """Put cells that share a corner into one table."""
    parent = list(range(len(cells)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    corners: dict[tuple[float, float], int] = {}
    for index, (x0, top, x1, bottom) in enumerate(cells):
        for corner in ((x0, top), (x1, top), (x0, bottom), (x1, bottom)):
            if corner in corners:
                parent[root(index)] = root(corners[corner])
            else:
                corners[corner] = index
    groups: dict[int, list[Box]] = defaultdict(list)
    for index, cell in enumerate(cells):
        groups[root(index)].append(cell)
    return list(groups.values())


def _frame(cells: list[Box]) -> Frame:
    starts = sorted({cell.x0 for cell in cells})
    rows: dict[float, dict[float, Box]] = defaultdict(dict)
    box = cells[0]
    for cell in cells:
        rows[cell.top][cell.x0] = cell
        box = box.union(cell)
    return Frame(
        box, tuple(tuple(rows[top].get(start) for start in starts) for top in sorted(rows))
    )
