"""Measure the shipped models and put the figures into the model card's text."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from fitting import (
    HERE,
    Floats,
    coded_unseen,
    held_out,
    of_no_review,
    reviews_of,
)
from sklearn.metrics import f1_score

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import LEARNING
from oscb_nlp.encoder import Encoder
from oscb_nlp.evaluation import MIN_POSITIVES, Evaluation, evaluate
from oscb_nlp.labels import load_labelled, load_wordings
from oscb_nlp.persistence import load_model, load_stance_model
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.summary.meaning import WORDS_ALIKE, word_vectors
from oscb_nlp.summary.recurrence import similar_groups
from oscb_nlp.tagging import UNCODED_SECTIONS, tag_texts

Counts = npt.NDArray[np.int8]


def model_card(
    out: Path, train: pd.DataFrame, test: pd.DataFrame, with_best: bool, real: str
) -> str:
    """Return the model card with the figures measured on the test reviews.

    What is measured is what is shipped: the models as loaded from their files. ``real`` tells the
    figures on published reports.
    """
    stance = load_stance_model(out)
    fast_model = load_model(out, grade="fast")
    grades = {"fast": evaluate(test, fast_model, stance, baselines=True)}
    if with_best:
        grades["best"] = evaluate(test, load_model(out, grade="best"), stance)
    fast, shown = grades["fast"], grades.get("best", grades["fast"])
    methods = fast.methods.replace({"method": {"model": "model, fast grade"}})
    by_theme = fast.themes.drop(columns=["f1_low", "f1_high"])
    if with_best:
        row = shown.methods.head(1).replace({"method": {"model": "model, better grade"}})
        methods = pd.concat([row, methods], ignore_index=True)
        by_theme.insert(2, "better_low", shown.themes["f1_low"])
        by_theme.insert(2, "better_high", shown.themes["f1_high"])
        by_theme.insert(2, "better_f1", shown.themes["f1"])
    counts = train["themes"].explode().value_counts()
    by_theme.insert(1, "training_passages", by_theme["theme"].map(counts).fillna(0).astype(int))
    template = (HERE / "card.md").read_text(encoding="utf-8")
    recall = {
        name: evaluate(test, load_model(out, grade=name, mode="recall"), stance) for name in grades
    }
    return template.format(
        train_reviews=reviews_of(train),
        train_passages=len(train),
        points=int(of_no_review(train).sum()),
        test_reviews=test["document"].nunique(),
        test_passages=len(test),
        real=real,
        minimum=MIN_POSITIVES,
        overall=table_as_markdown(methods),
        families=table_as_markdown(shown.families),
        parts=table_as_markdown(shown.subsets),
        calibration="\n".join(_calibration(name, found) for name, found in grades.items()),
        reliability=table_as_markdown(shown.calibration),
        recall="; ".join(_recall(name, found) for name, found in recall.items()),
        by_theme=table_as_markdown(by_theme),
        stance="\n".join(f"- {_stance(name, found)}" for name, found in grades.items()),
        by_stance=table_as_markdown(shown.stances),
        fresh="\n".join(_fresh(out, grade, stance) for grade in grades),
        papers=_papers(out, list(grades), stance),
        confusions=table_as_markdown(shown.confusions.head(10)),
        errors=table_as_markdown(shown.errors.drop(columns=["document"]).head(8)),
        recurrence=_recurrence(test),
        reviews=_reviews(fast_model, stance, test),
    )


def on_real(train: pd.DataFrame, first: ThemeClassifier) -> str:
    """Return the figures on published reports of areas that the encoders' trial never saw.

    First scores are from models that never saw a passage's area; their correction by the other
    themes', second regressions and thresholds are fitted anew without the fold's areas.
    """
    unseen, _encoded = held_out(train, "best")
    folds = sorted(train.loc[unseen, "fold"].dropna().unique())
    measured = unseen & train["fold"].notna()
    table = pd.DataFrame({"theme": first.classes_})
    figures = []
    for grade in ("fast", "best"):
        parts = [
            coded_unseen(first, train, grade, (train["fold"] == fold).to_numpy()) for fold in folds
        ]
        truth, found = (np.vstack(matrices) for matrices in zip(*parts, strict=True))
        kept = truth.sum(axis=0) >= MIN_POSITIVES
        macro, micro = (
            f1_score(truth[:, kept], found[:, kept], average=average)
            for average in ("macro", "micro")
        )
        figures.append(f"{grade} grade macro-F1 {macro:.2f}, micro-F1 {micro:.2f}")
        table["passages"] = truth.sum(axis=0)
        table[f"{grade}_f1"] = f1_score(truth, found, average=None, zero_division=0)
    return (
        f"{measured.sum()} passages of {train.loc[measured, 'document'].nunique()} inspection "
        f"reports, of areas that the encoders' trial never saw: {'; '.join(figures)}, over the "
        f"{int(kept.sum())} themes with {MIN_POSITIVES} passages or more. The shipped models are "
        f"fitted by nearly the same recipe on all areas.\n\n{table_as_markdown(table[kept])}"
    )


def _calibration(grade: str, found: Evaluation) -> str:
    error = found.calibration_error
    return (
        f"- {grade} grade: expected calibration error {error['all']:.3f} over all pairs of passage "
        f"and theme, {error['mean_of_themes']:.3f} in the mean of themes, "
        f"{error['worst_theme']:.3f} in the worst"
    )


def _recall(grade: str, found: Evaluation) -> str:
    themes = found.themes
    right = (themes["recall"] * themes["passages"]).sum()
    given = (themes["recall"] * themes["passages"] / themes["precision"]).sum()
    return f"{grade} grade: recall {right / themes['passages'].sum():.2f}, precision {right / given:.2f}"


def _stance(grade: str, found: Evaluation) -> str:
    overall = found.stance_overall
    return (
        f"{grade} grade: accuracy {overall['accuracy']:.2f}, macro-F1 {overall['macro_f1']:.2f}; "
        f"{overall['not_a_factor_called_finding']:.0%} of denials called findings"
    )


def _fresh(out: Path, grade: str, stance: StanceClassifier) -> str:
    themes = load_model(out, grade=grade)
    parts = [
        f"{len(part)} sentences ({name}) {_stance(grade, evaluate(part, themes, stance))}"
        for name, part in load_labelled("fresh").groupby("document")
    ]
    return "- " + "; ".join(parts)


def _papers(out: Path, grades: list[str], stance: StanceClassifier) -> str:
    """Say how board papers that were written to test alone are coded."""
    papers = load_labelled("papers")
    lines = [f"{len(papers)} passages of {papers['document'].nunique()} papers:\n"]
    for grade in grades:
        found = evaluate(papers, load_model(out, grade=grade), stance)
        row = found.methods.iloc[0]
        lines.append(
            f"- themes macro-F1 {row['macro_f1']:.2f} over {row['themes']}, micro-F1 "
            f"{row['micro_f1']:.2f}; stance, {_stance(grade, found)}"
        )
    return "\n".join(lines)


def _reviews(themes: ThemeClassifier, stance: StanceClassifier, labelled: pd.DataFrame) -> str:
    """Say how well reviews are counted: which themes are learning of which review."""
    found, truth = set(), set()
    tags = tag_texts(
        labelled["text"].tolist(),
        labelled["heading"].tolist(),
        labelled["section"].tolist(),
        themes,
        stance,
    )
    for row, passage in zip(labelled.itertuples(), tags, strict=True):
        truth |= {(row.document, theme) for theme, s in row.stances.items() if s in LEARNING}
        if row.section not in UNCODED_SECTIONS:
            found |= {(row.document, tag["theme"]) for tag in passage if tag["stance"] in LEARNING}
    right = len(found & truth)
    return (
        f"precision {right / len(found):.2f}, recall {right / len(truth):.2f} "
        f"over {len(truth)} pairs of review and theme"
    )


def _recurrence(labelled: pd.DataFrame) -> str:
    """Group the learning that coders gave, and hold the pairs against the planted ones."""
    is_learning = labelled["stances"].map(
        lambda stances: bool(set(LEARNING) & set(stances.values()))
    )
    rows = labelled[is_learning & (labelled["kind"] != "quote")].reset_index(drop=True)
    planted = rows[rows["recurrence"].map(len) > 0].reset_index(drop=True)
    encoder = Encoder(HERE / "encoder")
    told = []
    for name in ("encoder", "words"):
        parts = [planted, rows, _as_rows(load_wordings("fresh"))]
        said = [_pairs(part, _meaning(name, part, encoder)) for part in parts]
        what = ("among the planted passages alone", "among all learning", "of fresh points")
        listed = [f"{place} {found}" for place, found in zip(what, said, strict=True)]
        told.append(f"- vectors of {name}: " + "; ".join(listed))
    return "\n".join(told)


def _as_rows(wordings: pd.DataFrame) -> pd.DataFrame:
    """Return wordings as passages, each of a review of its own, all of one theme."""
    return wordings.assign(
        document=wordings.index.astype(str),
        heading="",
        recurrence=wordings["learning"].map(lambda point: (point,)),
        themes=[("any",)] * len(wordings),
    )


def _meaning(name: str, rows: pd.DataFrame, encoder: Encoder) -> tuple[Floats, float]:
    """Return vectors of passages and the cosine from which they count as alike."""
    if name == "words":
        return word_vectors(rows["text"].tolist()), WORDS_ALIKE
    read = encoder.read(rows["text"].tolist(), rows["heading"].tolist())
    return read.vectors, float(encoder.about["alike"])


def _pairs(rows: pd.DataFrame, meaning: tuple[Floats, float]) -> str:
    labels = similar_groups(
        meaning[0], rows["document"].tolist(), rows["themes"].tolist(), meaning[1]
    )
    marks, documents = [set(marks) for marks in rows["recurrence"]], rows["document"].tolist()
    pairs = [(a, b) for a, b in combinations(range(len(rows)), 2) if documents[a] != documents[b]]
    found = {(a, b) for a, b in pairs if labels[a] == labels[b]}
    planted = {(a, b) for a, b in pairs if marks[a] & marks[b]}
    right = len(found & planted)
    score = 2 * right / max(1, len(found) + len(planted))
    return f"{right} of {len(planted)} pairs found, {len(found)} grouped (pairwise F1 {score:.2f})"
