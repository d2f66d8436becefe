"""Measure how the theme model does on a style that it never saw.

``python models/styles.py --real FOLDER`` leaves out each writer, board and period of the
fictional reviews in turn, fits the fast grade on all other labels (published reports too) and
codes what was left out. Prints mean and worst as Markdown; about half an hour on two cores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from train import fitted

from oscb_nlp.evaluation import MIN_POSITIVES
from oscb_nlp.evaluation.metrics import summary_row
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.printing import table_as_markdown
from oscb_nlp.standoff import join_labels
from oscb_nlp.tagging import labelled_contexts

LEAST = 100  # passages of a style that can be measured


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--by", nargs="*", default=["board", "writer", "period"])
    arguments = parser.parse_args()
    fiction, real = load_labelled(), join_labels(arguments.real)
    start = fiction["year"].astype(int) // 5 * 5
    fiction["period"] = start.astype(str) + "-" + (start + 4).astype(str)
    rows = []
    for column in arguments.by:
        for value, count in fiction[column].value_counts().sort_index().items():
            if count < LEAST:
                continue
            apart = fiction[column] == value
            model = fitted(pd.concat([fiction[~apart], real], ignore_index=True), folds=2)
            found = fiction[apart]
            truth = indicator(found["themes"], model.classes_.tolist())
            predicted = model.predict(labelled_contexts(found))
            row = summary_row(f"{column}: {value}", truth, predicted, found["document"].tolist())
            rows.append({"left out": row["method"], "passages": count, **row})
            print(rows[-1], flush=True)
    print(f"Macro-F1 over themes with {MIN_POSITIVES} passages of the style.\n")
    keep = ["left out", "passages", "themes", "macro_f1", "micro_f1"]
    print(table_as_markdown(pd.DataFrame(rows)[keep].sort_values("micro_f1")))


if __name__ == "__main__":
    main()
