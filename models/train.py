"""Train the shipped model, measure it and write its model card.

``python models/train.py`` fits on the training reviews, evaluates on the test reviews and
writes ``models/default`` and ``models/README.md``. Same labels in, same bytes out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import pandas as pd

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.evaluation import MIN_POSITIVES, evaluate_stance, evaluate_themes
from oscb_nlp.labels import load_labelled
from oscb_nlp.persistence import load_model, load_stance_model, save_model
from oscb_nlp.resources import shipped_path
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.tagging import labelled_contexts, stance_cases

HERE = Path(__file__).parent


def main() -> None:
    """Train, measure and write the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "default")
    out = parser.parse_args().out
    train, test = load_labelled("train"), load_labelled("test")
    themes = ThemeClassifier().fit(
        labelled_contexts(train), train["themes"].tolist(), groups=train["document"].tolist()
    )
    stance = StanceClassifier().fit(*stance_cases(train, themes))
    save_model(out, themes, stance, about(train))
    # What is measured is what is shipped: the model as loaded from its files.
    themes, stance = load_model(out), load_stance_model(out)
    card = model_card(themes, stance, train, test)
    if out == HERE / "default":
        (HERE / "README.md").write_text(card, encoding="utf-8")
    print(card)


def about(train: pd.DataFrame) -> dict[str, object]:
    """Return what the model was made from."""
    labels = shipped_path("corpora/labels") / "fiction.jsonl"
    return {
        "labels": labels.name,
        "labels_sha256": hashlib.sha256(labels.read_bytes()).hexdigest(),
        "passages": len(train),
        "reviews": int(train["document"].nunique()),
    }


def model_card(
    themes: ThemeClassifier, stance: StanceClassifier, train: pd.DataFrame, test: pd.DataFrame
) -> str:
    """Return the model card with the figures measured on the test reviews."""
    by_theme, overall = evaluate_themes(themes, test)
    by_stance, stance_overall = evaluate_stance(stance, themes, test)
    counts = train["themes"].explode().value_counts()
    by_theme.insert(1, "training_passages", by_theme["theme"].map(counts).fillna(0).astype(int))
    recurrence = (
        json.loads((HERE / "recurrence.json").read_text(encoding="utf-8"))
        if (HERE / "recurrence.json").exists()
        else None
    )
    template = (HERE / "card.md").read_text(encoding="utf-8")
    return template.format(
        train_reviews=train["document"].nunique(),
        train_passages=len(train),
        test_reviews=test["document"].nunique(),
        test_passages=len(test),
        minimum=MIN_POSITIVES,
        overall=_table(overall),
        by_theme=_table(by_theme),
        by_stance=_table(by_stance),
        stance_accuracy=stance_overall["accuracy"],
        stance_macro_f1=stance_overall["macro_f1"],
        denied_as_finding=stance_overall["not_a_factor_called_finding"],
        recurrence=_recurrence(recurrence),
    )


def _recurrence(figures: dict[str, float] | None) -> str:
    if not figures:
        return "Not measured yet."
    return (
        f"pairwise precision {figures['precision']:.2f}, recall {figures['recall']:.2f}, "
        f"F1 {figures['f1']:.2f} over {figures['pairs']} planted pairs"
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
