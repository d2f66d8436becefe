"""Gather lines into blocks: headings, numbered paragraphs, bullets, quotes and notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from oscb_nlp.reading.engines.page import LINE_END_HYPHEN, Line
from oscb_nlp.reading.engines.tags import heading_level
from oscb_nlp.reading.structure.joining import Lexicon, join_lines
from oscb_nlp.reading.structure.kinds import (
    CAPTION,
    NOTE,
    Block,
    classify,
    heading_styles,
    nest_bullets,
)
from oscb_nlp.reading.structure.measures import Measures, measure
from oscb_nlp.reading.structure.numbering import Marker, find_marker

__all__ = ["gather_blocks"]

_PARAGRAPH_WORDS = 20
_TERMINAL = re.compile(r"[.!?:;][”\"’')\]]*$")


def gather_blocks(
    pages: Sequence[Sequence[Line]],
    body: float,
    lexicon: Lexicon,
    gutters: Mapping[int, float] | None = None,
    tagged: Collection[int] = (),
) -> list[Block]:
    """Return the blocks of a document in reading order.

    Parameters
    ----------
    pages
        The lines of each page without furniture and without the lines of tables.
    body
        Type size of the body text in points.
    lexicon
        The document's words, for hyphens at line ends.
    gutters
        Where the right-hand column begins, for each page that has two.
    tagged
        Pages whose structure tags may be followed.
    """
    lines = [line for page in pages for line in page]
    if not lines:
        return []
    measures = measure(lines, body, gutters or {}, tagged)
    blocks = _notes_apart(_gather(lines, measures), measures)
    for block in blocks:
        block.joined = join_lines(block.parts, lexicon)
    blocks = _join_lone_markers(blocks)
    styles = heading_styles(blocks, measures)
    title = True
    for block in blocks:
        classify(block, measures, styles, title)
        title = title and block.page == 1 and len(block.text.split()) < _PARAGRAPH_WORDS
    nest_bullets(blocks)
    return blocks


def _gather(lines: Sequence[Line], measures: Measures) -> list[Block]:
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


def _is_wrapped_text(block: Block, line: Line, marker: Marker, measures: Measures) -> bool:
    """Say whether what looks like a number is the wrapped text of the block before.

    "under section" and, in the next line, "47. The enquiry" has the hanging indent of its paragraph and no gap.
    """
    if marker.kind in {"bullet", "named"} or line.page != block.lines[-1].page:
        return False
    if _tagged_together(block.lines[-1], line, measures) is False:
        return False
    close = line.box.top - block.lines[-1].box.top < 1.15 * measures.pitch
    if block.marker and len(block.lines) > 1 and block.marker.kind != "bullet":
        hangs = block.lines[1].box.x0 > block.lines[0].box.x0 + 4
        return close and hangs and abs(line.box.x0 - block.lines[1].box.x0) < 2
    full = not measures.is_short(block.lines[-1], 0.12)
    return close and full and not _TERMINAL.search(block.lines[-1].text)


def _tagged_together(last: Line, line: Line, measures: Measures) -> bool | None:
    """Say whether the tags put two lines in one block; None where they say nothing."""
    if line.page != last.page or line.page not in measures.tagged:
        return None
    if not (line.block and last.block):
        return None
    return line.block == last.block


def _continues(block: Block, line: Line, measures: Measures) -> bool:
    last = block.lines[-1]
    together = _tagged_together(last, line, measures)
    if together:
        # Some authors part paragraphs by empty lines within one.
        return line.box.top - last.box.top < 1.7 * _usual_pitch(line, measures)
    if together is False:
        return _goes_on_mid_sentence(last, line, measures)
    if abs(line.size - last.size) > 0.75 or CAPTION.match(line.text):
        return False
    if line.size < 0.93 * measures.body and NOTE.match(line.text):
        return False
    if line.bold != last.bold and (last.bold or measures.is_short(last)):
        return False
    if line.page != last.page or measures.side(line) > measures.side(last) > 0:
        return _continues_overleaf(block, line, measures)
    pitch = line.box.top - last.box.top
    usual = _usual_pitch(line, measures)
    if pitch > 1.2 * usual or pitch < -2 * usual:
        return False
    if not _fits_indent(block, line):
        return False
    ended = measures.is_short(last) and _TERMINAL.search(last.text) is not None
    return not (ended and line.text[:1].isupper() and pitch > 1.08 * usual)


def _usual_pitch(line: Line, measures: Measures) -> float:
    return measures.pitch * max(1.0, line.size / measures.body if measures.body else 1.0)


def _goes_on_mid_sentence(last: Line, line: Line, measures: Measures) -> bool:
    """Say whether tags part a sentence that a full line leaves open and the next, below it, goes on with."""
    return (
        last.role == line.role
        and not heading_level(line.role)
        and line.text[:1].islower()
        and _TERMINAL.search(last.text) is None
        and not measures.is_short(last)
        and abs(line.size - last.size) < 0.75
        and 0 < line.box.top - last.box.top < 1.2 * measures.pitch
        and abs(line.box.x0 - last.box.x0) < 4
    )


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


def _continues_overleaf(block: Block, line: Line, measures: Measures) -> bool:
    """Say whether a line at the top of a page or column goes on with the block below the last."""
    last = block.lines[-1]
    if line.page - last.page > 1 or not _fits_indent_overleaf(block, line, measures):
        return False
    if last.text.endswith(LINE_END_HYPHEN) or line.text[:1].islower():
        return True
    if _TERMINAL.search(last.text):
        # A hanging indent shows that the paragraph goes on though its sentence ended.
        hangs = block.marker is not None and measures.indent(line) > (
            measures.indent(block.lines[0]) + 6
        )
        return hangs and not measures.is_short(last)
    return not measures.is_short(last) and not block.lines[0].bold


def _fits_indent_overleaf(block: Block, line: Line, measures: Measures) -> bool:
    indent = measures.indent(line)
    if len(block.lines) > 1:
        return abs(indent - measures.indent(block.lines[-1])) < 6
    first = measures.indent(block.lines[0])
    if block.marker and block.marker.kind == "bullet":
        return indent > first + 4
    return block.marker is not None or abs(indent - first) < 6


def _notes_apart(blocks: list[Block], measures: Measures) -> list[Block]:
    """Set footnotes apart, so that a paragraph over a page end finds its other half."""
    if not blocks:
        return blocks
    sizes = sorted(block.size for block in blocks for _ in block.lines)
    body = sizes[len(sizes) // 2]
    kept: list[Block] = []
    for block in blocks:
        if _is_note(kept, block, body, measures):
            block.kind = "note"
        elif kept and _goes_on(kept, block, measures):
            text_block = next(b for b in reversed(kept) if b.kind != "note")
            text_block.lines += block.lines
            text_block.parts += block.parts
            continue
        kept.append(block)
    return kept


def _is_note(kept: list[Block], block: Block, body: float, measures: Measures) -> bool:
    if block.page in measures.tagged and block.lines[0].role in {"Note", "FENote"}:
        return True
    if block.size >= 0.93 * body:
        return False
    follows = bool(kept) and kept[-1].kind == "note" and kept[-1].page == block.page
    return follows or NOTE.match(block.lines[0].text) is not None


def _goes_on(kept: list[Block], block: Block, measures: Measures) -> bool:
    """Say whether ``block`` is the rest of a paragraph whose page ends in footnotes."""
    if kept[-1].kind != "note" or block.marker:
        return False
    before = next((b for b in reversed(kept) if b.kind != "note"), None)
    if before is None or before.lines[-1].bold:
        return False
    if block.page != before.lines[-1].page + 1:
        return False
    same_type = abs(before.size - block.size) < 0.75
    ended = _TERMINAL.search(before.lines[-1].text) and not block.lines[0].text[:1].islower()
    return same_type and not ended and _fits_indent_overleaf(before, block.lines[0], measures)


def _join_lone_markers(blocks: list[Block]) -> list[Block]:
    """Give a number that stands on a line of its own ("Recommendation 4") to what follows."""
    joined: list[Block] = []
    for block in blocks:
        lone = joined[-1] if joined else None
        if lone and lone.marker and not lone.text and not block.marker and block.kind == "text":
            lone.lines += block.lines
            lone.parts += block.parts
            lone.joined = block.joined
            continue
        joined.append(block)
    return [block for block in joined if block.text]
