"""How models are fitted on labels: what training, card, fine-tuning and held-out styles share."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from wordings import learnt_in_trial

from oscb_nlp.calibration import mix_themes
from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.distilled import DistilledEncoder
from oscb_nlp.encoder import Encoder
from oscb_nlp.labels import indicator
from oscb_nlp.tagging import labelled_contexts

HERE = Path(__file__).parent
FICTION = ("train", "dev", "further", "points", "single")  # to learn from, beside the reports
POINT, SINGLE = "points-", "single-"  # how documents begin that are no reviews
REPORT_COUNTS = 4.0  # passages of reviews that one of a report or paper stands for, at first
PAPER_WRITERS = tuple(f"w{number}" for number in range(170, 187))  # of short, plain board papers
HELD_OUT = {"best": "held_out.npz", "fast": "held_out_distilled.npz"}
HELD_OUT_FOLDS = (4, 5)
HELD_OUT_BOARDS = (
    "Hollinmoor", "Kelderwick", "Northwarden", "Overmarsh", "Pinnockby", "Pykestow", "Quorndale",
    "Rooksbridge", "Silverhythe", "Tarnbeck",
)  # fmt: skip
Floats = npt.NDArray[np.float64]


def fitted(train: pd.DataFrame, folds: int = 5) -> ThemeClassifier:
    """Return a theme classifier fitted on labelled passages, by n-grams and cues alone.

    Reports and board papers are few beside the reviews: they count more in its first step, and in
    its second reports weigh as much as all fiction.
    """
    area = train["area"].fillna("") if "area" in train else pd.Series("", index=train.index)
    texts, themes = labelled_contexts(train), train["themes"].tolist()
    groups = area.where(area != "", train["document"]).tolist()
    counts = np.where(reports_in(train) | papers_in(train), REPORT_COUNTS, 1.0)
    model = ThemeClassifier(folds=folds).fit(texts, themes, groups=groups, sample_weight=counts)
    return model.calibrate_with(
        None, texts, themes, model.held_out_scores_, sample_weight=registers_alike(train)
    )


def reports_in(labelled: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which passages are of published reports (n_texts)."""
    if "fold" not in labelled:
        return np.zeros(len(labelled), dtype=bool)
    return labelled["fold"].notna().to_numpy()


def papers_in(labelled: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which passages are of the short board papers that came last (n_texts)."""
    return labelled["writer"].isin(PAPER_WRITERS).to_numpy()


def registers_alike(labelled: pd.DataFrame) -> Floats:
    """Return how much each passage counts so that fiction and reports weigh the same (n_texts)."""
    reports = reports_in(labelled)
    share = reports.mean()
    if share in (0, 1):
        return np.ones(len(labelled))
    return np.where(reports, 0.5 / share, 0.5 / (1 - share))


def with_encoder(
    themes: ThemeClassifier,
    train: pd.DataFrame,
    grade: str,
    without: npt.NDArray[np.bool_] | None = None,
) -> ThemeClassifier:
    """Return the model with the encoder of a grade, fitted on what its trial never saw.

    The encoders that ship, the distilled one too, were trained on all of ``train``; ``HELD_OUT``
    names what the same training said of the passages that it was kept from
    (:func:`held_out_of_trial`). Of these, fiction and reports weigh the same, however many there
    are of each; the passages ``without`` are left out.
    """
    unseen, encoded = held_out(train, grade)
    if without is not None:
        unseen = unseen & ~without
    rows = train[unseen]
    return copy(themes).calibrate_with(
        Encoder(HERE / "encoder") if grade == "best" else DistilledEncoder(HERE / "distilled"),
        labelled_contexts(rows),
        rows["themes"].tolist(),
        themes.held_out_scores_[unseen],
        encoded[unseen],
        registers_alike(rows),
    )


def coded_unseen(
    themes: ThemeClassifier, train: pd.DataFrame, grade: str, tested: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """Return the themes of passages that the encoders' trial never saw, and those that a grade gives.

    Second regressions and thresholds are fitted on the others that the trial never saw; first
    scores are the held-out ones of ``themes``.
    """
    truth = indicator(train["themes"], themes.classes_.tolist())
    _unseen, encoded = held_out(train, grade)
    model = with_encoder(corrected_without(themes, truth, tested), train, grade, tested)
    texts, scores = labelled_contexts(train[tested]), model.held_out_scores_[tested]
    signals = model.signals(texts, model.find_cues(texts), scores, encoded[tested])
    found = model.probabilities_of(signals) >= model.thresholds_
    return truth[tested], found.astype(np.int8)


def corrected_without(
    themes: ThemeClassifier, truth: npt.NDArray[np.int8], tested: npt.NDArray[np.bool_]
) -> ThemeClassifier:
    """Return the model with held-out scores that were corrected without the tested passages."""
    model = copy(themes)
    weights, constants = mix_themes(themes.first_scores_[~tested], truth[~tested])
    model.held_out_scores_ = themes.first_scores_ @ weights.T + constants
    return model


def held_out_of_trial(labelled: pd.DataFrame) -> pd.Series:
    """Return which passages the trial never sees: second regressions are fitted on them."""
    further = labelled["board"].fillna("").str.startswith(HELD_OUT_BOARDS)
    return (labelled["split"] == "dev") | further | labelled["fold"].isin(HELD_OUT_FOLDS)


def shown_in_trial(document: str) -> bool:
    """Whether the trial may read a document: not where it is a learning point kept from it."""
    return not document.startswith(POINT) or learnt_in_trial(document.removeprefix(POINT))


def write_held_out(
    path: Path,
    labelled: pd.DataFrame,
    themes: np.ndarray[Any, Any],
    stances: np.ndarray[Any, Any],
) -> None:
    """Write what an encoder said of passages that it never saw, by their ids."""
    np.savez_compressed(
        path,
        ids=labelled["id"].to_numpy(dtype=str),
        themes=themes.astype(np.float16),
        stances=stances.astype(np.float16),
    )


def held_out(
    labelled: pd.DataFrame, grade: str, what: str = "themes"
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Return which passages a grade's encoder never saw in its trial, and its log odds for them.

    ``what`` is "themes" (n_texts, n_themes) or "stances" (n_texts, n_themes, n_stances).
    """
    with np.load(HERE / HELD_OUT[grade], allow_pickle=False) as archive:
        rows = {name: row for row, name in enumerate(archive["ids"].tolist())}
        values = archive[what].astype(np.float64)
    index = labelled["id"].map(rows)
    encoded = values[index.fillna(0).astype(int).to_numpy()]
    return index.notna().to_numpy(), encoded


def of_no_review(labelled: pd.DataFrame) -> pd.Series:
    """Return which passages are learning points in several wordings, or stand alone."""
    return labelled["document"].str.startswith((POINT, SINGLE))


def reviews_of(labelled: pd.DataFrame) -> int:
    """Return how many reviews the passages come from."""
    return int(labelled.loc[~of_no_review(labelled), "document"].nunique())
