"""What a block of lines is: heading, numbered paragraph, bullet, quote, caption, note or link."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oscb_nlp.document import Box
from oscb_nlp.reading.engines.page import Line
from oscb_nlp.reading.engines.tags import heading_level
from oscb_nlp.reading.structure.joining import Joined
from oscb_nlp.reading.structure.measures import Measures
from oscb_nlp.reading.structure.numbering import Marker

__all__ = ["CAPTION", "NOTE", "Block", "classify", "heading_styles", "nest_bullets"]

Style = tuple[int, bool]
"""Type size in whole points, and whether it is bold."""

NOTE = re.compile(r"^(\d{1,3})\s*(?=[A-Z“\"‘(]|https?:|www\.|[a-z])")
CAPTION = re.compile(r"^(?:Table|Figure|Chart|Box|Diagram|Map) \d+[a-z]?(?:[:.–-]|\s)")
_OPENING_QUOTE = ("“", '"', "‘")
_URL = re.compile(r"^(?:https?://|www\.)\S+$")
_YEAR = re.compile(r"^(?:19|20)\d\d(?:[-–/]\d\d(?:\d\d)?)?$")
_HEADING_WORDS = 22
_TAGGED_HEADING_WORDS = 45
_FEWEST_TAGGED = 3


@dataclass(slots=True)
class Block:
    """A run of lines that belong together, while it is being gathered.

    ``lines`` keeps them as they stand on the page, ``parts`` without the marker.
    """

    kind: str
    marker: Marker | None
    lines: list[Line] = field(default_factory=list)
    parts: list[Line] = field(default_factory=list)
    joined: Joined = field(default_factory=Joined)
    level: int = 0

    @property
    def text(self) -> str:
        """The words, joined over line ends."""
        return self.joined.text

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

    def add(self, line: Line, rest: str) -> None:
        """Add a line with the text that is left when its marker is taken off."""
        self.lines.append(line)
        cut = len(line.text) - len(rest)
        if cut:
            marks = tuple(m._replace(at=m.at - cut) for m in line.marks if m.at >= cut)
            line = line._replace(text=rest, offsets=line.offsets[cut:], marks=marks)
        self.parts.append(line)


def heading_styles(blocks: Sequence[Block], measures: Measures) -> dict[Style, int]:
    """Return the type in which the document's tagged headings are set, with its level.

    Empty where the tags name no headings, as in many tagged files, and typography decides alone.
    """
    tagged = [block for block in blocks if _tagged_level(block, measures)]
    if len(tagged) < _FEWEST_TAGGED:
        return {}
    # Where one type serves several levels, the first heading so set decides.
    return {_style(block): _tagged_level(block, measures) for block in reversed(tagged)}


def classify(
    block: Block, measures: Measures, styles: Mapping[Style, int], title: bool = False
) -> None:
    """Set the block's kind, and the level that its tag gives a heading.

    ``title`` says that no paragraph has come before, so that large type may be the title's.
    """
    if block.kind == "note":
        match = NOTE.match(block.text)
        if match:
            block.marker = Marker("note", match[1], "")
            cut = match.end()
            block.joined = _without_start(block.joined, cut)
        return
    if (level := _tagged_level(block, measures)) and _may_head(block):
        block.kind, block.level = "heading", level
    elif CAPTION.match(block.text) and len(block.text.split()) < 40:
        block.kind = "caption"
    elif _is_heading(block, measures, styles, title):
        block.kind, block.level = "heading", styles.get(_style(block), 0)
    elif block.marker and block.marker.kind == "bullet":
        block.kind = "bullet"
    elif block.marker:
        block.kind = "numbered"
    elif _is_quote(block, measures):
        block.kind = "quote"
    else:
        block.kind = "link" if _URL.match(block.text.replace(" ", "")) else "paragraph"


def nest_bullets(blocks: Sequence[Block]) -> None:
    """Set each bullet's depth by its indent among the bullets of its list."""
    indents: list[float] = []
    for block in blocks:
        if block.kind != "bullet":
            if block.kind in {"heading", "numbered"}:
                indents = []
            continue
        indent = block.lines[0].box.x0
        while indents and indent < indents[-1] - 5:
            indents.pop()
        if not indents or indent > indents[-1] + 5:
            indents.append(indent)
        block.level = len(indents)


def _style(block: Block) -> Style:
    return round(block.size), all(line.bold for line in block.lines)


def _tagged_level(block: Block, measures: Measures) -> int:
    if block.page not in measures.tagged:
        return 0
    levels = {heading_level(line.role) for line in block.lines}
    return levels.pop() if len(levels) == 1 else 0


def _may_head(block: Block) -> bool:
    """Check a tagged heading against its words: some files tag whole paragraphs so."""
    words = block.text.split()
    if not words or len(words) > _TAGGED_HEADING_WORDS:
        return False
    if block.marker and block.marker.kind == "bullet":
        return False
    return not (block.text.endswith(".") and len(words) > _HEADING_WORDS)


def _is_heading(block: Block, measures: Measures, styles: Mapping[Style, int], title: bool) -> bool:
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
    if styles and block.page in measures.tagged and (title or _style(block) not in styles):
        # The author's own headings are known, and this is not set like them, or is a title.
        return False
    digits = sum(char.isdigit() for char in block.text)
    if digits >= 0.4 * sum(map(str.isalnum, block.text)) and not _YEAR.match(block.text):
        return False  # a postcode or telephone number
    capitals = block.text.isupper() and sum(char.isalpha() for char in block.text) > 3
    opens = block.text[0].isupper() or block.text[0].isdigit() or block.text[0] in "“‘'\"("
    return opens and (larger or bold or (capitals and len(words) <= 10))


def _is_quote(block: Block, measures: Measures) -> bool:
    if block.page in measures.tagged and block.lines[0].role == "BlockQuote":
        return True
    if block.marker or not block.text.startswith(_OPENING_QUOTE):
        return False
    indented = measures.indent(block.lines[0]) > 8
    closed = any(char in block.text[-60:] for char in '”"’')
    return indented or closed


def _without_start(joined: Joined, cut: int) -> Joined:
    runs = []
    for run in joined.runs:
        start = max(run.start, cut)
        if run.end > start:
            offsets = run.offsets[start - run.start :]
            runs.append(run._replace(start=start - cut, end=run.end - cut, offsets=offsets))
    marks = tuple(mark._replace(at=mark.at - cut) for mark in joined.marks if mark.at >= cut)
    return Joined(joined.text[cut:], tuple(runs), marks)
