"""Pages drawn, and places on them found, in worker processes with limits of time and memory.

A stranger's PDF is opened to draw it as it is opened to read it, so it gets the same limits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from oscb_nlp.document import Box, Document, Passage, Problem
from oscb_nlp.reading import places
from oscb_nlp.workers import Reading, call_each, raise_problem

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["draw_crops", "draw_pages", "draw_passage", "locate"]

T = TypeVar("T")

_LIMITS = Reading(timeout=20.0)  # a page takes a tenth of a second to draw


def locate(
    document: Document,
    passage: Passage,
    start: int = 0,
    end: int | None = None,
    *,
    password: str | None = None,
    reading: Reading | None = None,
) -> list[tuple[int, Box]]:
    """Return where characters of a passage stand, as page and box, line by line.

    The file is opened in a worker process, which takes about half a second to start.

    Parameters
    ----------
    document
        The document that the passage is of; its file is opened again.
    passage
        The passage.
    start, end
        The characters ``[start, end)`` of its text; all by default.
    password
        Opens a file that needs one.
    reading
        The time and memory that the worker may take; by default 20 seconds and 1,024 megabytes.

    Returns
    -------
    list of (int, Box)
        In reading order. A line that was read by OCR or by pdfplumber gives the box of the
        line, cut to the characters' share of it.

    Raises
    ------
    ReadError
        If the file is no longer there, cannot be opened, takes too long or crashes its worker.
    """
    end = len(passage.text) if end is None else end
    task = (Path(document.file), passage.lines, start, end, password)
    return _only(call_each(places.rectangles, [task], 1, reading or _LIMITS))


def draw_passage(
    file: str | Path,
    page: int,
    box: Sequence[float],
    *,
    scale: float = 2.0,
    margin: float = 40.0,
    password: str | None = None,
    reading: Reading | None = None,
) -> Image:
    """Return the strip of a page on which a passage stands, with the passage framed.

    Drawn in a worker process, which takes about half a second to start.

    Parameters
    ----------
    file
        The PDF.
    page
        The page, counted from 1.
    box
        Left, top, right and bottom edges in points, as the column ``bbox`` of ``passages`` has them.
    scale
        Pixels for each point.
    margin
        Points of the page to show above and below.
    password
        Opens a file that needs one.
    reading
        The time and memory that the worker may take; by default 20 seconds and 1,024 megabytes.

    Raises
    ------
    ReadError
        If the file cannot be opened as a PDF, takes too long or crashes its worker.
    ValueError
        If it has no such page.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_pdf
    >>> doc = read_pdf(demo_files()[0])
    >>> draw_passage(doc.file, doc.passages[3].page, doc.passages[3].bbox).width > 1000
    True
    """
    task = (Path(file), [(page, tuple(box))], scale, margin, password)
    (drawn,) = _only(call_each(places.strips, [task], 1, reading or _LIMITS))
    if drawn is None:
        raise ValueError(f"{file}: has no page {page}")
    return drawn


def draw_pages(
    document: Document,
    *,
    scale: float = 1.5,
    password: str | None = None,
    reading: Reading | None = None,
) -> Iterator[tuple[int, Image]]:
    """Yield each page as a picture with its passages and headings framed, numbered in order.

    Each is drawn in a worker process when it is asked for.

    Parameters
    ----------
    document
        The document; its file is opened again.
    scale
        Pixels for each point.
    password
        Opens a file that needs one.
    reading
        The time that a page and the memory that the worker may take; by default 20 seconds and
        1,024 megabytes.

    Raises
    ------
    ReadError
        If the file cannot be opened, or a page takes too long or crashes the worker.
    """
    path = Path(document.file)
    tasks = (
        (path, number, places.frames(document, number), scale, password)
        for number in range(1, document.pages + 1)
    )
    outcomes = call_each(places.draw_page, tasks, 1, reading or _LIMITS)
    for number, outcome in enumerate(outcomes, 1):
        if isinstance(outcome, Problem):
            raise_problem(outcome)
        yield number, outcome


def draw_crops(
    tasks: Sequence[tuple[Path, Sequence[tuple[int, Sequence[float]]]]],
    *,
    scale: float,
    margin: float,
    colours: int,
    reading: Reading | None = None,
) -> Iterator[list[bytes | None] | Problem]:
    """Yield for each file and its pages and boxes their strips as PNG, in order.

    None for a box on a page that is not there; a problem where the file could not be drawn.
    """
    calls = ((path, boxes, scale, margin, colours) for path, boxes in tasks)
    return call_each(places.crops, calls, os.cpu_count() or 1, reading or _LIMITS, ahead=1)


def _only(outcomes: Iterable[T | Problem]) -> T:
    (outcome,) = outcomes
    if isinstance(outcome, Problem):
        raise_problem(outcome)
    return outcome
