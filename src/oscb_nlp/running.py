"""What `tag` and `run` do with their inputs: read and code each, keep both, gather the whole."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscb_nlp.errors import OutputError
from oscb_nlp.files import shown_name
from oscb_nlp.inputs import Input
from oscb_nlp.kept import Kept, digest, file_hash, hashes_of, pipeline_hash
from oscb_nlp.remote import Url
from oscb_nlp.resources import shipped_path

if TYPE_CHECKING:
    from oscb_nlp.codes import Coded
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.crew import Crew, Model
    from oscb_nlp.rows import Rows
    from oscb_nlp.workers import Reading

__all__ = ["Job", "Outcome", "Settings", "coded_parts", "do_jobs", "jobs_of", "kept_settings"]

_AT_A_TIME = 100
"""Documents that are gathered at a time: as few as keep memory flat, as many as write quickly."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides what a document is read and coded as, but for the document.

    Attributes
    ----------
    timeout, memory, engine, password, ocr
        As in :class:`oscb_nlp.workers.Reading`.
    model, codebook, grade, mode, abstain
        As :func:`oscb_nlp.tag` takes them.
    """

    timeout: float = 60.0
    memory: int = 1_024
    engine: str = "auto"
    password: str | None = None
    ocr: bool = True
    model: Path | None = None
    codebook: Path | None = None
    grade: str = "auto"
    mode: str = "balanced"
    abstain: float | None = None

    def reading(self) -> Reading:
        """Return the settings of reading."""
        from oscb_nlp.workers import Reading

        return Reading(self.timeout, self.memory, self.engine, self.password, self.ocr)

    def coding(self) -> Model:
        """Return what codes."""
        from oscb_nlp.crew import Model

        return Model(self.model, self.codebook, self.grade, self.mode, self.abstain)

    def coding_key(self) -> str:
        """Return a hash of what codes: model, codebook, grade and mode."""
        networks = [shipped_path("models/encoder"), shipped_path("models/distilled")]
        folders = [self.model or shipped_path("models/default"), *networks]
        book = file_hash(self.codebook) if self.codebook else ""
        encoder = find_spec("onnxruntime") is not None and find_spec("tokenizers") is not None
        return digest(hashes_of(folders), book, encoder, self.grade, self.mode, self.abstain)


@dataclass(frozen=True, slots=True)
class Job:
    """An input and the names under which it is kept: as read, as failed within limits, as coded."""

    item: Input
    read: str
    failed: str
    coded: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: its problem, where it has one, and whether it was done before."""

    file: Path | Url
    problem: str = ""
    passages: int = 0
    before: bool = False


def jobs_of(inputs: Sequence[Input], settings: Settings) -> list[Job]:
    """Return the inputs with the names under which their results are kept."""
    read_by = digest(pipeline_hash(), settings.engine, settings.password, settings.ocr)
    code_by, limits = settings.coding_key(), [settings.timeout, settings.memory]
    jobs = []
    for item in inputs:
        content = file_hash(item.path)
        # A file that cannot be opened has no content to go by, and is tried again each time.
        read = digest(read_by, content, item.path.name, dict(item.manifest)) if content else ""
        jobs.append(Job(item, read, read and digest(read, limits), read and digest(read, code_by)))
    return jobs


def do_jobs(
    jobs: Sequence[Job],
    settings: Settings,
    kept: Kept,
    crew: Crew,
    progress: Callable[[Outcome], None] | None = None,
) -> list[Rows]:
    """Read and code what is not kept yet, and keep it.

    Parameters
    ----------
    jobs
        What :func:`jobs_of` returned.
    settings
        How they are read and coded.
    kept
        Where results are found and put.
    crew
        Who does the work.
    progress
        Called with each file's outcome when it is done.

    Returns
    -------
    list of Rows
        For each job the rows of its document and problems; its passages are kept.

    Raises
    ------
    OutputError
        If ``kept`` cannot be written.
    ModelError, CodebookError
        If model or codebook cannot be used.
    """
    from oscb_nlp.crew import Task

    tell = progress or (lambda _outcome: None)
    facts: list[Rows] = [{} for _job in jobs]
    tasks = []
    for index, job in enumerate(jobs):
        rows = _kept_rows(job, kept)
        if rows is not None and ("documents" not in rows or kept.get(job.coded)):
            facts[index] = _facts(rows)
            tell(_outcome(job, rows, before=True))
        else:
            load = partial(_kept_there, job, kept) if rows is not None else None
            tasks.append(Task(index, job.item, load))
    for index, rows, coded in (
        crew.work(tasks, settings.reading(), settings.coding()) if tasks else ()
    ):
        job = jobs[index]
        if job.read:
            kept.put(job.failed if _by_limits(rows) else job.read, rows)
            if coded is not None:
                kept.put(job.coded, _packed(coded))
        elif "documents" in rows:
            rows = _too_late(job)
        facts[index] = _facts(rows)
        tell(_outcome(job, rows, before=False))
    return facts


def kept_settings(settings: Settings, kept: Kept, crew: Crew) -> dict[str, Any]:
    """Return the settings of what codes, kept so that a run with nothing to code loads no model."""
    key = digest("settings", pipeline_hash(), settings.coding_key(), str(settings.model))
    found = kept.get(key)
    if found is None:
        found = crew.settings(settings.coding())
        kept.put(key, found)
    return found


def coded_parts(
    jobs: Sequence[Job], facts: Sequence[Rows], settings: dict[str, Any], kept: Kept
) -> Iterator[TaggedCorpus]:
    """Yield what a run read and coded, some documents at a time, each counted once.

    ``facts`` are what :func:`do_jobs` returned, ``settings`` those of what codes. The first part
    holds the problems of files that were not read.
    """
    from oscb_nlp.batch import counted_once
    from oscb_nlp.codes import tagged_corpus
    from oscb_nlp.corpus import rows_to_corpus

    problems, *counted = counted_once(facts)
    yield tagged_corpus(rows_to_corpus([problems]), [], settings)
    place = {id(part): index for index, part in enumerate(facts)}
    mine = [jobs[place[id(part)]] for part in counted]
    for start in range(0, len(mine), _AT_A_TIME):
        some = mine[start : start + _AT_A_TIME]
        try:
            corpus = rows_to_corpus([_kept_there(job, kept) for job in some])
            coded = [_coded(_there(job, kept.get(job.coded), kept)) for job in some]
            part = tagged_corpus(corpus, coded, settings)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise OutputError(
                f"{kept.place}: what is kept in .kept is of another form ({type(error).__name__}); "
                "run the same command again with --fresh"
            ) from None
        yield part


def _kept_rows(job: Job, kept: Kept) -> Rows | None:
    """Return what was read of a file, as from where it lies now."""
    from oscb_nlp.rows import rows_of_file

    rows = (kept.get(job.read) or kept.get(job.failed)) if job.read else None
    if rows is None or not _are_rows(rows):
        return None
    return rows_of_file(rows, shown_name(job.item.path))


def _are_rows(value: dict[str, Any]) -> bool:
    """Whether what was kept is rows by table: a results folder may come from anywhere."""
    return "problems" in value and all(
        isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        for rows in value.values()
    )


def _kept_there(job: Job, kept: Kept) -> Rows:
    return _there(job, _kept_rows(job, kept), kept)


def _there(job: Job, value: dict[str, Any] | None, kept: Kept) -> dict[str, Any]:
    if value is None:
        raise OutputError(
            f"{kept.place}: what was kept of {job.item.path} has gone or was damaged while the run "
            "went on; run the same command again"
        )
    return value


def _too_late(job: Job) -> Rows:
    """Return what is said of a file that could be opened only after the run had begun."""
    from oscb_nlp.document import Problem
    from oscb_nlp.rows import problem_rows

    detail = "could not be opened when the run began; run the same command again"
    return {"problems": problem_rows([Problem(str(job.item.path), "unreadable", detail)])}


def _facts(rows: Rows) -> Rows:
    return {name: rows[name] for name in ("documents", "problems") if name in rows}


def _outcome(job: Job, rows: Rows, before: bool) -> Outcome:
    problem = rows["problems"][0]["problem"] if rows["problems"] else ""
    return Outcome(job.item.path, problem, len(rows.get("passages", ())), before)


def _by_limits(part: Rows) -> bool:
    """Whether other limits of time and memory might read more of a document."""
    return "documents" not in part or any(
        row["problem"] in {"time-out", "crashed"} for row in part["problems"]
    )


def _packed(coded: Coded) -> dict[str, Any]:
    vectors = {
        name: base64.b64encode(vector.tobytes()).decode() for name, vector in coded.vectors.items()
    }
    return {"tags": coded.tags, "vectors": vectors, "queue": coded.queue}


def _coded(value: dict[str, Any]) -> Coded:
    import numpy as np

    from oscb_nlp.codes import Coded

    vectors = {
        name: np.frombuffer(base64.b64decode(text), np.float16)
        for name, text in value["vectors"].items()
    }
    return Coded(value["tags"], vectors, value["queue"])
