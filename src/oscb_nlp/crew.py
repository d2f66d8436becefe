"""Who reads and codes: processes of this machine, as many as it has cores.

Reading and coding stand in processes of their own: a stranger's file passes through one that
may take so much time and memory, and no model is lost with it when it does.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from oscb_nlp.batch import read_rows
from oscb_nlp.codes import Coded
from oscb_nlp.corpus import rows_to_corpus
from oscb_nlp.inputs import Input
from oscb_nlp.rows import Rows
from oscb_nlp.workers import Reading, processes

if TYPE_CHECKING:
    from pebble import ProcessPool

    from oscb_nlp.tagging import Coder

__all__ = ["Crew", "LocalCrew", "Model", "Task", "code_rows", "describe"]

_WORTH_A_MODEL_EACH = 12
"""Documents from which each process loads the models: that takes as long as to code some eight."""

_AHEAD = 4  # documents for each process that may be read and not yet coded


@dataclass(frozen=True, slots=True)
class Model:
    """What codes: the parameters of :class:`oscb_nlp.tagging.Coder`."""

    model: Path | None = None
    codebook: Path | None = None
    grade: str = "auto"
    mode: str = "balanced"
    abstain: float | None = None


class Task(NamedTuple):
    """A document to do: its number, its file, and its rows where it was read before."""

    number: int
    item: Input
    rows: Callable[[], Rows] | None = None


class Crew(Protocol):
    """Who does the work of a run, within a ``with`` block."""

    def __enter__(self) -> Crew:
        """Begin."""

    def __exit__(self, *error: Any) -> None:
        """End whatever still runs."""

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the settings of what codes, as :meth:`oscb_nlp.tagging.Coder.settings`."""

    def work(
        self, tasks: Sequence[Task], reading: Reading, model: Model
    ) -> Iterator[tuple[int, Rows, Coded | None]]:
        """Yield each document's number, its rows and, where it could be read, its codes.

        In whatever order they are done.
        """


class LocalCrew:
    """Processes of this machine; a context manager, since they stand ready until it ends.

    Parameters
    ----------
    workers
        How many; by default as many as the machine has cores.
    documents
        How many are to be coded. From twelve on each process loads the models; below that this
        process codes, beside those that read.
    """

    def __init__(self, workers: int | None = None, documents: int = 0) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._coders = self._workers if documents >= _WORTH_A_MODEL_EACH else 1
        # Where few are coded by this process alone, the encoder takes all cores that it may.
        self._threads = 0 if self._workers > self._coders else 1
        self._open = ExitStack()

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the settings of what codes."""
        if self._pool is None:
            return describe(model, self._threads)
        # Each process is asked, so that all load the models at once.
        first, *_ = [
            self._pool.schedule(describe, args=[model, self._threads]) for _ in range(self._coders)
        ]
        return dict(first.result())

    def work(
        self, tasks: Sequence[Task], reading: Reading, model: Model
    ) -> Iterator[tuple[int, Rows, Coded | None]]:
        """Yield each document's number, rows and codes, in the order given."""
        unread = [task.item for task in tasks if task.rows is None]
        found = read_rows(unread, self._workers, reading)
        done: deque[tuple[int, Rows, Future[Coded] | None]] = deque()
        for task in tasks:
            rows = task.rows() if task.rows else next(found)
            coded = self._code(model, rows) if "documents" in rows else None
            done.append((task.number, rows, coded))
            if len(done) > _AHEAD * self._coders:
                yield _finished(*done.popleft())
        while done:
            yield _finished(*done.popleft())
        self._open.close()

    @cached_property
    def _pool(self) -> ProcessPool | None:
        """The processes that code, where more than this one does."""
        return self._open.enter_context(processes(self._coders)) if self._coders > 1 else None

    def _code(self, model: Model, rows: Rows) -> Future[Coded]:
        if self._pool is not None:
            return self._pool.schedule(code_rows, args=[model, rows, self._threads])
        done: Future[Coded] = Future()
        done.set_result(code_rows(model, rows, self._threads))
        return done

    def __enter__(self) -> LocalCrew:
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)


def code_rows(model: Model, rows: Rows, threads: int) -> Coded:
    """Code the passages of one document's rows; the models stay loaded."""
    return _coder(model, threads).code(rows_to_corpus([rows]).passages)


def describe(model: Model, threads: int) -> dict[str, Any]:
    """Return the settings of what codes.

    Raises
    ------
    ModelError, CodebookError
        If model or codebook cannot be used.
    """
    return _coder(model, threads).settings()


@lru_cache(maxsize=1)
def _coder(model: Model, threads: int) -> Coder:
    from oscb_nlp.tagging import Coder  # slow to load, and not needed beside others that code

    return Coder(model.model, model.codebook, model.grade, model.mode, model.abstain, threads)


def _finished(
    index: int, rows: Rows, coded: Future[Coded] | None
) -> tuple[int, Rows, Coded | None]:
    return index, rows, coded.result() if coded is not None else None
