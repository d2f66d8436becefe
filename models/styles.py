"""Measure how the theme model does on a style that it never saw.

``python models/styles.py --real FOLDER`` leaves out a fifth of the boards of the fictional reviews
at a time, then a fifth of the writers, then each period of five years, fits n-grams and cues on
all other reviews and the published reports and codes what was left out. Prints each style's figures
as Markdown; about half an hour of one core. ``--unseen`` does both grades on the boards and reports
that the encoders' trial never saw, with first scores from models that never saw the board.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from fitting import FICTION, coded_unseen, fitted, held_out
from sklearn.model_selection import GroupKFold

from oscb_nlp.evaluation import MIN_POSITIVES
from oscb_nlp.evaluation.metrics import summary_row
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.standoff import join_labels
from oscb_nlp.tagging import labelled_contexts

Counts = npt.NDArray[np.int8]
LEAST = 100  # passages of a style that can be measured
FOLDS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--by", nargs="*", default=["board", "writer", "period"])
    parser.add_argument("--unseen", action="store_true", help="both grades, by unseen board")
    arguments = parser.parse_args()
    real = join_labels(arguments.real)
    rows = by_board(real) if arguments.unseen else by_style(real, arguments.by)
    print(f"Macro-F1 over themes with {MIN_POSITIVES} passages of the style.\n")
    keep = ["left out", "passages", "themes", "macro_f1", "micro_f1"]
    print(table_as_markdown(pd.DataFrame(rows)[keep].sort_values("micro_f1")))


def by_style(real: pd.DataFrame, columns: list[str]) -> list[dict[str, object]]:
    """Return the figures of n-grams and cues for each board, writer or period, fitted on the others."""
    fiction = pd.concat([load_labelled(), load_labelled("further")], ignore_index=True)
    fiction["board"] = place_of(fiction)
    start = fiction["year"].astype(int) // 5 * 5
    fiction["period"] = start.astype(str) + "-" + (start + 4).astype(str)
    rows = []
    for column in columns:
        folds = GroupKFold(min(FOLDS, fiction[column].nunique()))
        for seen, held in folds.split(fiction, groups=fiction[column]):
            model = fitted(pd.concat([fiction.iloc[seen], real], ignore_index=True), folds=2)
            for value, found in fiction.iloc[held].groupby(column):
                if len(found) >= LEAST:
                    truth = indicator(found["themes"], model.classes_.tolist())
                    predicted = model.predict(labelled_contexts(found))
                    rows.append(figures(f"{column}: {value}", found, truth, predicted))
                    print(rows[-1], flush=True)
    return rows


def by_board(real: pd.DataFrame) -> list[dict[str, object]]:
    """Return both grades' figures for each board and fold of areas that the trial never saw."""
    fiction = pd.concat([load_labelled(name) for name in FICTION], ignore_index=True)
    place = place_of(fiction)
    # folds by board, not by review
    fiction["document"] = place.where(place != "", fiction["document"])
    train = pd.concat([fiction, real], ignore_index=True)
    first = fitted(train)
    unseen, _encoded = held_out(train, "best")
    styles = train["fold"].map("reports, fold {:.0f}".format, na_action="ignore")
    styles = styles.fillna("board: " + train["document"])
    rows = []
    for style, found in train[unseen].groupby(styles[unseen]):
        if len(found) >= LEAST:
            for grade in ("fast", "best"):
                coded = coded_unseen(first, train, grade, train.index.isin(found.index))
                rows.append(figures(f"{style}, {grade} grade", found, *coded))
                print(rows[-1], flush=True)
    return rows


def place_of(fiction: pd.DataFrame) -> pd.Series:
    """Return the place of each passage's board, by whatever name; empty for those of no review."""
    return fiction["board"].fillna("").str.split().str[0].fillna("")


def figures(style: str, found: pd.DataFrame, truth: Counts, predicted: Counts) -> dict[str, object]:
    """Return how well passages of one style are coded."""
    row = summary_row(style, truth, predicted, found["document"].tolist())
    return {"left out": row["method"], "passages": len(found), **row}


if __name__ == "__main__":
    main()
