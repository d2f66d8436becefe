"""The commands about models: evaluate, train, training-log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from oscb_nlp.cli.terminal import app, say, today

if TYPE_CHECKING:
    import pandas as pd

    from oscb_nlp.codebook import Codebook

__all__ = ["evaluate", "train", "training_log"]


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
    labels: Annotated[
        list[Path],
        typer.Option(
            "--labels",
            help="Labelled passages (JSON Lines), or a results folder with people's codings; may "
            "be repeated",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the model")],
    codebook: CodebookOption = None,
    start: Annotated[
        Path | None, typer.Option("--start", help="Model to begin with; default: the shipped one")
    ] = None,
    from_nothing: Annotated[
        bool, typer.Option("--from-nothing", help="Begin with no model at all")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a model in the folder even by a worse one")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make a model of your own from 50 labelled passages or more.

    Example: oscb-nlp train --labels results/ --out my-model
    """
    import pandas as pd

    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.codings import is_machine
    from oscb_nlp.errors import OutputError
    from oscb_nlp.files import writing
    from oscb_nlp.training import train as fit

    book = load_codebook(codebook)
    parts, sources = zip(*(_labels(path, book) for path in labels), strict=True)
    labelled = pd.concat(parts, ignore_index=True)
    machine = labelled["coder"].map(is_machine).astype(bool)
    if machine.any():
        say(f"{machine.sum()} passages that only a model coded teach nothing: left out", False)
        labelled = labelled[~machine].reset_index(drop=True)
    known = out if (out / "model.json").exists() else None
    with writing(out):
        begin = None if from_nothing else start or "shipped"
        trained = fit(labelled, book, begin, known, sources, today())
        print(trained.to_markdown())
        if known and trained.comparison and trained.comparison.verdict == "worse" and not force:
            raise OutputError(
                f"{out}: holds a better model, which stays; give another folder with --out, or "
                "replace it all the same with --force"
            )
        trained.save(out)
    say(f"Model: {out} (use it with --model {out})", quiet)


@app.command("training-log")
def training_log(
    model: Annotated[Path, typer.Argument(help="A model folder")],
) -> None:
    """Print which labels made a model, as JSON: one entry for each training that led to it.

    Example: oscb-nlp training-log my-model
    """
    import json

    from oscb_nlp.persistence import about_model

    print(json.dumps(about_model(model).get("log", []), ensure_ascii=False, indent=1))


def _labels(path: Path, book: Codebook) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return labelled passages of a file or folder, and what the model's log says of them."""
    import hashlib

    from oscb_nlp.checking import labels_of
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.errors import LabelError
    from oscb_nlp.labels import read_labels

    if not path.is_dir():
        labelled, content = read_labels(path, book), path
    else:
        labelled, content = labels_of(TaggedCorpus.load(path)), path / "codings.parquet"
        if labelled.empty:
            raise LabelError(
                f"{path}: nobody has coded a passage of it; code a sheet (oscb-nlp sheet) and "
                "import it first"
            )
        if unknown := {theme for row in labelled["themes"] for theme in row} - set(book.ids):
            raise LabelError(
                f"{path}: people gave {min(unknown)!r}, which the codebook does not have; give the "
                "codebook that they coded with (--codebook)"
            )
    digest = hashlib.sha256(content.read_bytes()).hexdigest()
    # The name alone: a path says who keeps the file where.
    return labelled, {"file": path.resolve().name, "sha256": digest, "passages": len(labelled)}
