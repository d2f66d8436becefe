"""The themes' logistic regressions on n-grams, from nothing or from where another model stands."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

__all__ = ["Given", "fit_regressions"]

Floats = npt.NDArray[np.float64]

_OTHERS = 0.1  # weight of the other themes' scores among the n-grams in a warm start


class Given(NamedTuple):
    """Regressions to start from, on the same n-grams; ``place`` gives a theme's row in them."""

    coef: npt.NDArray[np.float32]
    intercept: Floats
    place: dict[int, int]


def fit_regressions(
    matrix: Any,
    targets: npt.NDArray[np.int8],
    weights: Floats,
    C: float,  # noqa: N803  (scikit-learn's name for it)
    given: Given | None = None,
) -> tuple[npt.NDArray[np.float32], Floats]:
    """Return coefficients (n_themes, n_features) and intercepts, both classes counted alike.

    Parameters
    ----------
    matrix : sparse matrix of shape (n_texts, n_features)
    targets : ndarray of shape (n_texts, n_themes)
    weights : ndarray of shape (n_texts,)
    C
        Inverse strength of the regularisation.
    given
        Where to start from. A theme that it has learns what to add to its log odds (an offset,
        McCullagh and Nelder 1989), so that few labels move it little; another theme sees its
        log odds beside the n-grams.
    """
    coefs = np.zeros((targets.shape[1], matrix.shape[1]), dtype=np.float32)
    intercepts = np.zeros(targets.shape[1])
    before = None if given is None else np.asarray(matrix @ given.coef.T) + given.intercept
    for column, target in enumerate(targets.T):
        row = given.place.get(column) if given is not None else None
        if given is not None and row is not None:
            coefs[column], intercepts[column] = given.coef[row], given.intercept[row]
        positives = int(target.sum())
        if positives in (0, len(target)):
            if row is None:
                # One class only: the base rate, smoothed, is all that was learnt.
                intercepts[column] = logit((positives + 0.5) / (len(target) + 1))
            continue
        if given is None or before is None:
            coef, intercept = _alone(matrix, target, weights, C)
        elif row is not None:
            coef, intercept = _added_to(before[:, row], matrix, target, weights, C)
        else:
            coef, intercept = _beside(before, matrix, target, weights, C, given)
        coefs[column] += coef
        intercepts[column] += intercept
    return coefs, intercepts


def _alone(
    matrix: Any,
    target: npt.NDArray[np.int8],
    weights: Floats,
    C: float,  # noqa: N803
) -> tuple[Floats, float]:
    regression = LogisticRegression(
        C=C, class_weight="balanced", solver="liblinear", random_state=0
    )
    regression.fit(matrix, target, sample_weight=weights)
    return regression.coef_[0], float(regression.intercept_[0])


def _beside(
    before: Floats,
    matrix: Any,
    target: npt.NDArray[np.int8],
    weights: Floats,
    C: float,  # noqa: N803
    given: Given,
) -> tuple[Floats, float]:
    wider = csr_matrix(hstack([matrix, csr_matrix(_OTHERS * before)]))
    coef, intercept = _alone(wider, target, weights, C)
    # Scores are sums over n-grams, so their weights are weights of n-grams too.
    others = _OTHERS * coef[matrix.shape[1] :]
    return coef[: matrix.shape[1]] + others @ given.coef, intercept + float(
        others @ given.intercept
    )


def _added_to(
    start: Floats,
    matrix: Any,
    target: npt.NDArray[np.int8],
    weights: Floats,
    C: float,  # noqa: N803
) -> tuple[Floats, float]:
    signs = 2.0 * target - 1.0
    cost = C * weights * compute_sample_weight("balanced", target)
    # What no text holds keeps its weight: with few labels that is most n-grams.
    held = np.unique(matrix.indices)
    narrow = csr_matrix(matrix[:, held], dtype=np.float64)
    transposed = narrow.T.tocsr()

    def loss(values: Floats) -> tuple[float, Floats]:
        margins = signs * (start + narrow @ values[:-1] + values[-1])
        slope = -cost * signs * expit(-margins)
        # The intercept is held too: with few labels it would move every score at once.
        gradient = np.append(transposed @ slope, slope.sum()) + values
        return float(cost @ np.logaddexp(0.0, -margins) + values @ values / 2), gradient

    found = minimize(loss, np.zeros(len(held) + 1), jac=True, method="L-BFGS-B").x
    coef = np.zeros(matrix.shape[1])
    coef[held] = found[:-1]
    return coef, float(found[-1])
