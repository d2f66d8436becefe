"""Which period a document belongs to: a year, an April-March year, a statutory era, own bins."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from oscb_nlp.errors import SettingError

__all__ = [
    "ALL_PERIODS",
    "BREAK_AFTER",
    "ERAS",
    "FEW_REVIEWS",
    "By",
    "by_period",
    "check_periods",
    "placed",
    "spans_break",
]

By = str | Sequence[int]
"""``"year"``, ``"april-year"``, ``"era"``, or the first years of one's own periods in order."""

ERAS = {
    "before 2010": 0,
    "Working Together 2010": 2010,
    "Working Together 2013": 2013,
    "Working Together 2015": 2015,
    "Working Together 2018": 2019,
    "Working Together 2023": 2024,
}
"""Statutory eras by the first whole year under each edition of the guidance (HM Government).

The editions of 2018 and 2023 came out in July and December, so they count from the next year.
"""

BREAK_AFTER = 2018
"""The last year of serious case reviews; then practice reviews and rapid reviews took over."""

ALL_PERIODS = "all"
"""The name that stands in ``period`` for the whole span."""

FEW_REVIEWS = 5
"""A period with fewer reviews is marked: its shares say little."""

_REPORTING_YEAR = re.compile(r"(\d{4})\s*[-/–]\s*\d{2,4}")
_DATE = re.compile(r"(\d{4})-(\d{2})")


def placed(documents: pd.DataFrame, by: By = "year") -> pd.DataFrame:
    """Return the documents that fall into a period, with ``period`` and its first ``year``.

    Parameters
    ----------
    documents
        The corpus table of documents.
    by
        "year" (calendar year of publication), "april-year" (April to March: an annual report's
        own reporting year, else the month of publication), "era" (see :data:`ERAS`), or first
        years such as ``[2010, 2015, 2020]``.

    Returns
    -------
    DataFrame
        The rows that can be placed, in their order: one without a year cannot, and by
        April-March years one without a month cannot. A period that is open to the past begins
        with the earliest year among its documents.

    Raises
    ------
    SettingError
        If ``by`` is none of these.

    Examples
    --------
    >>> table = pd.DataFrame({"year": [2014, 2021, None]})
    >>> placed(table, [2010, 2020])["period"].tolist()
    ['2010-2019', 'from 2020']
    """
    check_periods(by)
    dated = documents[documents["year"].notna()]
    if by == "april-year":
        start = dated.apply(_april_year, axis=1).astype("Int64") if len(dated) else dated["year"]
        dated, start = dated[start.notna()], start.dropna().astype(int)
        return dated.assign(period=start.map(_april_label).astype(str), year=start).reset_index(
            drop=True
        )
    years = dated["year"].astype(int)
    label, first = _bins(by)
    # "Before 2010" is no year 0: a chart would begin there, and a trend by year bend towards it.
    start = years.map(first)
    start = start.mask(start == 0, years.min())
    return dated.assign(period=years.map(label).astype(str), year=start).reset_index(drop=True)


def check_periods(by: By) -> None:
    """Raise :class:`SettingError` if documents cannot be grouped by ``by``."""
    if isinstance(by, str):
        fits = by in ("year", "april-year", "era")
    else:
        fits = len(by) > 0 and list(by) == sorted(set(by))
    if not fits:
        raise SettingError(
            f"cannot group by {by!r}: give year, april-year, era, or first years in order "
            "such as 2010,2015,2020"
        )


def by_period(
    documents: pd.DataFrame, tags: pd.DataFrame
) -> Iterator[tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]]:
    """Yield the whole span and then each period: its name and first year, documents and tags."""
    yield {"period": ALL_PERIODS, "year": pd.NA}, documents, tags
    for (year, period), own in documents.groupby(["year", "period"]):
        yield {"period": period, "year": year}, own, tags[tags["period"] == period]


def spans_break(first: int, last: int) -> bool:
    """Whether serious case reviews and practice reviews both lie between two years."""
    return first <= BREAK_AFTER < last


def _bins(by: Any) -> tuple[Callable[[int], str], Callable[[int], int]]:
    if by == "year":
        return str, int
    if by == "era":
        names, starts = list(ERAS), list(ERAS.values())
        return (
            lambda year: names[bisect_right(starts, year) - 1],
            lambda year: starts[bisect_right(starts, year) - 1],
        )
    starts = [0, *by]
    labels = [f"before {by[0]}"]
    labels += [f"{a}-{b - 1}" if b - a > 1 else str(a) for a, b in pairwise(by)]
    labels.append(f"from {by[-1]}")
    return (
        lambda year: labels[bisect_right(starts, year) - 1],
        lambda year: starts[bisect_right(starts, year) - 1],
    )


def _april_year(row: pd.Series) -> int | None:
    reporting = _REPORTING_YEAR.search(str(row.get("reporting_year") or ""))
    if reporting:
        return int(reporting[1])
    published = _DATE.search(str(row.get("published") or ""))
    if not published:
        return None
    year, month = int(published[1]), int(published[2])
    return year if month >= 4 else year - 1


def _april_label(year: int) -> str:
    return f"{year}-{(year + 1) % 100:02d}"
