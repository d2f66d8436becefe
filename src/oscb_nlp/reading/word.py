"""Word documents (DOCX), read with python-docx: styles, Word's own numbering, tables, footnotes."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oscb_nlp.document import Note, NoteMark
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.flow import FlowBlock, FlowDocument
from oscb_nlp.reading.limits import Limits

__all__ = ["read_word"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MOST_COUNTED = 999  # what is counted further is no letter or Roman number
_MOST_COLUMNS = 1_000  # over which a cell may go
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def read_word(path: Path, data: bytes, limits: Limits) -> FlowDocument:
    """Read a DOCX file.

    Raises
    ------
    ReadError
        ``too-large`` if its parts unpack beyond the limit, ``unreadable`` if it is damaged.
    """
    import docx

    try:
        _check_size(path, data, limits)
        return _Reader(docx.Document(io.BytesIO(data))).read()
    except (ReadError, MemoryError):
        raise
    except Exception as error:
        # python-docx takes a damaged file's parts for what they are called, so anything may be raised.
        detail = f"Word document: {type(error).__name__}: {error}"
        raise ReadError(path, "unreadable", detail[:200]) from None


def _check_size(path: Path, data: bytes, limits: Limits) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > limits.decompressed:
            detail = f"its parts unpack to more than {limits.decompressed >> 20} MB"
            raise ReadError(path, "too-large", detail)


class _Reader:
    """Goes through a document's body once, counting its pages, numbers and notes."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.flow = FlowDocument("python-docx")
        self.page = 1
        self.numbering = _Numbering(document)
        self.notes = _note_texts(document)

    def read(self) -> FlowDocument:
        from docx.table import Table

        for block in self.document.iter_inner_content():
            if isinstance(block, Table):
                rows = tuple(_row_texts(row) for row in block.rows)
                self.flow.blocks.append(FlowBlock("table", page=self.page, rows=rows))
            else:
                self._paragraph(block)
        self.flow.furniture = list(_furniture(self.document))
        self.flow.properties = _properties(self.document)
        return self.flow

    def _paragraph(self, paragraph: Any) -> None:
        text, marks = self._text(paragraph)
        style = str(paragraph.style.name or "") if paragraph.style is not None else ""
        number, bullet, depth = self.numbering.next_for(paragraph)
        if not text.strip():
            return
        kind, level = _kind(style)
        if kind == "contents":
            self.flow.furniture.append(text)
            return
        if kind == "paragraph" and (bullet or style.lower().startswith("list bullet")):
            kind, level = "bullet", max(depth + 1, 1)
        stripped = len(text) - len(text.lstrip())
        marks = tuple(mark._replace(at=max(mark.at - stripped, 0)) for mark in marks)
        self.flow.blocks.append(
            FlowBlock(kind, text.strip(), number.rstrip("."), level, self.page, marks)
        )

    def _text(self, paragraph: Any) -> tuple[str, tuple[NoteMark, ...]]:
        text = ""
        marks: list[NoteMark] = []
        for node in paragraph._p.iter():
            if node.tag == f"{_W}t":
                text += node.text or ""
            elif node.tag in {f"{_W}tab", f"{_W}cr"}:
                text += " "
            elif node.tag == f"{_W}noBreakHyphen":
                text += "-"
            elif node.tag == f"{_W}br":
                if node.get(f"{_W}type") == "page":
                    self.page += 1
                text += " "
            elif node.tag == f"{_W}lastRenderedPageBreak":
                self.page += 1
            elif node.tag == f"{_W}footnoteReference":
                note = self.notes.get(node.get(f"{_W}id") or "", "")
                if note:
                    number = str(len(self.flow.notes) + 1)
                    self.flow.notes.append(Note(self.page, number, note))
                    marks.append(NoteMark(len(text), number))
        return text, tuple(marks)


class _Numbering:
    """Counts Word's automatic numbers, which stand in no text of the file."""

    def __init__(self, document: Any) -> None:
        self.levels: dict[str, dict[int, tuple[str, str, int]]] = {}
        self.counts: dict[str, dict[int, int]] = defaultdict(dict)
        try:
            root = document.part.numbering_part.element
        except (NotImplementedError, KeyError, AttributeError):
            return
        abstract = {
            item.get(f"{_W}abstractNumId"): {
                int(level.get(f"{_W}ilvl", "0")): _level(level)
                for level in item.findall(f"{_W}lvl")
            }
            for item in root.findall(f"{_W}abstractNum")
        }
        for item in root.findall(f"{_W}num"):
            of = item.find(f"{_W}abstractNumId")
            if of is not None:
                self.levels[item.get(f"{_W}numId")] = abstract.get(of.get(f"{_W}val"), {})

    def next_for(self, paragraph: Any) -> tuple[str, bool, int]:
        """Return the number that Word prints, whether it is a bullet, and its depth from 0."""
        found = _number_of(paragraph)
        if found is None or found[0] not in self.levels:
            return "", False, 0
        key, depth = found
        levels = self.levels[key]
        style, pattern, start = levels.get(depth, ("decimal", f"%{depth + 1}.", 1))
        if style == "bullet":
            return "", True, depth
        if style == "none":
            return "", False, depth
        counts = self.counts[key]
        counts[depth] = counts.get(depth, start - 1) + 1
        for deeper in [level for level in counts if level > depth]:
            del counts[deeper]
        text = pattern
        for level in range(depth + 1):
            form, _pattern, first = levels.get(level, ("decimal", "", 1))
            text = text.replace(f"%{level + 1}", _printed(counts.get(level, first), form))
        return text, False, depth


def _level(level: Any) -> tuple[str, str, int]:
    def value(name: str, default: str) -> str:
        node = level.find(f"{_W}{name}")
        return default if node is None else node.get(f"{_W}val", default)

    return value("numFmt", "decimal"), value("lvlText", ""), int(value("start", "1") or 1)


def _number_of(paragraph: Any) -> tuple[str, int] | None:
    """Return the numbering that a paragraph, or else its style, names, and its depth."""
    properties = [paragraph._p.pPr]
    style = paragraph.style
    while style is not None:
        properties.append(style.element.pPr)
        style = style.base_style
    for item in properties:
        if item is not None and item.numPr is not None and item.numPr.numId is not None:
            depth = item.numPr.ilvl.val if item.numPr.ilvl is not None else 0
            return str(item.numPr.numId.val), int(depth)
    return None


def _printed(count: int, style: str) -> str:
    if count > _MOST_COUNTED:
        return str(count)
    if style in {"lowerLetter", "upperLetter"}:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in {"lowerRoman", "upperRoman"}:
        text = ""
        for value, digits in _ROMAN:
            while count >= value:
                text += digits
                count -= value
        return text.upper() if style == "upperRoman" else text
    return str(count)


def _kind(style: str) -> tuple[str, int]:
    name = style.lower()
    if name.startswith("heading") and name[-1:].isdigit():
        return "heading", int(name[-1])
    if name == "title":
        return "title", 1
    if name.startswith("toc"):
        return "contents", 0
    if name == "caption":
        return "caption", 0
    return ("quote", 0) if "quote" in name else ("paragraph", 0)


def _row_texts(row: Any) -> tuple[str, ...]:
    """Return a row's cells, a cell that spans several columns once."""
    if any(cell.grid_span > _MOST_COLUMNS for cell in row._tr.tc_lst):
        return ()
    cells = []
    last = None
    for cell in row.cells:
        if cell._tc is not last:
            cells.append(cell.text)
        last = cell._tc
    return tuple(cells)


def _note_texts(document: Any) -> dict[str, str]:
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.reltype.endswith("/footnotes"):
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            root = etree.fromstring(relation.target_part.blob, parser)
            return {
                note.get(f"{_W}id"): "".join(
                    node.text or "" for node in note.iter(f"{_W}t")
                ).strip()
                for note in root.findall(f"{_W}footnote")
                if note.get(f"{_W}type") in {None, "normal"}
            }
    return {}


def _furniture(document: Any) -> Iterator[str]:
    for section in document.sections:
        for part in (section.header, section.footer, section.first_page_header):
            for paragraph in part.paragraphs:
                if paragraph.text.strip():
                    yield paragraph.text.strip()


def _properties(document: Any) -> dict[str, str]:
    core = document.core_properties
    made = core.created.strftime("D:%Y%m%d%H%M%S") if core.created else ""
    return {"Title": core.title or "", "Author": core.author or "", "CreationDate": made}
