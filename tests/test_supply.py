"""What the package depends on is declared, listed with its licence and locked."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


LOCK = ROOT / "requirements-dev.lock"


def names(lines: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[; ]", line)[0].lower().replace("_", "-") for line in lines}


def test_every_declared_dependency_has_its_licence_listed() -> None:
    extras = PROJECT["optional-dependencies"].values()
    declared = names([*PROJECT["dependencies"], *(line for extra in extras for line in extra)])
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    assert declared <= set(re.findall(r"^\| ([\w.-]+) \|", listed, re.M))


def test_the_lock_file_pins_what_development_needs_with_hashes_and_names_no_registry() -> None:
    lock = LOCK.read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.M))
    extras = PROJECT["optional-dependencies"]
    needed = names([*PROJECT["dependencies"], *extras["dev"], *extras["docs"]])
    assert needed - pinned == set(), "run `make lock`"
    assert "://" not in lock
    assert len(pinned) == len(re.findall("==", lock))


def test_the_tests_run_with_the_releases_that_are_locked() -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.M))
    extras = PROJECT["optional-dependencies"]
    needed = names([*PROJECT["dependencies"], *extras["dev"]])
    have = {name: version(name) for name in needed}
    assert have == {name: pinned[name] for name in needed}


def audit(answer: str, lock: Path, folder: Path) -> tuple[int, str]:
    """Run the audit with a pip-audit that answers what a service would."""
    (folder / "pip_audit.py").write_text(f"print({answer!r})", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit.py"), str(lock)],
        env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.skipif(not (ROOT / ".ci").exists(), reason="the sdist holds no .ci")
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}', 0, "1 releases"),
        ('{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "V-1"}]}]}', 1, "V-1"),
        ('{"dependencies": [{"name": "a", "skip_reason": "unknown"}]}', 2, "NOT AUDITED"),
        ('{"dependencies": []}', 2, "NOT AUDITED"),
        ("", 2, "NOT AUDITED"),
    ],
)
def test_an_audit_without_an_answer_is_no_clean_one(
    tmp_path: Path, answer: str, code: int, said: str
) -> None:
    (tmp_path / "a.lock").write_text("a==1 \\\n    --hash=sha256:0\n", encoding="utf-8")
    found = audit(answer, tmp_path / "a.lock", tmp_path)
    assert found[0] == code
    assert said in found[1]
