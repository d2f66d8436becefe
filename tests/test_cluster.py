"""A run on a Dask cluster: real schedulers and workers, on this machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from oscb_nlp.cluster import DaskCrew
from oscb_nlp.crew import LocalCrew, Model, Task
from oscb_nlp.errors import ClusterError
from oscb_nlp.inputs import find_inputs
from oscb_nlp.workers import Reading

FAST = Model(grade="fast")


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small reviews and one file that is none."""
    from fpdf import FPDF

    folder = tmp_path_factory.mktemp("reviews")
    for number in range(8):
        paper = FPDF()
        paper.add_page()
        paper.set_font("helvetica", size=11)
        paper.multi_cell(0, text=f"1.{number} Neglect was not named, and the school was not told.")
        paper.output(str(folder / f"review_{2010 + number}.pdf"))
    (folder / "page.pdf").write_bytes(b"<html>404</html>")
    return folder


@pytest.fixture(scope="module")
def alone(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run on this machine alone writes."""
    return outputs(tag(reviews, tmp_path_factory.mktemp("alone") / "out"))


def tag(reviews: Path, out: Path, *options: str) -> Path:
    words = ["tag", str(reviews), "--out", str(out), "--grade", "fast", "--jobs", "2", *options]
    done = subprocess.run(
        [sys.executable, "-m", "oscb_nlp", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    return out


def outputs(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("[!.]*")}


def tasks(reviews: Path) -> list[Task]:
    return [Task(number, item) for number, item in enumerate(find_inputs([reviews]))]


def test_a_local_cluster_gives_the_bytes_of_one_machine(
    reviews: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    assert outputs(tag(reviews, tmp_path / "out", "--dask", "local")) == alone


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """A cluster as somebody else would start it, with workers that may start no process."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, memory_limit=0
    ) as made:
        yield made


def test_a_worker_that_is_killed_costs_no_document(reviews: Path, cluster: LocalCluster) -> None:
    here = {number: (rows, coded) for number, rows, coded in LocalCrew(1).work(tasks(reviews), Reading(), FAST)}  # fmt: skip
    victim = next(iter(cluster.workers.values())).pid
    beginning = {process.pid for process in psutil.Process(victim).children()}
    killed = threading.Thread(target=kill_when, args=[victim, lambda: working(victim, beginning)])
    killed.start()
    there = {
        number: (rows, coded)
        for number, rows, coded in DaskCrew(cluster.scheduler_address).work(
            tasks(reviews), Reading(), FAST
        )
    }
    killed.join()
    assert not psutil.pid_exists(victim)
    assert there.keys() == here.keys()
    for number, (rows, coded) in here.items():
        assert there[number][0] == rows
        assert (there[number][1] is None) == (coded is None)
        if coded is not None:
            assert there[number][1].tags == coded.tags  # type: ignore[union-attr]


def working(worker: int, beginning: set[int]) -> bool:
    """Whether a worker has begun to read, which it does in a process of its own."""
    return bool({process.pid for process in psutil.Process(worker).children()} - beginning)


def kill_when(worker: int, ready: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not ready() and time.monotonic() < end:
        time.sleep(0.01)
    os.kill(worker, signal.SIGKILL)


def test_an_address_where_no_scheduler_answers_is_named(
    reviews: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oscb_nlp.cluster._ANSWER", 1.0)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9.*no Dask scheduler"):
        next(DaskCrew("tcp://127.0.0.1:9").work(tasks(reviews), Reading(), FAST))
