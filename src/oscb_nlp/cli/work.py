"""The commands of the main job: run, tag, read, themes, demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oscb_nlp.cli.batch import Account, run_batch
from oscb_nlp.cli.options import (
    Abstain,
    ByOption,
    CodebookOption,
    Dask,
    Engine,
    EngineName,
    Fresh,
    FromYear,
    Grade,
    GradeOption,
    Inputs,
    Jobs,
    JsonLog,
    Memory,
    Mode,
    ModelOption,
    ModeOption,
    NoOcr,
    Out,
    Password,
    Profile,
    Quiet,
    ReadFormat,
    ThemesFormat,
    Timeout,
    UnitOption,
)  # fmt: skip
from oscb_nlp.cli.telling import telling
from oscb_nlp.cli.terminal import app, plain, say
from oscb_nlp.running import Settings

if TYPE_CHECKING:
    from oscb_nlp.document import Document
    from oscb_nlp.workers import Reading

__all__ = ["demo", "read", "run", "tag", "themes"]


@app.command()
def run(
    inputs: Inputs,
    out: Out,
    model: ModelOption = None,
    codebook: CodebookOption = None,
    jobs: Jobs = None,
    dask: Dask = None,
    timeout: Timeout = 60.0,
    memory: Memory = 1_024,
    engine: Engine = EngineName.auto,
    password: Password = None,
    no_ocr: NoOcr = False,
    grade: GradeOption = Grade.auto,
    mode: ModeOption = Mode.balanced,
    abstain: Abstain = None,
    by: ByOption = "year",
    unit: UnitOption = "review",
    from_year: FromYear = None,
    fresh: Fresh = False,
    profile: Profile = False,
    json_log: JsonLog = None,
    quiet: Quiet = False,
) -> None:
    """Do the main job: read, tag, summarise and report.

    A second run over the same folder does only what is new or changed; one that was stopped goes on.

    Example: oscb-nlp run reviews/ --out results/
    """
    settings = Settings(
        timeout, memory, engine.value, password, not no_ocr,
        model, codebook, grade.value, mode.value, abstain,
    )  # fmt: skip
    account = Account(by, unit, from_year)
    with telling(quiet, json_log, profile) as tell:
        raise typer.Exit(run_batch(inputs, out, settings, jobs, dask, account, fresh, tell))


@app.command()
def tag(
    inputs: Inputs,
    out: Out,
    model: ModelOption = None,
    codebook: CodebookOption = None,
    jobs: Jobs = None,
    dask: Dask = None,
    timeout: Timeout = 60.0,
    memory: Memory = 1_024,
    engine: Engine = EngineName.auto,
    password: Password = None,
    no_ocr: NoOcr = False,
    grade: GradeOption = Grade.auto,
    mode: ModeOption = Mode.balanced,
    abstain: Abstain = None,
    fresh: Fresh = False,
    profile: Profile = False,
    json_log: JsonLog = None,
    quiet: Quiet = False,
) -> None:
    """Read and tag only: write the tables, no summary.

    Example: oscb-nlp tag reviews/ --out results/
    """
    settings = Settings(
        timeout, memory, engine.value, password, not no_ocr,
        model, codebook, grade.value, mode.value, abstain,
    )  # fmt: skip
    with telling(quiet, json_log, profile) as tell:
        raise typer.Exit(run_batch(inputs, out, settings, jobs, dask, None, fresh, tell))


@app.command()
def read(
    file: Annotated[Path, typer.Argument(help="A PDF, Word (DOCX) or HTML file")],
    format: Annotated[ReadFormat, typer.Option("--format")] = ReadFormat.json,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", help="Folder for pictures of the pages with passages framed"),
    ] = None,
    timeout: Timeout = 60.0,
    memory: Memory = 1_024,
    engine: Engine = EngineName.auto,
    password: Password = None,
    no_ocr: NoOcr = False,
) -> None:
    """Print one document's structure on standard output.

    Example: oscb-nlp read review.pdf --format markdown
    """
    from oscb_nlp.workers import read_safely

    document = read_safely(file, _reading(timeout, memory, engine, password, no_ocr))
    if overlay:
        _write_overlay(document, overlay, password)
    if format is ReadFormat.json:
        print(json.dumps(document.to_dict(), ensure_ascii=False, indent=1))
    elif format is ReadFormat.markdown:
        from oscb_nlp.printing import markdown

        print(plain(markdown(document)))
    else:
        print(plain("\n\n".join(f"{p.number} {p.text}".strip() for p in document.passages)))


@app.command()
def themes(
    format: Annotated[ThemesFormat, typer.Option("--format")] = ThemesFormat.table,
    codebook: CodebookOption = None,
) -> None:
    """Print the codebook.

    Example: oscb-nlp themes --format qdc > codebook.qdc
    """
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.exchange import codebook_as

    print(codebook_as(load_codebook(codebook), format.value), end="")


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the results")] = Path(
        "demo-report"
    ),
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Run the main job on the fictional reviews that ship with the package.

    Example: oscb-nlp demo --out demo-report
    """
    from oscb_nlp.demo import demo_files

    run([str(demo_files()[0].parent)], str(out), jobs=jobs, quiet=quiet)


def _reading(
    timeout: float, memory: int, engine: EngineName, password: str | None, no_ocr: bool
) -> Reading:
    from oscb_nlp.workers import Reading

    return Reading(timeout, memory, engine.value, password, not no_ocr)


def _write_overlay(document: Document, folder: Path, password: str | None) -> None:
    from oscb_nlp.drawing import draw_pages
    from oscb_nlp.files import writing

    with writing(folder):
        for number, image in draw_pages(document, password=password):
            image.save(folder / f"page-{number:04d}.png")
    say(f"Pages with their passages framed: {folder}", False)
