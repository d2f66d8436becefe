"""The report as a Word document, for a board paper."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Cm, Pt

from oscb_nlp.report.forms import Block, Heading, Paragraph, Picture, Quote, Table
from oscb_nlp.tables import zip_without_times

__all__ = ["render_word"]

_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_WIDE = 7  # columns from which a table's type is small
_HEADER_ROW = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}tblHeader"
_PAGE = 17.0  # centimetres between the margins of A4
_SHORTEST, _LONGEST = 8, 40  # characters
_NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def render_word(blocks: Iterable[Block]) -> bytes:
    """Return blocks as a ``.docx`` file; the same blocks give the same bytes."""
    document = Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
    document.core_properties.created = document.core_properties.modified = _EPOCH
    document.core_properties.author = "oscb_nlp"
    for block in blocks:
        _add(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return zip_without_times(buffer.getvalue())


def _add(document: WordDocument, block: Block) -> None:
    match block:
        case Heading(level, text):
            if level == 1:
                document.core_properties.title = _plain(text)
            document.add_heading(_plain(text), level - 1)
        case Paragraph(text, bullet):
            document.add_paragraph(_plain(text), style="List Bullet" if bullet else None)
        case Quote(text, citation):
            document.add_paragraph(_plain(text), style="Quote")
            line = document.add_paragraph(_plain(citation))
            line.paragraph_format.left_indent = Cm(0.8)
            line.runs[0].font.size = Pt(9)
        case Table():
            _add_table(document, block)
        case Picture(png, words):
            shape = document.add_picture(io.BytesIO(png), width=Cm(17))
            shape._inline.docPr.set("descr", words)


def _add_table(document: WordDocument, block: Table) -> None:
    document.add_paragraph(_plain(block.caption), style="Caption")
    table = document.add_table(rows=1, cols=len(block.header), style="Light Grid Accent 1")
    size = Pt(7) if len(block.header) > _WIDE else Pt(9)
    lines = [table.rows[0], *(table.add_row() for _row in block.rows)]
    widths = _widths((block.header, *block.rows))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for line, texts in zip(lines, (block.header, *block.rows), strict=True):
        for cell, text, width in zip(line.cells, texts, widths, strict=True):
            cell.width = width
            run = cell.paragraphs[0].add_run(_plain(text))
            run.font.size = size
    # A header row that repeats on each page, which screen readers announce too.
    lines[0]._tr.get_or_add_trPr().append(table._tbl.makeelement(_HEADER_ROW))


def _widths(rows: Sequence[Sequence[str]]) -> list[Cm]:
    """Return each column's share of the page by its longest text, up to a line of it."""
    longest = [
        min(_LONGEST, max(_SHORTEST, max(map(len, column)) + 2))
        for column in zip(*rows, strict=True)
    ]
    return [Cm(_PAGE * length / sum(longest)) for length in longest]


def _plain(text: str) -> str:
    """Return text without the characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)
