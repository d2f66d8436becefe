"""Dates, periods and reporting years as reviews print them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Dated", "created_date", "dates_in", "period_in", "reporting_year_in"]

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
_MONTH = "|".join([*_MONTHS, *(month[:3] for month in _MONTHS if len(month) > 3), "sept"])
_WRITTEN = re.compile(
    rf"(?<![A-Za-z\d])(?:(\d{{1,2}})(?:st|nd|rd|th)?[ _-]+)?({_MONTH})[,.]?[ _-]+((?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./](\d{1,2})[./](20\d\d)(?!\d)")
_ISO = re.compile(r"(?<!\d)(20\d\d)-(\d{2})-(\d{2})(?!\d)")
_SPAN = re.compile(r"(?<!\d)(20\d\d)\s?[-–/_]\s?(?:20)?(\d\d)(?![\d-])")
_ENDED = re.compile(r"year end(?:ed|ing) (?:on )?31(?:st)? March (20\d\d)", re.IGNORECASE)
_WHEN = rf"(?:\d{{1,2}}(?:st|nd|rd|th)? )?(?:{_MONTH}),? (?:19|20)\d\d"
_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)?(?: (?:{_MONTH}))?(?: (?:19|20)\d\d)?"
_PERIOD = re.compile(rf"(?:{_WHEN}|{_DAY})\s*(?:to|and|until|–|-|up to)\s*{_WHEN}", re.IGNORECASE)
_CREATED = re.compile(r"^D?:?(\d{4})(\d{2})(\d{2})")


class Dated(NamedTuple):
    """A date as ISO 8601 to the month or day, and the characters that print it."""

    value: str
    start: int
    end: int


def dates_in(text: str) -> Iterator[Dated]:
    """Yield the dates that name at least month and year.

    >>> [date.value for date in dates_in("Published 14 September 2016, revised May 2017")]
    ['2016-09-14', '2017-05']
    """
    for match in _WRITTEN.finditer(text):
        month = next(i for i, m in enumerate(_MONTHS, 1) if m.startswith(match[2].lower()[:3]))
        day = f"-{int(match[1]):02d}" if match[1] and 1 <= int(match[1]) <= 31 else ""
        yield Dated(f"{match[3]}-{month:02d}{day}", *match.span())
    for match in _NUMERIC.finditer(text):
        if 1 <= int(match[2]) <= 12 and 1 <= int(match[1]) <= 31:
            yield Dated(f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}", *match.span())
    for match in _ISO.finditer(text):
        if 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31:
            yield Dated(match[0], *match.span())


def period_in(text: str) -> Dated | None:
    """Return the first period that a text prints, in its words.

    >>> period_in("covers April 2013 to March 2015 only").value
    'April 2013 to March 2015'
    """
    match = _PERIOD.search(text)
    return Dated(match[0], *match.span()) if match else None


def reporting_year_in(text: str) -> Dated | None:
    """Return the year from April to March that a text names.

    >>> reporting_year_in("Annual Report 2020/21").value
    '2020-21'
    >>> reporting_year_in("for the year ended 31 March 2021").value
    '2020-21'
    """
    for match in _SPAN.finditer(text):
        if (int(match[1]) + 1) % 100 == int(match[2]):
            return Dated(f"{match[1]}-{match[2]}", *match.span())
    if ended := _ENDED.search(text):
        year = int(ended[1])
        return Dated(f"{year - 1}-{year % 100:02d}", *ended.span())
    return None


def created_date(properties: dict[str, str]) -> str:
    """Return the day on which the file was made, as its properties say; empty if they do not."""
    match = _CREATED.match(properties.get("CreationDate", ""))
    return "-".join(match.groups()) if match and 1990 < int(match[1]) < 2100 else ""
