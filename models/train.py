"""Train the shipped model, measure it and write its model card.

``python models/train.py --real FOLDER`` fits on the training reviews and on those published
reports in FOLDER that ``corpora/real`` has stand-off labels on, evaluates on the test reviews
and, by area, on the reports, and writes ``models/default`` and ``models/README.md``. Without
``--real`` it fits on the fiction alone. Same labels in, same bytes out.
"""

from __future__ import annotations

import argparse
import hashlib
from copy import copy
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import f1_score

from oscb_nlp.classifier import ThemeClassifier, _lengths
from oscb_nlp.encoder import Encoder
from oscb_nlp.evaluation import MIN_POSITIVES, evaluate_stance, evaluate_themes
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.persistence import load_model, load_stance_model, save_model
from oscb_nlp.resources import shipped_path
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.standoff import join_labels
from oscb_nlp.summary.prevalence import LEARNING
from oscb_nlp.summary.recurrence import passage_vectors, similar_groups
from oscb_nlp.tagging import UNCODED_SECTIONS, labelled_contexts, stance_cases, tag_texts

HERE = Path(__file__).parent
Counts = npt.NDArray[np.int8]


def main() -> None:
    """Train, measure and write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "default")
    parser.add_argument("--real", type=Path, help="folder of the PDFs under corpora/real's labels")
    arguments = parser.parse_args()
    out = arguments.out
    fiction = pd.concat([load_labelled("train"), load_labelled("dev")], ignore_index=True)
    test = load_labelled("test")
    real = join_labels(arguments.real) if arguments.real else fiction.head(0)
    train = pd.concat([fiction, real], ignore_index=True)
    themes_fitted = themes = fitted(train)
    stance = StanceClassifier().fit(*stance_cases(train, themes))
    best = with_encoder(themes, train) if len(real) else None
    save_model(out, themes, stance, about(fiction, real), best)
    # What is measured is what is shipped: the model as loaded from its files.
    themes, stance = load_model(out, grade="fast"), load_stance_model(out)
    best = load_model(out, grade="best") if best is not None else None
    measured = on_real(fiction, real)
    if best is not None:
        measured += "\n\n" + better_on_real(fitted_on=train, themes=themes_fitted, best=best)
    card = model_card(themes, stance, train, test, best).replace("{real}", measured)
    if out == HERE / "default":
        (HERE / "README.md").write_text(card, encoding="utf-8")
    print(card)


def fitted(train: pd.DataFrame) -> ThemeClassifier:
    """Return a theme classifier fitted on labelled passages, real ones counting twice."""
    area = train["area"].fillna("") if "area" in train else pd.Series("", index=train.index)
    return ThemeClassifier().fit(
        labelled_contexts(train),
        train["themes"].tolist(),
        groups=area.where(area != "", train["document"]).tolist(),
        sample_weight=np.where(area != "", 2.0, 1.0),
    )


def with_encoder(themes: ThemeClassifier, train: pd.DataFrame) -> ThemeClassifier:
    """Return the model with the shipped encoder, fitted on what the encoder never saw."""
    encoder = Encoder(HERE / "encoder")
    unseen = held_out(train, encoder).to_numpy()
    rows = train[unseen]
    return copy(themes).calibrate_with(
        encoder, labelled_contexts(rows), rows["themes"].tolist(), themes.held_out_scores_[unseen]
    )


def held_out(labelled: pd.DataFrame, encoder: Encoder) -> pd.Series:
    """Return which passages the encoder was not fine-tuned on: the development reviews, two folds."""
    return (labelled["split"] == "dev") | labelled["fold"].isin(encoder.about["held_out_folds"])


def about(fiction: pd.DataFrame, real: pd.DataFrame) -> dict[str, object]:
    """Return what the model was made from."""
    labels = [shipped_path("corpora/labels") / "fiction.jsonl"]
    if len(real):
        labels.append(shipped_path("corpora/real") / "labels.jsonl")
    return {
        "labels": [f"{path.parent.name}/{path.name}" for path in labels],
        "labels_sha256": [hashlib.sha256(path.read_bytes()).hexdigest() for path in labels],
        "passages": len(fiction) + len(real),
        "reviews": int(fiction["document"].nunique()) + int(real["document"].nunique()),
    }


def on_real(fiction: pd.DataFrame, real: pd.DataFrame) -> str:
    """Return the figures on published reports: each area coded by a model that never saw it."""
    if real.empty:
        return "Not measured: the model was fitted without them."
    parts: list[tuple[Counts, Counts]] = []
    for fold in sorted(real["fold"].unique()):
        held_out = real[real["fold"] == fold]
        with_real = fitted(pd.concat([fiction, real[real["fold"] != fold]], ignore_index=True))
        classes = with_real.classes_.tolist()
        truth = indicator(held_out["themes"], classes)
        parts.append((truth, np.asarray(with_real.predict(labelled_contexts(held_out)))))
    truth, predicted = (np.vstack(matrices) for matrices in zip(*parts, strict=True))
    kept = truth.sum(axis=0) >= 12
    macro = f1_score(truth[:, kept], predicted[:, kept], average="macro")
    micro = f1_score(truth[:, kept], predicted[:, kept], average="micro")
    rows = [
        (name, int(count), score)
        for name, count, score, keep in zip(
            classes,
            truth.sum(axis=0),
            f1_score(truth, predicted, average=None, zero_division=0),
            kept,
            strict=True,
        )
        if keep
    ]
    table = _table(pd.DataFrame(rows, columns=["theme", "passages", "f1"]))
    return (
        f"{len(real)} passages of {real['document'].nunique()} inspection reports, five folds by "
        f"area, each coded by a model fitted on the fiction and the other areas: macro-F1 "
        f"{macro:.2f}, micro-F1 {micro:.2f} over the {int(kept.sum())} themes with 12 passages or "
        f"more. The shipped model is fitted on all of them.\n\n{table}"
    )


def better_on_real(fitted_on: pd.DataFrame, themes: ThemeClassifier, best: ThemeClassifier) -> str:
    """Return the better grade's figures on the folds of areas that its encoder never saw.

    Each fold is coded with second regressions and thresholds fitted on the others and on the
    development reviews, and with first scores from models that never saw its areas.
    """
    encoder = best.encoder_
    assert encoder is not None
    unseen = held_out(fitted_on, encoder)
    parts: list[tuple[Counts, Counts]] = []
    for fold in encoder.about["held_out_folds"]:
        tested = (fitted_on["fold"] == fold).to_numpy()
        rest = unseen.to_numpy() & ~tested
        model = copy(themes).calibrate_with(
            encoder,
            labelled_contexts(fitted_on[rest]),
            fitted_on[rest]["themes"].tolist(),
            themes.held_out_scores_[rest],
        )
        texts = labelled_contexts(fitted_on[tested])
        hits, lengths = model._hits(model.find_cues(texts)), _lengths(texts)
        scores = themes.held_out_scores_[tested]
        found = model._calibrated(scores, hits, lengths, model._encoded(texts))
        truth = indicator(fitted_on[tested]["themes"], model.classes_.tolist())
        parts.append((truth, (found >= model.thresholds_).astype(np.int8)))
    truth, predicted = (np.vstack(matrices) for matrices in zip(*parts, strict=True))
    kept = truth.sum(axis=0) >= 12
    macro = f1_score(truth[:, kept], predicted[:, kept], average="macro")
    micro = f1_score(truth[:, kept], predicted[:, kept], average="micro")
    return (
        f"The better grade, on the {len(truth)} passages of the areas that its encoder never saw: "
        f"macro-F1 {macro:.2f}, micro-F1 {micro:.2f} over {int(kept.sum())} themes."
    )


def model_card(
    themes: ThemeClassifier,
    stance: StanceClassifier,
    train: pd.DataFrame,
    test: pd.DataFrame,
    best: ThemeClassifier | None,
) -> str:
    """Return the model card with the figures measured on the test reviews."""
    by_theme, overall = evaluate_themes(themes, test)
    overall.loc[0, "method"] = "model, fast grade"
    if best is not None:
        better, both = evaluate_themes(best, test)
        both.loc[0, "method"] = "model, better grade"
        overall = pd.concat([both.head(1), overall], ignore_index=True)
        by_theme.insert(2, "better_f1", better["f1"])
    by_stance, stance_overall = evaluate_stance(stance, themes, test)
    counts = train["themes"].explode().value_counts()
    by_theme.insert(1, "training_passages", by_theme["theme"].map(counts).fillna(0).astype(int))
    template = (HERE / "card.md").read_text(encoding="utf-8")
    return template.format(
        train_reviews=train["document"].nunique(),
        train_passages=len(train),
        test_reviews=test["document"].nunique(),
        test_passages=len(test),
        real="{real}",
        minimum=MIN_POSITIVES,
        overall=_table(overall),
        by_theme=_table(by_theme),
        by_stance=_table(by_stance),
        stance_accuracy=stance_overall["accuracy"],
        stance_macro_f1=stance_overall["macro_f1"],
        denied_as_finding=stance_overall["not_a_factor_called_finding"],
        recurrence=_recurrence(test),
        reviews=_reviews(themes, stance, test),
    )


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
    labels = similar_groups(
        passage_vectors(rows["text"].tolist()), rows["document"].tolist(), rows["themes"].tolist()
    )
    pairs = list(combinations(range(len(rows)), 2))
    marks, documents = [set(marks) for marks in rows["recurrence"]], rows["document"].tolist()
    found = {(a, b) for a, b in pairs if labels[a] == labels[b]}
    planted = {(a, b) for a, b in pairs if marks[a] & marks[b] and documents[a] != documents[b]}
    right = len(found & planted)
    return (
        f"{right} of {len(planted)} planted pairs were found among {len(found)} pairs grouped "
        f"(pairwise F1 {2 * right / (len(found) + len(planted)):.2f}; pairs that say the same "
        "without having been planted count as wrong here)"
    )


def _table(frame: pd.DataFrame) -> str:
    """Return a frame as a Markdown table, numbers to two places."""
    lines = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * len(frame.columns)]
    for row in frame.itertuples(index=False):
        cells = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
