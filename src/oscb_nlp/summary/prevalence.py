"""How many reviews of a period hold a theme, with intervals. Reviews are counted, never passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from oscb_nlp.codebook import LEARNING
from oscb_nlp.errors import SettingError
from oscb_nlp.summary.periods import FEW_REVIEWS
from oscb_nlp.summary.schemas import columns_of
from oscb_nlp.summary.statistics import Rates, corrected, wilson

__all__ = ["KINDS", "UNITS", "breakdown", "check_unit", "counted", "prevalence", "unanswered"]

UNITS = ("review", "board")
"""What can be counted: reviews, or boards, however many reviews each published in a period."""

KINDS = {
    "with_learning": LEARNING,
    "with_finding": ("finding",),
    "with_recommendation": ("recommendation",),
    "with_good_practice": ("good-practice",),
    "with_narrative": ("narrative",),
}
"""The stances that each column of counts stands for."""


def check_unit(unit: str) -> None:
    """Raise :class:`SettingError` if ``unit`` is nothing that can be counted."""
    if unit not in UNITS:
        raise SettingError(f"cannot count by {unit!r}: give one of {', '.join(UNITS)}")


def counted(documents: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the documents with the ``unit`` that each counts for.

    Raises
    ------
    SettingError
        If ``unit`` is not one of :data:`UNITS`.
    """
    check_unit(unit)
    if unit == "review":
        return documents.assign(unit=documents["document_id"])
    named = documents["board"].fillna("").astype(str)
    # A document that names no board is its own.
    board = named.where(named != "", documents["document_id"])
    return documents.assign(unit=board + " / " + documents["period"].astype(str))


def prevalence(
    documents: pd.DataFrame,
    frame: pd.DataFrame,
    themes: Sequence[str],
    rates: Mapping[str, Rates] | None = None,
) -> pd.DataFrame:
    """Count, for each theme and period, the reviews that hold it.

    Parameters
    ----------
    documents
        Those counted, with ``period``, ``year`` and ``unit``.
    frame
        Their tags, one row a tag, with ``unit`` too.
    themes
        The themes to count, also those that never occur.
    rates
        The model's rates by theme, for the corrected share; see :class:`Rates`.

    Returns
    -------
    DataFrame
        One row per theme and period: ``theme``, ``period`` and its first ``year``,
        ``reviews`` (of that period), ``with_learning`` (reviews with the theme as finding or
        recommendation), ``with_finding``, ``with_recommendation``, ``with_good_practice``,
        ``with_narrative``; ``share`` (with learning) and its 95% Wilson interval ``low`` and
        ``high``; the share ``corrected`` for the model's known errors with its interval
        ``corrected_low`` and ``corrected_high`` (NaN where the rates are not known);
        ``few_reviews`` (fewer than five).
    """
    table = _counts(documents, frame, pd.DataFrame({"theme": list(themes)}), [])
    return _with_shares(table, rates).sort_values(["theme", "year"], ignore_index=True)


def breakdown(
    documents: pd.DataFrame,
    frame: pd.DataFrame,
    themes: Sequence[str],
    rates: Mapping[str, Rates] | None = None,
) -> pd.DataFrame:
    """Count as :func:`prevalence` does within each review type and each board.

    Returns
    -------
    DataFrame
        ``split`` ("review_type" or "board") and its ``value``, then the columns of
        :func:`prevalence`. Themes without any tag in a part are left out there.
    """
    parts = []
    for split in ("review_type", "board"):
        own = documents.assign(value=documents[split].fillna("").astype(str))
        own = own[own["value"] != ""]
        columns = ["document_id", "theme", "stance", "period", "unit"]
        tags = frame.loc[frame["theme"].isin(themes), columns]
        tags = tags.merge(own[["document_id", "value"]], on="document_id")
        table = _counts(own, tags, tags[["value", "theme"]].drop_duplicates(), ["value"])
        table.insert(0, "split", split)
        parts.append(_with_shares(table, rates))
    return pd.concat(parts, ignore_index=True).sort_values(
        ["split", "value", "theme", "year"], ignore_index=True
    )


def _counts(
    documents: pd.DataFrame, frame: pd.DataFrame, rows: pd.DataFrame, within: list[str]
) -> pd.DataFrame:
    """Count reviews by stance for each of ``rows`` and each period of its part."""
    keys = [*within, "year", "period"]
    periods = documents.groupby(keys)["unit"].nunique().reset_index(name="reviews")
    table = rows.merge(periods, on=within) if within else rows.merge(periods, how="cross")
    table = table[[*within, "theme", "period", "year", "reviews"]]
    keys = [*within, "theme", "period"]
    for column, stances in KINDS.items():
        part = frame.loc[frame["stance"].isin(stances), [*keys, "unit"]].drop_duplicates()
        count = part.groupby(keys).size().rename(column).reset_index()
        table = table.merge(count, on=keys, how="left")
        table[column] = table[column].fillna(0).astype(int)
    return table


def unanswered(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Return the themes that reviews find at fault and make no recommendation on.

    Returns
    -------
    DataFrame
        One row per theme with such a period: ``periods_with_finding``, those of them
        ``without_recommendation`` by any review, the first ``years`` of these, the
        ``longest_run`` of such periods one after another, and ``reviews_with_finding`` in them.
        Most such periods first.
    """
    rows = []
    for theme, table in prevalence.sort_values("year").groupby("theme"):
        found = table["with_finding"] > 0
        silent = found & (table["with_recommendation"] == 0)
        if not silent.any():
            continue
        run = silent.groupby((~silent).cumsum()).sum()
        rows.append(
            {
                "theme": theme,
                "periods_with_finding": int(found.sum()),
                "without_recommendation": int(silent.sum()),
                "longest_run": int(run.max()),
                "years": tuple(table.loc[silent, "year"].astype(int)),
                "reviews_with_finding": int(table.loc[silent, "with_finding"].sum()),
            }
        )
    return pd.DataFrame(rows, columns=columns_of("unanswered")).sort_values(
        ["without_recommendation", "longest_run", "theme"],
        ascending=[False, False, True],
        ignore_index=True,
    )


def _with_shares(table: pd.DataFrame, rates: Mapping[str, Rates] | None) -> pd.DataFrame:
    """Add ``share``, ``corrected``, their intervals and ``few_reviews`` to counts."""
    counts, totals = table["with_learning"].to_numpy(float), table["reviews"].to_numpy(float)
    low, high = wilson(counts, totals)
    right = [
        corrected(int(count), int(total), (rates or {}).get(theme))
        for theme, count, total in zip(table["theme"], counts, totals, strict=True)
    ]
    limits = np.array(right, dtype=float).reshape(-1, 3)
    return table.assign(
        share=counts / np.maximum(totals, 1),
        low=low,
        high=high,
        corrected=limits[:, 0],
        corrected_low=limits[:, 1],
        corrected_high=limits[:, 2],
        few_reviews=totals < FEW_REVIEWS,
    )
