"""The commands of the cross-year account: summarise, report, seen-before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oscb_nlp.cli.options import (
    ByOption,
    CodebookOption,
    Folder,
    FromYear,
    ModelOption,
    Quiet,
    ReportFormat,
    UnitOption,
    on_this_machine,
)  # fmt: skip
from oscb_nlp.cli.terminal import app, plain, say
from oscb_nlp.errors import SettingError

if TYPE_CHECKING:
    from oscb_nlp.summary import CrossYearSummary, QuoteCheck
    from oscb_nlp.summary.periods import By

__all__ = [
    "account_notes",
    "periods_of",
    "report",
    "seen_before",
    "summarise",
]


@app.command()
def summarise(
    folder: Folder,
    codebook: CodebookOption = None,
    by: ByOption = "year",
    unit: UnitOption = "review",
    from_year: FromYear = None,
    quiet: Quiet = False,
) -> None:
    """Write the cross-year summary tables of a tagged folder.

    Example: oscb-nlp summarise results/ --by era
    """
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.summary import summarise as summarise_corpus

    periods = periods_of(by, unit)
    tagged = TaggedCorpus.load(folder)
    summary = summarise_corpus(tagged, codebook, periods, unit, from_year)
    for note in account_notes(summary, summary.save(folder)):
        say(note, quiet)
    say(f"Tables in {folder}", quiet)


@app.command()
def report(
    folder: Folder,
    format: Annotated[ReportFormat, typer.Option("--format")] = ReportFormat.html,
    codebook: CodebookOption = None,
    pictures: Annotated[
        bool,
        typer.Option("--pictures", help="Show quoted passages in crops of their pages (HTML only)"),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of a summarised folder.

    Example: oscb-nlp report results/ --format docx
    """
    from oscb_nlp.report import write_report
    from oscb_nlp.summary import CrossYearSummary

    summary = CrossYearSummary.load(folder, codebook)
    path = write_report(summary, folder / f"report.{format.value}", format.value, pictures=pictures)
    say(f"Report: {path}", quiet)


@app.command("seen-before")
def seen_before(
    text: Annotated[str, typer.Argument(help="A draft recommendation, or any passage")],
    folder: Annotated[
        Path,
        typer.Option(
            "--in", help="A folder that `tag` or `run` has written", parser=on_this_machine
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Passages to print")] = 10,
    before: Annotated[
        int | None, typer.Option("--before", help="Only passages of earlier years")
    ] = None,
    model: ModelOption = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table with all columns")] = False,
) -> None:
    """Print earlier findings and recommendations that say the same, by year, with citation.

    Example: oscb-nlp seen-before "Minutes should reach the GP within five days." --in results/
    """
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.redaction import redact
    from oscb_nlp.summary import SeenBefore
    from oscb_nlp.tables import cell

    found = SeenBefore(TaggedCorpus.load(folder), model).search(text, limit, before)
    if as_csv:
        print(found.map(cell).to_csv(index=False), end="")
        return
    if found.empty:
        say("Nothing like it was found.", False)
    for row in found.to_dict("records"):
        place = f"page {row['page']}" + (f", {row['number']}" if row["number"] else "")
        nearness = "the same" if row["same"] else "alike"
        title = plain(f"{row['year']}  {row['title']} ({row['file']}, {place})")
        print(f"{title}, {row['stance']}, {nearness}")
        print(f"      {plain(redact(row['text']))}")


def periods_of(by: str, unit: str) -> By:
    """Return what ``--by`` means, and refuse what it and ``--unit`` cannot be."""
    from oscb_nlp.summary.periods import check_periods
    from oscb_nlp.summary.prevalence import check_unit

    check_unit(unit)
    if not by[:1].isdigit():
        check_periods(by)
        return by
    try:
        years = [int(year) for year in by.split(",")]
    except ValueError:
        raise SettingError(f"--by {by}: first years are whole numbers such as 2010,2015") from None
    check_periods(years)
    return years


def account_notes(summary: CrossYearSummary, quotes: QuoteCheck) -> list[str]:
    """Say what was found and what was left out."""
    notes = []
    if len(summary.undated):
        notes.append(f"{len(summary.undated)} documents fall into no period and are not counted")
    if len(summary.duplicates):
        notes.append(f"{len(summary.duplicates)} documents repeat another and are not counted")
    used = summary.tagged.settings
    if used.get("model", "default") != "default" and used.get("review_rates"):
        notes.append(
            f"Corrected shares of {len(used['review_rates'])} themes rest on the reviews held out "
            f"when {used['model']} was trained; the other themes had too few"
        )
    return [*notes, f"{len(summary.recurring)} groups of recurring learning; {quotes}"]
