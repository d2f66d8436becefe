"""Gather lines into blocks: headings, numbered paragraphs, bullets, quotes and notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from oscb_nlp.document import Box
from oscb_nlp.reading.furniture import typical_pitch
from oscb_nlp.reading.joining import Lexicon, join_lines
from oscb_nlp.reading.numbering import Marker, find_marker
from oscb_nlp.reading.pdfium import LINE_END_HYPHEN, Line

__all__ = ["Block", "gather_blocks"]

_TERMINAL = re.compile(r"[.!?:;][”\"’')\]]*$")
_OPENING_QUOTE = ("“", '"', "‘")
_NOTE = re.compile(r"^(\d{1,3})\s*(?=[A-Z“\"‘(]|https?:|www\.|[a-z])")
_URL = re.compile(r"^(?:https?://|www\.)\S+$")
_CAPTION = re.compile(r"^(?:Table|Figure|Chart|Box|Diagram) \d+[a-z]?(?:[:.–]|\s)")
_YEAR = re.compile(r"^(?:19|20)\d\d(?:[-–/]\d\d(?:\d\d)?)?$")
_HEADING_WORDS = 22


@dataclass(slots=True)
class Block:
    """A run of lines that belong together, while it is being gathered."""

    kind: str
    marker: Marker | None
    lines: list[Line] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    text: str = ""
    level: int = 0

    @property
    def page(self) -> int:
        """Page of the first line."""
        return self.lines[0].page

    @property
    def number(self) -> str:
        """The printed number, empty where there is none."""
        return self.marker.number if self.marker else ""

    @property
    def size(self) -> float:
        """Type size of the first line."""
        return self.lines[0].size

    @property
    def box(self) -> Box:
        """The block's box on its first page."""
        first, *others = [line.box for line in self.lines if line.page == self.page]
        for box in others:
            first = first.union(box)
        return first

    @property
    def printed_marker(self) -> str:
        """The number with what the page sets around it ("3." or "Finding 2:")."""
        if not self.marker:
            return ""
        return self.lines[0].text[: len(self.lines[0].text) - len(self.marker.rest)].strip()

    def add(self, line: Line, text: str) -> None:
        """Add a line with its text, its marker taken off."""
        self.lines.append(line)
        self.texts.append(text)


@dataclass(frozen=True, slots=True)
class _Measures:
    """What is usual in the document: type size, line pitch and margins."""

    body: float
    pitch: float
    left: float
    right: float


def gather_blocks(pages: Sequence[Sequence[Line]], body: float) -> list[Block]:
    """Return the blocks of a document in reading order.

    Parameters
    ----------
    pages
        The lines of each page without furniture and without the lines of tables.
    body
        Type size of the body text in points.
    """
    lines = [line for page in pages for line in page]
    if not lines:
        return []
    measures = _measure(lines, body)
    lexicon = Lexicon.of(line.text for line in lines)
    blocks = _notes_apart(_gather(lines, measures))
    for block in blocks:
        block.text = join_lines(block.texts, lexicon)
    blocks = _join_lone_markers(blocks)
    for block in blocks:
        _classify(block, measures)
    return blocks


def _measure(lines: Sequence[Line], body: float) -> _Measures:
    ordinary = [line for line in lines if abs(line.size - body) < 0.6] or list(lines)
    lefts = sorted(line.box.x0 for line in ordinary)
    rights = sorted(line.box.x1 for line in ordinary)
    return _Measures(
        body=body,
        pitch=typical_pitch(ordinary),
        left=lefts[len(lefts) // 20],
        right=rights[len(rights) * 19 // 20],
    )


def _gather(lines: Sequence[Line], measures: _Measures) -> list[Block]:
    blocks: list[Block] = []
    for line in lines:
        current = blocks[-1] if blocks else None
        marker = find_marker(line.text)
        if marker and current and _is_wrapped_text(current, line, marker, measures):
            marker = None
        if current is None or marker or not _continues(current, line, measures):
            current = Block("text", marker)
            blocks.append(current)
        current.add(line, marker.rest if marker else line.text)
    return blocks


def _is_wrapped_text(block: Block, line: Line, marker: Marker, measures: _Measures) -> bool:
    """Say whether what looks like a number is the wrapped text of the block before.

    "under section" and, in the next line, "47. The enquiry" has the hanging indent of its paragraph and no gap.
    """
    if marker.kind in {"bullet", "named"} or line.page != block.lines[-1].page:
        return False
    close = line.box.top - block.lines[-1].box.top < 1.15 * measures.pitch
    if block.marker and len(block.lines) > 1 and block.marker.kind != "bullet":
        hangs = block.lines[1].box.x0 > block.lines[0].box.x0 + 4
        return close and hangs and abs(line.box.x0 - block.lines[1].box.x0) < 2
    full = block.lines[-1].box.x1 > measures.right - 0.12 * (measures.right - measures.left)
    return close and full and not _TERMINAL.search(block.lines[-1].text)


def _continues(block: Block, line: Line, measures: _Measures) -> bool:
    last = block.lines[-1]
    if abs(line.size - last.size) > 0.75 or _CAPTION.match(line.text):
        return False
    if line.size < 0.93 * measures.body and _NOTE.match(line.text):
        return False
    if line.bold != last.bold and (last.bold or _short(last, measures)):
        return False
    if line.page != last.page:
        return _continues_overleaf(block, line, measures)
    pitch = line.box.top - last.box.top
    usual = measures.pitch * max(1.0, line.size / measures.body if measures.body else 1.0)
    if pitch > 1.2 * usual or pitch < -2 * usual:
        return False
    if not _fits_indent(block, line):
        return False
    ended = _short(last, measures) and _TERMINAL.search(last.text) is not None
    return not (ended and line.text[:1].isupper() and pitch > 1.08 * usual)


def _fits_indent(block: Block, line: Line) -> bool:
    first = block.lines[0]
    if len(block.lines) > 1:
        return abs(line.box.x0 - block.lines[-1].box.x0) < 4 or (
            line.box.x0 < block.lines[-1].box.x0 and abs(line.box.x0 - first.box.x0) < 4
        )
    shift = line.box.x0 - first.box.x0
    if block.marker:
        return -4 < shift < 90
    centred = abs((line.box.x0 + line.box.x1) - (first.box.x0 + first.box.x1)) < 8
    return -45 < shift < 4 or centred


def _continues_overleaf(block: Block, line: Line, measures: _Measures) -> bool:
    last = block.lines[-1]
    if line.page != last.page + 1 or not _fits_indent_overleaf(block, line):
        return False
    if last.text.endswith(LINE_END_HYPHEN) or line.text[:1].islower():
        return True
    if _TERMINAL.search(last.text):
        # A hanging indent shows that the paragraph goes on though its sentence ended.
        hangs = block.marker is not None and line.box.x0 > block.lines[0].box.x0 + 6
        return hangs and not _short(last, measures)
    return not _short(last, measures) and not block.lines[0].bold


def _fits_indent_overleaf(block: Block, line: Line) -> bool:
    if len(block.lines) > 1:
        return abs(line.box.x0 - block.lines[-1].box.x0) < 6
    return block.marker is not None or abs(line.box.x0 - block.lines[0].box.x0) < 6


def _short(line: Line, measures: _Measures) -> bool:
    return line.box.x1 < measures.right - 0.15 * (measures.right - measures.left)


def _notes_apart(blocks: list[Block]) -> list[Block]:
    """Set footnotes apart, so that a paragraph over a page end finds its other half."""
    if not blocks:
        return blocks
    sizes = sorted(block.size for block in blocks for _ in block.lines)
    body = sizes[len(sizes) // 2]
    kept: list[Block] = []
    for block in blocks:
        small = block.size < 0.93 * body
        if small and (_NOTE.match(block.lines[0].text) or _follows_note(kept, block)):
            block.kind = "note"
        elif kept and _goes_on(kept, block):
            text_block = next(b for b in reversed(kept) if b.kind != "note")
            text_block.lines += block.lines
            text_block.texts += block.texts
            continue
        kept.append(block)
    return kept


def _follows_note(kept: list[Block], block: Block) -> bool:
    return bool(kept) and kept[-1].kind == "note" and kept[-1].page == block.page


def _goes_on(kept: list[Block], block: Block) -> bool:
    """Say whether ``block`` is the rest of a paragraph whose page ends in footnotes."""
    if kept[-1].kind != "note" or block.marker:
        return False
    before = next((b for b in reversed(kept) if b.kind != "note"), None)
    if before is None or block.page != before.lines[-1].page + 1 or before.lines[-1].bold:
        return False
    same_type = abs(before.size - block.size) < 0.75
    unfinished = not _TERMINAL.search(before.lines[-1].text) or block.texts[0][:1].islower()
    return same_type and unfinished and _fits_indent_overleaf(before, block.lines[0])


def _join_lone_markers(blocks: list[Block]) -> list[Block]:
    """Give a number that stands on a line of its own ("Recommendation 4") to what follows."""
    joined: list[Block] = []
    for block in blocks:
        lone = joined[-1] if joined else None
        if lone and lone.marker and not lone.text and not block.marker and block.kind == "text":
            lone.lines += block.lines
            lone.text = block.text
            continue
        joined.append(block)
    return [block for block in joined if block.text]


def _classify(block: Block, measures: _Measures) -> None:
    if block.kind == "note":
        match = _NOTE.match(block.text)
        if match:
            block.marker = Marker("note", match[1], "")
            block.text = block.text[match.end() :]
    elif _CAPTION.match(block.text) and len(block.text.split()) < 40:
        block.kind = "caption"
    elif _is_heading(block, measures):
        block.kind = "heading"
    elif block.marker and block.marker.kind == "bullet":
        block.kind = "bullet"
    elif block.marker:
        block.kind = "numbered"
    elif _is_quote(block, measures):
        block.kind = "quote"
    else:
        block.kind = "link" if _URL.match(block.text.replace(" ", "")) else "paragraph"


def _is_heading(block: Block, measures: _Measures) -> bool:
    words = block.text.split()
    if not words or len(words) > _HEADING_WORDS or len(block.lines) > 4:
        return False
    if block.marker and block.marker.kind in {"bullet", "lettered"}:
        return False
    if block.text.endswith((".", ";", ",")) and not block.text.endswith("..."):
        return False
    if not any(char.isalpha() for char in block.text) and not _YEAR.match(block.text):
        return False
    larger = block.size > measures.body + 0.9 and block.page == block.lines[-1].page
    bold = all(line.bold for line in block.lines)
    capitals = block.text.isupper() and sum(char.isalpha() for char in block.text) > 3
    opens = block.text[0].isupper() or block.text[0].isdigit() or block.text[0] in "“‘'\"("
    return opens and (larger or bold or (capitals and len(words) <= 10))


def _is_quote(block: Block, measures: _Measures) -> bool:
    if block.marker or not block.text.startswith(_OPENING_QUOTE):
        return False
    indented = block.box.x0 > measures.left + 8
    closed = any(char in block.text[-60:] for char in '”"’')
    return indented or closed
