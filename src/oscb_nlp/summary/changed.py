"""What one part of the span says more of than another: terms and themes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer

from oscb_nlp.summary.periods import BREAK_AFTER, spans_break
from oscb_nlp.summary.schemas import columns_of

__all__ = ["changed", "log_odds", "turning_year"]

Floats = npt.NDArray[np.float64]

_PRIOR_SIZE = 500.0  # words of the whole corpus that the prior weighs
_LEAST_REVIEWS = 3
_SHOWN = 100  # terms kept for each part
_TERM = r"(?u)\b[a-z][a-z’'-]+[a-z]\b"


def changed(
    documents: pd.DataFrame, learning: pd.DataFrame, from_year: int | None = None
) -> pd.DataFrame:
    """Compare the learning of earlier reviews with that of later ones.

    Parameters
    ----------
    documents, learning
        The documents counted and their tags as learning.
    from_year
        First year of the later part; None for :func:`turning_year`.

    Returns
    -------
    DataFrame
        One row per ``kind`` ("term", words of the passages; "theme", counted by review) and
        ``name``: ``turn`` (first year of the later part), uses ``earlier`` and ``later``, the
        reviews that use it, ``log_odds`` of later against earlier and its ``z`` (above 0:
        more in the later part). Terms are the hundred furthest each way that three reviews or
        more use. Log odds with an informative Dirichlet prior: Monroe, Colaresi and Quinn 2008.
    """
    turn = from_year if from_year is not None else turning_year(documents)
    if turn is None or learning.empty:
        return pd.DataFrame(columns=columns_of("changed"))
    parts = [_themes(learning, turn), _terms(learning, turn)]
    table = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)
    table["turn"] = turn
    return table[columns_of("changed")].sort_values(
        ["kind", "z", "name"], ascending=[True, False, True], ignore_index=True
    )


def turning_year(documents: pd.DataFrame) -> int | None:
    """Return the first year of the later part: after the break in the series, else the middle."""
    years: list[int] = sorted({int(year) for year in documents["year"]})
    if len(years) < 2:
        return None
    if spans_break(years[0], years[-1]):
        return next(year for year in years if year > BREAK_AFTER)
    return years[len(years) // 2]


def log_odds(earlier: Floats, later: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Return log odds ratios of later against earlier counts, and z, smoothed by a prior.

    Monroe, Colaresi and Quinn (2008): ``prior`` holds pseudo-counts. Of one name
    alone nothing can be said: 0.
    """
    if len(prior) < 2:
        return np.zeros(len(prior)), np.zeros(len(prior))

    def odds(counts: Floats) -> Floats:
        seen = counts + prior
        return np.asarray(np.log(seen / (counts.sum() + prior.sum() - seen)))

    difference = odds(later) - odds(earlier)
    error = np.sqrt(1 / (later + prior) + 1 / (earlier + prior))
    return difference, difference / error


def _themes(learning: pd.DataFrame, turn: int) -> pd.DataFrame:
    once = learning.drop_duplicates(["unit", "theme"])
    late = once["year"] >= turn
    names = sorted(once["theme"].unique())
    earlier = once[~late]["theme"].value_counts().reindex(names, fill_value=0).to_numpy(float)
    later = once[late]["theme"].value_counts().reindex(names, fill_value=0).to_numpy(float)
    share = (earlier + later) / (earlier + later).sum()
    ratio, z = log_odds(earlier, later, share * min(_PRIOR_SIZE, (earlier + later).sum() / 10))
    return pd.DataFrame(
        {
            "kind": "theme", "name": names, "earlier": earlier.astype(int),
            "later": later.astype(int), "earlier_reviews": earlier.astype(int),
            "later_reviews": later.astype(int), "log_odds": ratio, "z": z,
        }
    )  # fmt: skip


def _terms(learning: pd.DataFrame, turn: int) -> pd.DataFrame:
    once = learning.drop_duplicates("passage_id")
    by_review = once.groupby("unit").agg(text=("text", " \n ".join), year=("year", "first"))
    counter = CountVectorizer(
        ngram_range=(1, 2), min_df=_LEAST_REVIEWS, stop_words="english", token_pattern=_TERM
    )
    if len(by_review) < _LEAST_REVIEWS:
        return pd.DataFrame()
    try:
        counts = counter.fit_transform(by_review["text"].str.lower())
    except ValueError:  # no term is used by three reviews
        return pd.DataFrame()
    late = (by_review["year"] >= turn).to_numpy()
    parts = [counts[~late], counts[late]]
    earlier, later = (np.asarray(part.sum(axis=0), dtype=float).ravel() for part in parts)
    reviews = [np.asarray((part > 0).sum(axis=0)).ravel() for part in parts]
    share = (earlier + later) / (earlier + later).sum()
    ratio, z = log_odds(earlier, later, share * _PRIOR_SIZE)
    table = pd.DataFrame(
        {
            "kind": "term", "name": counter.get_feature_names_out(), "earlier": earlier.astype(int),
            "later": later.astype(int), "earlier_reviews": reviews[0], "later_reviews": reviews[1],
            "log_odds": ratio, "z": z,
        }
    ).sort_values(["z", "name"], ascending=[False, True])  # fmt: skip
    return pd.concat([table.head(_SHOWN), table.iloc[_SHOWN:].tail(_SHOWN)])
