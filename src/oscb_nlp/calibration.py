"""From scores, cues and length to probabilities and thresholds: the classifier's second step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

__all__ = [
    "best_threshold",
    "choose_thresholds",
    "cue_rate",
    "expected_calibration_error",
    "fit_calibration",
    "hits_in",
    "mix_themes",
    "recall_thresholds",
    "reliability",
    "signals_of",
]

Floats = npt.NDArray[np.float64]

_FEW = 20  # positive passages at which a theme's own second regression counts for half
_ENOUGH = 50  # positive passages from which the other themes' scores are worth weighing
_STIFF = 0.02  # strength of the regressions that weigh them
# A penalty for each column, by its scale: the own score is nearly free, the others move it little.
_OWN, _OTHERS = 3.0, 1 / 3


def signals_of(
    scores: Floats, hits: Floats, lengths: Floats, encoded: Floats | None = None
) -> Floats:
    """Return what the second regressions see: (n_texts, n_themes, 4), 5 with an encoder.

    They are the score, whether a cue that may stand alone was found, whether any cue was, the
    log of the passage's words and the encoder's log odds.
    """
    long = np.broadcast_to(lengths[:, None], scores.shape)
    seen = [scores, hits >= 1, hits > 0, long]
    return np.stack([*seen, encoded] if encoded is not None else seen, axis=2).astype(np.float64)


def hits_in(signals: Floats) -> Floats:
    """Return how strongly cues speak for each theme: 1, 1/3 for a weak cue alone, or 0."""
    return np.asarray(np.where(signals[:, :, 1] > 0, 1.0, signals[:, :, 2] / 3))


def fit_calibration(
    signals: Floats, targets: npt.NDArray[np.int8], counts: Floats | None = None
) -> Floats:
    """Fit the second regressions: weights and intercept, shape (n_themes, n_signals + 1).

    A theme's own is drawn towards the one fitted on all themes together where its passages
    are few. ``counts`` says how much each passage counts (n_texts), by default 1.
    """
    each, pairs = _counted(counts, targets)
    pooled = _weights(signals.reshape(-1, signals.shape[2]), targets.ravel(), counts=pairs)
    rows = np.tile(pooled, (targets.shape[1], 1))
    for column, positives in enumerate(targets.sum(axis=0)):
        if 0 < positives < len(targets):
            own = _weights(signals[:, column], targets[:, column], counts=each)
            trust = positives / (positives + _FEW)
            rows[column] = trust * own + (1 - trust) * pooled
    return rows


def _counted(counts: Floats | None, targets: npt.NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Return how much each passage counts, and each pair of passage and theme."""
    each = np.ones(len(targets)) if counts is None else counts
    return each, np.repeat(each, targets.shape[1])


def _weights(
    signals: Floats,
    target: npt.NDArray[np.int8],
    strength: float = 1.0,
    counts: Floats | None = None,
) -> Floats:
    regression = LogisticRegression(C=strength, max_iter=1000).fit(signals, target, counts)
    return np.append(regression.coef_[0], regression.intercept_[0])


def mix_themes(scores: Floats, targets: npt.NDArray[np.int8]) -> tuple[Floats, Floats]:
    """Weigh each theme's score with those of all others: weights (n_themes, n_themes), constants.

    A passage on one theme is likelier, or less likely, to be on certain others (stacked binary
    relevance, Godbole and Sarawagi 2004). ``scores`` should come from models that never saw the
    texts. A theme with few passages, or one that every passage has, keeps its score as it is.
    """
    weights, constants = np.eye(targets.shape[1]), np.zeros(targets.shape[1])
    for column, positives in enumerate(targets.sum(axis=0)):
        if not _ENOUGH <= positives < len(targets):
            continue
        scale = np.full(targets.shape[1], _OTHERS)
        scale[column] = _OWN
        row = _weights(scores * scale, targets[:, column], _STIFF)
        weights[column] = row[:-1] * scale
        # The first regressions count both classes alike; unless the constant does so too, mixed and
        # unmixed themes would stand on different base rates in the pooled second regression.
        constants[column] = row[-1] + np.log((len(targets) - positives) / positives)
    return weights, constants


def cue_rate(hits: Floats, targets: npt.NDArray[np.int8]) -> float:
    """Return how often a cue that may stand alone was right, over all themes."""
    alone = hits >= 1
    return float((targets[alone].sum() + 1) / (alone.sum() + 2))


def best_threshold(
    probabilities: Floats,
    truth: npt.NDArray[np.int8],
    default: float,
    lowest: float = 0.25,
    counts: Floats | None = None,
) -> float:
    """Return the threshold with the best F1, drawn towards ``default`` where labels are few."""
    positives = int(truth.sum())
    if not positives:
        return default
    order = np.argsort(-probabilities)
    each = np.ones(len(truth)) if counts is None else counts[order]
    hits = np.cumsum(each * truth[order])
    f1 = 2 * hits / (np.cumsum(each) + hits[-1])
    best = float(probabilities[order][int(np.argmax(f1))])
    trust = positives / (positives + _FEW)
    return float(np.clip(trust * best + (1 - trust) * default, lowest, 0.9))


def choose_thresholds(
    probabilities: Floats, targets: npt.NDArray[np.int8], counts: Floats | None = None
) -> Floats:
    """Return the threshold of each theme, drawn towards a common one where labels are few.

    ``counts`` says how much each passage counts (n_texts), by default 1.
    """
    each, pairs = _counted(counts, targets)
    common = best_threshold(probabilities.ravel(), targets.ravel(), 0.4, counts=pairs)
    return np.array(
        [
            best_threshold(probabilities[:, column], targets[:, column], common, counts=each)
            for column in range(targets.shape[1])
        ]
    )


def recall_thresholds(
    probabilities: Floats,
    targets: npt.NDArray[np.int8],
    recall: float = 0.95,
    counts: Floats | None = None,
) -> Floats:
    """Return for each theme the highest threshold that still finds ``recall`` of its passages.

    Drawn towards a common one where a theme's passages are few, as in :func:`choose_thresholds`.
    ``counts`` says how much each passage counts (n_texts), by default 1.
    """
    each, pairs = _counted(counts, targets)
    common = _recall_threshold(probabilities.ravel(), targets.ravel(), recall, pairs)
    chosen = np.full(targets.shape[1], common)
    for column, positives in enumerate(targets.sum(axis=0)):
        if positives:
            own = _recall_threshold(probabilities[:, column], targets[:, column], recall, each)
            trust = positives / (positives + _FEW)
            chosen[column] = trust * own + (1 - trust) * common
    return chosen


def _recall_threshold(
    probabilities: Floats, truth: npt.NDArray[np.int8], recall: float, counts: Floats
) -> float:
    found, each = probabilities[truth == 1], counts[truth == 1]
    if not len(found):
        return 1.0
    order = np.argsort(found)
    missed = np.cumsum(each[order]) / each.sum()  # were the threshold just above
    return float(found[order][np.searchsorted(missed, 1 - recall, side="right")])


def reliability(probabilities: Floats, truth: npt.NDArray[np.int8], bins: int = 10) -> pd.DataFrame:
    """Return the reliability curve: what was promised and what came true, by bin of probability.

    Returns
    -------
    DataFrame
        One row per bin of equal width that holds any pair of passage and theme: ``low``,
        ``high``, ``pairs``, ``promised`` (mean probability) and ``true`` (share of positives).
    """
    flat, right = probabilities.ravel(), truth.ravel()
    index = np.minimum((flat * bins).astype(int), bins - 1)
    rows = [
        {
            "low": b / bins,
            "high": (b + 1) / bins,
            "pairs": int((index == b).sum()),
            "promised": float(flat[index == b].mean()),
            "true": float(right[index == b].mean()),
        }
        for b in range(bins)
        if (index == b).any()
    ]
    return pd.DataFrame(rows, columns=["low", "high", "pairs", "promised", "true"])


def expected_calibration_error(
    probabilities: Floats, truth: npt.NDArray[np.int8], bins: int = 10
) -> float:
    """Return the mean gap between promised and true, weighted by pairs (Naeini et al. 2015)."""
    curve = reliability(probabilities, truth, bins)
    if curve.empty:
        return float("nan")
    gaps = (curve["promised"] - curve["true"]).abs()
    return float(np.average(gaps, weights=curve["pairs"]))
