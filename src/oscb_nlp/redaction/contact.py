"""Find e-mail addresses, telephone numbers, postcodes and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["contacts"]

_EMAIL = re.compile(r"\b[\w.+'’-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")
_PHONE = re.compile(
    r"(?<![\w.,/£$-])(?:\+44[\s-]?(?:\(0\)[\s-]?)?|\(?0)\d{2,4}\)?[\s-]?\d{3,4}[\s-]?\d{3,4}"
    r"(?![\w/])(?:,? ?[Ee]xt(?:ension)?\.? ?\d{1,6})?"
)
_POSTCODE = re.compile(
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}"
    r"|[a-z]{1,2}\d[a-z\d]?\s?\d(?!st|nd|rd|th)[abd-hjlnp-uw-z]{2})\b"
)
# A number of a case looks like one of a telephone, and a code like a postcode.
_NO_CONTACT = re.compile(r"(?:\bcode|\bref(?:erence)?|\bcase|\bfile|\bNHS)\b[^,;\d]{0,10}$", re.I)

_CAP = r"[A-Z][\w’']*"
_STREET = (
    r"(?:(?:St|Rd|Ave)\b\.?|(?:Street|Road|Avenue|Lane|Close|Drive|Court|Crescent|Gardens?|Terrace|"
    r"Place|Way|Grove|Bank|Row|Square|Hill|Walk|Mews|Parade|Green|Rise|View|Gate|Wharf|Quay)\b)"
)
_ROAD = rf"(?:(?:{_CAP} ){{1,3}}?{_STREET}|The (?:{_STREET}))"
_HOUSE = (
    r"(?:Cottage|House|Vicarage|Rectory|Farm|Lodge|Hall|Villa|Offices?|Cent(?:re|er)|Court|Buildings?|"
    r"Park|Mill|Barn|Chambers)"
)
_IN_HOUSE = r"(?:(?:Flat|Unit|Apartment|Suite|Room) \w{1,4}|\d{1,2}(?:st|nd|rd|th) Floor)"
_TOWN = rf"(?:, {_CAP}(?:[ -]{_CAP})?(?!\w))?"
# "12 Park Road Primary School" is no address of a person.
_NO_INSTITUTION = (
    r"(?! (?:Primary|Junior|Infant|Secondary|High|Nursery|School|Surgery|Practice|Children|Cent|Hospital|"
    r"Clinic|Hostel|Health|Medical|Academy|College|Church))"
)
_ADDRESSES = (
    re.compile(
        rf"\b(?:{_IN_HOUSE},? )?(?:(?:{_CAP} ){{1,3}}{_HOUSE}, )?\d{{1,4}}[A-Za-z]?(?:[-–]\d{{1,4}})? "
        rf"{_ROAD}{_NO_INSTITUTION}{_TOWN}"
    ),
    re.compile(rf"\b(?:{_IN_HOUSE}, )?(?:{_CAP} ){{1,3}}{_HOUSE}, {_ROAD}{_NO_INSTITUTION}{_TOWN}"),
    re.compile(rf"\bP\.?O\.? Box \d{{1,6}}{_TOWN}"),
)
_STREETS = re.compile(rf"\b{_STREET}|Box \d")


def contacts(text: str) -> list[tuple[int, int, str]]:
    """Return contact details as start, end and kind, without overlap.

    >>> contacts("Write to 12 Mill Lane, Vale, QX4 7ZB")
    [(9, 27, 'address'), (29, 36, 'postcode')]
    """
    found: list[tuple[int, int, str]] = []
    if "@" in text:
        _add(found, _EMAIL.finditer(text), "e-mail")
    if _STREETS.search(text):
        for pattern in _ADDRESSES:
            _add(found, pattern.finditer(text), "address")
    _add(found, _not_codes(text, _POSTCODE), "postcode")
    _add(found, _not_codes(text, _PHONE), "telephone")
    return sorted(found)


def _add(found: list[tuple[int, int, str]], matches: Iterable[re.Match[str]], kind: str) -> None:
    for match in matches:
        start, end = match.span()
        if all(end <= other or start >= until for other, until, _kind in found):
            found.append((start, end, kind))


def _not_codes(text: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    return [
        match
        for match in pattern.finditer(text)
        if not _NO_CONTACT.search(text, max(0, match.start() - 24), match.start())
    ]
