"""The commands about models: evaluate and train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oscb_nlp.cli.options import (
    CodebookOption,
    Grade,
    GradeOption,
    Labels,
    Mode,
    ModelOption,
    ModeOption,
    Quiet,
)  # fmt: skip
from oscb_nlp.cli.terminal import app, say

__all__ = ["evaluate", "train"]


@app.command()
def evaluate(
    labels: Labels,
    model: ModelOption = None,
    codebook: CodebookOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="JSON file for all figures and errors")
    ] = None,
    baselines: Annotated[
        bool, typer.Option("--baselines", help="Fit and measure the usual baselines too (minutes)")
    ] = False,
    errors: Annotated[int, typer.Option("--errors", min=0, help="Errors to print")] = 10,
    grade: GradeOption = Grade.auto,
    mode: ModeOption = Mode.balanced,
    quiet: Quiet = False,
) -> None:
    """Measure a model on labelled passages that it never saw.

    Example: oscb-nlp evaluate --labels coded.jsonl --out figures.json
    """
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.evaluation import evaluate as measure
    from oscb_nlp.files import writing
    from oscb_nlp.labels import read_all_labels
    from oscb_nlp.persistence import load_model, load_stance_model
    from oscb_nlp.tables import write_json

    own = load_codebook(codebook) if codebook else None
    themes = load_model(model, own, grade.value, mode.value)
    labelled = read_all_labels(labels, themes.codebook)
    found = measure(labelled, themes, load_stance_model(model), baselines)
    if out:
        with writing(out.parent):
            write_json(out, found.to_dict())
        say(f"Figures: {out}", quiet)
    print(found.to_markdown(errors))


@app.command()
def train(
    labels: Labels,
    out: Annotated[Path, typer.Option("--out", help="Folder for the model")],
    codebook: CodebookOption = None,
    start: Annotated[
        Path | None, typer.Option("--start", help="Model to begin with; default: the shipped one")
    ] = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Begin with no model at all")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make a model of your own from 50 labelled passages or more.

    Example: oscb-nlp train --labels coded.jsonl --out my-model
    """
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.files import writing
    from oscb_nlp.labels import read_all_labels
    from oscb_nlp.training import train as fit

    book = load_codebook(codebook)
    labelled = read_all_labels(labels, book)
    with writing(out):
        trained = fit(labelled, book, None if from_nothing else start or "shipped")
        trained.save(out)
    print(trained.to_markdown())
    say(f"Model: {out} (use it with --model {out})", quiet)
