"""A run over many documents, from the folder's lock to the closing words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from oscb_nlp.cli.account import account_notes, periods_of
from oscb_nlp.cli.telling import Telling
from oscb_nlp.cli.terminal import SOME_FAILED, STOPPED, stderr, today
from oscb_nlp.errors import ReadError
from oscb_nlp.inputs import find_inputs
from oscb_nlp.kept import Kept, digest, only_run, pipeline_hash
from oscb_nlp.remote import Url, place
from oscb_nlp.running import Job, Outcome, Settings, coded_parts, do_jobs, jobs_of, kept_settings

if TYPE_CHECKING:
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.crew import Crew
    from oscb_nlp.rows import Rows
    from oscb_nlp.summary.periods import By

__all__ = ["Account", "run_batch"]

# Problems of a document that was read all the same; the others mean that it is not counted.
_HARMLESS = frozenset({"no-year", "duplicate"})


@dataclass(frozen=True, slots=True)
class Account:
    """How the cross-year account counts, as the options give it."""

    by: str
    unit: str
    from_year: int | None


def run_batch(
    paths: list[str],
    out: str,
    settings: Settings,
    workers: int | None,
    dask: str | None,
    account: Account | None,
    fresh: bool,
    tell: Telling,
) -> int:
    """Read and code what is new or changed, write all outputs, and return the exit code.

    Without ``account`` the tables alone are written.

    Raises
    ------
    OscbError
        If inputs, output folder, model, codebook or account cannot be used.
    """
    folder = place(out)
    inputs = find_inputs(paths, leave_out=folder)
    with only_run(folder) as kept, _until_stopped(tell):
        if fresh:
            kept.forget()
        with tell.stage("Looking for changes"):
            jobs = jobs_of(inputs, settings)
            key = _run_key(jobs, settings, account)
            closing = kept.finished(key)
        if closing is None:
            with _crew(workers, dask, len(jobs)) as crew:
                closing = _run(jobs, kept, settings, crew, account, tell)
            kept.finish(key, closing)
        else:
            tell.say("Nothing has changed since the last run into this folder.")
            _print_problems(closing["problems"])
        for line in closing["said"]:
            tell.say(line)
        tell.event("closing", **closing["counts"])
        return int(closing["exit_code"])


def _crew(workers: int | None, dask: str | None, documents: int) -> Crew:
    if dask is None:
        from oscb_nlp.crew import LocalCrew

        return LocalCrew(workers, documents)
    from oscb_nlp.cluster import DaskCrew, in_the_clear

    if in_the_clear(dask):
        stderr.print(
            f"{dask}: the reviews' text travels over the network without encryption; give the "
            "cluster keys and a tls:// address",
            markup=False,
        )
    return DaskCrew(dask, workers)


@contextmanager
def _until_stopped(tell: Telling) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        tell.event("stopped")
        stderr.print("oscb-nlp: stopped; what was done is kept, and the same command goes on")
        raise typer.Exit(STOPPED) from None


def _run_key(jobs: list[Job], settings: Settings, account: Account | None) -> str:
    inputs = [[str(job.item.path), job.coded, job.failed] for job in jobs]
    counted = asdict(account) if account else None
    return digest(pipeline_hash(), inputs, str(settings.model), counted)


def _run(
    jobs: list[Job],
    kept: Kept,
    settings: Settings,
    crew: Crew,
    account: Account | None,
    tell: Telling,
) -> dict[str, Any]:
    """Do the run, put its outputs in place and return its closing words."""
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.codes import codebook_notes
    from oscb_nlp.revising import note_codebook

    # Whatever is wrong with codebook, model or account shows before the long work.
    load_codebook(settings.codebook)
    periods = periods_of(account.by, account.unit) if account else None
    with tell.stage("Loading the model"):
        coding = kept_settings(settings, kept, crew)
    outcomes, facts = _done(jobs, settings, kept, crew, tell)
    if not any("documents" in part for part in facts):
        _print_problems(_problems([row for part in facts for row in part["problems"]]))
        files = ", ".join(str(job.item.path) for job in jobs[:3])
        raise ReadError(files + ", ..." * (len(jobs) > 3), "unreadable", "nothing could be read")
    with kept.publishing() as folder:
        made, found = _tables(coded_parts(jobs, facts, coding, kept), kept.out, folder, tell)
        problems = _problems(found)
        _print_problems(problems)
        said = codebook_notes(made)
        if account and periods is not None:
            said += _account(folder, settings, account, periods, kept.place, tell)
    note_codebook(kept.out, made, today())
    said += _closing(found, made, outcomes, kept.place)
    if account:
        said.append(f"Report: {kept.place / 'report.html'} (open it in a browser)")
    failed = {row["problem"] for row in found} - _HARMLESS
    counts = {**made["counts"], "kept_from_before": sum(o.before for o in outcomes)}
    return {
        "said": said,
        "problems": problems,
        "counts": counts,
        "exit_code": SOME_FAILED if failed else 0,
    }


def _done(
    jobs: list[Job], settings: Settings, kept: Kept, crew: Crew, tell: Telling
) -> tuple[list[Outcome], list[Rows]]:
    """Read and code, and return what became of each file and the rows of its document."""
    outcomes: list[Outcome] = []
    with tell.bar("Reading and coding", len(jobs)) as advance:

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            facts = {key: value for key, value in asdict(outcome).items() if key != "file"}
            tell.event("document", file=str(outcome.file), **facts)
            advance(1)

        return outcomes, do_jobs(jobs, settings, kept, crew, done)


def _tables(
    parts: Iterator[TaggedCorpus], out: Path, folder: Path, tell: Telling
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Write the tables into a folder, and return the run's settings and the rows of its problems."""
    from oscb_nlp.corpus import save_parts
    from oscb_nlp.tables import read_table

    with tell.stage("Writing tables"):
        settings = _put_over(out, folder, save_parts(parts, folder))
    problems = read_table(folder, "problems").astype(object)
    return settings, problems.where(problems.notna(), None).to_dict("records")


def _account(
    folder: Path, settings: Settings, account: Account, periods: By, home: Path | Url, tell: Telling
) -> list[str]:
    """Write the account of a folder's tables and the report beside them, and return what it says."""
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.report import write_report
    from oscb_nlp.summary import summarise

    with tell.stage("Summarising"):
        tagged = TaggedCorpus.load(folder)
        summary = summarise(tagged, settings.codebook, periods, account.unit, account.from_year)
    with tell.stage("Verifying quotes"):
        said = account_notes(summary, summary.save(folder))
    with tell.stage("Writing the report"):
        write_report(summary, folder / "report.html", "html", home=home)
    return said


def _closing(
    problems: list[dict[str, Any]], made: dict[str, Any], outcomes: list[Outcome], out: Path | Url
) -> list[str]:
    """Return what became of the files, by reason, and what there is now."""
    from oscb_nlp.redaction import counted

    counts, taken = made["counts"], counted(made["contact_details"])
    reasons = Counter(row["problem"] for row in problems)
    failed = Counter(outcome.problem for outcome in outcomes if not outcome.passages)
    failed.pop("", None)
    partly = sum(bool(o.problem and o.passages) for o in outcomes)
    files = (
        f"{len(outcomes)} files: {len(outcomes) - failed.total() - partly} read, "
        f"{partly} in part, {failed.total()} failed"
    )
    why = ", ".join(f"{number} {name}" for name, number in sorted(reasons.items()))
    said = [
        files + (f" (problems: {why})" if why else ""),
        f"{counts['documents']} documents, {counts['passages']} passages, "
        f"{counts['tags']} theme tags; tables in {out}",
    ]
    if taken:
        said.append(f"taken out of CSV, sheets, exports and reports: {taken}")
    if counts.get("passages_in_queue"):
        said.append(
            f"{counts['passages_in_queue']} passages wait in {out / 'queue.csv'} for a person: "
            f"oscb-nlp sheet {out} --sample doubt --out sheet.xlsx"
        )
    return said


def _put_over(out: Path, folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Put what people coded in the output folder over the tags just written, where there is any."""
    from oscb_nlp.codings import with_codings
    from oscb_nlp.corpus import TaggedCorpus, by_people

    kept = by_people(out)
    if not {"codings", "samples"} & set(kept):
        return settings
    tagged = TaggedCorpus.load(folder)
    if "samples" in kept:
        tagged = replace(tagged, samples=kept["samples"])
    if "codings" in kept:
        tagged = with_codings(tagged, kept["codings"])
    tagged.save(folder)
    return tagged.settings


def _problems(rows: list[dict[str, Any]]) -> list[str]:
    return [
        f"{row['file']}{', page ' + str(row['page']) if row['page'] else ''}: {row['problem']}: "
        f"{row['detail']}"
        for row in rows
    ]


def _print_problems(problems: list[str]) -> None:
    for line in problems:
        stderr.print(line, markup=False)
