"""The commands of the main job: run, tag, read, themes, demo."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oscb_nlp.cli.account import periods_of, write_account
from oscb_nlp.cli.options import (
    Abstain,
    ByOption,
    CodebookOption,
    Engine,
    EngineName,
    FromYear,
    Grade,
    GradeOption,
    Inputs,
    Jobs,
    Memory,
    Mode,
    ModelOption,
    ModeOption,
    NoOcr,
    Out,
    Password,
    Quiet,
    ReadFormat,
    ThemesFormat,
    Timeout,
    UnitOption,
)  # fmt: skip
from oscb_nlp.cli.terminal import SOME_FAILED, app, progress, say, stderr, today
from oscb_nlp.errors import ReadError

if TYPE_CHECKING:
    from oscb_nlp.corpus import Corpus, TaggedCorpus
    from oscb_nlp.document import Document
    from oscb_nlp.workers import Reading

__all__ = ["demo", "read", "run", "tag", "themes"]

# Problems of a document that was read all the same; the others mean that it is not counted.
_HARMLESS = frozenset({"no-year", "duplicate"})


@app.command()
def run(
    inputs: Inputs,
    out: Out,
    model: ModelOption = None,
    codebook: CodebookOption = None,
    jobs: Jobs = None,
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
    quiet: Quiet = False,
) -> None:
    """Do the main job: read, tag, summarise and report.

    Example: oscb-nlp run reviews/ --out results/
    """
    reading, periods = _reading(timeout, memory, engine, password, no_ocr), periods_of(by, unit)
    tagged = _tag(inputs, out, model, codebook, jobs, reading, (grade, mode), quiet, abstain)
    summary = write_account(tagged, out, codebook, periods, unit, from_year, quiet)
    path = summary.to_html(out / "report.html")
    say(f"Report: {path} (open it in a browser)", quiet)
    raise typer.Exit(_exit_code(tagged))


@app.command()
def tag(
    inputs: Inputs,
    out: Out,
    model: ModelOption = None,
    codebook: CodebookOption = None,
    jobs: Jobs = None,
    timeout: Timeout = 60.0,
    memory: Memory = 1_024,
    engine: Engine = EngineName.auto,
    password: Password = None,
    no_ocr: NoOcr = False,
    grade: GradeOption = Grade.auto,
    mode: ModeOption = Mode.balanced,
    abstain: Abstain = None,
    quiet: Quiet = False,
) -> None:
    """Read and tag only: write the tables, no summary.

    Example: oscb-nlp tag reviews/ --out results/
    """
    reading = _reading(timeout, memory, engine, password, no_ocr)
    tagged = _tag(inputs, out, model, codebook, jobs, reading, (grade, mode), quiet, abstain)
    raise typer.Exit(_exit_code(tagged))


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

        print(markdown(document))
    else:
        print("\n\n".join(f"{p.number} {p.text}".strip() for p in document.passages))


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

    run([demo_files()[0].parent], out, jobs=jobs, quiet=quiet)


def _tag(
    inputs: list[Path],
    out: Path,
    model: Path | None,
    codebook: Path | None,
    jobs: int | None,
    reading: Reading,
    how: tuple[Grade, Mode],
    quiet: bool,
    abstain: float | None = None,
) -> TaggedCorpus:
    from oscb_nlp.batch import find_inputs
    from oscb_nlp.tables import writing

    # Whatever is wrong with input, output, codebook or model shows before the long work.
    found = find_inputs(inputs)
    with writing(out):
        pass
    from oscb_nlp.batch import read_corpus
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.revising import note_codebook
    from oscb_nlp.tagging import codebook_notes
    from oscb_nlp.tagging import tag as tag_corpus

    load_codebook(codebook)
    with progress("Reading", len(found), quiet) as advance:
        corpus = read_corpus(*inputs, jobs=jobs, reading=reading, progress=lambda _path: advance(1))
    _print_problems(corpus)
    if not len(corpus):
        raise ReadError(", ".join(map(str, inputs)), "unreadable", "no document could be read")
    with progress("Coding", len(corpus.passages), quiet) as advance:
        done = [0]

        def coded(count: int) -> None:
            advance(count - done[0])
            done[0] = count

        grade, mode = (value.value for value in how)
        tagged = tag_corpus(corpus, model, codebook, coded, grade, mode, abstain)
    tagged = _with_what_people_coded(tagged, out)
    tagged.save(out)
    note_codebook(out, tagged.settings, today())
    for note in codebook_notes(tagged):
        say(note, quiet)
    counts = tagged.settings["counts"]
    say(
        f"{counts['documents']} documents, {counts['passages']} passages, "
        f"{counts['tags']} theme tags; tables in {out}",
        quiet,
    )
    if len(tagged.queue):
        say(
            f"{counts['passages_in_queue']} passages wait in {out / 'queue.csv'} for a person: "
            f"oscb-nlp sheet {out} --sample doubt --out sheet.xlsx",
            quiet,
        )
    return tagged


def _with_what_people_coded(tagged: TaggedCorpus, out: Path) -> TaggedCorpus:
    """Put the codings that the folder holds over the tags that were just made."""
    from oscb_nlp.codings import with_codings
    from oscb_nlp.corpus import by_people

    kept = by_people(out)
    if "samples" in kept:
        tagged = replace(tagged, samples=kept["samples"])
    return with_codings(tagged, kept["codings"]) if "codings" in kept else tagged


def _exit_code(corpus: Corpus) -> int:
    failed = set(corpus.problems["problem"]) - _HARMLESS
    return SOME_FAILED if failed else 0


def _print_problems(corpus: Corpus) -> None:
    for row in corpus.problems.itertuples():
        place = f", page {row.page}" if row.page else ""
        stderr.print(f"{row.file}{place}: {row.problem}: {row.detail}", markup=False)


def _reading(
    timeout: float, memory: int, engine: EngineName, password: str | None, no_ocr: bool
) -> Reading:
    from oscb_nlp.workers import Reading

    return Reading(timeout, memory, engine.value, password, not no_ocr)


def _write_overlay(document: Document, folder: Path, password: str | None) -> None:
    from oscb_nlp.reading import draw_pages
    from oscb_nlp.tables import writing

    with writing(folder):
        for number, image in draw_pages(document, password=password):
            image.save(folder / f"page-{number:04d}.png")
    say(f"Pages with their passages framed: {folder}", False)
