"""Folders that cannot be written or read, and a disk that is full: a clear error, and what was there stays whole."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oscb_nlp import load_model, load_stance_model, summarise
from oscb_nlp.errors import InputError, OscbError, OutputError
from oscb_nlp.exchange import export
from oscb_nlp.files import write_whole, writing
from oscb_nlp.inputs import find_inputs
from oscb_nlp.kept import only_run
from oscb_nlp.persistence import save_model
from oscb_nlp.second_coder import write_codings
from oscb_nlp.summary import CrossYearSummary
from oscb_nlp.tables import CODING_SCHEMAS, frame
from tests.fuzz.seeds import corpus

NOBODY = 65_534
ANN = {"passage_id": "p", "document_id": "d", "coder": "Ann", "theme": "neglect"}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be nobody for a while: permissions do not hold for root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that nobody may read too."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for path in Path(name).rglob("*"):
            if path.is_dir():
                path.chmod(0o755)


@pytest.fixture(scope="module")
def writers() -> dict[str, Callable[[Path], Any]]:
    """Everything that writes into a folder of results."""
    tagged = corpus()
    summary = summarise(tagged)
    themes, stance = load_model(grade="fast"), load_stance_model()
    content = export(tagged, "csv")

    def run(folder: Path) -> None:
        with only_run(folder) as kept:
            kept.put("abc", {"problems": [], "more": "x" * 1_000})

    def one_file(folder: Path) -> None:
        with writing(folder):
            write_whole(folder / "coded.csv", lambda path: path.write_bytes(content))

    return {
        "tables": tagged.save,
        "summary": summary.save,
        "report": lambda folder: CrossYearSummary.to_html(summary, folder / "report.html"),
        "model": lambda folder: save_model(folder, themes, stance, {}),
        "codings": lambda folder: write_codings(
            folder / "codings.csv", frame([ANN], CODING_SCHEMAS["codings"])
        ),
        "run": run,
        "export": one_file,
    }


WRITERS = ("tables", "summary", "report", "model", "codings", "run", "export")


def held(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_read_only_is_named_and_keeps_what_it_holds(
    name: str, writers: dict[str, Callable[[Path], Any]], place: Path
) -> None:
    folder = place / "out"
    writers[name](folder)
    before = held(folder)
    assert before
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        path.chmod(0o555)
    with as_nobody(), pytest.raises(OutputError, match=f"{folder}.*(Permission|Read-only)"):
        writers[name](folder)
    assert held(folder) == before


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_folder_that_is_a_file_is_named_and_stays(
    name: str, writers: dict[str, Callable[[Path], Any]], tmp_path: Path
) -> None:
    path = tmp_path / "out"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=str(path)):
        writers[name](path)
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of four megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk of its own, and not everywhere")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_named_and_keeps_what_it_holds(
    name: str, writers: dict[str, Callable[[Path], Any]], small_disk: Path
) -> None:
    if name == "model":
        pytest.skip("the shipped model is larger than the disk")
    folder = small_disk / "out"
    writers[name](folder)
    before = held(folder)
    with pytest.raises(OSError, match="No space"), (small_disk / "rest").open("wb") as file:
        while True:
            file.write(bytes(512))
            file.flush()
    with pytest.raises(OutputError, match=f"{folder}.*No space left"):
        writers[name](folder)
    assert held(folder) == before


def test_a_manifest_or_folder_that_may_not_be_read_is_named(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir()
    (closed / "manifest.csv").write_text("file\na.pdf\n", encoding="utf-8")
    (closed / "a.pdf").touch()
    (place / "b.pdf").touch()
    closed.chmod(0)
    for path, named in ((closed / "manifest.csv", "manifest.csv"), (closed, "closed"), (place, "closed")):  # fmt: skip
        with as_nobody(), pytest.raises(InputError, match=rf"{named}.*Permission denied"):
            find_inputs([path])
    closed.chmod(0o755)
    (closed / "manifest.csv").chmod(0)
    with as_nobody(), pytest.raises(OscbError, match=r"manifest\.csv.*Permission denied"):
        find_inputs([closed / "manifest.csv"])
