"""Other programs themselves, where they are installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange import export, read_exchange, read_project

QC = shutil.which("qc")


@pytest.fixture
def imported(tagged: TaggedCorpus, tmp_path: Path) -> Path:
    """A folder into which qualitative-coding has imported our project."""
    if QC is None:
        pytest.skip("qc is not installed: pip install qualitative-coding, which needs pandoc")
    path = tmp_path / "reviews.qdpx"
    path.write_bytes(export(tagged, "qdpx"))
    folder = tmp_path / "project"
    folder.mkdir()
    qc(folder, "init", "--import", str(path))
    return folder


def qc(folder: Path, *arguments: str) -> str:
    # Its importer holds a breakpoint() of its makers, which waits for a person.
    environment = {**os.environ, "PYTHONBREAKPOINT": "0"}
    done = subprocess.run(
        [str(QC), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_qualitative_coding_imports_reviews_coders_and_codes(imported: Path) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in imported.glob("corpus/*")}
    assert sorted(texts) == ["adam.txt", "beth.txt"]
    assert "3.1 The house was cold \U0001f9ca and Adam’s bed had no sheets." in texts["adam.txt"]
    assert set(qc(imported, "coders").splitlines()) >= {"Ann", "Ben Bø", "model"}
    codes = qc(imported, "codes", "list")
    assert "- Harm to the child\n" in codes
    assert "    - Neglect\n" in codes


def test_what_qualitative_coding_exports_is_read(
    imported: Path, by_model: TaggedCorpus, tmp_path: Path
) -> None:
    """It puts every code on the first line of its text, whatever the position, and so back."""
    qc(imported, "export", str(tmp_path / "back.qdpx"))
    found = read_project(tmp_path / "back.qdpx")
    assert found.origin.startswith("qc ")
    assert sorted(found.coders) == ["Ann", "Ben Bø", "model"]
    assert {one.text for one in found.sources[0].selections} == {"What we found\n"}
    assert set(read_exchange(tmp_path / "back.qdpx", by_model).conflicts["what"]) == {
        "text-not-found"
    }
