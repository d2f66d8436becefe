"""The first engine: pypdfium2 gives each page's lines with box, size and weight.

One pass a page. pdfium's own text order is kept, since it follows the content stream;
geometry is asked for two characters a line, which costs a tenth of asking for all.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box
from oscb_nlp.errors import ReadError

__all__ = ["LINE_END_HYPHEN", "Line", "PageContent", "open_pdf", "read_pages"]

MAX_PAGE_CHARACTERS = 200_000
"""A page with more is cut: real pages hold 2,000 to 6,000 characters."""

MAX_PAGES = 3_000

LINE_END_HYPHEN = "\ufffe"
"""Ends a line whose last word goes on in the next one: pdfium gives it for any hyphen there."""

_LINE_END = re.compile("\r\n|\n|\r|(?<=[\ufffe\u0002])")
_ENGINE_HYPHEN = re.compile("[\ufffe\u0002]$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\uffff]|\ufffe(?!$)")


class Line(NamedTuple):
    """One line of a page: its text, box and type."""

    page: int
    text: str
    box: Box
    size: float
    bold: bool
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageContent:
    """What the engine found on one page."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    links: tuple[str, ...]
    ruled: bool
    pictures: int
    cut: bool


def open_pdf(path: Path, data: bytes) -> pdfium.PdfDocument:
    """Open a PDF, naming what is wrong with it where it does not open."""
    _sniff(path, data)
    try:
        pdf = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        message = str(error).lower()
        if "password" in message or "security" in message:
            raise ReadError(path, "password-needed") from None
        if b"%%EOF" not in data[-2048:]:
            raise ReadError(path, "truncated") from None
        raise ReadError(path, "unreadable", str(error)) from None
    if len(pdf) == 0:
        raise ReadError(path, "unreadable", "the PDF has no pages")
    if len(pdf) > MAX_PAGES:
        raise ReadError(path, "too-large", f"{len(pdf)} pages, at most {MAX_PAGES} are read")
    return pdf


def read_pages(pdf: pdfium.PdfDocument) -> Iterator[PageContent]:
    """Yield the content of each page in order."""
    for index in range(len(pdf)):
        page = pdf[index]
        try:
            yield _read_page(pdf, page, index + 1)
        finally:
            page.close()


def _sniff(path: Path, data: bytes) -> None:
    if not data:
        raise ReadError(path, "empty-file")
    head = data[:1024].lstrip()
    if b"%PDF-" in head:
        return
    lowered = head[:256].lower()
    if lowered.startswith((b"<!doctype html", b"<html")) or b"<html" in lowered:
        raise ReadError(path, "not-a-pdf", "it is an HTML page")
    if head.startswith(b"PK\x03\x04"):
        kind = "a Word document" if b"word/" in data[:4096] else "a ZIP archive or Office document"
        raise ReadError(path, "not-a-pdf", f"it is {kind}")
    raise ReadError(path, "not-a-pdf", f"it begins with {head[:8]!r}")


def _read_page(pdf: pdfium.PdfDocument, page: pdfium.PdfPage, number: int) -> PageContent:
    left, bottom, right, top = page.get_bbox()
    textpage = page.get_textpage()
    try:
        count = min(textpage.count_chars(), MAX_PAGE_CHARACTERS)
        text = textpage.get_text_range(0, count) if count else ""
        lines = tuple(_merge_split_lines(_lines(textpage, text, number, left, top)))
        cut = textpage.count_chars() > MAX_PAGE_CHARACTERS
    finally:
        textpage.close()
    ruled, pictures = _graphics(page)
    links = tuple(_links(pdf, page))
    return PageContent(number, right - left, top - bottom, lines, links, ruled, pictures, cut)


def _lines(
    textpage: pdfium.PdfTextPage, text: str, page: int, left: float, top: float
) -> Iterator[Line]:
    start = 0
    for piece in _LINE_END.split(text):
        begin = text.index(piece, start) if piece else start
        start = begin + len(piece)
        stripped = piece.strip()
        if not stripped:
            continue
        first = begin + len(piece) - len(piece.lstrip())
        line = _line(textpage, stripped, first, page, left, top)
        if line is not None:
            yield line


def _merge_split_lines(lines: Iterable[Line]) -> list[Line]:
    """Join pieces of one line that the engine gave apart, such as a bullet and its words."""
    merged: list[Line] = []
    for line in lines:
        if merged and _same_baseline(merged[-1], line):
            last = merged[-1]
            is_mark = line.marks == (line.text,)
            close = line.box.x0 - last.box.x1 < 0.12 * last.size
            merged[-1] = last._replace(
                text=last.text if is_mark else last.text + ("" if close else " ") + line.text,
                box=last.box.union(line.box),
                size=max(last.size, line.size),
                bold=line.bold,
                marks=last.marks + line.marks,
            )
        else:
            merged.append(line)
    return merged


def _same_baseline(left: Line, right: Line) -> bool:
    if right.box.x0 < left.box.x1 - 2:
        return False
    overlap = min(left.box.bottom, right.box.bottom) - max(left.box.top, right.box.top)
    height = min(left.box.bottom - left.box.top, right.box.bottom - right.box.top)
    return height > 0 and overlap > 0.6 * height


def _line(
    textpage: pdfium.PdfTextPage, text: str, first: int, page: int, left: float, top: float
) -> Line | None:
    last = first + len(text) - 1
    while last > first and text[last - first] in "\ufffe\u0002\u00ad":
        last -= 1
    raw = textpage.raw
    begin = _loose_box(raw, first, left, top)
    end = _loose_box(raw, last, left, top)
    if begin is None or end is None:
        return None
    letters = [i for i, char in enumerate(text) if char.isalpha()] or [0]
    middle, final = first + letters[0], first + letters[-1]
    size = _size(raw, middle) or (begin.bottom - begin.top)
    # A bullet's own font is often taller than the words: their box sets the height.
    upright = _loose_box(raw, middle, left, top) or begin
    box = Box(begin.x0, min(upright.top, end.top), end.x1, max(upright.bottom, end.bottom))
    bold = _is_bold(raw, middle) and _is_bold(raw, final)
    text, marks = _without_note_marks(raw, text, first, size)
    text = _ENGINE_HYPHEN.sub(LINE_END_HYPHEN, text)
    text = _CONTROL.sub("", text).strip()
    if not text:
        return None
    return Line(page, text, box, round(size, 2), bold, marks)


def _without_note_marks(
    raw: pdfium_c.FPDF_TEXTPAGE, text: str, first: int, size: float
) -> tuple[str, tuple[str, ...]]:
    """Take out digits set as superscripts: they are marks of footnotes."""
    if text.isdigit() and len(text) <= 3:
        # A piece of its own: the mark of the words before it, or a footnote's own number.
        return text, (text,) if _is_superscript(raw, first, size) else ()
    high = {
        index
        for index, char in enumerate(text)
        if char.isdigit() and index and not text[index - 1].isspace()
        and _is_superscript(raw, first + index, size)
    }  # fmt: skip
    if not high:
        return text, ()
    marks = "".join(char if index in high else " " for index, char in enumerate(text)).split()
    return "".join(char for index, char in enumerate(text) if index not in high), tuple(marks)


def _loose_box(raw: pdfium_c.FPDF_TEXTPAGE, index: int, left: float, top: float) -> Box | None:
    char = pdfium_c.FPDFText_GetCharIndexFromTextIndex(raw, index)
    rect = pdfium_c.FS_RECTF()
    if char < 0 or not pdfium_c.FPDFText_GetLooseCharBox(raw, char, rect):
        return None
    return Box(
        round(rect.left - left, 2),
        round(top - rect.top, 2),
        round(rect.right - left, 2),
        round(top - rect.bottom, 2),
    )


def _size(raw: pdfium_c.FPDF_TEXTPAGE, index: int) -> float:
    """Return the size in points as it appears: font size times the text matrix."""
    char = pdfium_c.FPDFText_GetCharIndexFromTextIndex(raw, index)
    if char < 0:
        return 0.0
    matrix = pdfium_c.FS_MATRIX()
    scale = 1.0
    if pdfium_c.FPDFText_GetMatrix(raw, char, matrix):
        scale = math.hypot(matrix.b, matrix.d) or 1.0
    return float(pdfium_c.FPDFText_GetFontSize(raw, char)) * scale


def _is_superscript(raw: pdfium_c.FPDF_TEXTPAGE, index: int, size: float) -> bool:
    """Say whether a digit is set smaller than its line, or drawn high by its font."""
    if 0 < _size(raw, index) < 0.8 * size:
        return True
    char = pdfium_c.FPDFText_GetCharIndexFromTextIndex(raw, index)
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    if char < 0 or not pdfium_c.FPDFText_GetCharBox(raw, char, left, right, bottom, top):
        return False
    if not pdfium_c.FPDFText_GetCharOrigin(raw, char, x, y):
        return False
    return bool(bottom.value - y.value > 0.18 * size)


def _is_bold(raw: pdfium_c.FPDF_TEXTPAGE, index: int) -> bool:
    char = pdfium_c.FPDFText_GetCharIndexFromTextIndex(raw, index)
    if pdfium_c.FPDFText_GetFontWeight(raw, char) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium_c.FPDFText_GetFontInfo(raw, char, name, 128, flags)
    return any(word in name.value.lower() for word in (b"bold", b"black", b"heavy", b"semibd"))


def _graphics(page: pdfium.PdfPage) -> tuple[bool, int]:
    """Say whether the page has ruled lines enough for a table, and count its pictures."""
    horizontal = vertical = pictures = 0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(min(pdfium_c.FPDFPage_CountObjects(page.raw), 20_000)):
        item = pdfium_c.FPDFPage_GetObject(page.raw, index)
        kind = pdfium_c.FPDFPageObj_GetType(item)
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            pictures += 1
        if kind != pdfium_c.FPDF_PAGEOBJ_PATH:
            continue
        if not pdfium_c.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            continue
        width, height = right.value - left.value, top.value - bottom.value
        # A ruled cell is drawn as thin lines or as a rectangle, which counts as both.
        horizontal += width > 20
        vertical += height > 8
    return horizontal >= 3 and vertical >= 2, pictures


def _links(pdf: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[str]:
    link = pdfium_c.FPDF_LINK()
    position = ctypes.c_int(0)
    for _ in range(1000):
        if not pdfium_c.FPDFLink_Enumerate(page.raw, position, link):
            return
        action = pdfium_c.FPDFLink_GetAction(link)
        length = pdfium_c.FPDFAction_GetURIPath(pdf.raw, action, None, 0) if action else 0
        if 1 < length < 4096:
            buffer = ctypes.create_string_buffer(length)
            pdfium_c.FPDFAction_GetURIPath(pdf.raw, action, buffer, length)
            yield buffer.value.decode("latin-1")
