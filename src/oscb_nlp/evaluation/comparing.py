"""Two models on the same held-out passages: which is better, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["LEAST_OF_THEME", "Comparison", "compare"]

LEAST_OF_THEME = 5
"""Passages from which a theme counts in the macro-F1 of a comparison."""

_DRAWS = 1000
_LEAST_REVIEWS = 5  # with fewer, a bootstrap over reviews says little

Matrix = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """An old and a new model on passages that neither learnt from.

    Attributes
    ----------
    figures
        A row per figure (``micro_f1``, ``macro_f1``, ``stance_accuracy`` where stances are known):
        ``old``, ``new``, ``difference`` (new less old) and its 95% interval ``low`` to ``high``.
    reviews, passages
        What they were compared on.
    verdict
        "better", "worse", "alike" (no difference that these labels show) or "unknown" (under five
        reviews to compare on).
    """

    figures: pd.DataFrame
    reviews: int
    passages: int
    verdict: str

    def __str__(self) -> str:
        words = {
            "better": "The new model is better than the old one",
            "worse": "The new model is worse than the old one",
            "alike": "These labels show no difference between the new model and the old one",
            "unknown": "Too few reviews to tell the new model from the old one",
        }
        parts = [
            f"{row.figure.replace('_', ' ')} {row.old:.2f} before, {row.new:.2f} now "
            f"({row.difference:+.2f}, {row.low:+.2f} to {row.high:+.2f})"
            for row in self.figures.itertuples()
        ]
        held = f"on {self.passages} passages of {self.reviews} reviews that neither learnt from"
        return f"{words[self.verdict]}, {held}: {'; '.join(parts) or 'nothing to compare'}."

    def to_dict(self) -> dict[str, Any]:
        """Return verdict and figures as plain values, rounded, for a model's record."""
        return {
            "verdict": self.verdict,
            "reviews": self.reviews,
            "passages": self.passages,
            "figures": self.figures.round(4).to_dict("records"),
        }


def compare(
    truth: Matrix,
    old: Matrix,
    new: Matrix,
    groups: Sequence[str],
    stances: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], Sequence[str]] | None = None,
    seed: int = 0,
) -> Comparison:
    """Compare two codings of the same passages by a paired bootstrap over reviews.

    Parameters
    ----------
    truth, old, new
        Indicators, shape (n_passages, n_themes).
    groups
        The review of each passage.
    stances
        Whether old and new gave the right stance in each case, and the case's review.
    seed
        What the bootstrap starts from; 1,000 draws.

    Notes
    -----
    "better": the interval of micro-F1 lies above 0 and none of the others below; "worse": an
    interval lies below 0, or micro-F1 and macro-F1 are both lower, however surely.

    Examples
    --------
    >>> truth = np.eye(6, dtype=np.int8)
    >>> compare(truth, 0 * truth, truth, list("abcdef")).verdict
    'better'
    """
    names = sorted(set(groups))
    owners = np.array([names.index(name) for name in groups], dtype=int)
    times = _draws(len(names), seed)
    counted = truth.sum(axis=0) >= LEAST_OF_THEME
    found: dict[str, list[Floats]] = {"micro_f1": [], "macro_f1": []}
    for given in (old, new):
        counts = [
            times @ _by_review(values, owners, len(names))
            for values in (truth * given, truth.astype(int) + given)
        ]
        found["micro_f1"].append(_f1(*(each.sum(axis=1) for each in counts)))
        if counted.any():
            each_theme = _f1(*(each[:, counted] for each in counts))
            # A theme that no drawn review holds, and that nobody gave, says nothing.
            known = ~np.isnan(each_theme)
            with np.errstate(invalid="ignore"):
                mean = np.where(known, each_theme, 0.0).sum(axis=1) / known.sum(axis=1)
            found["macro_f1"].append(mean)
    if stances and len(stances[0]):
        of_case = np.array([names.index(name) for name in stances[2]], dtype=int)
        cases = times @ np.bincount(of_case, minlength=len(names))
        with np.errstate(invalid="ignore"):
            found["stance_accuracy"] = [
                (times @ np.bincount(of_case, right.astype(float), len(names))) / cases
                for right in stances[:2]
            ]
    rows = [_row(name, *values) for name, values in found.items() if values]
    figures = pd.DataFrame(rows, columns=["figure", "old", "new", "difference", "low", "high"])
    return Comparison(figures, len(names), len(truth), _verdict(figures, len(names)))


def _draws(count: int, seed: int) -> Floats:
    """Return how often each review is drawn: first the reviews as they are, then by chance."""
    drawn = np.random.default_rng(seed).multinomial(count, [1 / max(count, 1)] * count, _DRAWS)
    return np.vstack([np.ones((1, count)), drawn])


def _by_review(values: npt.NDArray[Any], owners: npt.NDArray[Any], count: int) -> Floats:
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, owners, values)
    return sums


def _f1(both: Floats, either: Floats) -> Floats:
    """Return F1 from right codes, and true and given ones together; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return np.asarray(2 * both / either)


def _row(name: str, old: Floats, new: Floats) -> dict[str, object]:
    drawn = (new - old)[1:]
    known = drawn[~np.isnan(drawn)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    return {
        "figure": name,
        "old": float(old[0]),
        "new": float(new[0]),
        "difference": float(new[0] - old[0]),
        "low": float(low),
        "high": float(high),
    }


def _verdict(figures: pd.DataFrame, reviews: int) -> str:
    if reviews < _LEAST_REVIEWS or figures.empty:
        return "unknown"
    themes = figures[figures["figure"] != "stance_accuracy"]
    if (figures["high"] < 0).any() or (themes["difference"] < 0).all():
        return "worse"
    micro = figures.loc[figures["figure"] == "micro_f1", "low"]
    return "better" if (micro > 0).all() else "alike"
