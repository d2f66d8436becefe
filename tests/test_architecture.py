"""The house keeps its direction: a module imports only what stands above it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "oscb_nlp"
TABLE = (
    (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("Inside `reading/`")[0]
)
ORDER = re.findall(r"^\| `([a-z_]+)/?` \|", TABLE, re.MULTILINE)


def imports_of(path: Path) -> set[str]:
    """Rooms of the package that a file imports when it is imported itself."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("oscb_nlp."):
            found.add(str(node.module).split(".")[1])
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(p for p in PACKAGE.rglob("*.py") if room_of(p) not in {"__init__", "__main__"})


def test_every_module_stands_in_the_table() -> None:
    assert {room_of(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    room = room_of(path)
    allowed = set(ORDER[: ORDER.index(room)]) | {room}
    assert imports_of(path) <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_no_module_opens_a_network_connection_or_a_pickle() -> None:
    forbidden = re.compile(
        r"^\s*(?:import|from) (?:socket|http|urllib|requests|pickle|joblib|ssl)\b", re.M
    )
    for path in PACKAGE.rglob("*.py"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path
