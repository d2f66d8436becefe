"""Who reads and codes: processes of this machine, as many as it has cores.

Reading and coding stand in processes of their own: a stranger's file passes through one that
may take so much time and memory, and no model is lost with it when it does.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from oscb_nlp.batch import read_rows
from oscb_nlp.corpus import rows_to_corpus
from oscb_nlp.inputs import Input
from oscb_nlp.rows import Rows
from oscb_nlp.tagging import Coded, Coder
from oscb_nlp.workers import Reading, processes

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
    """Who does the work of a run."""

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the settings of what codes, as :meth:`oscb_nlp.tagging.Coder.settings`."""

    def work(
        self, tasks: Sequence[Task], reading: Reading, model: Model
    ) -> Iterator[tuple[int, Rows, Coded | None]]:
        """Yield each document's number, its rows and, where it could be read, its codes.

        In whatever order they are done.
        """


@dataclass(frozen=True, slots=True)
class LocalCrew:
    """Processes of this machine; by default as many as it has cores."""

    workers: int | None = None

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the settings of what codes."""
        return describe(model, 0)

    def work(
        self, tasks: Sequence[Task], reading: Reading, model: Model
    ) -> Iterator[tuple[int, Rows, Coded | None]]:
        """Yield each document's number, rows and codes, in the order given."""
        workers = self.workers or os.cpu_count() or 1
        unread = [task.item for task in tasks if task.rows is None]
        found = read_rows(unread, workers, reading)
        coders = workers if len(tasks) >= _WORTH_A_MODEL_EACH else 1
        done: deque[tuple[int, Rows, Future[Coded] | None]] = deque()
        with _coders(coders) as code:
            for task in tasks:
                rows = task.rows() if task.rows else next(found)
                done.append((task.number, rows, code(model, rows) if "documents" in rows else None))
                if len(done) > _AHEAD * coders:
                    yield _finished(*done.popleft())
            while done:
                yield _finished(*done.popleft())


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
    return Coder(model.model, model.codebook, model.grade, model.mode, model.abstain, threads)


def _finished(
    index: int, rows: Rows, coded: Future[Coded] | None
) -> tuple[int, Rows, Coded | None]:
    return index, rows, coded.result() if coded is not None else None


@contextmanager
def _coders(workers: int) -> Iterator[Callable[[Model, Rows], Future[Coded]]]:
    """Give what codes a document: this process, or several beside it."""
    if workers < 2:
        yield _code_here
        return
    with processes(workers) as pool:
        # One thread each: together they have as many as there are cores.
        yield lambda model, rows: pool.schedule(code_rows, args=[model, rows, 1])


def _code_here(model: Model, rows: Rows) -> Future[Coded]:
    done: Future[Coded] = Future()
    done.set_result(code_rows(model, rows, 0))
    return done
