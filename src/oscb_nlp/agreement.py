"""How far coders agree, theme by theme: Krippendorff's alpha, Cohen's kappa, Gwet's AC1.

The unit is a passage that several coders have coded; for each theme a coder either gave it
or not. Raw agreement is shown beside the coefficients, and the share of passages with the
theme beside both, since a rare theme can have high raw agreement and a low coefficient.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import cohen_kappa_score

__all__ = [
    "AGREEMENT_COLUMNS",
    "Codings",
    "agreement",
    "agreement_by_stance",
    "disagreements",
    "stance_agreement",
]

Codings: TypeAlias = Mapping[str, Mapping[str, str]]
"""The codings of one passage: coder to theme to stance; a coder who gave none has no themes."""

AGREEMENT_COLUMNS = (
    "theme", "passages", "positive", "prevalence", "percent", "kappa", "alpha", "alpha_low",
    "alpha_high", "ac1", "f1",
)  # fmt: skip
"""``positive`` counts passages to which any coder gave the theme, ``prevalence`` is the mean
share over coders; ``percent``, ``kappa``, ``ac1`` and ``f1`` are means over pairs of coders."""

Ratings = npt.NDArray[np.float64]


def agreement(
    codings: Sequence[Codings],
    themes: Iterable[str],
    groups: Sequence[str] | None = None,
    draws: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    """Return one row per theme, in the order given, with :data:`AGREEMENT_COLUMNS`.

    Parameters
    ----------
    codings
        The codings of each passage; passages with fewer than two coders are left out.
    themes
        The themes to compare.
    groups
        The review of each passage; the interval of alpha is drawn over reviews with
        replacement (95%, percentile). None draws over passages.
    draws, seed
        Samples of that bootstrap, and the seed that they start from.

    Notes
    -----
    Alpha is Krippendorff's (2004) for nominal values, computed by the package
    ``krippendorff``; kappa is Cohen's (1960), by scikit-learn; AC1 is Gwet's (2008). A value
    that is not defined, as kappa where both coders never gave a theme, is NaN.
    """
    kept = [index for index, coding in enumerate(codings) if len(coding) >= 2]
    coders = sorted({coder for index in kept for coder in codings[index]})
    names = [groups[index] for index in kept] if groups is not None else [str(i) for i in kept]
    rows = []
    for theme in themes:
        ratings = np.full((len(coders), len(kept)), np.nan)
        for column, index in enumerate(kept):
            for coder, given in codings[index].items():
                ratings[coders.index(coder), column] = theme in given
        rows.append({"theme": theme, **_coefficients(ratings, names, draws, seed)})
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS))


def stance_agreement(codings: Sequence[Codings]) -> dict[str, float]:
    """Return how far coders agree on the stance of themes that both gave.

    Returns
    -------
    dict
        ``cases`` (pairs of codings compared), ``percent``, ``kappa`` and ``alpha``.
    """
    pairs = [
        (first[theme], second[theme])
        for coding in codings
        for first, second in combinations([coding[name] for name in sorted(coding)], 2)
        for theme in sorted(set(first) & set(second))
    ]
    if not pairs:
        return {"cases": 0, "percent": np.nan, "kappa": np.nan, "alpha": np.nan}
    values = sorted({stance for pair in pairs for stance in pair})
    ratings = np.array([[values.index(stance) for stance in pair] for pair in pairs], dtype=float).T
    return {
        "cases": len(pairs),
        "percent": float((ratings[0] == ratings[1]).mean()),
        "kappa": _kappa(ratings[0], ratings[1]),
        "alpha": _alpha(ratings),
    }


def agreement_by_stance(codings: Sequence[Codings], stances: Iterable[str]) -> pd.DataFrame:
    """Return one row per stance with :data:`AGREEMENT_COLUMNS`, the stance as ``theme``.

    The unit is a theme that at least two coders gave to a passage; for each stance a coder
    either chose it or not.
    """
    units = [
        {coder: {given[theme]: theme} for coder, given in coding.items() if theme in given}
        for coding in codings
        for theme in sorted({theme for given in coding.values() for theme in given})
    ]
    return agreement(units, stances, draws=0)


def disagreements(codings: Mapping[str, Codings]) -> dict[str, str]:
    """Return the passages on which coders differ, and in words who gave what.

    Parameters
    ----------
    codings
        The codings of each passage, by its id.

    Examples
    --------
    >>> disagreements({"p1": {"Ann": {"neglect": "finding"}, "Ben": {}}, "p2": {"Ann": {}, "Ben": {}}})
    {'p1': 'Ann: neglect (finding) | Ben: no theme'}
    """
    return {
        passage: " | ".join(
            f"{coder}: {', '.join(f'{t} ({s})' for t, s in sorted(given.items())) or 'no theme'}"
            for coder, given in sorted(by_coder.items())
        )
        for passage, by_coder in codings.items()
        if len(by_coder) >= 2
        and any(given != next(iter(by_coder.values())) for given in by_coder.values())
    }


def _coefficients(
    ratings: Ratings, groups: Sequence[str], draws: int, seed: int
) -> dict[str, float]:
    pairs = []
    for a, b in combinations(range(len(ratings)), 2):
        both = ~np.isnan(ratings[a]) & ~np.isnan(ratings[b])
        if both.any():
            pairs.append((ratings[a][both], ratings[b][both]))
    low, high = _alpha_interval(ratings, groups, draws, seed)
    prevalence = float(np.nanmean(ratings)) if ratings.size else np.nan
    return {
        "passages": ratings.shape[1],
        "positive": int((np.nan_to_num(ratings) > 0).any(axis=0).sum()),
        "prevalence": prevalence,
        "percent": _mean([float((x == y).mean()) for x, y in pairs]),
        "kappa": _mean([_kappa(x, y) for x, y in pairs]),
        "alpha": _alpha(ratings),
        "alpha_low": low,
        "alpha_high": high,
        "ac1": _mean([_ac1(x, y) for x, y in pairs]),
        "f1": _mean([_f1(x, y) for x, y in pairs]),
    }


def _alpha(ratings: Ratings) -> float:
    if len(np.unique(ratings[~np.isnan(ratings)])) < 2:
        return float("nan")
    return float(krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal"))


def _alpha_interval(
    ratings: Ratings, groups: Sequence[str], draws: int, seed: int
) -> tuple[float, float]:
    names = sorted(set(groups))
    if len(names) < 2 or not draws:
        return float("nan"), float("nan")
    columns = {name: [i for i, group in enumerate(groups) if group == name] for name in names}
    generator = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        drawn = generator.integers(0, len(names), len(names))
        values.append(_alpha(ratings[:, [i for n in drawn for i in columns[names[n]]]]))
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return float("nan"), float("nan")
    return float(np.quantile(known, 0.025)), float(np.quantile(known, 0.975))


def _kappa(x: Ratings, y: Ratings) -> float:
    if len(np.unique(np.concatenate([x, y]))) < 2:
        return float("nan")
    return float(cohen_kappa_score(x, y))


def _ac1(x: Ratings, y: Ratings) -> float:
    """Return Gwet's AC1 of two coders who gave 0 or 1 to each passage."""
    observed = float((x == y).mean())
    share = float((x.mean() + y.mean()) / 2)
    by_chance = 2 * share * (1 - share)
    return (observed - by_chance) / (1 - by_chance)


def _f1(x: Ratings, y: Ratings) -> float:
    given = x.sum() + y.sum()
    return float(2 * (x * y).sum() / given) if given else float("nan")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
