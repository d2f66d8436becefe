"""Documents read in worker processes with limits, so that no file can bring the program down."""

from __future__ import annotations

import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from loky.backend import get_context
from pebble import ProcessExpired, ProcessPool

from oscb_nlp.document import Document, Problem
from oscb_nlp.errors import PROBLEMS, ReadError
from oscb_nlp.reading import read_document
from oscb_nlp.reading.limits import Limits, limit_memory
from oscb_nlp.reading.quoted import Citation, missing_quotes
from oscb_nlp.remote import Url, copied

__all__ = [
    "Reading",
    "call_each",
    "check_quotes",
    "processes",
    "raise_problem",
    "read_each",
    "read_safely",
]

T = TypeVar("T")

_FILES_PER_WORKER = 50  # a worker is replaced after as many, so that leaks stay small
_AHEAD = 4  # files for each worker that are read ahead
_OCR_SHARE = 0.7  # of the time limit: the rest is for reading what is text


@dataclass(frozen=True, slots=True)
class Reading:
    """How documents are read.

    Attributes
    ----------
    timeout
        Seconds after which a document is given up.
    memory
        Megabytes that a worker may take beyond what it starts with.
    engine, password, ocr, limits
        As :func:`oscb_nlp.read_pdf` takes them.
    """

    timeout: float = 60.0
    memory: int = 1_024
    engine: str = "auto"
    password: str | None = None
    ocr: bool = True
    limits: Limits = field(default_factory=Limits)


def read_safely(path: str | Path, reading: Reading | None = None) -> Document:
    """Read one document in a worker process.

    Raises
    ------
    ReadError
        If the file cannot be read, takes too long or crashes its worker.
    """
    (outcome,) = read_each([Path(path)], 1, reading or Reading())
    if isinstance(outcome, Problem):
        raise_problem(outcome)
    return outcome


def raise_problem(problem: Problem) -> NoReturn:
    """Raise a problem of a file as the :class:`ReadError` that goes with it."""
    error = ReadError(problem.file, problem.problem)
    error.detail = problem.detail
    error.args = (f"{problem.file}: {problem.problem}: {problem.detail}",)
    raise error


def read_each(
    paths: Sequence[Path | Url], workers: int, reading: Reading
) -> Iterator[Document | Problem]:
    """Yield each file's document, or the problem that kept it from being read, in order."""
    options: dict[str, Any] = {
        "engine": reading.engine,
        "password": reading.password,
        "ocr": reading.ocr,
        "limits": replace(
            reading.limits,
            ocr_seconds=min(reading.limits.ocr_seconds, _OCR_SHARE * reading.timeout),
        ),
    }
    tasks = [(path,) for path in paths]
    return call_each(partial(_read, **options), tasks, min(workers, len(paths)), reading, _AHEAD)


def check_quotes(
    tasks: Sequence[tuple[Path | Url, str, Sequence[Citation]]],
    workers: int,
    reading: Reading | None = None,
) -> Iterator[list[bool] | None]:
    """Yield for each file and its citations what :func:`missing_quotes` says of them, in order.

    None where the file is gone or cannot be read again.
    """
    reading = reading or Reading()
    with processes(min(workers, len(tasks)), reading.memory) as pool:
        futures = [
            pool.schedule(_missing, args=list(task), timeout=reading.timeout) for task in tasks
        ]
        for future in futures:
            try:
                yield future.result()
            except Exception:
                # Gone, locked or crashed: the file bears no witness, and the caller counts that.
                yield None


def call_each(
    function: Callable[..., T],
    tasks: Iterable[Sequence[Any]],
    workers: int,
    reading: Reading,
    ahead: int = 0,
) -> Iterator[T | Problem]:
    """Yield what a function gives of each task, a file and what else it takes, in order.

    The problem in its place where the file cannot be opened, takes too long or crashes its
    worker. So many tasks for each worker are begun ``ahead`` of the one whose outcome is asked
    for, and no more: what is done and not yet taken fills memory.
    """
    begun: deque[tuple[Path | Url, Any]] = deque()
    with processes(workers, reading.memory) as pool:
        for task in tasks:
            future = pool.schedule(function, args=list(task), timeout=reading.timeout)
            begun.append((task[0], future))
            if len(begun) > ahead * workers:
                path, first = begun.popleft()
                yield _outcome(path, first.result, reading.timeout)
        for path, future in begun:
            yield _outcome(path, future.result, reading.timeout)


def _read(path: Path | Url, **options: Any) -> Document:
    with copied(path) as file:
        document = read_document(file, **options)
    if not isinstance(path, Url):
        return document
    problems = tuple(replace(problem, file=str(path)) for problem in document.problems)
    return replace(document, file=str(path), problems=problems)


def _missing(path: Path | Url, identity: str, citations: Sequence[Citation]) -> list[bool] | None:
    with copied(path) as file:
        return missing_quotes(file, identity, citations)


def _begin(memory: int | None, scratch: str) -> None:
    # Ctrl-C on a terminal reaches the workers too; the one who started them ends them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Pebble's own handler waits until C code returns, and pebble three seconds before it kills.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tempfile.tempdir = scratch
    if memory is not None:
        limit_memory(memory)


@contextmanager
def processes(workers: int, memory: int | None = None) -> Iterator[ProcessPool]:
    """Give a pool of worker processes, each with at most ``memory`` megabytes beyond its start.

    With a limit, a worker is replaced after fifty tasks, since a stranger's files pass through it.
    """
    # Started afresh, since pdfium is not safe to use after a fork of a process that has threads; and
    # by loky, whose workers do not run the caller's script again where that has no main guard.
    # What a worker that is ended leaves behind lies in a folder that goes with the pool.
    with tempfile.TemporaryDirectory(prefix="oscb-nlp-", ignore_cleanup_errors=True) as scratch:
        pool = ProcessPool(
            max(1, workers),
            max_tasks=0 if memory is None else _FILES_PER_WORKER,
            initializer=_begin,
            initargs=[memory, scratch],
            context=get_context("loky"),
        )
        with pool:
            try:
                yield pool
            except BaseException:
                pool.stop()  # type: ignore[no-untyped-call]
                raise


def _outcome(path: Path | Url, result: Callable[[], T], timeout: float) -> T | Problem:
    try:
        return result()
    except ReadError as error:
        return Problem(str(path), error.problem, error.detail)
    except FutureTimeoutError:
        return _problem(path, "time-out", f"took more than {timeout:g} s")
    except ProcessExpired as error:
        return _problem(path, "crashed", f"the worker ended with code {error.exitcode}")
    except MemoryError:
        return _problem(path, "crashed", "out of memory")
    except Exception as error:
        # Whatever a stranger's PDF does to a library must not stop the batch.
        return _problem(path, "unreadable", f"{type(error).__name__}: {error}")


def _problem(path: Path | Url, problem: str, detail: str) -> Problem:
    return Problem(str(path), problem, f"{detail}; {PROBLEMS[problem]}")
