"""Files written whole or not at all, in folders that are named where they cannot be; files read within limits.

This module imports the standard library alone: a run that has nothing to do waits for no other.
"""

from __future__ import annotations

import json
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscb_nlp.errors import OutputError

__all__ = [
    "naming", "parse_json", "read_limited", "shown_name", "whole", "write_whole", "writing",
]  # fmt: skip

_DEEPEST = 100  # levels of JSON; what walks through it may not run out of stack


@contextmanager
def naming(folder: object) -> Iterator[None]:
    """Name the output folder, and the way out, where something in it cannot be written.

    Raises
    ------
    OutputError
        In place of an :class:`OSError` that comes from inside.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror or error}; "
            "give another folder with --out or free some space"
        ) from None


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Make ``folder`` ready to be written; name it in the error where it cannot be."""
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        yield folder


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a name beside, under which to write; what is there at the end takes the path's name."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write to a name beside and rename, so that the file is whole or not there."""
    with whole(path) as partial:
        write(partial)


def shown_name(path: object) -> str:
    r"""Return a path as tables can hold it: what is no Unicode in a file's name is a question mark.

    >>> shown_name("caf\udce9.pdf")
    'caf?.pdf'
    """
    return str(path).encode("utf-8", "replace").decode()


def read_limited(path: Path, most: int) -> bytes:
    """Return the bytes of a file that comes from a stranger.

    Raises
    ------
    OSError
        If it cannot be read, is no ordinary file (a pipe or device may never end), or is larger
        than ``most`` bytes.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is no ordinary file")
    if found.st_size > most:
        raise OSError(f"it is larger than the {most >> 20} MB that are read")
    return path.read_bytes()


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        If it is no JSON, or nested so deeply that nobody wrote it in good faith.

    Examples
    --------
    >>> parse_json('{"a": [1]}')
    {'a': [1]}
    >>> parse_json("[" * 5_000)
    Traceback (most recent call last):
    ValueError: it is nested too deeply
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    level = [value]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return value
    raise ValueError("it is nested too deeply")


def _inside(value: Any) -> list[Any]:
    """Return what a JSON value holds that may hold more."""
    if not isinstance(value, (dict, list)):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [one for one in inner if isinstance(one, (dict, list))]
