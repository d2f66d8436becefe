"""Find a review's metadata and say where each value was found, and how sure that makes it.

Sources in falling order: the title page, running headers, the text of the first pages, the
file name, the document's properties. A year is never taken from a mere mention, and one that
only a file's properties or an inspection's dates give is marked as of low confidence.
"""

from __future__ import annotations

import re

from oscb_nlp.document import MetadataValue, Span
from oscb_nlp.reading.metadata.areas import find_area
from oscb_nlp.reading.metadata.dates import created_date, dates_in, period_in, reporting_year_in
from oscb_nlp.reading.metadata.evidence import Evidence, Place, places_of
from oscb_nlp.reading.structure.numbering import find_marker

__all__ = ["find_metadata"]

_TYPES: tuple[tuple[str, str], ...] = (
    ("inspection",
     r"\b(?:joint targeted area inspection|(?:inspection|focused visit) (?:of|to)\b.{0,80}"
     r"(?:services|partnership|authority|council)|inspection of \w+.s social care|area send inspection"
     r"|single inspection|inspection of services)"),
    ("rapid review", r"\brapid review\b"),
    ("safeguarding adult review", r"\bsafeguarding adults? review\b"),
    ("domestic homicide review", r"\bdomestic (?:homicide|abuse related death) review\b"),
    ("national review", r"\bnational (?:child safeguarding practice )?review\b"),
    ("annual report", r"\b(?:annual|yearly) report\b"),
    ("serious case review", r"\b(?:serious|significant) case review\b"),
    ("thematic review", r"\bthematic (?:review|analysis|report)\b"),
    ("local child safeguarding practice review", r"\bchild (?:safeguarding )?practice review\b|\bLCSPR\b"),
    ("learning summary", r"\blearning (?:summary|review|brief(?:ing)?)\b"),
)  # fmt: skip
_TYPE_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _TYPES)
_BOARD_PAPER = re.compile(
    r"\b(?:Cabinet|Committee|Council|Scrutiny|Board|Panel)\b.{0,40}\b(?:is|are) (?:RECOMMENDED|recommended|asked|invited) to\b"
)
_ASKED_TO = re.compile(r"(?:RECOMMENDED|recommended|asked|invited) to\b")
_SUBJECT = re.compile(
    r"\b((?:Child(?:ren)?|Baby|Family|Infant|YP|Young Person|Sibling Group|Youth) ?[A-Z]{1,2}\d?(?:\d+)?)\b(?!\w)"
    r"|[“‘]([A-Z][a-z]{2,12})[”’]"
)
_SUBJECT_LABEL = re.compile(r"^Subjects?(?: of (?:the )?review)?\s*:?\s+(?=[“‘A-Z])")
_AUTHOR_LABEL = re.compile(
    r"^(?:(?i:report|lead|independent|overview|review|principal)\s+)*"
    r"(?i:authors?|reviewers?|inspectors?)\s*[:–-]?\s+(?=[A-Z])"
    r"|^(?i:prepared|written|compiled|produced|report|authored) by:?\s+(?=[A-Z])|^By\s+(?=[A-Z])"
)
_AUTHOR_ROLE = re.compile(
    r"^(?:(?:Dr|Professor|Prof|Sister|Mr|Mrs|Ms|Sir|Dame) )?[A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,3}"
    r"(?: and [A-Z][\w’'-]+(?: [A-Z][\w’'.-]*){1,3})?"
    r",? (?:the )?(?i:independent|lead|overview|designated|chair|scrutineer|reviewer|author|business manager)\b"
)
_AUTHOR_TEXT = re.compile(
    r"(?:written|prepared|compiled|authored|led) by ((?:Dr |Professor |Mr |Mrs |Ms )?[A-Z][\w’-]+(?: [A-Z][\w’-]+){1,3})"
    r"|(?:reviewer|author)s? (?:is|was|were|are),? ((?:Dr |Professor |Mr |Mrs |Ms )?[A-Z][\w’-]+(?: [A-Z][\w’-]+){1,3})"
)
_PERIOD_LABEL = re.compile(
    r"\bperiod\b|time ?frame|time ?span|timeline|covers|reporting year|year under review",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"\bpubli(?:shed|cation)\b", re.IGNORECASE)
_REPORTED = re.compile(
    r"date of (?:the )?report|report date|\bdated\b|report completed", re.IGNORECASE
)
_VISIT = re.compile(
    r"inspection dates?|visit(?:ed)?\b|previous inspection|fieldwork", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(20[0-3]\d)(?!\d)")
_ALONE = re.compile(r"^\W*(?:\w+:? )?\W*$")


def find_metadata(evidence: Evidence) -> dict[str, MetadataValue]:
    """Return the values that were found, each with its source, page and confidence."""
    title = _title(evidence)
    review_type = _review_type(evidence, title)
    kind = review_type.value if review_type else ""
    reporting = _reporting_year(evidence) if kind in {"annual report", "board paper"} else None
    found = {
        "title": title,
        "review_type": review_type,
        "board": find_area(places_of(evidence)),
        "subject": _subject(evidence, title, kind),
        "published": _published(evidence, kind),
        "report_date": _labelled_date(evidence, _REPORTED),
        "reporting_year": reporting,
        "period": _period(evidence, reporting),
        "author": _author(evidence, kind),
    }
    found["year"] = _year(evidence, found["published"], reporting)
    return {name: value for name, value in found.items() if value and value.value}


def _title(evidence: Evidence) -> MetadataValue:
    sizes = [size for text, size in evidence.title_lines if len(text) > 3]
    if sizes:
        largest, usual = max(sizes), sorted(sizes)[len(sizes) // 2]
        lines = [text for text, size in evidence.title_lines if size > 0.85 * largest]
        if largest > 1.15 * usual and len(" ".join(lines)) < 200:
            return MetadataValue(" ".join(lines), "title page", 1)
    printed = re.sub(
        r"^Microsoft Word - |\.docx?$|\.pdf$", "", evidence.properties.get("Title", "")
    ).strip()
    for index, (text, size) in enumerate(evidence.title_lines):
        if find_marker(text) or not text[:1].isupper() or text.endswith("."):
            continue
        if any(pattern.search(text) for _kind, pattern in _TYPE_PATTERNS):
            following = evidence.title_lines[index + 1 : index + 3]
            rest = [line for line, other in following if other == size > min(sizes)]
            return MetadataValue(" ".join([text, *rest]), "title page", 1, "medium")
    if len(printed) > 5 and "untitled" not in printed.lower():
        return MetadataValue(printed, "document properties", 0, "medium")
    return MetadataValue(evidence.path.stem.replace("_", " "), "file name", 0, "low")


def _review_type(evidence: Evidence, title: MetadataValue) -> MetadataValue | None:
    for page, text in evidence.texts[:12]:
        # The words are looked for first: the pattern alone is slow on prose.
        if _ASKED_TO.search(text) and (match := _BOARD_PAPER.search(text)):
            return Place("text", page, text, "high").found("board paper", *match.span())
    places = [Place(title.source, title.page, title.value, title.confidence)]
    places += [place for place in places_of(evidence, texts=8) if place.source != "link"]
    lines = [text for text, _ in evidence.title_lines]
    places.insert(1, Place("title page", 1, " ".join(lines)[:600], "high"))
    for place in places:
        for kind, pattern in _TYPE_PATTERNS:
            if match := pattern.search(place.text):
                return place.found(kind, *match.span())
    return None


def _subject(evidence: Evidence, title: MetadataValue, kind: str) -> MetadataValue | None:
    if kind in {"annual report", "board paper", "inspection"}:
        return None
    for place in places_of(evidence, texts=0):
        if match := _SUBJECT_LABEL.search(place.text):
            return place.found(place.text[match.end() :].strip(), match.end(), len(place.text))
    places = [Place(title.source, title.page, title.value, title.confidence)]
    for place in [*places, *places_of(evidence, texts=10)]:
        names = [(match[1] or match[2], match.span()) for match in _SUBJECT.finditer(place.text)]
        if names:
            unique = list(dict.fromkeys(name for name, _span in names))
            if place.source == "text":
                unique = unique[:1]
            return place.found(", ".join(unique), names[0][1][0], names[-1][1][1])
    return None


def _published(evidence: Evidence, kind: str) -> MetadataValue | None:
    """Return the date of publication: labelled, or alone on the title page, or in the file name.

    Of several candidates on the title page the most exact wins: "October 2016" gives way to
    "19 October 2016" of the same month in the text.
    """
    found = _labelled_date(evidence, _PUBLISHED) or _lone_date(evidence)
    if found and len(found.value) == 7:
        for page, text in evidence.texts[:40]:
            place = Place("text", page, text, "high")
            for date in dates_in(text):
                if date.value.startswith(found.value + "-") and _PUBLISHED.search(text):
                    return place.found(*date)
    if found:
        return found
    name = evidence.path.stem.replace("_", " ")
    for date in dates_in(name):
        return Place("file name", 0, name, "medium").found(*date)
    if declared := next(dates_in(evidence.properties.get("Published", "")), None):
        return Place("document properties", 0, declared.value, "high").found(declared.value)
    created = created_date(evidence.properties)
    if kind == "inspection" and created and _follows_a_printed_date(evidence, created):
        return Place("document properties", 0, created, "low").found(created[:7], 0, 7)
    return None


def _labelled_date(evidence: Evidence, label: re.Pattern[str]) -> MetadataValue | None:
    for place in places_of(evidence):
        if not label.search(place.text) or _VISIT.search(place.text):
            continue
        if place.source == "text" and len(place.text) > 400:
            continue
        for date in dates_in(place.text):
            near = place.text[max(0, date.start - 60) : date.end + 30]
            if label.search(near):
                return place.found(*date)
    return None


def _lone_date(evidence: Evidence) -> MetadataValue | None:
    for place in places_of(evidence, texts=0):
        for date in dates_in(place.text):
            rest = place.text[: date.start] + place.text[date.end :]
            if _ALONE.match(rest) and not _VISIT.search(place.text):
                return place.found(*date)
    return None


def _follows_a_printed_date(evidence: Evidence, created: str) -> bool:
    """Say whether a file was made within a year and a half of the last date on its first page."""
    printed = [date.value for text, _ in evidence.title_lines for date in dates_in(text)]
    return bool(printed) and 0 <= _months(created) - _months(max(printed)) <= 18


def _months(date: str) -> int:
    return 12 * int(date[:4]) + int(date[5:7])


def _reporting_year(evidence: Evidence) -> MetadataValue | None:
    places = list(places_of(evidence, texts=0))
    places.append(Place("document properties", 0, evidence.properties.get("Title", ""), "medium"))
    places += [Place("link", 0, link, "medium") for link in evidence.links]
    places.append(Place("file name", 0, evidence.path.stem, "medium"))
    places += [Place("text", page, text, "medium") for page, text in evidence.texts[:8]]
    for place in places:
        if found := reporting_year_in(place.text):
            return place.found(*found)
    return None


def _period(evidence: Evidence, reporting: MetadataValue | None) -> MetadataValue | None:
    for place in places_of(evidence, texts=40):
        if not _PERIOD_LABEL.search(place.text) and place.source != "title page":
            continue
        found = period_in(place.text)
        if (
            found
            and not _VISIT.search(place.text)
            and (
                _PERIOD_LABEL.search(place.text[max(0, found.start - 90) : found.end + 20])
                or (place.source == "title page" and _ALONE.match(place.text[: found.start]))
            )
        ):
            return place.found(*found)
    if reporting:
        year = int(reporting.value[:4])
        return MetadataValue(
            f"April {year} to March {year + 1}", reporting.source, reporting.page, "medium",
            reporting.quote, reporting.span,
        )  # fmt: skip
    return None


def _author(evidence: Evidence, kind: str) -> MetadataValue | None:
    for place in places_of(evidence, texts=0):
        match = _AUTHOR_LABEL.search(place.text)
        if match and 4 < len(place.text) - match.end() < 160:
            return place.found(place.text[match.end() :].strip(), match.end(), len(place.text))
    for place in places_of(evidence, texts=0):
        # An inspection's letter names there whom it is written to.
        if place.source != "title page" or kind == "inspection":
            continue
        if _AUTHOR_ROLE.search(place.text):
            return place.found(place.text.strip(), 0, len(place.text), "medium")
    for page, text in evidence.texts[:30]:
        if match := _AUTHOR_TEXT.search(text):
            group = 1 if match[1] else 2
            return Place("text", page, text, "medium").found(match[group], *match.span(group))
    author = evidence.properties.get("Author", "").strip()
    if len(author.split()) > 1:
        return MetadataValue(author, "document properties", 0, "low", author, Span(0, len(author)))
    return None


def _year(
    evidence: Evidence, published: MetadataValue | None, reporting: MetadataValue | None
) -> MetadataValue | None:
    """Return the year to count a review in: of publication, else the end of the year reported."""
    if published:
        source = f"{published.source}: published"
        return _derived(published.value[:4], source, published)
    if reporting:
        end = str(int(reporting.value[:4]) + 1)
        return _derived(end, f"{reporting.source}: reporting year", reporting)
    created = created_date(evidence.properties)[:4]
    for text, _size in evidence.title_lines:
        years = {match[1] for match in _YEAR.finditer(text)}
        if len(years) == 1 and len(text.split()) <= 8:
            year = years.pop()
            sure = "medium" if year == created and not _VISIT.search(text) else "low"
            return MetadataValue(year, "title page", 1, sure, text)
    years = {match[1] for match in _YEAR.finditer(evidence.path.stem.replace("_", " "))}
    if len(years) == 1:
        return MetadataValue(years.pop(), "file name", 0, "low", evidence.path.stem)
    return None


def _derived(value: str, source: str, of: MetadataValue) -> MetadataValue:
    return MetadataValue(value, source, of.page, of.confidence, of.quote, of.span)
