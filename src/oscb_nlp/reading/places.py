"""From a passage back to its page: where its characters stand, and the page drawn with them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box, Document, Passage, TextRun
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.engines import calls
from oscb_nlp.reading.engines.pdfium import open_pdf
from oscb_nlp.reading.engines.turning import Turn

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["draw_pages", "draw_passage", "locate"]

_COLOURS = {
    "heading": "#7b2d8b",
    "numbered": "#1b6ca8",
    "paragraph": "#2a7f3f",
    "bullet": "#b35900",
    "quote": "#8a6d00",
    "table-row": "#a8324a",
}


def locate(
    document: Document,
    passage: Passage,
    start: int = 0,
    end: int | None = None,
    *,
    password: str | None = None,
) -> list[tuple[int, Box]]:
    """Return where characters of a passage stand, as page and box, line by line.

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

    Returns
    -------
    list of (int, Box)
        In reading order. A line that was read by OCR or by pdfplumber gives the box of the
        line, cut to the characters' share of it.

    Raises
    ------
    ReadError
        If the file is no longer there or cannot be opened.
    """
    end = len(passage.text) if end is None else end
    wanted = [_cut(run, start, end) for run in passage.lines if run.start < end and run.end > start]
    path = Path(document.file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(path, "cannot-open", error.strerror or str(error)) from None
    pdf = open_pdf(path, data, password)
    try:
        return [(run.page, box) for run in wanted for box in _boxes(pdf, run)]
    finally:
        pdf.close()


def _cut(run: TextRun, start: int, end: int) -> TextRun:
    """Return the part of a run that holds some of the characters, its box cut by their share."""
    low, high = max(run.start, start), min(run.end, end)
    length = max(run.end - run.start, 1)
    wide = run.box.x1 - run.box.x0
    box = run.box._replace(
        x0=run.box.x0 + wide * (low - run.start) / length,
        x1=run.box.x1 - wide * (run.end - high) / length,
    )
    return TextRun(low, high, run.page, box, run.offsets[low - run.start : high - run.start])


def _boxes(pdf: pdfium.PdfDocument, run: TextRun) -> Iterator[Box]:
    if not run.offsets or run.page > len(pdf):
        yield run.box
        return
    page = pdf[run.page - 1]
    textpage = page.get_textpage()
    try:
        turn = Turn.of(page, calls.handle(textpage.raw), textpage.count_chars())
        first, last = min(run.offsets), max(run.offsets)
        edges = [ctypes.c_double() for _ in range(4)]
        count = pdfium_c.FPDFText_CountRects(textpage.raw, first, last - first + 1)
        for index in range(count):
            if pdfium_c.FPDFText_GetRect(textpage.raw, index, *edges):
                left, top, right, bottom = (edge.value for edge in edges)
                yield turn.box(left, bottom, right, top)
    finally:
        textpage.close()
        page.close()


def draw_pages(
    document: Document, *, scale: float = 1.5, password: str | None = None
) -> Iterator[tuple[int, Image]]:
    """Yield each page as a picture with its passages and headings framed, numbered in order.

    Parameters
    ----------
    document
        The document; its file is opened again.
    scale
        Pixels for each point.
    """
    from PIL import ImageDraw

    path = Path(document.file)
    pdf = open_pdf(path, path.read_bytes(), password)
    try:
        for number in range(1, len(pdf) + 1):
            page = pdf[number - 1]
            image = page.render(scale=scale).to_pil().convert("RGB")
            page.close()
            pen = ImageDraw.Draw(image)
            for label, kind, box in _frames(document, number):
                edges = [edge * scale for edge in box]
                colour = _COLOURS[kind]
                pen.rectangle(edges, outline=colour, width=2)
                pen.text((max(edges[0] - 30, 0), edges[1]), label, fill=colour)
            yield number, image
    finally:
        pdf.close()


def _frames(document: Document, page: int) -> Iterator[tuple[str, str, Box]]:
    for heading in document.headings:
        if heading.page == page:
            yield f"H{heading.level}", "heading", heading.bbox
    for index, passage in enumerate(document.passages, 1):
        boxes = [run.box for run in passage.lines if run.page == page]
        if boxes:
            yield f"{index}", passage.kind, _around(boxes)


def _around(boxes: Sequence[Box]) -> Box:
    first, *others = boxes
    for box in others:
        first = first.union(box)
    return first


def draw_passage(
    file: str | Path,
    page: int,
    box: Sequence[float],
    *,
    scale: float = 2.0,
    margin: float = 40.0,
    password: str | None = None,
) -> Image:
    """Return the strip of a page on which a passage stands, with the passage framed.

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

    Raises
    ------
    ReadError
        If the file cannot be opened as a PDF.
    ValueError
        If it has no such page.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_pdf
    >>> doc = read_pdf(demo_files()[0])
    >>> draw_passage(doc.file, doc.passages[3].page, doc.passages[3].bbox).width > 1000
    True
    """
    from PIL import ImageDraw

    path = Path(file)
    pdf = open_pdf(path, path.read_bytes(), password)
    try:
        if not 1 <= page <= len(pdf):
            raise ValueError(f"{path}: has no page {page}, but {len(pdf)} pages")
        opened = pdf[page - 1]
        image = opened.render(scale=scale).to_pil().convert("RGB")
        opened.close()
    finally:
        pdf.close()
    ImageDraw.Draw(image).rectangle([edge * scale for edge in box], outline="#b65c00", width=3)
    top, bottom = max(0.0, box[1] - margin) * scale, (box[3] + margin) * scale
    strip: Image = image.crop((0, int(top), image.width, min(image.height, int(bottom))))
    return strip
