"""Lines cut where they cross from one cell of a table, or one column, into the next.

The engine gives words on one baseline as one line, also where a table's rule or the space
between two columns parts them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from oscb_nlp.document import Box
from oscb_nlp.reading.engines.page import Cell, Grid, Line, merge_split_lines
from oscb_nlp.reading.engines.ruling import Frame

__all__ = ["BoxOf", "into_grids", "split_columns"]

BoxOf = Callable[[int], Box | None]
"""Gives the box of one of the page's characters."""

_WORD = re.compile(r"\S+")
_ASKED = 4  # lines whose words are looked at before a page is taken for one of two columns
_GAP = 1.1  # times the type size: no space within a line of prose is so wide
_SAME_GAP = 8.0  # points that the gaps of two lines may differ


def into_grids(
    box_of: BoxOf, lines: list[Line], frames: Sequence[Frame], height: float
) -> tuple[list[Line], list[Grid], bool]:
    """Give the lines that stand in cells to their tables.

    A frame whose rows mostly fill one cell is the ruling of a page and no table. The last
    value says whether words were left between the cells of one: its ruling was misread.
    """
    grids: list[Grid] = []
    unresolved = False
    for frame in frames:
        taken = [line for line in lines if _stands_in(line.box, frame.box)]
        cells: dict[Box, list[Line]] = {c: [] for row in frame.rows for c in row if c is not None}
        astray = 0
        for line in taken:
            for piece, cell in _pieces(box_of, line, list(cells)):
                if cell is None:
                    astray += 1
                else:
                    cells[cell].append(piece)
        rows = tuple(
            tuple(None if c is None else Cell(c, tuple(merge_split_lines(cells[c]))) for c in row)
            for row in frame.rows
        )
        rows = tuple(row for row in rows if any(cell and cell.lines for cell in row))
        full = sum(sum(bool(cell and cell.lines) for cell in row) > 1 for row in rows)
        if not rows or full < 0.5 * len(rows):
            continue
        if astray > 0.05 * len(taken):
            unresolved = True
            continue
        grids.append(Grid(taken[0].page, height, frame.box, rows))
        chosen = set(map(id, taken))
        lines = [line for line in lines if id(line) not in chosen]
    return lines, grids, unresolved


def _stands_in(box: Box, frame: Box) -> bool:
    middle = (box.top + box.bottom) / 2
    return frame.top - 1 <= middle <= frame.bottom + 1 and frame.x0 - 3 <= box.x0 <= frame.x1


def _pieces(box_of: BoxOf, line: Line, cells: Sequence[Box]) -> Iterator[tuple[Line, Box | None]]:
    """Cut a line where it leaves one cell for the next."""
    middle = (line.box.top + line.box.bottom) / 2
    row = [cell for cell in cells if cell.top - 1 <= middle <= cell.bottom + 1]
    holders = [cell for cell in row if line.box.x0 < cell.x1 - 1 and line.box.x1 > cell.x0 + 1]
    if len(holders) < 2:
        yield line, holders[0] if holders else None
        return
    groups: list[tuple[Box | None, list[int]]] = []
    for word in _WORD.finditer(line.text):
        box = box_of(line.offsets[word.start()])
        if box is None:
            continue
        centre = (box.x0 + box.x1) / 2
        cell = next((c for c in holders if c.x0 - 1 <= centre <= c.x1 + 1), None)
        if not groups or groups[-1][0] != cell:
            groups.append((cell, []))
        groups[-1][1].extend(range(*word.span()))
    for cell, indices in groups:
        yield _part(box_of, line, indices), cell


def _part(box_of: BoxOf, line: Line, indices: list[int]) -> Line:
    boxes = [box_of(line.offsets[indices[0]]), box_of(line.offsets[indices[-1]])]
    box = line.box
    if boxes[0] and boxes[1]:
        box = Box(boxes[0].x0, line.box.top, boxes[1].x1, line.box.bottom)
    low, high = indices[0], indices[-1] + 1
    return line._replace(
        text=line.text[low:high],
        offsets=line.offsets[low:high],
        box=box,
        marks=tuple(m._replace(at=m.at - low) for m in line.marks if low <= m.at <= high),
    )


def split_columns(box_of: BoxOf, lines: list[Line], width: float) -> list[Line]:
    """Cut the lines of a page whose two columns were drawn by turns, row by row.

    A few of its widest lines are looked at; only where all of them have a wide gap at the
    same place are the others, since on nearly all pages there is none.
    """
    wide = [line for line in lines if line.box.x1 - line.box.x0 > 0.55 * width and line.offsets]
    if len(wide) < 2 * _ASKED:
        return lines
    step = len(wide) // _ASKED
    gaps = [_gap(box_of, line) for line in wide[step // 2 :: step][:_ASKED]]
    if any(gap is None for gap in gaps):
        return lines
    starts = [end for gap in gaps if gap for _start, end in [gap]]
    if max(starts) - min(starts) > _SAME_GAP:
        return lines
    gutter = min(starts) - 1
    return [piece for line in lines for piece in _halves(box_of, line, gutter)]


def _gap(box_of: BoxOf, line: Line) -> tuple[float, float] | None:
    """Return the widest gap between words in the middle of a line, None if it has no wide one."""
    length = len(line.text)
    words = [
        word
        for word in _WORD.finditer(line.text)
        if 0.25 * length < word.start() < 0.75 * length
        or 0.25 * length < word.end() < 0.75 * length
    ]
    widest: tuple[float, float] | None = None
    for left, right in itertools.pairwise(words):
        before, after = box_of(line.offsets[left.end() - 1]), box_of(line.offsets[right.start()])
        if before and after and after.x0 - before.x1 > _GAP * line.size:
            widest = max(widest or (0.0, 0.0), (before.x1, after.x0), key=lambda g: g[1] - g[0])
    return widest


def _halves(box_of: BoxOf, line: Line, gutter: float) -> Iterator[Line]:
    if not line.offsets or line.box.x0 >= gutter or line.box.x1 <= gutter:
        yield line
        return
    sides: tuple[list[int], list[int]] = ([], [])
    for word in _WORD.finditer(line.text):
        box = box_of(line.offsets[word.start()])
        if box is None:
            continue
        if box.x0 < gutter < box.x1:
            yield line
            return
        sides[box.x0 >= gutter].extend(range(*word.span()))
    for indices in sides:
        if indices:
            yield _part(box_of, line, indices)
