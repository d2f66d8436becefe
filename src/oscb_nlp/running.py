"""What `tag` and `run` do with their inputs: read and code each, keep both, gather the whole."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oscb_nlp.inputs import Input
from oscb_nlp.kept import Kept, digest, file_hash, hashes_of, pipeline_hash
from oscb_nlp.remote import Url
from oscb_nlp.resources import shipped_path

if TYPE_CHECKING:
    from oscb_nlp.corpus import Rows, TaggedCorpus
    from oscb_nlp.tagging import Coded, Coder
    from oscb_nlp.workers import Reading

__all__ = ["Job", "Outcome", "Settings", "code_jobs", "jobs_of"]


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

    def coding_key(self) -> str:
        """Return a hash of what codes: model, codebook, grade and mode."""
        folders = [self.model or shipped_path("models/default"), shipped_path("models/encoder")]
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


def code_jobs(
    jobs: Sequence[Job],
    settings: Settings,
    kept: Kept,
    workers: int | None = None,
    progress: Callable[[Outcome], None] | None = None,
) -> TaggedCorpus:
    """Read and code what is not kept yet, and return all of it.

    Workers read ahead while this process codes.

    Parameters
    ----------
    jobs
        What :func:`jobs_of` returned.
    settings
        How they are read and coded.
    kept
        Where results are found and put.
    workers
        Processes that read; by default as many as there are cores.
    progress
        Called with each file's outcome when it is done.

    Raises
    ------
    OutputError
        If ``kept`` cannot be written.
    ModelError, CodebookError
        If model or codebook cannot be used.
    """
    from oscb_nlp.batch import counted_once, read_rows
    from oscb_nlp.corpus import rows_to_corpus
    from oscb_nlp.tagging import Coder

    coder = Coder(
        settings.model, settings.codebook, settings.grade, settings.mode, settings.abstain
    )
    tell = progress or (lambda _outcome: None)
    rows: dict[int, Rows] = {}
    coded: dict[str, Coded] = {}

    left = []
    for index, job in enumerate(jobs):
        part = (kept.get(job.read) or kept.get(job.failed)) if job.read else None
        if part is None:
            left.append(index)
        else:
            rows[index] = _standing_at(part, job.item.path)
            tell(_code_one(job, rows[index], True, coder, kept, coded))
    if left:
        found = read_rows([jobs[index].item for index in left], workers, settings.reading())
        for index, part in zip(left, found, strict=True):
            rows[index] = part
            if jobs[index].read:
                kept.put(jobs[index].failed if _by_limits(part) else jobs[index].read, part)
            tell(_code_one(jobs[index], part, False, coder, kept, coded))
    parts = counted_once([rows[index] for index in range(len(jobs))])
    order = [row["document_id"] for part in parts for row in part.get("documents", ())]
    return coder.tagged(rows_to_corpus(parts), [coded[document] for document in order])


def _code_one(
    job: Job, part: Rows, before: bool, coder: Coder, kept: Kept, coded: dict[str, Coded]
) -> Outcome:
    """Put into ``coded`` what a document is coded with, kept or new, and return its outcome."""
    from oscb_nlp.corpus import rows_to_corpus

    if "documents" not in part:
        return Outcome(job.item.path, part["problems"][0]["problem"], before=before)
    document = part["documents"][0]["document_id"]
    if document not in coded:
        found = _coded(kept.get(job.coded)) if job.coded else None
        if found is None:
            before = False
            found = coder.code(rows_to_corpus([part]).passages)
            if job.coded:
                kept.put(job.coded, _packed(found))
        coded[document] = found
    partly = part["problems"][0]["problem"] if part["problems"] else ""
    return Outcome(job.item.path, partly, len(part["passages"]), before)


def _standing_at(part: Rows, path: Path | Url) -> Rows:
    """Return a part as read from where its file lies now."""
    for name in ("documents", "problems"):
        for row in part.get(name, ()):
            row["file"] = str(path)
    return part


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


def _coded(value: dict[str, Any] | None) -> Coded | None:
    if value is None:
        return None
    import numpy as np

    from oscb_nlp.tagging import Coded

    vectors = {
        name: np.frombuffer(base64.b64decode(text), np.float16)
        for name, text in value["vectors"].items()
    }
    return Coded(value["tags"], vectors, value["queue"])
