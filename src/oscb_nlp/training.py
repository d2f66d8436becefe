"""A model of one's own from one's own labels, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score, precision_recall_fscore_support
from sklearn.model_selection import GroupKFold

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import LEARNING, Codebook, load_codebook
from oscb_nlp.errors import LabelError
from oscb_nlp.evaluation.comparing import Comparison, compare
from oscb_nlp.evaluation.reviews import LEAST_REVIEWS, learning_said, rates_by_review
from oscb_nlp.labels import indicator, load_labelled, reviews_of
from oscb_nlp.persistence import load_model, load_stance_model, model_hash, save_model
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.progress import ProgressOption, shown_progress
from oscb_nlp.stance import StanceCase, StanceClassifier
from oscb_nlp.tagging import labelled_contexts, stance_cases
from oscb_nlp.training_log import fingerprint, learnt, logged

__all__ = ["LEAST_PASSAGES", "Trained", "train"]

LEAST_PASSAGES = 50
"""With fewer labelled passages a model is neither better than the one it starts from nor measurable."""

_LEAST_OF_THEME = 5  # passages from which a theme counts in the learning curve
_LEAST_STANCES = 100  # stances from which the stance model is fitted again
_SHARES = (0.25, 0.5, 1.0)  # of the labels, in the learning curve
_FOLDS = 3

Matrix = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Trained:
    """A model made from a user's labels, with figures on labels that it did not see.

    Attributes
    ----------
    fast, best
        The theme model in both grades; ``best`` is None where no encoder could be used.
    stance
        The stance model.
    themes
        One row per theme: labelled ``passages``, held-out ``precision``, ``recall`` and ``f1``,
        and ``start_f1`` of the model it began with on the same passages.
    curve
        The learning curve: macro- and micro-F1 on held-out labels by how many it learnt from;
        0 is the model it began with.
    notes
        What a user should know, in sentences.
    about
        What the model was made from. Its ``log`` has an entry for each training that led to it.
    comparison
        The model beside the one that it would replace, on held-out reviews; None where there is
        none to compare with.
    """

    fast: ThemeClassifier
    best: ThemeClassifier | None
    stance: StanceClassifier
    themes: pd.DataFrame
    curve: pd.DataFrame
    notes: tuple[str, ...]
    about: dict[str, Any]
    comparison: Comparison | None = None

    def save(self, folder: str | Path) -> None:
        """Write the model into ``folder``; :func:`oscb_nlp.load_model` reads it."""
        save_model(Path(folder), self.fast, self.stance, self.about, self.best)

    def to_markdown(self) -> str:
        """Return the figures in readable form."""
        return "\n\n".join(
            [
                f"{self.about['passages']} labelled passages of {self.about['reviews']} reviews",
                *([str(self.comparison)] if self.comparison else []),
                *self.notes,
                "## Themes, on labels held out by review\n\n" + table_as_markdown(self.themes),
                "## Learning curve\n\n" + table_as_markdown(self.curve),
            ]
        )


def train(
    labelled: pd.DataFrame,
    codebook: Codebook | None = None,
    start: str | Path | None = "shipped",
    replaces: str | Path | None = None,
    sources: Sequence[Mapping[str, Any]] = (),
    date: str = "",
    progress: ProgressOption = None,
) -> Trained:
    """Fit a model to labelled passages and measure it on those it did not see.

    Parameters
    ----------
    labelled
        At least 50 passages, as :func:`oscb_nlp.labels.read_labels` returns them.
    codebook
        The codebook of the labels; by default the shipped one.
    start
        The model to begin with: "shipped", a model folder, or None to begin with nothing.
    replaces
        The model folder that the new one is compared with; None for the one it begins with.
    sources
        Where the labels come from, for the model's log.
    date
        The day, for the log.
    progress
        True for a bar, or a function that is called with the number of steps done.

    Raises
    ------
    LabelError
        If there are too few passages, all are of one review, or none has a theme.
    """
    codebook = codebook or load_codebook()
    if len(labelled) < LEAST_PASSAGES:
        raise LabelError(
            f"{len(labelled)} labelled passages: at least {LEAST_PASSAGES} are needed to make a "
            "model and measure it; code more, or use the shipped model as it is"
        )
    if reviews_of(labelled).nunique() < 2:
        raise LabelError(
            "the labels are all of one review: a model is measured on reviews that it did not "
            "learn from; label a second one"
        )
    path = None if start == "shipped" else start
    before = None if start is None else load_model(path, grade="fast")
    measuring = _FOLDS * len(_SHARES)
    with shown_progress(progress, "Training", measuring + 4) as done:
        themes, curve, held_out = _measured(labelled, codebook, before, done)
        fast = _fitted(labelled, codebook, before)
        done(measuring + 1)
        stance, note, trial = _stance(labelled, fast, None if start is None else path)
        rates, said = _review_rates(
            labelled, fast, held_out, None if start is None else path, start
        )
        done(measuring + 2)
        best = _best(labelled, fast, path) if start is not None else None
        done(measuring + 3)
        comparison, why = None, ""
        if start is not None or replaces is not None:
            older = (replaces or path, None if start is None else path)
            comparison, why = _compared(labelled, codebook, older, held_out, trial)
        done(measuring + 4)
    # After the better grade was made of it, whose errors were not counted.
    fast.review_rates_ = rates
    log = logged(labelled, codebook, path, start is None, comparison, sources, date)
    return Trained(
        fast=fast,
        best=best,
        stance=stance,
        themes=themes,
        curve=curve,
        notes=(note, *([why] if why else []), said, *_notes(labelled, fast)),
        comparison=comparison,
        about={
            "oscb_nlp": version("oscb-nlp"),
            "passages": len(labelled),
            "reviews": reviews_of(labelled).nunique(),
            "labels_sha256": fingerprint(labelled),
            "start": model_hash(path) if start is not None else None,
            "log": log,
        },
    )


@dataclass(frozen=True)
class _StanceTrial:
    """Stance cases of reviews held out: whose they are, what is right, what the new model says."""

    cases: list[StanceCase]
    right: npt.NDArray[np.str_]
    owners: npt.NDArray[np.str_]
    new: npt.NDArray[np.str_]


def _compared(
    labelled: pd.DataFrame,
    codebook: Codebook,
    older: tuple[str | Path | None, str | Path | None],
    new: Matrix,
    trial: _StanceTrial | None,
) -> tuple[Comparison | None, str]:
    """Compare with an older model on reviews that neither learnt from, as far as their logs say.

    ``older`` are the model to compare with and the one that the new one began with, from which it
    has what that one learnt; ``new`` is what models without each passage's review coded.
    """
    path = older[0]
    reviews = reviews_of(labelled)
    fresh = ~learnt(reviews, older)
    if not fresh.any():
        return None, (
            "The model that this one would replace learnt from all of these reviews, so the two "
            "cannot be compared on them; label another review, or measure both with "
            "`oscb-nlp evaluate`."
        )
    part = labelled[fresh].reset_index(drop=True)
    old = load_model(path, codebook, grade="fast")
    coded = indicator(_names(old, labelled_contexts(part)), codebook.ids)
    truth = indicator(part["themes"], codebook.ids)
    owners = reviews[fresh].tolist()
    stances = None
    if trial is not None:
        apart = np.isin(trial.owners, owners)
        said = load_stance_model(path).predict(trial.cases)
        old_right, new_right = ((each == trial.right)[apart] for each in (said, trial.new))
        stances = (old_right, new_right, trial.owners[apart].tolist())
    return compare(truth, coded, new[fresh.to_numpy()], owners, stances), ""


def _fitted(
    labelled: pd.DataFrame, codebook: Codebook, before: ThemeClassifier | None
) -> ThemeClassifier:
    texts, themes = labelled_contexts(labelled), labelled["themes"].tolist()
    model = ThemeClassifier(codebook, folds=_FOLDS).fit(
        texts, themes, groups=reviews_of(labelled).tolist(), start=before
    )
    if before is None or before.encoder_ is None:
        return model
    return model.calibrate_with(before.encoder_, texts, themes, model.held_out_scores_)


def _best(
    labelled: pd.DataFrame, fast: ThemeClassifier, path: str | Path | None
) -> ThemeClassifier | None:
    """Return the better grade, where the extra is installed and the first model had an encoder."""
    first = load_model(path)
    if first.grade != "best":
        return None
    return copy(fast).calibrate_with(
        first.encoder_,
        labelled_contexts(labelled),
        labelled["themes"].tolist(),
        fast.held_out_scores_,
    )


def _measured(
    labelled: pd.DataFrame,
    codebook: Codebook,
    before: ThemeClassifier | None,
    done: Callable[[int], None],
) -> tuple[pd.DataFrame, pd.DataFrame, Matrix]:
    """Return the figures by theme, the learning curve and the codes, all by models without the review."""
    truth = indicator(labelled["themes"], codebook.ids)
    groups = reviews_of(labelled).tolist()
    folds = min(_FOLDS, len(set(groups)))
    found = {share: np.zeros_like(truth) for share in _SHARES}
    learnt: dict[float, list[int]] = {share: [] for share in _SHARES}
    splits = GroupKFold(folds).split(truth, groups=groups)
    for fold, (rest, held_out) in enumerate(splits):
        order = np.random.default_rng(0).permutation(rest)
        for step, share in enumerate(_SHARES, 1):
            chosen = labelled.iloc[np.sort(order[: max(1, round(share * len(order)))])]
            if not chosen["themes"].map(len).any():
                continue
            model = _fitted(chosen, codebook, before)
            found[share][held_out] = model.predict(labelled_contexts(labelled.iloc[held_out]))
            learnt[share].append(len(chosen))
            done(fold * len(_SHARES) + step)
    rows = [
        {"learnt_from": round(float(np.mean(learnt[share]))), **_curve_row(truth, found[share])}
        for share in _SHARES
        if learnt[share]
    ]
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, found[1.0], zero_division=0
    )
    table = pd.DataFrame(
        {
            "theme": codebook.ids,
            "passages": count,
            "precision": precision,
            "recall": recall,
            "f1": f1,
        }
    )
    if before is not None:
        at_first = indicator(_names(before, labelled_contexts(labelled)), codebook.ids)
        rows.insert(0, {"learnt_from": 0, **_curve_row(truth, at_first)})
        table["start_f1"] = f1_score(truth, at_first, average=None, zero_division=0)
    return table[count > 0].reset_index(drop=True), pd.DataFrame(rows), found[1.0]


def _curve_row(truth: Matrix, predicted: Matrix) -> dict[str, float]:
    kept = truth.sum(axis=0) >= _LEAST_OF_THEME
    macro = float("nan")  # scikit-learn refuses a matrix without columns
    if kept.any():
        macro = f1_score(truth[:, kept], predicted[:, kept], average="macro", zero_division=0)
    return {
        "themes": int(kept.sum()),
        "macro_f1": float(macro),
        "micro_f1": float(f1_score(truth, predicted, average="micro", zero_division=0)),
    }


def _names(model: ThemeClassifier, texts: Sequence[str]) -> list[list[str]]:
    return [model.classes_[row.astype(bool)].tolist() for row in model.predict(texts)]


def _stance(
    labelled: pd.DataFrame, fast: ThemeClassifier, path: str | Path | None
) -> tuple[StanceClassifier, str, _StanceTrial | None]:
    """Return the first model's stance, or one fitted again with the labels where that is better.

    Better is measured on a third of the reviews, which neither has seen.
    """
    first = load_stance_model(path)
    cases, stances = stance_cases(labelled, fast)
    if len(set(stances)) < 2 or len(cases) < _LEAST_STANCES:
        return (
            first,
            "Stance is the first model's: the labels hold too few stances to learn from.",
            None,
        )
    owners = np.repeat(reviews_of(labelled), labelled["stances"].map(len))
    if len(set(owners)) < 2:
        return first, "Stance is the first model's: the labels' stances are of one review.", None
    known = pd.concat([load_labelled("train"), load_labelled("contrast")], ignore_index=True)
    more, truth = stance_cases(known, load_model(grade="fast"))
    rest, held_out = next(GroupKFold(min(_FOLDS, len(set(owners)))).split(cases, groups=owners))
    trial = StanceClassifier().fit(
        [*more, *(cases[i] for i in rest)], [*truth, *(stances[i] for i in rest)]
    )
    apart = [cases[i] for i in held_out]
    right = np.array([stances[i] for i in held_out])
    said = [np.asarray(model.predict(apart)) for model in (first, trial)]
    old, new = (float(np.mean(each == right)) for each in said)
    held = _StanceTrial(apart, right, np.asarray(owners)[held_out], said[int(new > old)])
    if new <= old:
        note = f"Stance is the first model's: accuracy {old:.2f}, {new:.2f} if fitted again."
        return first, note, held
    again = StanceClassifier().fit([*more, *cases], [*truth, *stances])
    note = f"Stance was fitted again: accuracy {new:.2f}, {old:.2f} by the first model."
    return again, note, held


def _review_rates(
    labelled: pd.DataFrame,
    fast: ThemeClassifier,
    held_out: Matrix,
    path: str | Path | None,
    start: str | Path | None,
) -> tuple[dict[str, tuple[float, ...]], str]:
    """Return how often reviews held out are coded rightly by theme, and a note that says so.

    Stance is the first model's, which did not learn from these reviews; what it learnt from is
    left out.
    """
    known = labelled.apply(lambda row: set(row["themes"]) <= set(row["stances"]), axis=1)
    if not known.all():
        return (
            {},
            "Shares will not be corrected for errors: themes stand in the labels without stance.",
        )
    owners = reviews_of(labelled)
    fresh = ~learnt(owners, (path,)) if start is not None else pd.Series(True, index=labelled.index)
    rows, given = labelled[fresh].reset_index(drop=True), held_out[fresh.to_numpy()]
    ids = fast.classes_.tolist()
    found = learning_said(rows, given, fast, load_stance_model(path))
    truth = [[t for t, stance in row.items() if stance in LEARNING] for row in rows["stances"]]
    rates = rates_by_review(
        indicator(truth, ids), indicator(found, ids), owners[fresh].tolist(), ids
    )
    return rates, (
        f"Shares by the fast grade will be corrected for its errors on {len(rates)} of {len(ids)} "
        f"themes, as counted on {owners[fresh].nunique()} reviews held out; the others have fewer "
        f"than {LEAST_REVIEWS} reviews with the theme or without it."
    )


def _notes(labelled: pd.DataFrame, fast: ThemeClassifier) -> list[str]:
    notes = []
    if fast.by_cues_alone_:
        notes.append(f"Coded by cues alone, having no label: {', '.join(fast.by_cues_alone_)}.")
    if reviews_of(labelled).nunique() == len(labelled):
        notes.append(
            "The labels name no document (or one for each passage), so passages of one review may "
            "stand on both sides and the figures flatter."
        )
    return notes
