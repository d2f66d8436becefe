"""Ruled tables: pdfplumber finds the cells, pdfium gives their words."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pdfplumber
import pypdfium2 as pdfium

from oscb_nlp.document import Box, Table
from oscb_nlp.reading.joining import Lexicon, join_lines
from oscb_nlp.reading.pdfium import PageContent

__all__ = ["PageTable", "find_tables", "join_tables"]

_INSET = 0.8  # points: keeps the words of a neighbouring cell out
_AT_END = 0.60  # a table that goes on overleaf reaches below this share of the page
_AT_TOP = 0.25


@dataclass(frozen=True, slots=True)
class PageTable:
    """The part of a table that stands on one page."""

    page: int
    height: float
    box: Box
    rows: tuple[tuple[str, ...], ...]
    boxes: tuple[Box, ...]


def find_tables(
    data: bytes, pdf: pdfium.PdfDocument, pages: Sequence[PageContent], lexicon: Lexicon
) -> list[PageTable]:
    """Return the ruled tables of two columns and more on the pages that have ruling.

    Only pages that pdfium saw ruling on are opened with pdfplumber, which is 30 times slower.
    """
    ruled = [page.number for page in pages if page.ruled]
    if not ruled:
        return []
    found: list[PageTable] = []
    with pdfplumber.open(io.BytesIO(data), pages=ruled) as plumber:
        for page in plumber.pages:
            found.extend(_page_tables(page, pdf, lexicon))
            page.close()
    return found


def _page_tables(
    page: pdfplumber.page.Page, pdf: pdfium.PdfDocument, lexicon: Lexicon
) -> Iterator[PageTable]:
    textpage = pdf[page.page_number - 1].get_textpage()
    left, top = float(page.bbox[0]), float(page.bbox[1])
    bottom_up = float(page.bbox[3])
    for table in page.find_tables():
        rows: list[tuple[str, ...]] = []
        boxes: list[Box] = []
        for row in table.rows:
            cells = tuple(_cell(textpage, cell, bottom_up, lexicon) for cell in row.cells)
            if any(cells):
                rows.append(cells)
                x0, y0, x1, y1 = row.bbox
                boxes.append(Box(x0 - left, y0 - top, x1 - left, y1 - top))
        # Ruling under each line of a paragraph looks like a table whose rows fill one cell.
        full = sum(sum(map(bool, row)) > 1 for row in rows)
        if not rows or full < 0.5 * len(rows):
            continue
        x0, y0, x1, y1 = table.bbox
        box = Box(x0 - left, y0 - top, x1 - left, y1 - top)
        yield PageTable(page.page_number, float(page.height), box, tuple(rows), tuple(boxes))


def _cell(
    textpage: pdfium.PdfTextPage,
    cell: tuple[float, float, float, float] | None,
    page_bottom: float,
    lexicon: Lexicon,
) -> str:
    if cell is None:
        return ""
    x0, top, x1, bottom = cell
    text = textpage.get_text_bounded(
        left=x0 + _INSET,
        bottom=page_bottom - bottom + _INSET,
        right=x1 - _INSET,
        top=page_bottom - top - _INSET,
    )
    lines = text.replace("\x02", "\ufffe").replace("\ufffe", "\ufffe\n")
    return join_lines((line.strip() for line in lines.splitlines() if line.strip()), lexicon)


def join_tables(parts: Sequence[PageTable]) -> list[Table]:
    """Join the parts of tables that run over page ends, and rows that do so."""
    tables: list[Table] = []
    last: PageTable | None = None
    for part in parts:
        if tables and last and _goes_on(last, part):
            tables[-1] = _append(tables[-1], part)
        else:
            tables.append(
                Table(part.page, part.rows, part.box, (part.page,) * len(part.rows), part.boxes)
            )
        last = part
    return tables


def _goes_on(last: PageTable, part: PageTable) -> bool:
    return (
        part.page == last.page + 1
        and len(part.rows[0]) == len(last.rows[0])
        and abs(part.box.x0 - last.box.x0) < 6
        and abs(part.box.x1 - last.box.x1) < 6
        and last.box.bottom > _AT_END * last.height
        and part.box.top < _AT_TOP * part.height
    )


def _append(table: Table, part: PageTable) -> Table:
    rows, boxes = list(part.rows), list(part.boxes)
    if rows[0] == table.rows[0]:
        rows, boxes = rows[1:], boxes[1:]
    joined = list(table.rows)
    if rows and not rows[0][0] and len(joined) > 1:
        # A row that was broken over the page end goes on with an empty first cell.
        rest, rows, boxes = rows[0], rows[1:], boxes[1:]
        joined[-1] = tuple(f"{a} {b}".strip() for a, b in zip(joined[-1], rest, strict=True))
    return Table(
        table.page,
        (*joined, *rows),
        table.bbox,
        table.row_pages + (part.page,) * len(rows),
        table.row_boxes + tuple(boxes),
    )
