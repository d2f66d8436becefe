"""A run's documents done on a Dask cluster: on other machines, or on processes of this one.

Documents travel a few at a time. A file of this machine travels as bytes, one at an address is
fetched by the worker; model and codebook travel once to each worker. On a worker each file is still
read in a process of its own with limits. What a lost worker had in hand is done by another one, and a
file that brings down worker after worker becomes a problem of its own.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from oscb_nlp.batch import read_rows
from oscb_nlp.codes import Coded
from oscb_nlp.crew import Model, Task, code_rows, describe
from oscb_nlp.document import Problem
from oscb_nlp.errors import PROBLEMS, ClusterError
from oscb_nlp.inputs import Input
from oscb_nlp.kept import digest, pipeline_hash
from oscb_nlp.remote import Url
from oscb_nlp.rows import Rows, problem_rows, rows_of_file
from oscb_nlp.workers import Reading

try:
    import dask
    from distributed import Client, LocalCluster, Security, WorkerPlugin, get_worker, wait
    from distributed.scheduler import KilledWorker
except ImportError:
    raise ClusterError('--dask needs the extra "dask": pip install "oscb-nlp[dask]"') from None

__all__ = ["LOCAL", "DaskCrew", "in_the_clear"]

LOCAL = "local"
"""The address that stands for a cluster of this machine's processes."""

_MOST = 16  # documents that travel together
_HEAVY = 32 << 20  # bytes of files from which no further one travels with them
_ROUNDS = 4  # batches for each thread of the cluster, so that the last ones end together
_ANSWER = 30.0  # seconds in which a scheduler answers
_PATIENCE = 300.0  # seconds without any worker after which a run gives up

_PLUGIN = "oscb-nlp"
_Done = tuple[int, Rows, Coded | None]


def in_the_clear(address: str) -> bool:
    """Return whether text travels to a scheduler over the network without encryption.

    >>> [in_the_clear(at) for at in ("local", "tls://a:8786", "tcp://127.0.0.1:1", "tcp://a:1")]
    [False, False, False, True]
    """
    scheme, host = re.match(r"(?:(\w+)://)?(\[[^\]]*\]|[^:/]*)", address.lower()).groups()  # type: ignore[union-attr]
    here = address == LOCAL or host in {"localhost", "127.0.0.1", "[::1]"}
    return not here and scheme not in {"tls", "wss"}


@dataclass(frozen=True, slots=True)
class DaskCrew:
    """The workers of a Dask cluster.

    Parameters
    ----------
    address
        Of the scheduler; :data:`LOCAL` for a cluster that is started for the run.
    workers
        Worker processes of a local cluster; by default as many as there are cores.
    """

    address: str
    workers: int | None = None

    def __enter__(self) -> DaskCrew:
        return self

    def __exit__(self, *error: Any) -> None:
        pass  # the work itself opens the cluster and ends with it

    def settings(self, model: Model) -> dict[str, Any]:
        """Return the settings of what codes."""
        return describe(model, 0)

    def work(self, tasks: Sequence[Task], reading: Reading, model: Model) -> Iterator[_Done]:
        """Yield each document's number, rows and codes, in the order in which they are done.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached, runs another version, or is lost.
        """
        elsewhere = self.address != LOCAL
        expected = _makes(model, 0)
        with _client(self.address, self.workers) as client:
            client.register_plugin(_Sent.of(model, elsewhere), name=_PLUGIN)
            threads = max(1, sum(client.nthreads().values()))
            size = min(_MOST, -(-len(tasks) // (_ROUNDS * threads)))
            waiting = _batches(tasks, size)
            alone: deque[list[Task]] = deque()
            running: dict[Any, list[Task]] = {}
            while waiting or running or alone:
                last = not waiting and not running
                if last:
                    waiting.append(alone.popleft())
                while waiting and len(running) <= threads:
                    batch = waiting.popleft()
                    documents = [_Document.of(task, elsewhere) for task in batch]
                    future = client.submit(
                        _do, documents, reading, expected, pure=False, key=f"oscb-nlp-{uuid4()}"
                    )
                    running[future] = batch
                for future in _some_done(client, list(running)):
                    batch = running.pop(future)
                    done = _result(future)
                    if done is not None:
                        names = {task.number: str(task.item.path) for task in batch}
                        # The copies that workers read lay elsewhere.
                        yield from (
                            (number, rows_of_file(rows, names[number]), coded)
                            for number, rows, coded in done
                        )
                    elif len(batch) > 1:
                        waiting.extend([task] for task in batch)
                    elif not last:
                        # Others may have brought its workers down: it gets one more turn by itself.
                        alone.append(batch)
                    else:
                        yield _crashed(batch[0])
                threads = max(1, sum(client.nthreads().values()))


class _Document(NamedTuple):
    """A document as it travels."""

    number: int
    item: Input
    content: bytes | None
    rows: Rows | None

    @classmethod
    def of(cls, task: Task, elsewhere: bool) -> _Document:
        path, content = task.item.path, None
        rows = task.rows() if task.rows else None
        if elsewhere and rows is None and not isinstance(path, Url):
            # What cannot be opened here cannot be there either, and is named by its reader.
            content = path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None
        return cls(task.number, task.item, content, rows)


@dataclass(frozen=True)
class _Sent(WorkerPlugin):  # type: ignore[misc]
    """Model and codebook as they travel: a plugin, which Dask hands to later workers too."""

    model: Model
    files: dict[str, bytes] = field(repr=False)
    book: bytes | None = field(repr=False)
    name: str = _PLUGIN

    @classmethod
    def of(cls, model: Model, elsewhere: bool) -> _Sent:
        if not elsewhere:
            return cls(model, {}, None)
        files = sorted(model.model.glob("*")) if model.model else []
        return cls(
            model,
            {path.name: path.read_bytes() for path in files if path.is_file()},
            model.codebook.read_bytes() if model.codebook else None,
        )

    def setup(self, worker: Any) -> None:
        """Write model and codebook into a folder of the worker, which goes with it."""
        model = self.model
        if self.files or self.book is not None:
            folder = Path(tempfile.mkdtemp(prefix="oscb-nlp-", dir=worker.local_directory))
            (folder / "model").mkdir()
            for name, content in self.files.items():
                (folder / "model" / name).write_bytes(content)
            if self.files:
                model = replace(model, model=folder / "model")
            if self.book is not None and model.codebook:
                book = folder / model.codebook.name
                book.write_bytes(self.book)
                model = replace(model, codebook=book)
        worker.oscb_nlp_model = model

    def teardown(self, worker: Any) -> None:
        """Leave the rest to the worker, which removes its folder."""


_coding = threading.Lock()


def _do(documents: Sequence[_Document], reading: Reading, expected: str) -> list[_Done]:
    """Read and code documents: what a worker does."""
    model: Model = get_worker().oscb_nlp_model
    # A worker that `dask worker` started may not start processes of its own, unless told so here.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    with _coding:
        if _makes(model, 1) != expected:
            raise ClusterError(
                "a worker of the cluster has another version of oscb_nlp, of a library or of the "
                "model than this machine, so that its results would differ: install the same"
            )
    done: list[_Done] = []
    with tempfile.TemporaryDirectory(prefix="oscb-nlp-") as folder:
        unread = [document for document in documents if document.rows is None]
        found = read_rows([_input(one, Path(folder)) for one in unread], 1, reading)
        for document in documents:
            rows = next(found) if document.rows is None else document.rows
            with _coding:
                coded = code_rows(model, rows, 1) if "documents" in rows else None
            done.append((document.number, rows, coded))
    return done


def _input(document: _Document, folder: Path) -> Input:
    """Return where a document can be read on this machine."""
    if document.content is None:
        return document.item
    # The name tells a reader of year and title, so it stays.
    path = folder / str(document.number) / document.item.path.name
    path.parent.mkdir()
    path.write_bytes(document.content)
    return Input(path, document.item.manifest)


@lru_cache(maxsize=1)
def _makes(model: Model, threads: int) -> str:
    """Return a hash of all that decides results here, wherever the model's files lie."""
    about = {key: value for key, value in describe(model, threads).items() if key != "model"}
    return digest(pipeline_hash(), about)


def _batches(tasks: Sequence[Task], most: int) -> deque[list[Task]]:
    batches: deque[list[Task]] = deque()
    bytes_of = 0
    for task in tasks:
        path = task.item.path
        heavy = path.stat().st_size if isinstance(path, Path) and path.exists() else 0
        if not batches or len(batches[-1]) >= most or bytes_of + heavy > _HEAVY:
            batches.append([])
            bytes_of = 0
        batches[-1].append(task)
        bytes_of += heavy
    return batches


def _crashed(task: Task) -> _Done:
    detail = f"worker after worker of the cluster ended with it; {PROBLEMS['crashed']}"
    return (
        task.number,
        {"problems": problem_rows([Problem(str(task.item.path), "crashed", detail)])},
        None,
    )


def _some_done(client: Any, running: Sequence[Any]) -> list[Any]:
    """Wait until some are done; raise where the cluster has had no worker for long."""
    since = time.monotonic()
    while True:
        try:
            with client.as_current():
                return list(wait(running, timeout=_ANSWER, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if client.nthreads():
                since = time.monotonic()
            elif time.monotonic() - since > _PATIENCE:
                raise ClusterError(
                    f"the cluster has had no worker for {_PATIENCE:.0f} s; what was done is kept, "
                    "and the same command goes on"
                ) from None


def _result(future: Any) -> list[_Done] | None:
    """Return what a batch gave; None where its workers were lost, one after the other."""
    if future.status == "finished":
        return list(future.result())
    error = future.exception() if future.status == "error" else None
    if isinstance(error, KilledWorker):
        return None
    if isinstance(error, ClusterError):
        raise error
    raise ClusterError(
        f"the cluster gave up ({type(error).__name__ if error else 'the scheduler was lost'}); "
        "what was done is kept, and the same command goes on"
    )


@contextmanager
def _client(address: str, workers: int | None) -> Iterator[Any]:
    if address != LOCAL:
        try:
            client = Client(address, timeout=_ANSWER, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(
                f"{address}: no Dask scheduler answers there ({type(error).__name__}); give its "
                "address, as tls://host:8786, and see that this machine may reach it"
            ) from None
        with client:
            try:
                client.wait_for_workers(1, timeout=_ANSWER)
            except TimeoutError:
                raise ClusterError(f"{address}: the cluster has no worker; start some") from None
            yield client
        return
    quiet = {
        "distributed.worker.daemon": False,
        "distributed.scheduler.allowed-failures": 1,
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    # With keys of its own, so that nobody else on this machine can send it work.
    with (
        dask.config.set(quiet),
        LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            memory_limit=0,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
            security=Security.temporary(),
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
