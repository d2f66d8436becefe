"""The first engine: pypdfium2 gives each page's lines with place, type and tag, and its tables.

One pass a page. pdfium's own text order is kept, since it follows the content stream;
geometry is asked for two or three characters a line, which costs a tenth of asking for all.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from oscb_nlp.document import Box, NoteMark
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.engines import calls
from oscb_nlp.reading.engines.cutting import into_grids, split_columns
from oscb_nlp.reading.engines.graphics import page_graphics
from oscb_nlp.reading.engines.page import Line, PageContent, clean, merge_split_lines
from oscb_nlp.reading.engines.ruling import find_frames
from oscb_nlp.reading.engines.tags import ARTIFACT, Tag, is_artifact, page_tags
from oscb_nlp.reading.engines.turning import Turn
from oscb_nlp.reading.limits import Limits

__all__ = ["open_pdf", "read_pages"]

_LINE = re.compile(r"[^\r\n\ufffe\u0002]+[\ufffe\u0002]?")
_NOTE_MARK = re.compile(
    r"(?<=[^\s\d(£$/–-])\d{1,3}(?![\d.,]\d|\d)|(?P<number>(?<![^\s(–-])\d{5,})|(?<=[^\s])[¹²³⁰⁴-⁹]+"
)
_HAS_DIGIT = re.compile(r"[\d¹²³⁰⁴-⁹]")
_MEASURE = re.compile(r"\b(?:m|cm|mm|km|ft)$")
_BOLD = (b"bold", b"black", b"heavy", b"semibd")
_NO_TAG = Tag("", 0)
_loose_box, _matrix_of, _size_of = (
    calls.character_loose_box,
    calls.character_matrix,
    calls.character_size,
)


def open_pdf(path: Path, data: bytes, password: str | None = None) -> pdfium.PdfDocument:
    """Open a PDF, naming what is wrong with it where it does not open.

    Raises
    ------
    ReadError
        ``password-needed``, ``truncated`` or ``unreadable``.
    """
    try:
        pdf = pdfium.PdfDocument(data, password=password)
    except pdfium.PdfiumError as error:
        # The reason that pdfium gives may be the file's before: it keeps the last one in the process.
        message = str(error).lower()
        if b"/Encrypt" in data and ("password" in message or "security" in message):
            given = "the password given does not open it" if password else ""
            raise ReadError(path, "password-needed", given) from None
        if b"%%EOF" not in data[-2048:]:
            raise ReadError(path, "truncated") from None
        raise ReadError(path, "unreadable", "the PDF cannot be opened") from None
    if len(pdf) == 0:
        pdf.close()
        raise ReadError(path, "unreadable", "the PDF has no pages")
    return pdf


def read_pages(
    pdf: pdfium.PdfDocument, limits: Limits, *, use_tags: bool = True
) -> Iterator[PageContent]:
    """Yield the content of the pages in order, as many as the limits allow.

    A page that the engine cannot load is yielded empty, with the reason.
    """
    tagged = use_tags and bool(pdfium_c.FPDFCatalog_IsTagged(pdf.raw))
    for index in range(min(len(pdf), limits.pages)):
        try:
            page = pdf[index]
        except pdfium.PdfiumError as error:
            yield PageContent(index + 1, 595.0, 842.0, (), reason=str(error))
            continue
        try:
            yield _read_page(pdf, page, index + 1, tagged, limits.characters)
        finally:
            page.close()


class _Page:
    """What is asked of one page while it is open; ``text`` is its text's handle."""

    def __init__(self, number: int, text: int, turn: Turn, tags: dict[int, Tag]) -> None:
        self.number = number
        self.text = text
        self.turn = turn
        self.tags = tags
        self._rect = pdfium_c.FS_RECTF()
        self._rect_place = calls.address(self._rect)
        self._matrix = pdfium_c.FS_MATRIX()
        self._matrix_place = calls.address(self._matrix)
        self._bold: dict[int, bool] = {}

    def box(self, index: int) -> Box | None:
        """Return the box of one character, as high as its font."""
        if not _loose_box(self.text, index, self._rect_place):
            return None
        rect, turn = self._rect, self.turn
        if turn.quarters == 0:
            left, high = turn.left, turn.height + turn.bottom
            return Box(rect.left - left, high - rect.top, rect.right - left, high - rect.bottom)
        return turn.box(rect.left, rect.bottom, rect.right, rect.top)

    def size(self, index: int) -> float:
        """Return the size in points as it appears: font size times the text matrix."""
        scale = 1.0
        if _matrix_of(self.text, index, self._matrix_place):
            matrix = self._matrix
            scale = abs(matrix.d) if matrix.b == 0 else math.hypot(matrix.b, matrix.d)
        return float(_size_of(self.text, index)) * (scale or 1.0)

    def object(self, index: int) -> int:
        """Return the text object that draws a character, 0 for one that the engine made up."""
        return calls.character_object(self.text, index) or 0

    def is_bold(self, item: int) -> bool:
        font = calls.text_font(item) or 0
        known = self._bold.get(font)
        if known is None:
            known = self._bold[font] = _font_is_bold(font)
        return known

    def tag(self, item: int) -> Tag:
        """Return the tag of the block that a text object belongs to."""
        content = calls.object_content_id(item)
        if content >= 0:
            return self.tags.get(content, _NO_TAG)
        return Tag(ARTIFACT, 0) if is_artifact(item) else _NO_TAG

    def is_superscript(self, index: int, size: float) -> bool:
        """Say whether a digit is set smaller than its line, or drawn high by its font."""
        if 0 < self.size(index) < 0.8 * size:
            return True
        numbers = [ctypes.c_double() for _ in range(6)]
        left, right, bottom, top, x, y = map(calls.address, numbers)
        if not calls.character_box(self.text, index, left, right, bottom, top):
            return False
        if not calls.character_origin(self.text, index, x, y):
            return False
        return bool(numbers[2].value - numbers[5].value > 0.18 * size)


def _read_page(
    pdf: pdfium.PdfDocument, page: pdfium.PdfPage, number: int, tagged: bool, most: int
) -> PageContent:
    textpage = page.get_textpage()
    try:
        page_handle, text_handle = calls.handle(page.raw), calls.handle(textpage.raw)
        text, cut = _page_text(text_handle, most)
        turn = Turn.of(page, text_handle, len(text))
        opened = _Page(number, text_handle, turn, page_tags(page_handle) if tagged else {})
        graphics = page_graphics(page_handle, turn)
        frames = find_frames(graphics.segments)
        lines, vertical = _lines(opened, text)
        lines = split_columns(opened.box, lines, turn.width)
        lines, grids, unresolved = into_grids(opened.box, lines, frames, turn.height)
        lines = merge_split_lines(lines)
    finally:
        textpage.close()
    return PageContent(
        number=number,
        width=turn.width,
        height=turn.height,
        lines=tuple(lines),
        grids=tuple(grids),
        links=tuple(_links(pdf, page)),
        pictures=graphics.pictures,
        drawn=graphics.objects > 0,
        tagged=_tagged_share(lines),
        cut=cut,
        unresolved=unresolved,
        vertical=tuple(vertical),
    )


def _page_text(handle: int, most: int) -> tuple[str, bool]:
    """Return the page's characters, so that an index in the text is one of the engine's."""
    total = calls.count_characters(handle)
    count = min(max(total, 0), most)
    if not count:
        return "", False
    buffer = (ctypes.c_ushort * (count + 1))()
    written = calls.get_text(handle, 0, count, calls.address(buffer))
    text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "surrogatepass")
    if len(text) != count:
        # Characters that have no Unicode value are left out of the text, but counted.
        codes = (calls.get_unicode(handle, index) for index in range(count))
        text = "".join(chr(code) if 0 < code < 0x110000 else "\x00" for code in codes)
    return text, total > count


def _lines(page: _Page, text: str) -> tuple[list[Line], list[str]]:
    """Return the level lines in the engine's order, and the texts that run up the page."""
    lines: list[Line] = []
    vertical: list[str] = []
    for match in _LINE.finditer(text):
        piece, offsets = clean(match[0], match.start())
        if not piece:
            continue
        line = _line(page, piece, offsets)
        if line is None:
            continue
        upright = line.box.bottom - line.box.top
        if len(piece) > 4 and upright > 3 * (line.box.x1 - line.box.x0) and upright > 3 * line.size:
            vertical.append(piece)
        else:
            lines.append(line)
    return lines, vertical


def _line(page: _Page, text: str, offsets: Sequence[int]) -> Line | None:
    first, last = offsets[0], offsets[-1]
    if text[-1] in "\ufffe\xad" and len(text) > 1:
        last = offsets[-2]
    begin, end = page.box(first), page.box(last)
    if begin is None or end is None:
        return None
    middle = 0
    if not text[0].isalpha():
        middle = next((i for i, char in enumerate(text) if char.isalpha()), 0)
    # A bullet's own font is often taller than the words: their box sets the height.
    upright = begin if middle == 0 else page.box(offsets[middle]) or begin
    box = Box(
        min(begin.x0, end.x0),
        min(upright.top, end.top),
        max(begin.x1, end.x1),
        max(upright.bottom, end.bottom),
    )
    size = page.size(offsets[middle]) or box.bottom - box.top
    if not all(map(math.isfinite, (*box, size))):
        return None
    item = page.object(offsets[middle])
    bold = bool(item) and page.is_bold(item)
    if bold:
        final = next((i for i in range(len(text) - 1, 0, -1) if text[i].isalpha()), middle)
        tail = page.object(offsets[final])
        bold = bool(tail) and page.is_bold(tail)
    tag = page.tag(item) if item and page.tags else _NO_TAG
    line = Line(page.number, text, box, round(size, 2), bold, offsets, (), tag.role, tag.block)
    return _without_note_marks(page, line)


def _without_note_marks(page: _Page, line: Line) -> Line:
    """Take out digits set as superscripts: they are marks of footnotes."""
    text = line.text
    if text.isdigit() and len(text) <= 3:
        # A piece of its own: the mark of the words before it, or a footnote's own number.
        if page.is_superscript(line.offsets[0], line.size):
            return line._replace(text="", marks=(NoteMark(0, text),))
        return line
    found = _possible_marks(page, line) if _HAS_DIGIT.search(text) else []
    if not found:
        return line
    kept: list[int] = []
    marks: list[NoteMark] = []
    start = 0
    for begin, end in found:
        kept.extend(range(start, begin))
        marks.append(NoteMark(len(kept), _plain_digits(text[begin:end])))
        start = end
    kept.extend(range(start, len(text)))
    return line._replace(
        text="".join(text[i] for i in kept),
        offsets=tuple(line.offsets[i] for i in kept),
        marks=tuple(marks),
    )


def _possible_marks(page: _Page, line: Line) -> list[tuple[int, int]]:
    """Return where in the line digits stand high: after a word, or at the end of a number."""
    found: list[tuple[int, int]] = []
    for match in _NOTE_MARK.finditer(line.text):
        begin, end = match.span()
        if not match[0].isdecimal():
            if not _MEASURE.search(line.text[:begin]):
                found.append((begin, end))
            continue
        last = end
        if match["number"]:
            # "2021" and a mark "2": the mark is as much of the number's end as stands high.
            begin = end
            while begin > match.start() + 1 and page.is_superscript(
                line.offsets[begin - 1], page.size(line.offsets[match.start()])
            ):
                begin -= 1
        elif not page.is_superscript(line.offsets[begin], line.size):
            continue
        if begin < last:
            found.append((begin, last))
    return found


def _plain_digits(text: str) -> str:
    return text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))


def _font_is_bold(font: int) -> bool:
    if not font:
        return False
    if calls.font_weight(font) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    calls.font_name(font, calls.address(name), 128)
    return any(word in name.value.lower() for word in _BOLD)


def _tagged_share(lines: Sequence[Line]) -> float:
    total = sum(len(line.text) for line in lines)
    return sum(len(line.text) for line in lines if line.role) / total if total else 0.0


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
