"""From the bytes of a PDF to a :class:`~oscb_nlp.document.Document`.

Lines (``pdfium``) lose their page furniture (``furniture``) and the tables (``tables``),
are gathered into blocks (``layout``, ``numbering``, ``joining``) and placed in the
review's sections (``sections``); ``metadata`` says what the document is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from oscb_nlp.document import (
    Box,
    Document,
    Heading,
    Note,
    Passage,
    Problem,
    Table,
    row_passage,
)
from oscb_nlp.errors import PROBLEMS, ReadError
from oscb_nlp.reading.furniture import body_size, split_furniture
from oscb_nlp.reading.joining import Lexicon
from oscb_nlp.reading.layout import Block, gather_blocks
from oscb_nlp.reading.metadata import Evidence, find_metadata
from oscb_nlp.reading.pdfium import Line, PageContent, open_pdf, read_pages
from oscb_nlp.reading.sections import section_of
from oscb_nlp.reading.tables import PageTable, find_tables, join_tables

__all__ = ["document_id", "read_pdf"]

_MIN_CHARACTERS = 20  # a page with fewer and a picture is taken for a scan


def document_id(data: bytes) -> str:
    """Return the identity of a document: the first 16 hex digits of its bytes' SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def read_pdf(path: str | Path) -> Document:
    """Read one PDF.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Document
        Its metadata, headings, tables, notes and passages in reading order.

    Raises
    ------
    ReadError
        If the file cannot be opened or has no text; ``problem`` and ``detail`` say why.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_pdf
    >>> document = read_pdf(demo_files()[0])
    >>> document.passages[0].page > 1
    True
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(path, "cannot-open", error.strerror or str(error)) from None
    pdf = open_pdf(path, data)
    try:
        pages = list(read_pages(pdf))
        problems = _page_problems(path, pages)
        lexicon = Lexicon.of(line.text for page in pages for line in page.lines)
        parts = find_tables(data, pdf, pages, lexicon)
        properties = {key: str(value) for key, value in pdf.get_metadata_dict().items()}
    finally:
        pdf.close()
    return _document(path, data, pages, parts, properties, problems)


def _page_problems(path: Path, pages: list[PageContent]) -> tuple[Problem, ...]:
    characters = [sum(len(line.text) for line in page.lines) for page in pages]
    if sum(characters) < _MIN_CHARACTERS:
        raise ReadError(path, "no-text")
    problems = [
        Problem(str(path), "no-text", PROBLEMS["no-text"], page.number)
        for page, count in zip(pages, characters, strict=True)
        if count < _MIN_CHARACTERS and page.pictures
    ]
    problems += [
        Problem(str(path), "too-large", "the page holds more text than is read", page.number)
        for page in pages
        if page.cut
    ]
    return tuple(problems)


def _document(
    path: Path,
    data: bytes,
    pages: list[PageContent],
    parts: list[PageTable],
    properties: dict[str, str],
    problems: tuple[Problem, ...],
) -> Document:
    tables = join_tables(parts)
    body = body_size(pages)
    kept, furniture = split_furniture(pages)
    title_lines = _title_page(kept, body)
    texts = [[line for line in lines if not _in_table(line, parts)] for lines in kept]
    if title_lines:
        texts[0] = []
    blocks = gather_blocks(texts, body)
    headings = _headings(blocks)
    passages = _passages(blocks, tables)
    first_page = title_lines or kept[0]
    metadata = find_metadata(
        Evidence(
            path=path,
            properties=properties,
            title_lines=[(line.text, line.size) for line in first_page[:25]],
            texts=[(block.page, block.text) for block in blocks[:60]],
            furniture=list(dict.fromkeys(furniture)),
            links=[link for page in pages for link in page.links]
            + [block.text.replace(" ", "") for block in blocks if block.kind == "link"],
        )
    )
    return Document(
        file=str(path),
        document_id=document_id(data),
        pages=len(pages),
        engine="pdfium",
        metadata=metadata,
        passages=tuple(passages),
        headings=tuple(headings),
        tables=tuple(tables),
        notes=tuple(Note(b.page, b.number, b.text) for b in blocks if b.kind == "note"),
        furniture=tuple(dict.fromkeys(furniture)),
        problems=problems,
    )


def _title_page(kept: list[list[Line]], body: float) -> list[Line]:
    """Return the first page's lines if it is a title page: large type and no paragraph."""
    lines = kept[0]
    if len(kept) < 3 or not lines or max(line.size for line in lines) < body + 3:
        return []
    words = sum(len(line.text.split()) for line in lines if line.size < body + 1)
    return lines if words < 90 else []


def _in_table(line: Line, parts: list[PageTable]) -> bool:
    middle_y = (line.box.top + line.box.bottom) / 2
    return any(
        part.page == line.page
        and part.box.top - 1 <= middle_y <= part.box.bottom + 1
        and part.box.x0 - 3 <= line.box.x0 <= part.box.x1
        for part in parts
    )


def _headings(blocks: list[Block]) -> list[Heading]:
    """Set each heading's level: by its number's depth, else by type size and weight."""
    found = [block for block in blocks if block.kind == "heading"]
    ranks = sorted({(round(b.size), b.lines[0].bold) for b in found}, reverse=True)
    headings = []
    for block in found:
        by_type = ranks.index((round(block.size), block.lines[0].bold)) + 1
        depth = block.number.count(".") + 1 if block.number[:1].isdigit() else 0
        block.level = min(depth or by_type, 6)
        headings.append(Heading(block.page, block.level, _heading_text(block)))
    return headings


def _heading_text(block: Block) -> str:
    return f"{block.printed_marker} {block.text}".strip()


def _passages(blocks: list[Block], tables: list[Table]) -> list[Passage]:
    """Place the blocks and table rows in reading order under their headings."""
    path: list[tuple[int, str]] = []
    passages: list[Passage] = []
    waiting = sorted(tables, key=lambda table: (table.page, table.bbox.top))
    for block in blocks:
        while waiting and (waiting[0].page, waiting[0].bbox.top) < (block.page, block.box.top):
            passages += _row_passages(waiting.pop(0), path)
        if block.kind == "heading":
            path = [item for item in path if item[0] < block.level]
            path.append((block.level, _heading_text(block)))
        elif block.kind in {"numbered", "bullet", "quote", "paragraph"}:
            passages.append(_passage(block, path))
    for table in waiting:
        passages += _row_passages(table, path)
    return passages


def _passage(block: Block, path: list[tuple[int, str]]) -> Passage:
    titles = [title for _level, title in path]
    return Passage(
        page=block.page,
        number=block.number,
        kind=block.kind,
        section=section_of(titles),
        heading=titles[-1] if titles else "",
        text=block.text,
        bbox=block.box,
        end_page=block.lines[-1].page,
    )


def _row_passages(table: Table, path: list[tuple[int, str]]) -> list[Passage]:
    titles = [title for _level, title in path]
    start = 1 if len(table.rows) > 1 and _is_header(table.rows[0]) else 0
    passages = []
    for index in range(start, len(table.rows)):
        number, text = row_passage(table.rows[index])
        if not text:
            continue
        box = table.row_boxes[index] if table.row_boxes else table.bbox
        page = table.row_pages[index] if table.row_pages else table.page
        passages.append(
            Passage(page, number, "table-row", section_of(titles),
                    titles[-1] if titles else "", text, Box(*box), page)
        )  # fmt: skip
    return passages


def _is_header(cells: tuple[str, ...]) -> bool:
    """Say whether a first row names the columns: short cells, and the first is no number."""
    short = all(len(cell.split()) <= 8 for cell in cells)
    sentence = any(cell.endswith(".") and " " in cell for cell in cells)
    return short and not sentence and not cells[0][:1].isdigit()
