"""The statistics of few reviews: intervals, correction for a model's errors, exact trends.

What SciPy and statsmodels have is theirs. Written here: the exact conditional trend (their
tests for trend are asymptotic) and the interval after correction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import comb
from scipy.stats import norm
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.proportion import proportion_confint

__all__ = ["Rates", "Step", "Trend", "corrected", "step", "trend", "wilson"]

Floats = npt.NDArray[np.float64]

EXACT_UP_TO = 150
"""Reviews up to which the trend is computed exactly."""

DRAWS = 4_999
"""Orders of reviews drawn for the test of a step."""

_SEED = 0
_Z = float(norm.ppf(0.975))
_STEEPEST = 40.0  # log odds ratio a year beyond which a limit counts as infinite


def wilson(counts: npt.ArrayLike, totals: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the 95% Wilson intervals of proportions (Wilson 1927); nothing of none is 0 to 1."""
    counts, totals = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    low, high = proportion_confint(counts, np.maximum(totals, 1), method="wilson")
    return np.where(totals > 0, low, 0.0), np.where(totals > 0, high, 1.0)


@dataclass(frozen=True)
class Rates:
    """How a model did on reviews whose truth is known, counted for one theme.

    Attributes
    ----------
    found, present
        Of the reviews with the theme those in which the model found it, and all of them.
    passed, absent
        Of the reviews without it those that the model passed over, and all of them.
    """

    found: float
    present: float
    passed: float
    absent: float

    @property
    def usable(self) -> bool:
        """Whether the model tells reviews with the theme from others at all."""
        if not self.present or not self.absent:
            return False
        return self.found / self.present + self.passed / self.absent > 1.05


def corrected(count: int, total: int, rates: Rates | None) -> tuple[float, float, float]:
    """Return a share corrected for the model's errors, with its 95% interval.

    The estimate is Rogan and Gladen's (1978), the interval Lang and Reiczigel's (2014), which
    counts the doubt about the model's rates as well. NaN where the rates are not known or the
    model does no better than chance.
    """
    if rates is None or not rates.usable or not total:
        return float("nan"), float("nan"), float("nan")
    sensitivity, specificity = rates.found / rates.present, rates.passed / rates.absent
    estimate = (count / total + specificity - 1) / (sensitivity + specificity - 1)
    # Their adjusted counts: a pseudo-observation each way for the rates, Wilson's for the share.
    share = (count + _Z**2 / 2) / (total + _Z**2)
    sensitivity = (rates.found + 1) / (rates.present + 2)
    specificity = (rates.passed + 1) / (rates.absent + 2)
    better = sensitivity + specificity - 1
    middle = (share + specificity - 1) / better
    of_sensitivity = sensitivity * (1 - sensitivity) / (rates.present + 2)
    of_specificity = specificity * (1 - specificity) / (rates.absent + 2)
    spread = np.sqrt(
        share * (1 - share) / (total + _Z**2)
        + of_sensitivity * middle**2
        + of_specificity * (1 - middle) ** 2
    ) / abs(better)
    shift = 2 * _Z**2 * (middle * of_sensitivity - (1 - middle) * of_specificity)
    limits = np.clip([middle + shift - _Z * spread, middle + shift + _Z * spread], 0.0, 1.0)
    point = float(np.clip(estimate, 0.0, 1.0))
    return point, min(float(limits[0]), point), max(float(limits[1]), point)


class Trend(NamedTuple):
    """A trend of odds by year: odds ratio a year, its 95% interval, two-sided p, and the method."""

    odds_ratio: float
    low: float
    high: float
    p: float
    method: str


def trend(years: Sequence[int], counts: Sequence[int], totals: Sequence[int]) -> Trend:
    """Test whether the odds of a theme move with the years.

    Up to :data:`EXACT_UP_TO` reviews the test is the exact conditional form of
    Cochran-Armitage's (p is twice the smaller tail), and odds ratio and interval are those of
    exact conditional logistic regression (Mehta and Patel 1995), the median unbiased estimate
    where the likelihood has no maximum. Beyond, logistic regression by year with the
    likelihood's interval by Wald, and the score test, which is Cochran-Armitage's.

    Parameters
    ----------
    years, counts, totals
        For each year its number, the reviews with the theme, and all reviews.

    Returns
    -------
    Trend
        NaN where nothing can vary: one year only, or the theme in no review or in all.

    Examples
    --------
    >>> trend([2016, 2018, 2020], [0, 1, 4], [4, 4, 4]).odds_ratio > 1
    True
    """
    x, k, n = (np.asarray(values, dtype=np.int64) for values in (years, counts, totals))
    x, k, n = x[n > 0], k[n > 0], n[n > 0]
    if len(set(x.tolist())) < 2 or k.sum() in (0, n.sum()):
        return Trend(*(float("nan"),) * 4, "none")
    if n.sum() > EXACT_UP_TO:
        return _asymptotic(x, k, n)
    return _exact(x, k, n)


class Step(NamedTuple):
    """The year from which a theme is most unlike before, and the p of so great a difference."""

    year: float
    p: float


def step(years: Sequence[int], counts: Sequence[int], totals: Sequence[int]) -> Step:
    """Test whether a theme comes or goes at some year, whichever year that is.

    The greatest of the chi-squared statistics of "before" against "from" over all years, held
    against its distribution when the same reviews raise the theme in any order (maximally
    selected statistics: Miller and Siegmund 1982), by :data:`DRAWS` seeded draws. NaN where
    nothing can vary.

    Examples
    --------
    >>> step([2016, 2017, 2018, 2019, 2020, 2021], [0, 0, 0, 4, 3, 0], [4] * 6).year
    2019.0
    """
    x, k, n = (np.asarray(values, dtype=np.int64) for values in (years, counts, totals))
    x, k, n = x[n > 0], k[n > 0], n[n > 0]
    if len(x) < 2 or k.sum() in (0, n.sum()):
        return Step(float("nan"), float("nan"))
    share, before = k.sum() / n.sum(), np.cumsum(n)[:-1]
    scale = share * (1 - share) * before * (n.sum() - before) / n.sum()

    def unlikeness(found: npt.NDArray[np.int64]) -> Floats:
        excess = np.cumsum(found, axis=-1)[..., :-1] - share * before
        return np.asarray(excess**2 / scale)

    observed = unlikeness(k)
    generator = np.random.default_rng(_SEED)
    drawn = generator.multivariate_hypergeometric(n, int(k.sum()), DRAWS, method="marginals")
    greater = (unlikeness(drawn).max(axis=1) >= observed.max() - 1e-9).sum()
    return Step(float(x[1 + int(observed.argmax())]), float((1 + greater) / (1 + DRAWS)))


def _asymptotic(
    x: npt.NDArray[np.int64], k: npt.NDArray[np.int64], n: npt.NDArray[np.int64]
) -> Trend:
    centred = x - np.average(x, weights=n)
    model = GLM(
        np.column_stack([k, n - k]),
        np.column_stack([np.ones(len(x)), centred]),
        family=Binomial(),
    )
    fitted = model.fit()
    slope, error = float(fitted.params[1]), float(fitted.bse[1])
    share = k.sum() / n.sum()
    score = (centred * k).sum() / np.sqrt(share * (1 - share) * (n * centred**2).sum())
    limits = np.exp(np.clip([slope - _Z * error, slope + _Z * error], -_STEEPEST, _STEEPEST))
    return Trend(
        float(np.exp(slope)), float(limits[0]), float(limits[1]), float(2 * norm.sf(abs(score))),
        "logistic regression",
    )  # fmt: skip


def _exact(x: npt.NDArray[np.int64], k: npt.NDArray[np.int64], n: npt.NDArray[np.int64]) -> Trend:
    scores = x - x.min()
    mirrored = 2 * k.sum() > n.sum()  # fewer states when the rarer outcome is counted
    shown = n - k if mirrored else k
    values, weights = _distribution(scores, n, int(shown.sum()))
    observed = float((scores * shown).sum())
    at_least, at_most = values >= observed, values <= observed
    tails = [weights[at_least].sum(), weights[at_most].sum()]
    p = min(1.0, 2 * min(tails))

    def tail(slope: float, part: npt.NDArray[np.bool_]) -> float:
        logs = np.log(weights) + slope * (values - observed)
        tilted = np.exp(logs - logs.max())
        return float(tilted[part].sum() / tilted.sum())

    highest, lowest = observed == values.max(), observed == values.min()
    low = -np.inf if lowest else _root(lambda slope: tail(slope, at_least) - 0.025)
    high = np.inf if highest else _root(lambda slope: tail(slope, at_most) - 0.025)
    if highest or lowest:
        part = at_least if highest else at_most
        slope = _root(lambda value: tail(value, part) - 0.5)
    else:

        def excess(slope: float) -> float:
            logs = np.log(weights) + slope * (values - observed)
            tilted = np.exp(logs - logs.max())
            return float((tilted * (values - observed)).sum() / tilted.sum())

        slope = _root(excess)
    if mirrored:
        slope, low, high = -slope, -high, -low
    with np.errstate(over="ignore"):
        found = np.exp([slope, low, high])
    return Trend(float(found[0]), float(found[1]), float(found[2]), float(p), "exact")


def _distribution(
    scores: npt.NDArray[np.int64], totals: npt.NDArray[np.int64], positives: int
) -> tuple[Floats, Floats]:
    """Return each sum of scores that ``positives`` reviews can have, and its probability.

    All ways to choose them are equally likely when no trend is there. Built up year by year.
    """
    largest = int(np.sort(np.repeat(scores, totals))[-positives:].sum())
    table = np.zeros((positives + 1, largest + 1))
    table[0, 0] = 1.0
    for score, total in zip(scores.tolist(), totals.tolist(), strict=True):
        grown = np.zeros_like(table)
        for chosen in range(min(total, positives) + 1):
            shift = chosen * score
            if shift > largest:
                break
            part = table[: positives + 1 - chosen, : largest + 1 - shift]
            grown[chosen:, shift:] += comb(total, chosen) * part
        table = grown / grown.max()
    weights = table[positives]
    values = np.flatnonzero(weights)
    return values.astype(float), weights[values] / weights.sum()


def _root(function: Callable[[float], float]) -> float:
    """Return the slope at which a monotone function is zero, within what can be told."""
    low, high = function(-_STEEPEST), function(_STEEPEST)
    if low * high > 0:
        return -_STEEPEST if abs(low) < abs(high) else _STEEPEST
    return float(brentq(function, -_STEEPEST, _STEEPEST))
