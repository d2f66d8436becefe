"""Documents without pages' geometry: what a Word file or a web page holds, to a ``Document``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oscb_nlp.document import (
    Box,
    Document,
    Heading,
    Note,
    NoteMark,
    PageReading,
    Passage,
    Table,
    row_passage,
)
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.metadata import find_metadata
from oscb_nlp.reading.metadata.evidence import Evidence
from oscb_nlp.reading.structure.items import TableRow, find_items
from oscb_nlp.reading.structure.numbering import find_marker
from oscb_nlp.reading.structure.sections import by_content, section_of
from oscb_nlp.reading.structure.tables import is_header

__all__ = ["FlowBlock", "FlowDocument", "document_of"]

_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)
_SIZES = {1: 20.0, 2: 16.0, 3: 14.0}
_BODY = 11.0


@dataclass(slots=True)
class FlowBlock:
    """A heading, paragraph, list item, quote, caption or table in the order of the file.

    ``level`` is a heading's level or a bullet's depth; ``number`` what the file's own
    numbering prints; ``rows`` the cells of a table.
    """

    kind: str
    text: str = ""
    number: str = ""
    level: int = 0
    page: int = 1
    marks: tuple[NoteMark, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class FlowDocument:
    """What was found in a file, before it becomes a document."""

    engine: str
    blocks: list[FlowBlock] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    furniture: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)


def document_of(path: Path, document_id: str, flow: FlowDocument) -> Document:
    """Return the document that the blocks make.

    Raises
    ------
    ReadError
        ``no-text`` if they hold none.
    """
    blocks = [_tidied(block) for block in flow.blocks]
    blocks = [block for block in blocks if block.text or block.rows]
    if not blocks:
        raise ReadError(path, "no-text")
    passages, rows = _passages(blocks)
    return Document(
        file=str(path),
        document_id=document_id,
        pages=max(block.page for block in blocks),
        engine=flow.engine,
        metadata=find_metadata(_evidence(path, flow, blocks)),
        passages=tuple(passages),
        headings=tuple(
            Heading(b.page, b.level, f"{b.number} {b.text}".strip())
            for b in blocks
            if b.kind == "heading"
        ),
        tables=tuple(Table(b.page, b.rows, _NOWHERE) for b in blocks if b.rows),
        notes=tuple(flow.notes),
        furniture=tuple(dict.fromkeys(filter(None, flow.furniture))),
        items=tuple(find_items(passages, rows)),
        readings=tuple(
            PageReading(page, flow.engine, "default", "tags")
            for page in sorted({block.page for block in blocks})
        ),
        captions=tuple(block.text for block in blocks if block.kind == "caption"),
    )


def _tidied(block: FlowBlock) -> FlowBlock:
    """Take a typed number or bullet off the text, and runs of spaces out of it."""
    block.rows = tuple(tuple(_one_line(cell) for cell in row) for row in block.rows)
    if block.marks:
        return block
    block.text = _one_line(block.text)
    marker = find_marker(block.text) if block.kind in {"paragraph", "heading"} else None
    if marker and not block.number and marker.rest:
        if block.kind == "paragraph":
            block.kind = "bullet" if marker.kind == "bullet" else "numbered"
            block.number, block.text = marker.number, marker.rest.strip()
            block.level = 1 if block.kind == "bullet" else 0
    elif block.number and block.kind == "paragraph":
        block.kind = "numbered"
    return block


def _one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text.replace("\u00ad", "")).strip()


def _passages(blocks: Sequence[FlowBlock]) -> tuple[list[Passage], dict[int, TableRow]]:
    path: list[tuple[int, str]] = []
    passages: list[Passage] = []
    rows: dict[int, TableRow] = {}
    for block in blocks:
        titles = [title for _level, title in path]
        section, heading = section_of(titles), titles[-1] if titles else ""
        if block.kind == "heading":
            path = [item for item in path if item[0] < block.level]
            path.append((block.level, f"{block.number} {block.text}".strip()))
        elif block.kind == "table":
            start = 1 if len(block.rows) > 1 and is_header(block.rows[0]) else 0
            for cells in block.rows[start:]:
                number, text = row_passage(cells)
                if text:
                    rows[len(passages)] = TableRow(block.rows[0] if start else (), cells)
                    passages.append(
                        Passage(block.page, number, "table-row", section, heading, text, _NOWHERE, block.page)
                    )  # fmt: skip
        elif block.kind in {"numbered", "paragraph", "bullet", "quote"}:
            level = block.level if block.kind == "bullet" else 0
            passages.append(
                Passage(block.page, block.number, block.kind, section, heading, block.text, _NOWHERE,
                        block.page, level, block.marks)
            )  # fmt: skip
    return by_content(passages), rows


def _evidence(path: Path, flow: FlowDocument, blocks: Sequence[FlowBlock]) -> Evidence:
    lines = [
        (block.text, _SIZES.get(block.level, _BODY + 1) if block.kind in {"heading", "title"} else _BODY)
        for block in blocks[:14]
        if block.text and len(block.text) < 200
    ]  # fmt: skip
    return Evidence(
        path=path,
        properties=flow.properties,
        title_lines=lines,
        texts=[(block.page, block.text) for block in blocks[:60] if block.text],
        furniture=flow.furniture,
        links=flow.links,
    )
