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


def modules_imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere, also inside functions and for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_no_module_opens_a_pickle_and_one_alone_a_network_connection() -> None:
    clients = {
        "socket", "ssl", "http", "urllib", "asyncio", "requests", "httpx", "aiohttp", "urllib3",
        "openai", "anthropic", "websockets", "ftplib", "smtplib", "xmlrpc",
    }  # fmt: skip
    for path in PACKAGE.rglob("*.py"):
        found = modules_imported(path)
        assert not found & {"pickle", "joblib"}, path
        assert found & clients == ({"httpx"} if path.name == "endpoint.py" else set()), path
        assert ("fsspec" in found) == (path.name == "remote.py"), path
        assert bool(found & {"dask", "distributed"}) == (path.name == "cluster.py"), path


def test_the_module_that_opens_connections_is_imported_by_the_second_coder_alone() -> None:
    """And by none when it is imported itself: the package loads without a client."""
    importers = {
        room_of(path)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "oscb_nlp.endpoint"
    }
    assert importers <= {"second_coder", "cli"}
    at_start = ast.parse((PACKAGE / "endpoint.py").read_text(encoding="utf-8")).body
    assert not [
        node for node in at_start if isinstance(node, ast.Import) and "httpx" in ast.dump(node)
    ]
