"""Whether a theme rises, falls, persists, is new or has faded: one test and one rule for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from oscb_nlp.summary.periods import spans_break
from oscb_nlp.summary.schemas import columns_of
from oscb_nlp.summary.statistics import step, trend

__all__ = ["VERDICTS", "trends"]

ENOUGH_REVIEWS, ENOUGH_PERIODS = 10, 3
LEVEL = 0.05
"""False discovery rate over the themes below which a trend counts as one."""
LASTING = 2 / 3
"""Share of the periods in which a theme that persists is learning."""
GONE_REVIEWS = 5
"""Reviews without the theme, before its first or after its last, for "new" or "faded"."""

VERDICTS = {
    "new": "a rise or a step is shown, and five reviews or more before its first raised it not once",
    "faded": "a fall or a step is shown, and five reviews or more since its last raise it no more",
    "rising": "more reviews raise it in later periods",
    "falling": "fewer reviews raise it in later periods",
    "persistent": "no trend shown; raised in two thirds of the periods or more",
    "sporadic": "no trend shown; raised in fewer than two thirds of the periods",
    "not found": "no review raises it",
    "too few reviews to say": "fewer than ten reviews, or fewer than three periods",
}
"""The verdicts and the rule that gives each, the first that fits.

A trend is shown where ``q`` is below :data:`LEVEL`, a step where ``step_q`` is.
"""


def trends(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Test each theme's trend and say in words what the reviews show.

    Parameters
    ----------
    prevalence
        What :func:`oscb_nlp.summary.prevalence.prevalence` returned.

    Returns
    -------
    DataFrame
        One row per theme: ``verdict`` (see :data:`VERDICTS`), ``reviews``, ``with_learning``,
        ``periods`` and ``periods_with`` (all, and those in which it is learning),
        ``first_year`` and ``last_year`` of them, ``odds_ratio`` a year with its 95% interval
        ``low`` and ``high``, ``p`` (two-sided) and ``method`` of the trend; ``step_year`` (the
        first year of the part most unlike what went before) and ``step_p``; ``q`` and
        ``step_q`` (both adjusted together, Benjamini and Hochberg 1995); and ``across_break``
        (the reviews lie on both sides of the change from serious case reviews to practice
        reviews).
    """
    rows = [_row(str(theme), table) for theme, table in prevalence.groupby("theme", sort=True)]
    columns = columns_of("trends")
    found = pd.DataFrame(rows, columns=[*columns, "before", "after"])
    tested = found["p"].notna().to_numpy()
    found[["q", "step_q"]] = np.nan
    if tested.any():
        adjusted = false_discovery_control(
            found.loc[tested, ["p", "step_p"]].to_numpy(float), axis=None
        )
        found.loc[tested, ["q", "step_q"]] = adjusted.reshape(-1, 2)
    found["verdict"] = [verdict(row) for row in found.to_dict("records")]
    return found[columns]


def _row(theme: str, table: pd.DataFrame) -> dict[str, Any]:
    table = table.sort_values("year")
    told = table[table["with_learning"] > 0]
    years, reviews = table["year"].tolist(), table["reviews"].tolist()
    found = trend(years, table["with_learning"].tolist(), reviews)
    at = step(years, table["with_learning"].tolist(), reviews)
    first, last = (told["year"].min(), told["year"].max()) if len(told) else (pd.NA, pd.NA)
    return {
        "theme": theme,
        "reviews": sum(reviews),
        "with_learning": int(table["with_learning"].sum()),
        "periods": len(table),
        "periods_with": len(told),
        "first_year": first,
        "last_year": last,
        **found._asdict(),
        "step_year": at.year,
        "step_p": at.p,
        "across_break": spans_break(min(years), max(years)),
        "before": int(table.loc[table["year"] < first, "reviews"].sum()) if len(told) else 0,
        "after": int(table.loc[table["year"] > last, "reviews"].sum()) if len(told) else 0,
    }


def verdict(row: dict[str, Any]) -> str:
    """Return the word for one theme's figures, by the rule of :data:`VERDICTS`."""
    if row["reviews"] < ENOUGH_REVIEWS or row["periods"] < ENOUGH_PERIODS:
        return "too few reviews to say"
    if not row["with_learning"]:
        return "not found"
    moved = row["q"] < LEVEL
    up = row["odds_ratio"] > 1
    stepped = row["step_q"] < LEVEL
    if ((moved and up) or stepped) and row["before"] >= GONE_REVIEWS:
        return "new"
    if ((moved and not up) or stepped) and row["after"] >= GONE_REVIEWS:
        return "faded"
    if moved:
        return "rising" if up else "falling"
    lasting = row["periods_with"] >= LASTING * row["periods"]
    return "persistent" if lasting else "sporadic"
