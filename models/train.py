"""Train the shipped model, measure it and write its model card.

``python models/train.py --real FOLDER`` fits on the training reviews and on those published
reports in FOLDER that ``corpora/real`` has stand-off labels on, evaluates on the test reviews
and, by area, on the reports, and writes ``models/default`` and ``models/README.md``. Without
``--real`` it fits on the fiction alone. Same labels in, same bytes out.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from card import model_card, on_real
from fitting import FICTION, HERE, fitted, held_out, reviews_of, with_encoder
from sklearn.model_selection import GroupKFold

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import LEARNING
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.persistence import save_model
from oscb_nlp.resources import shipped_path
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.standoff import join_labels
from oscb_nlp.tagging import labelled_contexts, stance_cases

BORROWED = 5.0  # reviews with a theme, and without it, that stand for all themes together
Apart = list[tuple[npt.NDArray[np.object_], StanceClassifier]]


def main() -> None:
    """Train, measure and write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "default")
    parser.add_argument("--real", type=Path, help="folder of the PDFs under corpora/real's labels")
    parser.add_argument("--no-card", action="store_true", help="write the model alone")
    arguments = parser.parse_args()
    out = arguments.out
    fiction = pd.concat([load_labelled(name) for name in FICTION], ignore_index=True)
    test = load_labelled("test")
    real = join_labels(arguments.real) if arguments.real else fiction.head(0)
    train = pd.concat([fiction, real], ignore_index=True)
    first = fitted(train)
    of_stance = pd.concat([train, load_labelled("contrast")], ignore_index=True)
    stance = StanceClassifier().fit(*stance_cases(of_stance, first))
    apart = stances_apart(fiction, first)
    fast = with_encoder(first, train, "fast")
    best = with_encoder(first, train, "best") if len(real) else None
    fast.review_rates_ = review_rates(train, fast, apart)
    if best is not None:
        best.review_rates_ = review_rates(train, best, apart)
    save_model(out, fast, stance, about(fiction, real), best)
    if arguments.no_card:
        return
    measured = on_real(train, first) if len(real) else "Not measured: fitted without them."
    card = model_card(out, train, test, with_best=best is not None, real=measured)
    if out == HERE / "default":
        (HERE / "README.md").write_text(card, encoding="utf-8")
    print(card)


def review_rates(
    train: pd.DataFrame, model: ThemeClassifier, models: Apart
) -> dict[str, tuple[float, ...]]:
    """Count how whole fictional reviews are coded by models that never saw them.

    They are counted on those alone that the encoders' trial never saw. Reviews are few, so each
    theme borrows what five reviews with it and five without it show over all themes.
    """
    unseen, encoded = held_out(train, model.grade)
    ours = train["split"].isin(["dev", "further"]) & unseen
    rows = train[ours].reset_index(drop=True)
    contexts = labelled_contexts(rows)
    scores = model.held_out_scores_[ours.to_numpy()]
    signals = model.signals(contexts, model.find_cues(contexts), scores, encoded[ours.to_numpy()])
    given = model.probabilities_of(signals) >= model.thresholds_
    classes = model.classes_.tolist()
    said = stances_unseen(rows, given, model, models)
    found = by_review(rows, said, classes)
    truth = by_review(rows, rows["stances"].tolist(), classes)
    counts = np.array(
        [(truth & found).sum(0), truth.sum(0), (~truth & ~found).sum(0), (~truth).sum(0)], float
    )
    hit, passed = counts[0].sum() / counts[1].sum(), counts[2].sum() / counts[3].sum()
    borrowed = np.array([hit, 1.0, passed, 1.0]) * BORROWED
    print(f"reviews: sensitivity {hit:.2f}, specificity {passed:.2f} over {found.shape[0]}")
    return {
        theme: tuple(round(float(value), 2) for value in counts[:, column] + borrowed)
        for column, theme in enumerate(classes)
    }


def stances_unseen(
    rows: pd.DataFrame, given: npt.NDArray[np.bool_], model: ThemeClassifier, models: Apart
) -> list[dict[str, str]]:
    """Return the stances that models without a passage's review give to the themes coded."""
    classes = model.classes_.tolist()
    coded = [{classes[c]: "finding" for c in np.flatnonzero(row)} for row in given]
    cases, _ = stance_cases(rows.assign(stances=coded), model)
    owner = np.repeat(np.arange(len(rows)), [len(entry) for entry in coded])
    themes = [theme for entry in coded for theme in entry]
    leaning = held_out(rows, model.grade, "stances")[1]
    cases = [
        case._replace(leaning=leaning[row, classes.index(theme)])
        for case, row, theme in zip(cases, owner, themes, strict=True)
    ]
    for documents, stance in models:
        mine = np.flatnonzero(np.isin(rows["document"].to_numpy()[owner], documents))
        if not len(mine):
            continue
        for index, said in zip(mine, stance.predict([cases[i] for i in mine]), strict=True):
            coded[owner[index]][themes[index]] = str(said)
    return coded


def stances_apart(labelled: pd.DataFrame, fast: ThemeClassifier) -> Apart:
    """Return documents, each third of them with a stance model fitted on the others."""
    cases, right = stance_cases(labelled, fast)
    owners = np.repeat(labelled["document"].to_numpy(), labelled["stances"].map(len))
    parts: Apart = []
    for _train, held in GroupKFold(3).split(labelled, groups=labelled["document"]):
        documents = labelled["document"].to_numpy()[held]
        inside = np.flatnonzero(~np.isin(owners, documents)).tolist()
        stance = StanceClassifier().fit([cases[i] for i in inside], [right[i] for i in inside])
        parts.append((documents, stance))
    return parts


def by_review(
    rows: pd.DataFrame, stances: list[dict[str, str]], classes: list[str]
) -> npt.NDArray[np.bool_]:
    """Return which themes are learning of which review."""
    learning = [[t for t, stance in entry.items() if stance in LEARNING] for entry in stances]
    held = pd.DataFrame(indicator(learning, classes)).groupby(rows["document"].to_numpy()).max()
    return held.to_numpy(dtype=bool)


def about(fiction: pd.DataFrame, real: pd.DataFrame) -> dict[str, object]:
    """Return what the model was made from."""
    names = ("fiction", "further", "points", "single", "contrast")
    labels = [shipped_path("corpora/labels") / f"{name}.jsonl" for name in names]
    if len(real):
        labels.append(shipped_path("corpora/real") / "labels.jsonl")
    return {
        "labels": [f"{path.parent.name}/{path.name}" for path in labels],
        "labels_sha256": [hashlib.sha256(path.read_bytes()).hexdigest() for path in labels],
        "passages": len(fiction) + len(real),
        "reviews": reviews_of(fiction) + reviews_of(real),
    }


if __name__ == "__main__":
    main()
