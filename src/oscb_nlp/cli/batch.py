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
from oscb_nlp.running import Job, Outcome, Settings, code_jobs, jobs_of

if TYPE_CHECKING:
    from oscb_nlp.corpus import Corpus, TaggedCorpus
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
            closing = _run(jobs, kept, settings, workers, account, tell)
            kept.finish(key, closing)
        else:
            tell.say("Nothing has changed since the last run into this folder.")
            _print_problems(closing["problems"])
        for line in closing["said"]:
            tell.say(line)
        tell.event("closing", **closing["counts"])
        return int(closing["exit_code"])


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
    workers: int | None,
    account: Account | None,
    tell: Telling,
) -> dict[str, Any]:
    """Do the run, put its outputs in place and return its closing words."""
    from oscb_nlp.codebook import load_codebook
    from oscb_nlp.revising import note_codebook
    from oscb_nlp.tagging import codebook_notes

    # Whatever is wrong with codebook or account shows before the long work.
    load_codebook(settings.codebook)
    periods = periods_of(account.by, account.unit) if account else None
    outcomes: list[Outcome] = []
    with tell.bar("Reading and coding", len(jobs)) as advance:

        def done(outcome: Outcome) -> None:
            outcomes.append(outcome)
            facts = {key: value for key, value in asdict(outcome).items() if key != "file"}
            tell.event("document", file=str(outcome.file), **facts)
            advance(1)

        tagged = code_jobs(jobs, settings, kept, workers, done)
    problems = _problems(tagged)
    _print_problems(problems)
    if not len(tagged):
        files = ", ".join(str(job.item.path) for job in jobs[:3])
        raise ReadError(files + ", ..." * (len(jobs) > 3), "unreadable", "nothing could be read")
    tagged = _with_what_people_coded(tagged, kept.out)
    said = codebook_notes(tagged)
    said += _publish(tagged, kept, settings, account, periods, tell)
    note_codebook(kept.out, tagged.settings, today())
    said += _closing(tagged, outcomes, kept.place)
    if len(tagged.queue):
        said.append(
            f"{tagged.settings['counts']['passages_in_queue']} passages wait in "
            f"{kept.place / 'queue.csv'} for a person: "
            f"oscb-nlp sheet {kept.place} --sample doubt --out sheet.xlsx"
        )
    if account:
        said.append(f"Report: {kept.place / 'report.html'} (open it in a browser)")
    failed = set(tagged.problems["problem"]) - _HARMLESS
    counts = {**tagged.settings["counts"], "kept_from_before": sum(o.before for o in outcomes)}
    return {
        "said": said,
        "problems": problems,
        "counts": counts,
        "exit_code": SOME_FAILED if failed else 0,
    }


def _publish(
    tagged: TaggedCorpus,
    kept: Kept,
    settings: Settings,
    account: Account | None,
    periods: By | None,
    tell: Telling,
) -> list[str]:
    """Write all outputs, put them in place together, and return what the account says."""
    said: list[str] = []
    with kept.publishing() as folder:
        with tell.stage("Writing tables"):
            tagged.save(folder)
        if account and periods is not None:
            from oscb_nlp.report import write_report
            from oscb_nlp.summary import summarise

            with tell.stage("Summarising"):
                summary = summarise(
                    tagged, settings.codebook, periods, account.unit, account.from_year
                )
            with tell.stage("Verifying quotes"):
                said += account_notes(summary, summary.save(folder))
            with tell.stage("Writing the report"):
                write_report(summary, folder / "report.html", "html", home=kept.place)
    return said


def _closing(tagged: TaggedCorpus, outcomes: list[Outcome], out: Path | Url) -> list[str]:
    """Return what became of the files, by reason, and what there is now."""
    reasons = Counter(tagged.problems["problem"])
    failed = Counter(outcome.problem for outcome in outcomes if not outcome.passages)
    failed.pop("", None)
    partly = sum(bool(o.problem and o.passages) for o in outcomes)
    counts = tagged.settings["counts"]
    files = (
        f"{len(outcomes)} files: {len(outcomes) - failed.total() - partly} read, "
        f"{partly} in part, {failed.total()} failed"
    )
    why = ", ".join(f"{number} {name}" for name, number in sorted(reasons.items()))
    return [
        files + (f" (problems: {why})" if why else ""),
        f"{counts['documents']} documents, {counts['passages']} passages, "
        f"{counts['tags']} theme tags; tables in {out}",
    ]


def _with_what_people_coded(tagged: TaggedCorpus, out: Path) -> TaggedCorpus:
    """Put the codings that the folder holds over the tags that were just made."""
    from oscb_nlp.codings import with_codings
    from oscb_nlp.corpus import by_people

    kept = by_people(out)
    if "samples" in kept:
        tagged = replace(tagged, samples=kept["samples"])
    return with_codings(tagged, kept["codings"]) if "codings" in kept else tagged


def _problems(corpus: Corpus) -> list[str]:
    return [
        f"{row.file}{f', page {row.page}' if row.page else ''}: {row.problem}: {row.detail}"
        for row in corpus.problems.itertuples()
    ]


def _print_problems(problems: list[str]) -> None:
    for line in problems:
        stderr.print(line, markup=False)
