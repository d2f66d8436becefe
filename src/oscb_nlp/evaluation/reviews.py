"""How whole reviews are coded: which themes are learning of which review."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import LEARNING
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.tagging import stance_cases

__all__ = ["LEAST_REVIEWS", "learning_said", "rates_by_review"]

LEAST_REVIEWS = 10
"""Held-out reviews with a theme, and without it, from which shares are corrected for its errors."""

Matrix = npt.NDArray[np.int8]


def learning_said(
    labelled: pd.DataFrame, given: Matrix, themes: ThemeClassifier, stance: StanceClassifier
) -> list[list[str]]:
    """Return the themes of each passage that are learning by the stance model.

    ``given`` has the themes that a model gave, shape (n_passages, n_themes).
    """
    ids = themes.classes_.tolist()
    coded = [{ids[column]: "finding" for column in np.flatnonzero(row)} for row in given]
    cases = stance_cases(labelled.assign(stances=coded), themes)[0] if any(coded) else []
    stances = iter(stance.predict(cases) if cases else ())
    return [[theme for theme in row if next(stances) in LEARNING] for row in coded]


def rates_by_review(
    truth: Matrix, found: Matrix, owners: Sequence[str], ids: Sequence[str]
) -> dict[str, tuple[float, ...]]:
    """Count how whole reviews were coded, by theme.

    Parameters
    ----------
    truth, found
        Whether a passage has a theme as learning, shape (n_passages, n_themes).
    owners
        The review of each passage.
    ids
        The themes.

    Returns
    -------
    dict
        For each theme with at least :data:`LEAST_REVIEWS` reviews with it and without it: those
        with it that were found, all with it, those without it that were passed over, all without.
    """
    grouped = [
        pd.DataFrame(part).groupby(list(owners)).max().to_numpy(bool) for part in (truth, found)
    ]
    right, said = grouped
    rates = {}
    for column, theme in enumerate(ids):
        has, got = right[:, column], said[:, column]
        if min(has.sum(), (~has).sum()) >= LEAST_REVIEWS:
            counts = ((has & got).sum(), has.sum(), (~has & ~got).sum(), (~has).sum())
            rates[theme] = tuple(float(count) for count in counts)
    return rates
