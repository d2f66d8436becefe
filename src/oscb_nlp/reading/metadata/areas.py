"""The board, partnership or area that a document is about."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable

from oscb_nlp.document import MetadataValue
from oscb_nlp.reading.metadata.evidence import Place

__all__ = ["find_area"]

_WORD = r"[A-Z][\w’'.-]*"
_NAME = (
    rf"{_WORD}(?:(?: |, | and | & | of | upon | on | with | with the | the |-on-|-upon-){_WORD})*?"
)
_BOARD = re.compile(
    rf"\b({_NAME} (?:Local )?Safeguarding Children(?:’s|'s)? (?:Board|Partnership))\b"
)
_NOT_OF_BOARD = re.compile(
    r"^(?:.*\b(?:Chair|Scrutineer|Manager)(?: of|,| for)|(?:The|For|By|This|When|Since|Inspection|Of|In|To|Our|Your|"
    r"Dear|From|At)\b) (?:the )?(?:of )?|^(?:The|Inspection of)$"
)
_KIND = r"(?:(?:City|County|Borough|District|Metropolitan|Unitary|city|county|borough) )*"
_CHILDREN = r"(?:children(?:’s|'s)|Children(?:’s|'s))"
_AREAS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:[Vv]isit to|[Ii]nspection of) (?:the )?((?:London Borough of )?{_NAME})"
        rf"(?: {_KIND}[Cc]ouncil)?(?: local authority)? (?:{_CHILDREN}|local authority|Local Area|Local Safeguarding)",
        rf"[Ii]nspection (?:of|in|.{{0,140}} in) (?:the )?({_NAME})\.?$",
        rf"^(?:\W*)((?:London Borough|Royal Borough|City|Borough) of {_NAME})$",
        rf"^\W*({_NAME})(?: {_KIND}Council| {_KIND}council)$",
        rf"Children(?:’s|'s) services in ({_NAME}) (?:are|is|have|has)\b",
        rf"\b({_NAME})(?: {_KIND}[Cc]ouncil| local authority)\b",
    )
)
_IN_TEXT = re.compile(rf"\b(?:in|across|within) ({_WORD}(?:(?: and | | of ){_WORD})*)\b")
_QUALIFIER = re.compile(
    r"(?: (?:City|County|Borough|District|Metropolitan|Unitary|Council|Local|Authority))+$"
)
_NO_AREA = re.compile(
    r"^(?:The|This|Inspectors?|Children|Ofsted|Her|His|Local|Chief|Director|Social|Early|A|An|In|For|What|How|"
    r"January|February|March|April|May|June|July|August|September|October|November|December|England|Most|"
    r"Care|Leaders|Senior|Partners|Police|Health|Headline|Areas?|Findings|Dear)\b"
)


def find_area(places: Iterable[Place]) -> MetadataValue | None:
    """Return the safeguarding board or partnership, or else the area, with where it was found."""
    places = list(places)
    for place in places:
        if "Safeguarding Children" not in place.text:
            continue
        for match in _BOARD.finditer(place.text):
            board = _NOT_OF_BOARD.sub("", match[1])
            if not board.startswith(("Local ", "Safeguarding ")) and not _NO_AREA.match(board):
                return place.found(board, match.end(1) - len(board), match.end(1))
    titles = [place for place in places if place.source == "title page"]
    together = " ".join(place.text.strip() for place in titles[:14])
    for index, pattern in enumerate(_AREAS):
        for place in titles:
            if found := _area(pattern, place.text):
                return place.found(
                    found, place.text.find(found), place.text.find(found) + len(found)
                )
        # A long name is broken over two lines of the title.
        if titles and index == 0 and (found := _area(pattern, together)):
            return titles[0].found(found)
    return _named_alone(titles) or _mentioned(places)


def _area(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if not match:
        return ""
    name = _NOT_OF_BOARD.sub("", match[1])
    name = _QUALIFIER.sub("", name).strip()
    return "" if _NO_AREA.match(name) else name


def _named_alone(titles: list[Place]) -> MetadataValue | None:
    """Return a place's name that stands alone above "Inspection of ..."."""
    for above, below in itertools.pairwise(titles):
        name = above.text.strip()
        if below.text.startswith("Inspection of") and re.fullmatch(_NAME, name):
            return above.found(name, 0, len(name))
    return None


def _mentioned(places: list[Place]) -> MetadataValue | None:
    """Return the place that the text names most often, at least three times."""
    seen: Counter[str] = Counter()
    for place in places:
        seen.update(
            match[1] for match in _IN_TEXT.finditer(place.text) if not _NO_AREA.match(match[1])
        )
    if not seen or seen.most_common(1)[0][1] < 3:
        return None
    name = seen.most_common(1)[0][0]
    place = next(place for place in places if name in place.text)
    start = place.text.find(name)
    return place.found(name, start, start + len(name), "low")
