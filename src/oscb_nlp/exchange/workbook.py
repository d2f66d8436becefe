"""Workbooks (.xlsx) from anywhere: checked before openpyxl opens them, and read row by row.

openpyxl takes a workbook for what it says it is: it makes every cell of a range that is merged or
linked, unpacks pictures, and puts entities in. So its parts are looked through first, and rows are
read in its mode for large files, which does none of this.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries

from oscb_nlp.errors import LabelError

__all__ = ["Tab", "read_tab"]

_MOST_UNPACKED = 200_000_000  # bytes
_MOST_PARTS = 2_000
_MOST_ELEMENTS = 5_000_000
_MOST_ROWS = 100_000
_MOST_COLUMNS = 100
_LONGEST = 32_767  # characters that a cell of Excel takes
_DOCTYPES = tuple("<!DOCTYPE".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))
_ENCODING = re.compile(rb"[\s\xef\xbb\xbf]*<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = frozenset({b"utf-8", b"utf-16", b"ascii", b"us-ascii"})
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Za-z0-9:$]+)[\"']")

Row = tuple[Any, ...]


class Tab(NamedTuple):
    """A tab as it was saved: its rows from the first, which of them are merged, and when it was."""

    title: str
    rows: list[Row]
    merged: frozenset[int]
    saved: datetime | None


def read_tab(path: Path, name: str) -> Tab:
    """Return the tab of this name, in upper or lower case.

    Raises
    ------
    LabelError
        If the file is no workbook, is made to do harm, is too large, or has no such tab.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check(path, archive)
            book = load_workbook(archive.fp, read_only=True, keep_links=False)
            try:
                return _read(path, book, name, archive)
            finally:
                book.close()
    except LabelError:
        raise
    except FileNotFoundError:
        raise LabelError(f"{path}: there is no such file") from None
    except Exception as error:
        # openpyxl raises whatever its parts raise on a damaged or hostile file.
        raise LabelError(
            f"{path}: cannot be read as an Excel workbook (.xlsx): "
            f"{type(error).__name__}: {str(error)[:200]}"
        ) from None


def _check(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
        raise LabelError(f"{path}: unpacks to more than a coding sheet can hold")
    elements = 0
    for part in parts:
        content = archive.read(part)
        elements += content.count(b"<")
        declared = _ENCODING.match(content)
        if any(mark in content for mark in _DOCTYPES):
            raise LabelError(f"{path}: has a document type definition, which no workbook needs")
        if declared and declared[1].lower() not in _ENCODINGS:
            raise LabelError(f"{path}: is in an encoding that no workbook has; save it again")
        if elements > _MOST_ELEMENTS:
            raise LabelError(f"{path}: holds more cells than a coding sheet can have")


def _read(path: Path, book: Workbook, name: str, archive: zipfile.ZipFile) -> Tab:
    for tab in book.worksheets:
        if tab.title.strip().lower() == name.lower():
            # What it says of its size may be wrong.
            tab.reset_dimensions()
            rows = list(_rows(path, tab))
            part = archive.read(tab._worksheet_path)
            return Tab(tab.title, rows, _merged(part, len(rows)), book.properties.modified)
    found = ", ".join(tab.title for tab in book.worksheets)[:200]
    raise LabelError(f"{path}: has no tab {name!r} but {found}; import the sheet as it was made")


def _rows(path: Path, tab: Any) -> Iterator[Row]:
    for number, row in enumerate(tab.iter_rows(max_col=_MOST_COLUMNS, values_only=True), 1):
        if number > _MOST_ROWS:
            raise LabelError(f"{path}: has more than {_MOST_ROWS} rows")
        if any(isinstance(value, str) and len(value) > _LONGEST for value in row):
            raise LabelError(f"{path}: row {number} has a cell longer than Excel can hold")
        width = len(row)
        while width and row[width - 1] is None:
            width -= 1
        yield tuple(row[:width])


def _merged(part: bytes, rows: int) -> frozenset[int]:
    """Return the rows in which cells are merged."""
    begun = [0] * (rows + 2)
    for found in _MERGED.finditer(part):
        _left, first, _right, last = range_boundaries(found[1].decode())
        begun[min(first or 1, rows + 1)] += 1
        begun[min((last or rows) + 1, rows + 1)] -= 1
    return frozenset(row for row, open_now in enumerate(accumulate(begun)) if open_now)
