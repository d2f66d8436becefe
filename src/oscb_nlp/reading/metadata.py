"""Find a review's metadata and say where each value was found.

Every value carries its source: "title page", "text", "document properties",
"link", "file name" or "manifest". A year is never guessed from a mere mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oscb_nlp.document import MetadataValue

__all__ = ["Evidence", "find_metadata"]

_TYPES: tuple[tuple[str, str], ...] = (
    ("inspection", r"\b(?:joint targeted area inspection|inspection of|focused visit|area send|ofsted|single inspection)\b"),
    ("rapid review", r"\brapid review\b"),
    ("annual report", r"\bannual report\b|\byearly report\b"),
    ("serious case review", r"\b(?:serious|significant) case review\b"),
    ("local child safeguarding practice review",
     r"\bchild (?:safeguarding )?practice review\b|\blocal child safeguarding practice review\b"),
    ("safeguarding adult review", r"\bsafeguarding adults? review\b"),
    ("domestic homicide review", r"\bdomestic homicide review\b"),
    ("thematic review", r"\bthematic (?:review|analysis)\b"),
    ("learning summary", r"\blearning (?:summary|review|brief(?:ing)?)\b"),
)  # fmt: skip
_BOARD_PAPER = re.compile(
    r"\b(?:Cabinet|Committee|Council|Scrutiny|Board)\b.{0,40}\b(?:is|are) (?:RECOMMENDED|recommended|asked|invited) to\b"
)
_BOARD = re.compile(
    r"\b((?:[A-Z][\w’&-]+(?:,? (?:and|with|of|upon|the|on) |,? )){1,6}?"
    r"(?:Local )?Safeguarding Children(?:’s)? (?:Board|Partnership))\b"
)
_NOT_OF_BOARD = re.compile(
    r"^(?:.*\b(?:Chair|Scrutineer)(?: of|,)|(?:The|For|By|This|When|Since|Inspection|of)\b) (?:the )?(?:of )?"
    r"|^(?:The|Inspection of)$"
)
_AREA = re.compile(
    r"\b(?:London Borough of|City of|Royal Borough of)?\s*((?:[A-Z][\w’-]+ ?(?:and |upon |of )?){1,5})"
    r"(?:County |City |Borough |Metropolitan )?(?:Council|local authority|children’s services)"
)
_SUBJECT = re.compile(
    r"\b((?:Child(?:ren)?|Baby|Family|Infant|YP|Young Person|Sibling Group|Youth) ?[A-Z]{1,2}\d?(?:\d+)?)\b(?!\w)"
    r"|[“‘]([A-Z][a-z]{2,12})[”’]"
)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DATE = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)? )?({'|'.join(_MONTHS)}),? ((?:19|20)\d\d)\b", re.IGNORECASE
)
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./]((?:20)\d\d)\b")
_SPAN = re.compile(r"\b(20\d\d)\s?[-–/]\s?(?:20)?(\d\d)\b")
_YEAR_ENDED = re.compile(r"year end(?:ed|ing) 31(?:st)? March (20\d\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)(?!\d)")
_PUBLISHED = re.compile(r"publi(?:shed|cation)|date of report|report date|dated", re.IGNORECASE)
_ALONE = re.compile(r"^\W*(?:\w+ )?\W*$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the reader found that metadata can be read from.

    ``title_lines`` are the first page's lines as (text, size); ``texts`` are (page, text)
    of the first pages; ``furniture`` are running headers and footers.
    """

    path: Path
    properties: dict[str, str]
    title_lines: Sequence[tuple[str, float]]
    texts: Sequence[tuple[int, str]]
    furniture: Sequence[str]
    links: Sequence[str]


def find_metadata(evidence: Evidence) -> dict[str, MetadataValue]:
    """Return the values that were found, each with its source and page."""
    title = _title(evidence)
    review_type = _review_type(evidence, title.value if title else "")
    found = {
        "title": title,
        "review_type": review_type,
        "board": _board(evidence),
        "subject": _subject(evidence, title, review_type),
        "published": _published(evidence),
        "reporting_year": _reporting_year(evidence, review_type),
    }
    found["year"] = _year(evidence, found["published"], found["reporting_year"])
    return {name: value for name, value in found.items() if value and value.value}


def _title(evidence: Evidence) -> MetadataValue | None:
    sizes = [size for text, size in evidence.title_lines if len(text) > 3]
    if sizes:
        largest = max(sizes)
        usual = sorted(sizes)[len(sizes) // 2]
        lines = [text for text, size in evidence.title_lines if size > 0.85 * largest]
        if largest > 1.15 * usual and len(" ".join(lines)) < 200:
            return MetadataValue(" ".join(lines), "title page", 1)
    printed = _clean(evidence.properties.get("Title", ""))
    if (
        printed
        and not printed.lower().endswith((".doc", ".docx"))
        and "untitled" not in printed.lower()
    ):
        return MetadataValue(printed, "document properties")
    for text, _size in evidence.title_lines:
        if any(re.search(pattern, text, re.IGNORECASE) for _kind, pattern in _TYPES):
            return MetadataValue(text, "title page", 1)
    return MetadataValue(evidence.path.stem.replace("_", " "), "file name")


def _review_type(evidence: Evidence, title: str) -> MetadataValue | None:
    for page, text in evidence.texts[:12]:
        if _BOARD_PAPER.search(text):
            return MetadataValue("board paper", "text", page)
    places = [("title page", 1, title)]
    places += [("title page", 1, text) for text, _ in evidence.title_lines]
    places += [("running header", 0, text) for text in evidence.furniture[:6]]
    places += [("text", page, text) for page, text in evidence.texts[:8]]
    for source, page, text in places:
        for kind, pattern in _TYPES:
            if re.search(pattern, text, re.IGNORECASE):
                return MetadataValue(kind, source, page)
    return None


def _board(evidence: Evidence) -> MetadataValue | None:
    for source, page, text in _places(evidence):
        if match := _BOARD.search(text):
            board = _NOT_OF_BOARD.sub("", match[1])
            if not board.startswith(("Local ", "Safeguarding ")):
                return MetadataValue(board, source, page)
    for source, page, text in _places(evidence):
        found = _AREA.search(text)
        if found and (area := _NOT_OF_BOARD.sub("", found[1]).strip()):
            return MetadataValue(area, source, page)
    return None


def _subject(
    evidence: Evidence, title: MetadataValue | None, review_type: MetadataValue | None
) -> MetadataValue | None:
    if review_type and review_type.value in {"annual report", "board paper", "inspection"}:
        return None
    places = [("title page", 1, title.value)] if title else []
    places += [("title page", 1, text) for text, _ in evidence.title_lines]
    places += [("text", page, text) for page, text in evidence.texts[:10]]
    for source, page, text in places:
        if match := _SUBJECT.search(text):
            return MetadataValue(match[1] or match[2], source, page)
    return None


def _published(evidence: Evidence) -> MetadataValue | None:
    for source, page, text in _places(evidence):
        for match in _dates(text):
            said = _PUBLISHED.search(text)
            stands_alone = _ALONE.match(text.replace(match[0], "")) is not None
            if said or (stands_alone and source in {"title page", "running header"}):
                return MetadataValue(match[1], source, page)
    return None


def _dates(text: str) -> Iterable[tuple[str, str]]:
    for match in _DATE.finditer(text):
        month = _MONTHS.index(match[2].lower()) + 1
        day = f"-{int(match[1]):02d}" if match[1] else ""
        yield match[0], f"{match[3]}-{month:02d}{day}"
    for match in _NUMERIC_DATE.finditer(text):
        if 1 <= int(match[2]) <= 12:
            yield match[0], f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"


def _reporting_year(evidence: Evidence, review_type: MetadataValue | None) -> MetadataValue | None:
    if not review_type or review_type.value not in {"annual report", "board paper"}:
        return None
    places = [("title page", 1, text) for text, _ in evidence.title_lines]
    places += [("running header", 0, text) for text in evidence.furniture[:6]]
    places += [("document properties", 0, evidence.properties.get("Title", ""))]
    places += [("link", 0, link) for link in evidence.links]
    places += [("file name", 0, evidence.path.stem)]
    places += [("text", page, text) for page, text in evidence.texts[:8]]
    for source, page, text in places:
        for match in _SPAN.finditer(text):
            if (int(match[1]) + 1) % 100 == int(match[2]):
                return MetadataValue(f"{match[1]}-{match[2]}", source, page)
        if ended := _YEAR_ENDED.search(text):
            year = int(ended[1])
            return MetadataValue(f"{year - 1}-{year % 100:02d}", source, page)
    return None


def _year(
    evidence: Evidence, published: MetadataValue | None, reporting: MetadataValue | None
) -> MetadataValue | None:
    """Return the year to count a review in: of publication, else the end of the year reported."""
    if published:
        return MetadataValue(published.value[:4], f"{published.source}: published", published.page)
    if reporting:
        end = str(int(reporting.value[:4]) + 1)
        return MetadataValue(end, f"{reporting.source}: reporting year", reporting.page)
    for text, _size in evidence.title_lines:
        years = {match[1] for match in _YEAR.finditer(text)}
        if len(years) == 1 and len(text.split()) <= 8:
            return MetadataValue(years.pop(), "title page", 1)
    years = {match[1] for match in _YEAR.finditer(evidence.path.stem.replace("_", " "))}
    if len(years) == 1:
        return MetadataValue(years.pop(), "file name")
    return None


def _places(evidence: Evidence) -> list[tuple[str, int, str]]:
    places = [("title page", 1, text) for text, _ in evidence.title_lines]
    places += [("running header", 0, text) for text in evidence.furniture]
    places += [("text", page, text) for page, text in evidence.texts[:30]]
    return places


def _clean(text: str) -> str:
    return re.sub(r"^Microsoft Word - |\.docx?$|\.pdf$", "", text).strip()
