"""Find what belongs to the page and not to the text: running headers and footers, contents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from oscb_nlp.reading.engines.page import Line, PageContent
from oscb_nlp.reading.engines.tags import ARTIFACT

__all__ = ["split_furniture"]

_TOP_ZONE = 0.14
_BOTTOM_ZONE = 0.88
_PAGE_NUMBER = re.compile(
    r"^(?:page\s*)?[-–|]?\s*\d{1,3}\s*[-–|]?(?:\s*(?:of|/)\s*\d{1,3})?$", re.IGNORECASE
)
_LEADER = re.compile(r"(?:\.\s?){4,}\s*\d{1,3}$|…+\s*\d{1,3}$")
_LEADER_REACH = 80  # characters of a line's end that are looked at
_CONTENTS = re.compile(r"^(?:table of )?contents(?: page)?:?$", re.IGNORECASE)
_ENDS_IN_NUMBER = re.compile(r"\s\d{1,3}$")
_DIGITS = re.compile(r"\d+")


def split_furniture(
    pages: Sequence[PageContent],
    orders: Sequence[Sequence[Line]],
    body: float,
    tagged: Collection[int] = (),
) -> tuple[list[list[Line]], list[str]]:
    """Return each page's lines of text, and what was dropped as furniture.

    Dropped are lines in the top or bottom zone that recur over the pages once digits
    are masked, bare page numbers there, smaller type at one height on most pages, the
    lines of a table of contents, and what trusted tags mark as no part of the text.

    Parameters
    ----------
    pages
        The pages, for their measures.
    orders
        Each page's lines in reading order.
    body
        Type size of the body text in points.
    tagged
        Pages whose structure tags may be followed.
    """
    repeated = _repeated(pages)
    fixed = _fixed_heights(pages, body)
    kept: list[list[Line]] = []
    dropped: list[str] = []
    in_contents = False
    for page, lines in zip(pages, orders, strict=True):
        contents, in_contents = _contents_lines(lines, in_contents)
        text: list[Line] = []
        for index, line in enumerate(lines):
            zone = _zone(line, page)
            is_furniture = bool(zone) and (
                bool(_PAGE_NUMBER.match(line.text))
                or _masked(line, zone) in repeated
                or (zone, round(line.box.top), line.size) in fixed
            )
            if page.number in tagged:
                is_furniture |= line.role in {ARTIFACT, "TOCI"}
            if is_furniture or index in contents:
                dropped.append(line.text)
            else:
                text.append(line)
        dropped.extend(page.vertical)
        kept.append(text)
    return kept, dropped


def _zone(line: Line, page: PageContent) -> str:
    if line.box.bottom < _TOP_ZONE * page.height:
        return "top"
    return "bottom" if line.box.top > _BOTTOM_ZONE * page.height else ""


def _masked(line: Line, zone: str) -> tuple[str, str]:
    return zone, _DIGITS.sub("#", line.text.lower()).strip()


def _repeated(pages: Sequence[PageContent]) -> set[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for page in pages:
        counts.update({_masked(line, zone) for line in page.lines if (zone := _zone(line, page))})
    needed = max(2, round(0.3 * len(pages)))
    return {key for key, count in counts.items() if count >= needed}


def _fixed_heights(pages: Sequence[PageContent], body: float) -> set[tuple[str, int, float]]:
    """Heights at which most pages set a line in other type than the body (section headers)."""
    counts: Counter[tuple[str, int, float]] = Counter()
    for page in pages:
        counts.update(
            {
                (zone, round(line.box.top), line.size)
                for line in page.lines
                if (zone := _zone(line, page)) and line.size < body - 0.75
            }
        )
    needed = max(3, round(0.6 * len(pages)))
    return {key for key, count in counts.items() if count >= needed}


def _contents_lines(lines: Sequence[Line], continued: bool) -> tuple[set[int], bool]:
    """Return the indices of contents lines and whether the contents may go on overleaf."""
    # The digit at the end is looked for first: the pattern alone is slow on prose.
    numbered = [i for i, line in enumerate(lines) if line.text[-1:].isdigit()]
    leaders = {index for index in numbered if _LEADER.search(lines[index].text[-_LEADER_REACH:])}
    start = next((i for i, line in enumerate(lines) if _CONTENTS.match(line.text)), None)
    if start is None:
        if not (continued and leaders):
            return (leaders if len(leaders) > 2 else set()), False
        start = -1
    last = start
    for index in numbered:
        if index <= start or not (index in leaders or _ENDS_IN_NUMBER.search(lines[index].text)):
            continue
        # An entry may wrap over up to two lines before its page number comes.
        if index - last > 3:
            break
        last = index
    if last <= start:
        return (leaders if len(leaders) > 2 else set()), False
    found = set(range(max(start, 0), last + 1)) | leaders
    return found, last >= len(lines) - 2
