"""Themes that reviews raise together."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm

from oscb_nlp.summary.periods import by_period
from oscb_nlp.summary.schemas import columns_of

__all__ = ["co_occurrence"]

_Z = float(norm.ppf(0.975))


def co_occurrence(documents: pd.DataFrame, learning: pd.DataFrame) -> pd.DataFrame:
    """Count the reviews that raise two themes, over all periods and in each.

    Returns
    -------
    DataFrame
        One row per period ("all" for the whole span) and pair of themes that some review
        raises: ``reviews``, ``with_a``, ``with_b``, ``with_both``, and ``lift`` (how many
        times as often as if the two had nothing to do with each other) with its 95% interval
        ``low`` and ``high`` (delta method on the log of the lift, multinomial sampling).
    """
    rows = []
    for part, own, tags in by_period(documents, learning):
        found = pd.crosstab(tags["unit"], tags["theme"]).clip(upper=1)
        total, both = own["unit"].nunique(), found.to_numpy().T @ found.to_numpy()
        for a, b in combinations(range(len(found.columns)), 2):
            if both[a, b]:
                names = {"theme_a": found.columns[a], "theme_b": found.columns[b]}
                counts = _lift(total, int(both[a, a]), int(both[b, b]), int(both[a, b]))
                rows.append({**part, **names, **counts})
    table = pd.DataFrame(rows, columns=columns_of("co_occurrence")).astype({"year": "Int32"})
    return table.sort_values(
        ["year", "with_both", "theme_a", "theme_b"],
        ascending=[True, False, True, True],
        na_position="first",
        ignore_index=True,
    )


def _lift(total: int, with_a: int, with_b: int, both: int) -> dict[str, float]:
    a, b, ab = with_a / total, with_b / total, both / total
    slope = 1 / ab - 1 / a - 1 / b
    variance = ab * slope**2 + (a - ab) / a**2 + (b - ab) / b**2 - 1
    lift, error = ab / (a * b), np.sqrt(max(variance, 0.0) / total)
    return {
        "reviews": total,
        "with_a": with_a,
        "with_b": with_b,
        "with_both": both,
        "lift": lift,
        "low": lift * float(np.exp(-_Z * error)),
        "high": lift * float(np.exp(_Z * error)),
    }
