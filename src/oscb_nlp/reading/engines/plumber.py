"""The second engine: pdfplumber, for files and pages that pdfium gives nothing of.

The two fail on different files. It is 30 to 50 times slower, so it reads only what the
first could not: a file that pdfium refuses, a page without text, a table whose ruling
left words between its cells.
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscb_nlp.document import Box
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.engines.page import Cell, Grid, Line, PageContent

__all__ = ["read_with_pdfplumber"]

_TOLERANCE = 0.15  # share of the type size that parts two words: 3 points glue tight type
_SAME_LINE = 0.5
_BOLD = ("bold", "black", "heavy", "semibd")


def read_with_pdfplumber(
    path: Path,
    data: bytes,
    password: str | None,
    limit: int,
    only: Collection[int] | None = None,
    reason: str = "",
) -> tuple[list[PageContent], dict[str, str]]:
    """Return the pages as pdfplumber reads them, and the document's properties.

    Parameters
    ----------
    only
        The pages to read, from 1; all where it is None.
    reason
        Why this engine reads them.

    Raises
    ------
    ReadError
        ``unreadable`` if pdfplumber cannot open the file either.
    """
    import pdfplumber

    wanted = sorted(only) if only is not None else None
    try:
        with (
            _silent("pdfminer"),
            pdfplumber.open(io.BytesIO(data), pages=wanted, password=password) as pdf,
        ):
            properties = {str(key): str(value) for key, value in (pdf.metadata or {}).items()}
            return list(_pages(pdf, limit, reason)), properties
    except ReadError:
        raise
    except Exception as error:
        # pdfminer raises a dozen of its own and of Python's exceptions on damaged files.
        raise ReadError(path, "unreadable", f"{type(error).__name__}: {error}"[:200]) from None


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library's warnings about damaged files, which are no news here, off the terminal."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _pages(pdf: Any, limit: int, reason: str) -> Iterator[PageContent]:
    for page in pdf.pages[:limit]:
        try:
            grids, boxes = _grids(page)
            lines = tuple(line for line in _lines(page) if not _inside(line.box, boxes))
            yield PageContent(
                number=page.page_number,
                width=float(page.width),
                height=float(page.height),
                lines=lines,
                grids=tuple(grids),
                pictures=_pictures(page),
                engine="pdfplumber",
                reason=reason,
            )
        finally:
            page.close()


def _lines(page: Any) -> list[Line]:
    words = page.extract_words(
        x_tolerance_ratio=_TOLERANCE,
        use_text_flow=True,
        keep_blank_chars=False,
        extra_attrs=["fontname", "size"],
    )
    lines: list[list[dict[str, Any]]] = []
    for word in words:
        last = lines[-1][-1] if lines else None
        height = float(word["bottom"]) - float(word["top"])
        if (
            last is not None
            and abs(float(word["top"]) - float(last["top"])) < _SAME_LINE * height
            and float(word["x0"]) > float(last["x0"])
            and float(word["x0"]) - float(last["x1"]) < 3 * height
        ):
            lines[-1].append(word)
        else:
            lines.append([word])
    found = [_line(page, words) for words in lines]
    return [line for line in found if all(map(math.isfinite, (*line.box, line.size)))]


def _line(page: Any, words: list[dict[str, Any]]) -> Line:
    box = Box(
        float(words[0]["x0"]),
        min(float(word["top"]) for word in words),
        float(words[-1]["x1"]),
        max(float(word["bottom"]) for word in words),
    )
    sizes = sorted(float(word["size"]) for word in words)
    bold = all(any(b in str(word["fontname"]).lower() for b in _BOLD) for word in words)
    text = " ".join(str(word["text"]) for word in words)
    return Line(page.page_number, text, box, round(sizes[len(sizes) // 2], 2), bold)


def _grids(page: Any) -> tuple[list[Grid], list[Box]]:
    """Return the ruled tables of two columns and more, and where they stand."""
    grids: list[Grid] = []
    for table in page.find_tables():
        rows = []
        for row in table.rows:
            cells = tuple(_cell(page, cell) for cell in row.cells)
            if any(cell and cell.lines for cell in cells):
                rows.append(cells)
        full = sum(sum(bool(cell and cell.lines) for cell in row) > 1 for row in rows)
        if rows and full >= 0.5 * len(rows):
            box = Box(*(float(edge) for edge in table.bbox))
            grids.append(Grid(page.page_number, float(page.height), box, tuple(rows)))
    return grids, [grid.box for grid in grids]


def _cell(page: Any, cell: tuple[float, float, float, float] | None) -> Cell | None:
    if cell is None:
        return None
    inside = page.crop(cell, strict=False)
    return Cell(Box(*(float(edge) for edge in cell)), tuple(_lines(inside)))


def _inside(box: Box, tables: list[Box]) -> bool:
    middle = (box.top + box.bottom) / 2
    return any(t.top <= middle <= t.bottom and t.x0 - 3 <= box.x0 <= t.x1 for t in tables)


def _pictures(page: Any) -> float:
    area = sum(
        max(0.0, float(image["x1"]) - float(image["x0"]))
        * max(0.0, float(image["bottom"]) - float(image["top"]))
        for image in page.images
    )
    return min(1.0, area / max(float(page.width) * float(page.height), 1.0))
