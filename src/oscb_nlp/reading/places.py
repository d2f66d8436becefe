"""From a passage back to its page: where its characters stand, and the page drawn with them.

Here the file is opened in this process; :mod:`oscb_nlp.drawing` does it in a worker with limits.
"""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box, Document, TextRun
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.engines import calls
from oscb_nlp.reading.engines.pdfium import open_pdf
from oscb_nlp.reading.engines.turning import Turn

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Frame", "crops", "draw_page", "frames", "rectangles", "strips"]

_COLOURS = {
    "heading": "#7b2d8b",
    "numbered": "#1b6ca8",
    "paragraph": "#2a7f3f",
    "bullet": "#b35900",
    "quote": "#8a6d00",
    "table-row": "#a8324a",
}


def rectangles(
    file: str | Path, lines: Sequence[TextRun], start: int, end: int, password: str | None = None
) -> list[tuple[int, Box]]:
    """Return page and boxes of the characters ``[start, end)`` of a passage's lines.

    Raises
    ------
    ReadError
        If the file is no longer there or cannot be opened.
    """
    wanted = [_cut(run, start, end) for run in lines if run.start < end and run.end > start]
    with _opened(file, password) as pdf:
        return [(run.page, box) for run in wanted for box in _boxes(pdf, run)]


@contextmanager
def _opened(file: str | Path, password: str | None) -> Iterator[pdfium.PdfDocument]:
    path = Path(file)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(path, "cannot-open", error.strerror or str(error)) from None
    pdf = open_pdf(path, data, password)
    try:
        yield pdf
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


Frame = tuple[str, str, Box]
"""What is framed on a page: its label, its kind and where it stands."""


def draw_page(
    file: str | Path, page: int, framed: Sequence[Frame], scale: float, password: str | None = None
) -> Image:
    """Return a page as a picture with what stands on it framed and labelled."""
    from PIL import ImageDraw

    with _opened(file, password) as pdf:
        image = _rendered(pdf, page, scale)
    pen = ImageDraw.Draw(image)
    for label, kind, box in framed:
        edges = [edge * scale for edge in box]
        colour = _COLOURS[kind]
        pen.rectangle(edges, outline=colour, width=2)
        pen.text((max(edges[0] - 30, 0), edges[1]), label, fill=colour)
    return image


def frames(document: Document, page: int) -> list[Frame]:
    """Return the headings and passages of a page, passages numbered in order."""
    return list(_frames(document, page))


def _frames(document: Document, page: int) -> Iterator[Frame]:
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


def strips(
    file: str | Path,
    places: Sequence[tuple[int, Sequence[float]]],
    scale: float,
    margin: float,
    password: str | None = None,
) -> list[Image | None]:
    """Return for each page and box the strip of the page with the box framed.

    None where the file has no such page. ``scale`` is in pixels a point, ``margin`` in points.
    """
    with _opened(file, password) as pdf:
        return [
            _strip(_rendered(pdf, page, scale), box, scale, margin)
            if 1 <= page <= len(pdf)
            else None
            for page, box in places
        ]


def crops(
    file: str | Path,
    places: Sequence[tuple[int, Sequence[float]]],
    scale: float,
    margin: float,
    colours: int,
) -> list[bytes | None]:
    """Return :func:`strips` as small PNG files of so many colours."""
    drawn = strips(file, places, scale, margin)
    return [None if image is None else _png(image, colours) for image in drawn]


def _rendered(pdf: pdfium.PdfDocument, page: int, scale: float) -> Image:
    opened = pdf[page - 1]
    try:
        image: Image = opened.render(scale=scale).to_pil().convert("RGB")
        return image
    finally:
        opened.close()


def _strip(image: Image, box: Sequence[float], scale: float, margin: float) -> Image:
    from PIL import ImageDraw

    ImageDraw.Draw(image).rectangle([edge * scale for edge in box], outline="#b65c00", width=3)
    top, bottom = max(0.0, box[1] - margin) * scale, (box[3] + margin) * scale
    return image.crop((0, int(top), image.width, min(image.height, int(bottom))))


def _png(image: Image, colours: int) -> bytes:
    target = io.BytesIO()
    image.quantize(colours).save(target, "PNG", optimize=True)
    return target.getvalue()
