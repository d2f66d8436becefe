"""Pages to document: order, furniture, blocks, tables, sections, items and metadata."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from oscb_nlp.document import Document, Heading, Note, PageReading, Passage, Problem, Table
from oscb_nlp.errors import PROBLEMS, ReadError
from oscb_nlp.reading.engines import FEWEST_CHARACTERS, ReadPages, is_scan
from oscb_nlp.reading.engines.ocr import OUT_OF_TIME
from oscb_nlp.reading.engines.page import Line, PageContent
from oscb_nlp.reading.metadata import find_metadata
from oscb_nlp.reading.metadata.evidence import Evidence
from oscb_nlp.reading.structure.furniture import split_furniture
from oscb_nlp.reading.structure.items import TableRow, find_items
from oscb_nlp.reading.structure.joining import Lexicon
from oscb_nlp.reading.structure.kinds import Block
from oscb_nlp.reading.structure.layout import gather_blocks
from oscb_nlp.reading.structure.measures import body_size, trusted_pages
from oscb_nlp.reading.structure.order import gutter_of, reading_order
from oscb_nlp.reading.structure.sections import by_content, section_of
from oscb_nlp.reading.structure.tables import ReadTable, join_tables, row_passages

__all__ = ["assemble"]


def assemble(path: Path, document_id: str, read: ReadPages) -> Document:
    """Return the document that the pages make.

    Raises
    ------
    ReadError
        ``no-text`` if the pages hold none.
    """
    pages = read.pages
    problems = (*read.problems, *_scan_problems(path, pages))
    tagged = trusted_pages(pages)
    gutters = {page.number: at for page in pages if (at := gutter_of(page)) is not None}
    orders = [reading_order(page, gutters.get(page.number)) for page in pages]
    body = body_size(pages)
    kept, furniture = split_furniture(pages, orders, body, tagged)
    lexicon = Lexicon([line.text for page in pages for line in _all_lines(page)])
    title_lines = _title_page(kept, body)
    texts = [[], *kept[1:]] if title_lines else kept
    blocks = gather_blocks(texts, body, lexicon, gutters, tagged)
    tables = join_tables(pages, lexicon)
    headings = _headings(blocks)
    passages, rows = _passages(blocks, tables)
    first_page = title_lines or kept[0]
    metadata = find_metadata(
        Evidence(
            path=path,
            properties=read.properties,
            title_lines=[(line.text, line.size) for line in first_page[:25]],
            texts=[(block.page, block.text) for block in blocks[:60]],
            furniture=list(dict.fromkeys(furniture)),
            links=[link for page in pages for link in page.links]
            + [block.text.replace(" ", "") for block in blocks if block.kind == "link"],
        )
    )
    return Document(
        file=str(path),
        document_id=document_id,
        pages=read.total,
        engine="+".join(sorted({page.engine for page in pages}, key=_engine_rank)),
        metadata=metadata,
        passages=tuple(passages),
        headings=tuple(headings),
        items=tuple(find_items(passages, rows)),
        tables=tuple(_with_captions(tables, blocks)),
        notes=tuple(Note(b.page, b.number, b.text) for b in blocks if b.kind == "note"),
        furniture=tuple(dict.fromkeys(furniture)),
        captions=tuple(block.text for block in blocks if block.kind == "caption"),
        readings=tuple(_reading(page, tagged) for page in pages),
        problems=problems,
    )


def _engine_rank(engine: str) -> int:
    return ("pdfium", "pdfplumber", "ocr").index(engine)


def _reading(page: PageContent, tagged: Collection[int]) -> PageReading:
    structure = "tags" if page.number in tagged else "typography"
    return PageReading(
        page.number, page.engine, page.reason or "default", structure, page.confidence
    )


def _all_lines(page: PageContent) -> list[Line]:
    cells = (cell for grid in page.grids for row in grid.rows for cell in row if cell)
    return [*page.lines, *(line for cell in cells for line in cell.lines)]


def _scan_problems(path: Path, pages: Sequence[PageContent]) -> list[Problem]:
    scans = [page for page in pages if is_scan(page)]
    if sum(page.characters for page in pages) < FEWEST_CHARACTERS:
        raise _without_text(path, pages, scans)
    return [
        Problem(
            str(path),
            "time-out" if page.reason == OUT_OF_TIME else "no-text",
            f"{page.reason}; {PROBLEMS['time-out']}"
            if page.reason == OUT_OF_TIME
            else PROBLEMS["no-text"],
            page.number,
        )
        for page in scans
        if page.engine != "ocr"
    ]


def _without_text(
    path: Path, pages: Sequence[PageContent], scans: Sequence[PageContent]
) -> ReadError:
    if any(page.engine == "ocr" for page in pages):
        return ReadError(path, "no-text", "OCR found no words on its pages")
    if any(page.reason == OUT_OF_TIME for page in pages):
        return ReadError(path, "time-out", OUT_OF_TIME)
    return ReadError(path, "no-text", "its pages are pictures" if scans else "")


def _title_page(kept: list[list[Line]], body: float) -> list[Line]:
    """Return the first page's lines if it is a title page: large type and no paragraph."""
    lines = kept[0]
    if len(kept) < 3 or not lines or max(line.size for line in lines) < body + 3:
        return []
    words = sum(len(line.text.split()) for line in lines if line.size < body + 1)
    return lines if words < 90 else []


def _headings(blocks: Sequence[Block]) -> list[Heading]:
    """Set each heading's level: by its tag, its number's depth, or type size and weight."""
    found = [block for block in blocks if block.kind == "heading"]
    ranks = sorted({(round(b.size), b.lines[0].bold) for b in found}, reverse=True)
    headings = []
    for block in found:
        if not block.level:
            by_type = ranks.index((round(block.size), block.lines[0].bold)) + 1
            depth = block.number.count(".") + 1 if block.number[:1].isdigit() else 0
            block.level = min(depth or by_type, 6)
        headings.append(Heading(block.page, block.level, _heading_text(block), block.box.rounded()))
    return headings


def _heading_text(block: Block) -> str:
    return f"{block.printed_marker} {block.text}".strip()


def _passages(
    blocks: Sequence[Block], tables: Sequence[ReadTable]
) -> tuple[list[Passage], dict[int, TableRow]]:
    """Place the blocks and table rows in reading order under their headings."""
    path: list[tuple[int, str]] = []
    passages: list[Passage] = []
    rows: dict[int, TableRow] = {}
    waiting = sorted(tables, key=lambda table: (table.page, table.box.top))

    def place(table: ReadTable) -> None:
        titles = [title for _level, title in path]
        heading = titles[-1] if titles else ""
        for passage, row in row_passages(table, section_of(titles), heading):
            rows[len(passages)] = row
            passages.append(passage)

    for block in blocks:
        while waiting and (waiting[0].page, waiting[0].box.top) < (block.page, block.box.top):
            place(waiting.pop(0))
        if block.kind == "heading":
            path = [item for item in path if item[0] < block.level]
            path.append((block.level, _heading_text(block)))
        elif block.kind in {"numbered", "bullet", "quote", "paragraph"}:
            passages.append(_passage(block, [title for _level, title in path]))
    for table in waiting:
        place(table)
    return by_content(passages), rows


def _passage(block: Block, titles: list[str]) -> Passage:
    return Passage(
        page=block.page,
        number=block.number,
        kind=block.kind,
        section=section_of(titles),
        heading=titles[-1] if titles else "",
        text=block.text,
        bbox=block.box.rounded(),
        end_page=block.lines[-1].page,
        level=block.level if block.kind == "bullet" else 0,
        marks=block.joined.marks,
        lines=block.joined.runs,
        confidence=_confidence(block.lines),
    )


def _confidence(lines: Sequence[Line]) -> float | None:
    sure = [line.confidence for line in lines if line.confidence is not None]
    return round(sum(sure) / len(sure), 3) if sure else None


def _with_captions(tables: Sequence[ReadTable], blocks: Sequence[Block]) -> list[Table]:
    """Give each table the nearest caption above or below it on its page."""
    captions = [block for block in blocks if block.kind == "caption"]
    named = []
    for table in tables:
        near = [
            (abs(table.box.top - block.box.bottom), block.text)
            for block in captions
            if block.page == table.page and abs(table.box.top - block.box.bottom) < 40
        ]
        named.append(table.table(min(near)[1] if near else ""))
    return named
