"""From scores, cues and length to probabilities and thresholds: the classifier's second step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

__all__ = ["best_threshold", "choose_thresholds", "cue_rate", "fit_calibration", "signals_of"]

Floats = npt.NDArray[np.float64]

_FEW = 20  # positive passages at which a theme's own second regression counts for half


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


def fit_calibration(signals: Floats, targets: npt.NDArray[np.int8]) -> Floats:
    """Fit the second regressions: weights and intercept, shape (n_themes, n_signals + 1).

    A theme's own is drawn towards the one fitted on all themes together where its passages
    are few.
    """
    pooled = _weights(signals.reshape(-1, signals.shape[2]), targets.ravel())
    rows = np.tile(pooled, (targets.shape[1], 1))
    for column, positives in enumerate(targets.sum(axis=0)):
        if 0 < positives < len(targets):
            own = _weights(signals[:, column], targets[:, column])
            trust = positives / (positives + _FEW)
            rows[column] = trust * own + (1 - trust) * pooled
    return rows


def _weights(signals: Floats, target: npt.NDArray[np.int8]) -> Floats:
    regression = LogisticRegression(C=1.0, max_iter=1000).fit(signals, target)
    return np.append(regression.coef_[0], regression.intercept_[0])


def cue_rate(hits: Floats, targets: npt.NDArray[np.int8]) -> float:
    """Return how often a cue that may stand alone was right, over all themes."""
    alone = hits >= 1
    return float((targets[alone].sum() + 1) / (alone.sum() + 2))


def best_threshold(probabilities: Floats, truth: npt.NDArray[np.int8], default: float) -> float:
    """Return the threshold with the best F1, drawn towards ``default`` where labels are few."""
    positives = int(truth.sum())
    if not positives:
        return default
    order = np.argsort(-probabilities)
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positives)
    best = float(probabilities[order][int(np.argmax(f1))])
    trust = positives / (positives + 20)
    return float(np.clip(trust * best + (1 - trust) * default, 0.25, 0.9))


def choose_thresholds(probabilities: Floats, targets: npt.NDArray[np.int8]) -> Floats:
    """Return the threshold of each theme, drawn towards a common one where labels are few."""
    common = best_threshold(probabilities.ravel(), targets.ravel(), 0.4)
    return np.array(
        [
            best_threshold(probabilities[:, column], targets[:, column], common)
            for column in range(targets.shape[1])
        ]
    )
