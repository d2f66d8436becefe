"""Measure a model on labelled passages, beside the baselines that a researcher tries first.

``evaluate`` is the whole; ``metrics`` holds the figures, ``baselines`` the other methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.calibration import expected_calibration_error, reliability
from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.cues import Cue
from oscb_nlp.errors import LabelError
from oscb_nlp.evaluation.baselines import by_keywords, learnt_baselines
from oscb_nlp.evaluation.metrics import (
    MIN_POSITIVES,
    by_family,
    by_theme,
    confusions,
    errors,
    stance_figures,
    summary_row,
)
from oscb_nlp.labels import indicator, reviews_of
from oscb_nlp.persistence import load_model, load_stance_model
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.tagging import labelled_contexts, stance_cases

__all__ = ["MIN_POSITIVES", "Evaluation", "evaluate"]

Matrix = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Evaluation:
    """How well a model codes labelled passages.

    Attributes
    ----------
    about
        What was measured: versions, codebook, grade, passages, reviews.
    methods
        One row for the model and for each baseline: macro-F1 with its interval over reviews,
        macro-F1 of the ten commonest themes, micro-F1.
    subsets
        The model's rows on parts of the data: passages without any cue of their themes, and
        by the columns that the labels have (kind, period, area, writer).
    themes
        One row per theme; ``f1_low`` and ``f1_high`` bound a 95% interval over reviews.
    families
        One row per family of themes.
    stances, stance_overall
        Stance of the coders' themes: a row per stance, and accuracy, macro-F1, and the share
        of denials called findings. Empty where the labels have no stance.
    calibration
        The reliability curve, and ``calibration_error`` the expected calibration error over
        all pairs of passage and theme, its mean over themes and its worst.
    confusions
        Themes missed with one given in their place.
    errors
        Each theme missed or wrongly given, with its passage, the surest errors first.
    """

    about: Mapping[str, Any]
    methods: pd.DataFrame
    subsets: pd.DataFrame
    themes: pd.DataFrame
    families: pd.DataFrame
    stances: pd.DataFrame
    stance_overall: Mapping[str, float]
    calibration: pd.DataFrame
    calibration_error: Mapping[str, float]
    confusions: pd.DataFrame
    errors: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain values, frames as lists of records; NaN becomes None."""
        plain: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, pd.DataFrame):
                plain[field.name] = [_plain(record) for record in value.to_dict("records")]
            else:
                plain[field.name] = _plain(value)
        return plain

    def to_markdown(self, most_errors: int = 10) -> str:
        """Return the readable form, with the first errors."""
        about, error = self.about, self.calibration_error
        parts = [
            f"{about['passages']} passages of {about['reviews']} reviews; codebook "
            f"{about['codebook']}; {about['grade']} grade, {about['mode']} mode; macro-F1 over "
            f"themes with {MIN_POSITIVES} passages or more, intervals by review.",
            table_as_markdown(self.methods),
            "## Parts\n\n" + table_as_markdown(self.subsets),
            "## Themes\n\n" + table_as_markdown(self.themes),
            "## Families\n\n" + table_as_markdown(self.families),
            f"## Calibration\n\nExpected calibration error {error['all']:.3f} over all pairs of "
            f"passage and theme, {error['mean_of_themes']:.3f} in the mean of themes, "
            f"{error['worst_theme']:.3f} at worst.\n\n" + table_as_markdown(self.calibration),
        ]
        if self.stance_overall:
            overall = self.stance_overall
            parts.append(
                f"## Stance, with the theme taken as known\n\n{overall['cases']} cases: accuracy "
                f"{overall['accuracy']:.2f}, macro-F1 {overall['macro_f1']:.2f}; denials called "
                f"findings {overall['not_a_factor_called_finding']:.2f}.\n\n"
                + table_as_markdown(self.stances)
            )
        parts.append(
            "## Themes missed, with one given in their place\n\n"
            + table_as_markdown(self.confusions)
        )
        if most_errors:
            parts.append("## Surest errors\n\n" + table_as_markdown(self.errors.head(most_errors)))
        return "\n\n".join(parts)


def evaluate(
    labelled: pd.DataFrame,
    themes: ThemeClassifier | None = None,
    stance: StanceClassifier | None = None,
    baselines: bool = False,
) -> Evaluation:
    """Measure a model on labelled passages that it never saw.

    Parameters
    ----------
    labelled
        What :func:`oscb_nlp.load_labelled` or :func:`oscb_nlp.labels.read_labels` returned.
    themes, stance
        The models; by default those that ship with the package.
    baselines
        Whether to fit and measure, beside the keyword list, TF-IDF with logistic regression,
        spaCy's textcat and the nearest definition. They know the shipped codebook alone.

    Raises
    ------
    LabelError
        If no passage has a theme that the model knows.

    Examples
    --------
    >>> from oscb_nlp import load_labelled
    >>> found = evaluate(load_labelled("dev").head(200))
    >>> found.methods["method"].tolist()
    ['model', 'keyword list']
    """
    themes, stance = themes or load_model(), stance or load_stance_model()
    codebook = themes.codebook or load_codebook()
    texts = labelled_contexts(labelled)
    truth = indicator(labelled["themes"], themes.classes_)
    if not truth.any():
        raise LabelError("no passage has a theme of the model's codebook: nothing to measure")
    cues = themes.find_cues(texts)
    probabilities = themes.probabilities(texts, cues)
    predicted = (probabilities >= themes.thresholds_).astype(np.int8)
    groups = reviews_of(labelled)
    names = [str(name) for name in themes.classes_]
    codings = {"model": predicted, "keyword list": by_keywords(cues, names)}
    if baselines:
        if codebook.ids != load_codebook().ids:
            raise LabelError("the baselines know the shipped codebook alone: leave them out")
        codings |= learnt_baselines(labelled["text"].tolist(), codebook)
    themes_table = by_theme(truth, predicted, probabilities, names, groups)
    themes_table["keyword_f1"] = by_theme(
        truth, codings["keyword list"], probabilities, names, groups
    )["f1"]
    stances, stance_overall = _stance(labelled, themes, stance)
    return Evaluation(
        about=_about(labelled, themes, codebook, groups),
        methods=pd.DataFrame(
            [summary_row(name, truth, coding, groups) for name, coding in codings.items()]
        ),
        subsets=_subsets(labelled, truth, predicted, cues, names, groups),
        themes=themes_table,
        families=by_family(truth, predicted, codebook),
        stances=stances,
        stance_overall=stance_overall,
        calibration=reliability(probabilities, truth),
        calibration_error=_calibration_error(probabilities, truth),
        confusions=confusions(truth, predicted, codebook),
        errors=errors(labelled, truth, predicted, probabilities, names),
    )


def _about(
    labelled: pd.DataFrame, themes: ThemeClassifier, codebook: Codebook, groups: pd.Series
) -> dict[str, Any]:
    recall = np.array_equal(themes.thresholds_, themes.recall_thresholds_)
    return {
        "oscb_nlp": version("oscb-nlp"),
        "codebook": f"{codebook.id} {codebook.version}",
        "codebook_hash": codebook.hash,
        "grade": themes.grade,
        "mode": "recall" if recall else "balanced",
        "passages": len(labelled),
        "reviews": int(groups.nunique()),
    }


def _calibration_error(probabilities: npt.NDArray[np.float64], truth: Matrix) -> dict[str, float]:
    each = [
        expected_calibration_error(probabilities[:, column], truth[:, column])
        for column in np.flatnonzero(truth.sum(axis=0) >= MIN_POSITIVES)
    ]
    return {
        "all": expected_calibration_error(probabilities, truth),
        "mean_of_themes": float(np.mean(each)) if each else float("nan"),
        "worst_theme": float(np.max(each)) if each else float("nan"),
    }


def _subsets(
    labelled: pd.DataFrame,
    truth: Matrix,
    predicted: Matrix,
    cues: Sequence[Sequence[Cue]],
    names: Sequence[str],
    groups: pd.Series,
) -> pd.DataFrame:
    """Return the model's figures where no cue helps, and by the columns that the labels have."""
    parts = {"no cue of its themes": _without_cues(truth, cues, names)}
    for column, values in _columns(labelled).items():
        for value in sorted(values.unique()):
            parts[f"{column}: {value}"] = (values == value).to_numpy()
    rows = [
        {
            "part": part,
            "passages": int(rows.sum()),
            **summary_row("model", truth[rows], predicted[rows], groups[rows]),
        }
        for part, rows in parts.items()
        if truth[rows].any()
    ]
    return pd.DataFrame(rows).drop(columns="method") if rows else pd.DataFrame()


def _without_cues(
    truth: Matrix, cues: Sequence[Sequence[Cue]], names: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Return which passages hold no cue of any theme that they have, passages without theme too."""
    found = indicator(({cue.theme for cue in of_text} for of_text in cues), names)
    return np.asarray((truth * found).sum(axis=1) == 0)


def _columns(labelled: pd.DataFrame) -> dict[str, pd.Series]:
    columns = {
        name: labelled[name].astype(str).str.capitalize()
        for name in ("kind", "area", "writer", "review_type")
        if name in labelled and (labelled[name].astype(str) != "").all()
    }
    if labelled["year"].notna().all():
        start = labelled["year"].astype(int) // 5 * 5
        columns["period"] = start.astype(str) + "-" + (start + 4).astype(str)
    return {name: values for name, values in columns.items() if 1 < values.nunique() <= 20}


def _stance(
    labelled: pd.DataFrame, themes: ThemeClassifier, stance: StanceClassifier
) -> tuple[pd.DataFrame, Mapping[str, float]]:
    cases, truth = stance_cases(labelled, themes)
    if not cases:
        return pd.DataFrame(columns=["stance", "cases", "precision", "recall", "f1"]), {}
    return stance_figures(truth, stance.predict(cases).tolist(), stance.classes_.tolist())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value
