"""What the package depends on is declared, listed with its licence and locked."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared() -> set[str]:
    extras = PROJECT["optional-dependencies"].values()
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in extra)]
    return {re.split(r"[<>=!~\[; ]", line)[0].lower().replace("_", "-") for line in lines}


def test_every_declared_dependency_has_its_licence_listed() -> None:
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert declared() <= set(re.findall(r"^\| ([\w.-]+) \|", listed, re.M))


def test_the_lock_file_names_every_dependency_with_hashes_and_no_registry() -> None:
    path = ROOT / "requirements-dev.lock"
    if not path.exists():
        pytest.skip("there is no lock file")
    lock = path.read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)", lock, re.M))  # fmt: skip
    only_corpus = {"typst"}
    assert declared() - only_corpus <= set(pinned)
    assert "://" not in lock
    assert len(pinned) == len(re.findall(r"^[\w.-]+==", lock, re.M))
