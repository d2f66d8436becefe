"""Tables from the grids of the pages: rows over page ends joined, rows as passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oscb_nlp.document import Box, Passage, Table, row_passage
from oscb_nlp.reading.engines.page import Cell, Grid, PageContent
from oscb_nlp.reading.structure.items import TableRow
from oscb_nlp.reading.structure.joining import Joined, Lexicon, concatenate, join_lines

__all__ = ["ReadTable", "is_header", "join_tables", "row_passages"]

_AT_END = 0.60  # a table that goes on overleaf reaches below this share of the page
_AT_TOP = 0.25
_SEPARATOR = " | "


@dataclass(slots=True)
class _Row:
    page: int
    box: Box
    cells: list[Joined]


@dataclass(slots=True)
class ReadTable:
    """A table with the map of its words back to the page."""

    page: int
    box: Box
    rows: list[_Row]
    last: Grid

    def table(self, caption: str = "") -> Table:
        """Return the table as the document holds it."""
        return Table(
            page=self.page,
            rows=tuple(tuple(cell.text for cell in row.cells) for row in self.rows),
            bbox=self.box.rounded(),
            row_pages=tuple(row.page for row in self.rows),
            row_boxes=tuple(row.box.rounded() for row in self.rows),
            caption=caption,
        )


def join_tables(pages: Sequence[PageContent], lexicon: Lexicon) -> list[ReadTable]:
    """Return the tables of a document; those that run over page ends, and rows that do, as one."""
    tables: list[ReadTable] = []
    for page in pages:
        for grid in page.grids:
            rows = [_row(grid, row, lexicon) for row in grid.rows]
            if tables and _goes_on(tables[-1].last, grid):
                _append(tables[-1], rows)
                tables[-1].last = grid
            else:
                tables.append(ReadTable(grid.page, grid.box, rows, grid))
    return tables


def _row(grid: Grid, cells: Sequence[Cell | None], lexicon: Lexicon) -> _Row:
    box: Box | None = None
    for cell in cells:
        if cell is not None:
            box = cell.box if box is None else box.union(cell.box)
    texts = [join_lines(cell.lines, lexicon) if cell else Joined() for cell in cells]
    return _Row(grid.page, box or grid.box, texts)


def _goes_on(last: Grid, grid: Grid) -> bool:
    return (
        grid.page == last.page + 1
        and len(grid.rows[0]) == len(last.rows[0])
        and abs(grid.box.x0 - last.box.x0) < 6
        and abs(grid.box.x1 - last.box.x1) < 6
        and last.box.bottom > _AT_END * last.height
        and grid.box.top < _AT_TOP * grid.height
    )


def _append(table: ReadTable, rows: list[_Row]) -> None:
    header = [cell.text for cell in table.rows[0].cells]
    if [cell.text for cell in rows[0].cells] == header:
        rows = rows[1:]
    if rows and len(table.rows) > 1 and _is_rest(table, rows[0]):
        # A row that was broken over the page end goes on with an empty first cell.
        table.rows[-1].cells = [
            concatenate((above, below), " ")
            for above, below in zip(table.rows[-1].cells, rows[0].cells, strict=True)
        ]
        rows = rows[1:]
    table.rows.extend(rows)


def _is_rest(table: ReadTable, row: _Row) -> bool:
    """Say whether a row at the top of a page is the rest of the one before."""
    last = table.rows[-1]
    filled = sum(bool(other.cells[0].text) for other in table.rows)
    if not row.cells[0].text and filled > 0.5 * len(table.rows):
        return True
    longest = max(range(len(last.cells)), key=lambda i: len(last.cells[i].text))
    unfinished = last.cells[longest].text[-1:] not in {".", "!", "?", ")", "”", ""}
    return unfinished and row.cells[longest].text[:1].islower()


def row_passages(
    table: ReadTable, section: str, heading: str
) -> Iterator[tuple[Passage, TableRow]]:
    """Yield the table's rows as passages, each with its header and cells; the header is none."""
    texts = [tuple(cell.text for cell in row.cells) for row in table.rows]
    start = 1 if len(texts) > 1 and is_header(texts[0]) else 0
    header = texts[0] if start else ()
    for row, cells in zip(table.rows[start:], texts[start:], strict=True):
        number, text = row_passage(cells)
        if not text:
            continue
        rest = row.cells[1:] if number else row.cells
        joined = concatenate([cell for cell in rest if cell.text], _SEPARATOR)
        passage = Passage(
            page=row.page,
            number=number,
            kind="table-row",
            section=section,
            heading=heading,
            text=text,
            bbox=row.box.rounded(),
            end_page=max((run.page for run in joined.runs), default=row.page),
            marks=joined.marks,
            lines=joined.runs,
        )
        yield passage, TableRow(header, cells)


def is_header(cells: Sequence[str]) -> bool:
    """Say whether a first row names the columns: short cells, and the first is no number."""
    short = all(len(cell.split()) <= 8 for cell in cells)
    sentence = any(cell.endswith(".") and " " in cell for cell in cells)
    return short and not sentence and not cells[0][:1].isdigit()
