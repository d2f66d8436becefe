"""Measure a model on labelled passages, beside the baselines that a researcher tries first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.cues import Cue
from oscb_nlp.labels import indicator
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.tagging import labelled_contexts, stance_cases

__all__ = [
    "MIN_POSITIVES",
    "evaluate_stance",
    "evaluate_themes",
    "keyword_predictions",
    "summary_row",
]

MIN_POSITIVES = 12
"""A theme with fewer passages in the test data is reported and left out of averages."""

Matrix = npt.NDArray[np.int8]


def evaluate_themes(
    model: ThemeClassifier, labelled: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score a theme model and the keyword list on labelled passages.

    Returns
    -------
    by_theme : DataFrame
        One row per theme: passages, precision, recall, f1, average_precision, keyword_f1.
    overall : DataFrame
        One row per method with macro-F1 over themes with at least 12 passages, with its 95%
        bootstrap interval by review, macro-F1 of the ten commonest, and micro-F1.
    """
    texts = labelled_contexts(labelled)
    truth = indicator(labelled["themes"], model.classes_)
    cues = model.find_cues(texts)
    probabilities = model.probabilities(texts, cues)
    predicted = (probabilities >= model.thresholds_).astype(np.int8)
    keywords = keyword_predictions(cues, model.classes_)
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, predicted, zero_division=0
    )
    by_theme = pd.DataFrame(
        {
            "theme": model.classes_,
            "passages": count,
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "average_precision": [
                average_precision_score(truth[:, c], probabilities[:, c]) if count[c] else np.nan
                for c in range(len(model.classes_))
            ],
            "keyword_f1": f1_score(truth, keywords, average=None, zero_division=0),
        }
    )
    groups = labelled["document"].tolist()
    overall = pd.DataFrame(
        [
            summary_row("model", truth, predicted, groups),
            summary_row("keyword list (strong cues)", truth, keywords, groups),
        ]
    )
    return by_theme, overall


def evaluate_stance(
    stance: StanceClassifier, themes: ThemeClassifier, labelled: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Score the stance of each theme that a coder gave, with the theme taken as known.

    Returns one row per stance (cases, precision, recall, f1) and the overall figures:
    accuracy, macro_f1, and the share of not-a-factor cases that were called findings.
    """
    cases, truth = stance_cases(labelled, themes)
    predicted = stance.predict(cases)
    names = list(stance.classes_)
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, predicted, labels=names, zero_division=0
    )
    table = pd.DataFrame(
        {"stance": names, "cases": count, "precision": precision, "recall": recall, "f1": f1}
    )
    absent = [p for t, p in zip(truth, predicted, strict=True) if t == "not-a-factor"]
    overall = {
        "accuracy": float(np.mean(np.asarray(truth) == predicted)),
        "macro_f1": float(np.mean(f1)),
        "not_a_factor_called_finding": float(np.mean([p == "finding" for p in absent] or [0.0])),
    }
    return table, overall


def keyword_predictions(cues: Sequence[Sequence[Cue]], classes: Iterable[str]) -> Matrix:
    """Return what a list of strong cues alone would give: a theme for each cue found."""
    return indicator(({cue.theme for cue in found if cue.strong} for found in cues), classes)


def summary_row(
    name: str, truth: Matrix, predicted: Matrix, groups: Sequence[str], draws: int = 200
) -> dict[str, object]:
    """Return macro- and micro-F1 of one method with an interval drawn over reviews."""
    counted = np.flatnonzero(truth.sum(axis=0) >= MIN_POSITIVES)
    commonest = np.argsort(-truth.sum(axis=0))[:10]
    scores = f1_score(truth, predicted, average=None, zero_division=0)
    low, high = _bootstrap_macro(truth[:, counted], predicted[:, counted], groups, draws)
    return {
        "method": name,
        "themes": len(counted),
        "macro_f1": float(scores[counted].mean()) if len(counted) else float("nan"),
        "macro_low": low,
        "macro_high": high,
        "macro_f1_top10": float(scores[commonest].mean()),
        "micro_f1": float(f1_score(truth, predicted, average="micro", zero_division=0)),
    }


def _bootstrap_macro(
    truth: Matrix, predicted: Matrix, groups: Sequence[str], draws: int
) -> tuple[float, float]:
    """Return the 95% interval of macro-F1 over reviews drawn with replacement."""
    names = sorted(set(groups))
    index = np.array([names.index(group) for group in groups])
    shape = (len(names), truth.shape[1])
    both, right, given = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    np.add.at(both, index, truth * predicted)
    np.add.at(right, index, truth)
    np.add.at(given, index, predicted)
    generator = np.random.default_rng(0)
    values = []
    for _ in range(draws):
        drawn = generator.integers(0, len(names), len(names))
        total = right[drawn].sum(axis=0) + given[drawn].sum(axis=0)
        f1 = np.divide(2 * both[drawn].sum(axis=0), total, out=np.zeros(shape[1]), where=total > 0)
        values.append(f1.mean() if len(f1) else np.nan)
    return float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))
