"""Figures of a coding against the coders': pure functions on indicator matrices and frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

from oscb_nlp.codebook import Codebook

__all__ = [
    "MIN_POSITIVES",
    "by_family",
    "by_theme",
    "confusions",
    "errors",
    "stance_figures",
    "summary_row",
]

MIN_POSITIVES = 12
"""A theme with fewer passages in the test data is reported and left out of averages."""

_DRAWS = 200

Matrix = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]


def by_theme(
    truth: Matrix,
    predicted: Matrix,
    probabilities: Floats,
    classes: Sequence[str],
    groups: Sequence[str],
) -> pd.DataFrame:
    """Return a row per theme: passages, precision, recall, f1 with its interval, average_precision.

    The 95% interval is a bootstrap over reviews (``groups``); all are NaN where no passage has
    the theme.
    """
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, predicted, zero_division=0
    )
    # A sample of reviews may hold nothing of a rare theme: it says nothing, rather than zero.
    draws = _bootstrap_f1(truth, predicted, groups)
    drawn = ~np.isnan(draws).all(axis=0)
    low, high = np.full((2, len(count)), np.nan)
    if drawn.any():
        low[drawn], high[drawn] = np.nanquantile(draws[:, drawn], [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {
            "theme": list(classes),
            "passages": count,
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "f1_low": low,
            "f1_high": high,
            "average_precision": [
                average_precision_score(truth[:, c], probabilities[:, c]) if count[c] else np.nan
                for c in range(len(classes))
            ],
        }
    )
    table.loc[count == 0, ["precision", "recall", "f1", "f1_low", "f1_high"]] = np.nan
    return table


def by_family(truth: Matrix, predicted: Matrix, codebook: Codebook) -> pd.DataFrame:
    """Return a row per family: a passage has a family if it has any of its themes."""
    rows = []
    for family in codebook.families:
        columns = [i for i, theme in enumerate(codebook) if theme.family == family.id]
        right, given = truth[:, columns].max(axis=1), predicted[:, columns].max(axis=1)
        precision, recall, f1, _count = precision_recall_fscore_support(
            right, given, average="binary", zero_division=0
        )
        rows.append(
            {
                "family": family.id,
                "passages": int(right.sum()),
                "precision": precision,
                "recall": recall,
                "f1": f1,
            }
        )
    return pd.DataFrame(rows)


def summary_row(
    name: str, truth: Matrix, predicted: Matrix, groups: Sequence[str]
) -> dict[str, object]:
    """Return macro- and micro-F1 of one coding, the macro with a 95% interval over reviews.

    The macro is the mean over themes with :data:`MIN_POSITIVES` passages; ``macro_f1_top10`` the
    one over the ten themes with most.
    """
    counted = np.flatnonzero(truth.sum(axis=0) >= MIN_POSITIVES)
    commonest = np.argsort(-truth.sum(axis=0), kind="stable")[:10]
    scores = f1_score(truth, predicted, average=None, zero_division=0)
    draws = _bootstrap_f1(truth[:, counted], predicted[:, counted], groups)
    drawn = draws[~np.isnan(draws).all(axis=1)]
    macros = np.nanmean(drawn, axis=1) if len(counted) and len(drawn) else np.array([np.nan])
    return {
        "method": name,
        "themes": len(counted),
        "macro_f1": float(scores[counted].mean()) if len(counted) else float("nan"),
        "macro_low": float(np.quantile(macros, 0.025)),
        "macro_high": float(np.quantile(macros, 0.975)),
        "macro_f1_top10": float(scores[commonest].mean()),
        "micro_f1": float(f1_score(truth, predicted, average="micro", zero_division=0)),
    }


def confusions(
    truth: Matrix, predicted: Matrix, codebook: Codebook, most: int = 20
) -> pd.DataFrame:
    """Return the commonest pairs of a theme missed and one given in its place, most first.

    ``neighbours`` says whether the codebook names the two as related.
    """
    names = list(codebook.ids)
    related = {(t.id, other) for t in codebook for other in t.related}
    pairs: Counter[tuple[str, str]] = Counter()
    for right, given in zip(truth, predicted, strict=True):
        for missed in np.flatnonzero(right > given):
            for wrong in np.flatnonzero(given > right):
                pairs[names[missed], names[wrong]] += 1
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:most]
    return pd.DataFrame(
        [
            {
                "coded": coded,
                "given": given,
                "passages": count,
                "neighbours": (coded, given) in related or (given, coded) in related,
            }
            for (coded, given), count in ordered
        ],
        columns=["coded", "given", "passages", "neighbours"],
    )


def errors(
    labelled: pd.DataFrame,
    truth: Matrix,
    predicted: Matrix,
    probabilities: Floats,
    names: Sequence[str],
) -> pd.DataFrame:
    """Return a row for each theme missed or wrongly given, the most certain errors first."""
    rows = [
        {
            "id": labelled["id"].iloc[row],
            "document": labelled["document"].iloc[row],
            "theme": names[column],
            "error": "missed" if truth[row, column] else "wrongly given",
            "probability": float(probabilities[row, column]),
            "text": labelled["text"].iloc[row],
        }
        for row, column in np.argwhere(truth != predicted)
    ]
    frame = pd.DataFrame(rows, columns=["id", "document", "theme", "error", "probability", "text"])
    doubt = np.where(frame["error"] == "missed", frame["probability"], 1 - frame["probability"])
    return frame.iloc[np.argsort(doubt, kind="stable")].reset_index(drop=True)


def stance_figures(
    truth: Sequence[str], predicted: Sequence[str], names: Sequence[str]
) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    """Return a row per stance and the overall figures.

    Overall are ``cases``, ``accuracy``, ``macro_f1`` over the stances that occur, and
    ``not_a_factor_called_finding``, the share of denials that were called findings.
    """
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, predicted, labels=list(names), zero_division=0
    )
    table = pd.DataFrame(
        {"stance": names, "cases": count, "precision": precision, "recall": recall, "f1": f1}
    )
    denied = [p == "finding" for t, p in zip(truth, predicted, strict=True) if t == "not-a-factor"]
    overall = {
        "cases": len(truth),
        "accuracy": float(np.mean(np.asarray(truth) == np.asarray(predicted))),
        "macro_f1": float(np.mean(f1[count > 0])),
        "not_a_factor_called_finding": float(np.mean(denied)) if denied else float("nan"),
    }
    return table, overall


def _bootstrap_f1(truth: Matrix, predicted: Matrix, groups: Sequence[str]) -> Floats:
    """Return each theme's F1 in samples of reviews with replacement, (draws, n_themes)."""
    names, index = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    shape = (len(names), truth.shape[1])
    both, right, given = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(both, index, truth * predicted)
    np.add.at(right, index, truth)
    np.add.at(given, index, predicted)
    generator = np.random.default_rng(0)
    counts = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), _DRAWS)
    total = counts @ (right + given)
    found = np.divide(2 * (counts @ both), total, out=np.full(total.shape, np.nan), where=total > 0)
    return np.asarray(found)
