"""Measure how the theme model does on a style that it never saw.

``python models/styles.py --real FOLDER`` leaves out a fifth of the boards of the fictional reviews
at a time, then a fifth of the writers, then each period of five years, fits the fast grade on all
other labels (published reports too) and codes what was left out. Prints each style's figures as
Markdown; about half an hour of one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from fitting import fitted
from sklearn.model_selection import GroupKFold

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.evaluation import MIN_POSITIVES
from oscb_nlp.evaluation.metrics import summary_row
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.standoff import join_labels
from oscb_nlp.tagging import labelled_contexts

LEAST = 100  # passages of a style that can be measured
FOLDS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--by", nargs="*", default=["board", "writer", "period"])
    arguments = parser.parse_args()
    fiction = pd.concat([load_labelled(), load_labelled("further")], ignore_index=True)
    real = join_labels(arguments.real)
    fiction["board"] = fiction["board"].str.split().str[0]  # the place, by whatever board's name
    start = fiction["year"].astype(int) // 5 * 5
    fiction["period"] = start.astype(str) + "-" + (start + 4).astype(str)
    rows = []
    for column in arguments.by:
        folds = GroupKFold(min(FOLDS, fiction[column].nunique()))
        for seen, held in folds.split(fiction, groups=fiction[column]):
            model = fitted(pd.concat([fiction.iloc[seen], real], ignore_index=True), folds=2)
            for value, found in fiction.iloc[held].groupby(column):
                if len(found) >= LEAST:
                    rows.append(figures(f"{column}: {value}", model, found))
                    print(rows[-1], flush=True)
    print(f"Macro-F1 over themes with {MIN_POSITIVES} passages of the style.\n")
    keep = ["left out", "passages", "themes", "macro_f1", "micro_f1"]
    print(table_as_markdown(pd.DataFrame(rows)[keep].sort_values("micro_f1")))


def figures(style: str, model: ThemeClassifier, found: pd.DataFrame) -> dict[str, object]:
    """Return how well passages of one style are coded."""
    truth = indicator(found["themes"], model.classes_.tolist())
    predicted = model.predict(labelled_contexts(found))
    row = summary_row(style, truth, predicted, found["document"].tolist())
    return {"left out": row["method"], "passages": len(found), **row}


if __name__ == "__main__":
    main()
