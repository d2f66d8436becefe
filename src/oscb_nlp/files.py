"""Files written whole or not at all, in folders that are named where they cannot be written.

This module imports the standard library alone: a run that has nothing to do waits for no other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oscb_nlp.errors import OutputError

__all__ = ["naming", "whole", "write_whole", "writing"]


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
