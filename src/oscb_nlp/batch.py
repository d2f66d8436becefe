"""Many documents: find the inputs, read each in a worker process, gather the tables."""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field, replace
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from oscb_nlp.corpus import Corpus, documents_to_corpus
from oscb_nlp.document import Document, MetadataValue, Problem
from oscb_nlp.errors import PROBLEMS, InputError, ReadError
from oscb_nlp.reading import read_pdf

__all__ = ["Input", "find_inputs", "read_corpus", "read_safely"]

_OVERRULED = (
    "title", "review_type", "board", "subject", "published", "year", "reporting_year",
)  # fmt: skip
_FILES_PER_WORKER = 50  # a worker is replaced after as many, so that leaks stay small


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, with metadata that a manifest gives and that overrule what is found."""

    path: Path
    manifest: Mapping[str, str] = field(default_factory=dict)


def find_inputs(paths: Iterable[str | Path]) -> list[Input]:
    """Return the files that paths stand for: PDF files, folders (recursive), manifest CSVs.

    A manifest has a column ``file`` (relative to the manifest) and any of the columns
    title, review_type, board, subject, published, year, reporting_year.

    Raises
    ------
    InputError
        If a path does not exist, a manifest is wrong, or no PDF is found.
    """
    inputs: list[Input] = []
    for path in map(Path, paths):
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.suffix.lower() == ".pdf" and p.is_file())
            inputs += [Input(file) for file in files]
        elif not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
        elif path.suffix.lower() == ".csv":
            inputs += _from_manifest(path)
        else:
            inputs.append(Input(path))
    if not inputs:
        raise InputError(
            "no PDF was found: give PDF files, folders that hold them or a manifest CSV"
        )
    unique = {item.path.resolve(): item for item in inputs}
    return list(unique.values())


def read_corpus(
    *paths: str | Path,
    jobs: int | None = None,
    timeout: float = 60.0,
    progress: Callable[[Path], None] | None = None,
) -> Corpus:
    """Read many PDFs, each in a worker process with a time limit.

    Parameters
    ----------
    paths
        PDF files, folders or manifest CSVs, as :func:`find_inputs` takes them.
    jobs
        Worker processes; by default as many as there are cores.
    timeout
        Seconds after which a document is given up.
    progress
        Called with each file when it is done, in the order of the input.

    Returns
    -------
    Corpus
        Documents in the order of the input; every file that failed is in ``problems``.

    Raises
    ------
    InputError
        If a path does not exist or no PDF is found.
    """
    inputs = find_inputs(paths)
    documents: list[Document] = []
    problems: list[Problem] = []
    for item, outcome in _read_all(inputs, jobs or os.cpu_count() or 1, timeout):
        if isinstance(outcome, Document):
            documents.append(_overrule(outcome, item))
        else:
            problems.append(outcome)
        if progress:
            progress(item.path)
    documents, duplicates = _without_duplicates(documents)
    return documents_to_corpus(documents, [*problems, *duplicates, *_gaps(documents)])


def read_safely(path: str | Path, timeout: float = 60.0) -> Document:
    """Read one PDF in a worker process, so that no file can bring the program down.

    Raises
    ------
    ReadError
        If the file cannot be read, takes too long or crashes its worker.
    """
    (_item, outcome), *_ = _read_all([Input(Path(path))], 1, timeout)
    if isinstance(outcome, Problem):
        error = ReadError(path, outcome.problem)
        error.detail = outcome.detail
        error.args = (f"{path}: {outcome.problem}: {outcome.detail}",)
        raise error
    return outcome


def _from_manifest(path: Path) -> list[Input]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: the manifest cannot be read as CSV: {error}") from None
    if not rows or "file" not in rows[0]:
        raise InputError(
            f"{path}: a manifest needs a header with the column 'file' and rows under it"
        )
    inputs = []
    for number, row in enumerate(rows, 2):
        if not (row.get("file") or "").strip():
            raise InputError(f"{path}:{number}: the column 'file' is empty")
        given = {key: row[key].strip() for key in _OVERRULED if (row.get(key) or "").strip()}
        if "year" in given and not (given["year"].isdigit() and len(given["year"]) == 4):
            raise InputError(f"{path}:{number}: year {given['year']!r} is no year")
        inputs.append(Input(path.parent / row["file"].strip(), given))
    return inputs


def _read_all(
    inputs: Sequence[Input], jobs: int, timeout: float
) -> Iterable[tuple[Input, Document | Problem]]:
    # Spawned, since pdfium is not safe to use after a fork of a process that has threads.
    context = multiprocessing.get_context("spawn")
    workers = max(1, min(jobs, len(inputs)))
    with ProcessPool(workers, max_tasks=_FILES_PER_WORKER, context=context) as pool:
        futures = [pool.schedule(read_pdf, args=[item.path], timeout=timeout) for item in inputs]
        try:
            for item, future in zip(inputs, futures, strict=True):
                yield item, _outcome(item.path, future.result, timeout)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _outcome(path: Path, result: Callable[[], Document], timeout: float) -> Document | Problem:
    try:
        return result()
    except ReadError as error:
        return Problem(str(path), error.problem, error.detail)
    except FutureTimeoutError:
        return _problem(path, "time-out", f"reading took more than {timeout:g} s")
    except ProcessExpired as error:
        return _problem(path, "crashed", f"the worker ended with code {error.exitcode}")
    except MemoryError:
        return _problem(path, "crashed", "out of memory")
    except Exception as error:
        # Whatever a stranger's PDF does to a library must not stop the batch.
        return _problem(path, "unreadable", f"{type(error).__name__}: {error}")


def _problem(path: Path, problem: str, detail: str) -> Problem:
    return Problem(str(path), problem, f"{detail}; {PROBLEMS[problem]}")


def _overrule(document: Document, item: Input) -> Document:
    given = {name: MetadataValue(value, "manifest") for name, value in item.manifest.items()}
    if "published" in given and "year" not in given:
        given["year"] = MetadataValue(given["published"].value[:4], "manifest: published")
    return replace(document, metadata={**document.metadata, **given}) if given else document


def _without_duplicates(documents: list[Document]) -> tuple[list[Document], list[Problem]]:
    first: dict[str, Document] = {}
    problems = []
    for document in documents:
        if document.document_id in first:
            same = first[document.document_id].file
            problems.append(
                Problem(document.file, "duplicate", f"same as {same}; {PROBLEMS['duplicate']}")
            )
        else:
            first[document.document_id] = document
    return list(first.values()), problems


def _gaps(documents: Iterable[Document]) -> Iterable[Problem]:
    for document in documents:
        if not document.passages:
            yield Problem(document.file, "no-passages", PROBLEMS["no-passages"])
        if not document.value("year"):
            yield Problem(document.file, "no-year", PROBLEMS["no-year"])
