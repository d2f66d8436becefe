"""What was read and coded, kept under what it was made of, so that no run does it twice.

Beside the tables of an output folder stands ``.kept``: a compressed JSON file for each document
read and one for each document coded. Their names are hashes of all that decides their content:
the file's bytes and name, this program and the libraries that read and code, settings, codebook
and model. A run that was killed therefore goes on where it was, and ends with the same bytes as
one that was not; a run on which nothing changed has nothing to do.

This module waits for no library, so that such a run is over at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from oscb_nlp.errors import OutputError
from oscb_nlp.files import naming, parse_json, read_limited, write_whole
from oscb_nlp.remote import Url, fingerprint

__all__ = ["Kept", "digest", "file_hash", "hashes_of", "only_run", "pipeline_hash"]

_MOST_BYTES = 512 << 20  # that a document's rows take
_LIBRARIES = (
    "pypdfium2", "pdfplumber", "python-docx", "lxml", "pytesseract", "spacy", "scikit-learn",
    "scipy", "numpy", "onnxruntime", "tokenizers",
)  # fmt: skip


def digest(*parts: Any) -> str:
    """Return a hash of values that JSON can hold.

    >>> digest("a", ["b"]) == digest("a", ["b"]), digest("ab") == digest("a", "b")
    (True, False)
    """
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_hash(path: Path | Url) -> str:
    """Return the hash of a file's bytes; empty where it cannot be opened, or might have no end.

    Of a file at an address it is what changes when the file does, so that it need not be fetched.
    """
    if isinstance(path, Url):
        return fingerprint(path)
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


@cache
def pipeline_hash() -> str:
    """Return a hash of this program and of the libraries on which its results depend."""
    package = Path(__file__).parent
    own = sorted(p for p in package.rglob("*") if p.suffix in {".py", ".toml", ".txt", ".html"})
    shipped = package / "shipped"
    sources = [
        (str(path.relative_to(package)), file_hash(path))
        for path in own
        if shipped not in path.parents
    ]
    return digest(sources, [_version(name) for name in _LIBRARIES], bool(shutil.which("tesseract")))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


class Kept:
    """The store of an output folder.

    Parameters
    ----------
    out
        The output folder, which must exist.

    Attributes
    ----------
    out
        The folder of this machine that a run works in.
    place
        Where a user finds the outputs: the same folder, or the address that it stands in for.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.place: Path | Url = out
        self.folder = out / ".kept"
        self._used: set[str] = set()

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what is kept under a key; None where nothing is, or what is there is damaged."""
        try:
            packed = read_limited(self._path(key), _MOST_BYTES)
            unpacker = zlib.decompressobj()
            value = parse_json(unpacker.decompress(packed, _MOST_BYTES))
        except (OSError, ValueError, zlib.error):
            return None
        self._used.add(key)
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value, whole or not at all.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        packed = zlib.compress(json.dumps(value, ensure_ascii=False).encode(), 6)
        with naming(self.place):
            self._path(key).parent.mkdir(exist_ok=True)
            write_whole(self._path(key), lambda path: path.write_bytes(packed))
        self._used.add(key)

    def forget(self) -> None:
        """Drop all that is kept; the outputs stay."""
        for path in self.folder.glob("??"):
            shutil.rmtree(path, ignore_errors=True)
        (self.folder / "done.json").unlink(missing_ok=True)

    def finished(self, key: str) -> dict[str, Any] | None:
        """Return what the run under ``key`` said at its end, if its outputs still stand as it left them."""
        try:
            done = parse_json(read_limited(self.folder / "done.json", _MOST_BYTES))
            same = done["key"] == key and all(
                self._state(name) == held for name, held in done["outputs"].items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return dict(done["closing"]) if same else None

    def finish(self, key: str, closing: dict[str, Any]) -> None:
        """Note that a run is whole, and drop what it did not use."""
        outputs = {name: self._state(name) for name in self._outputs()}
        done = {"key": key, "outputs": outputs, "closing": closing}
        content = json.dumps(done, indent=1).encode()
        with naming(self.place):
            write_whole(self.folder / "done.json", lambda path: path.write_bytes(content))
            for path in self.folder.glob("??/*"):
                if path.name not in self._used:
                    path.unlink(missing_ok=True)

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """Give a folder to write all outputs into; they take the place of earlier ones at the end.

        Whatever goes wrong before, a full disk among it, leaves the earlier outputs as they were.
        """
        staging = self.folder / "new"
        shutil.rmtree(staging, ignore_errors=True)
        with naming(self.place):
            staging.mkdir(parents=True)
        try:
            yield staging
            with naming(self.place):
                for path in sorted(staging.iterdir()):
                    path.replace(self.out / path.name)
        except OutputError as error:
            # Who reads it knows the output folder, not the one that stands in for it.
            raise OutputError(str(error).replace(str(staging), str(self.place))) from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _outputs(self) -> list[str]:
        """Return the names of all outputs that stand in the folder."""
        return sorted(p.name for p in self.out.iterdir() if p.is_file() and p.name[0] != ".")

    def _state(self, name: str) -> str:
        """Return what changes when an output does."""
        return file_hash(self.out / name)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key


@contextmanager
def only_run(out: Path | Url) -> Iterator[Kept]:
    """Take an output folder for one run; a run that is killed gives it free.

    Raises
    ------
    OutputError
        If another run writes into it, or it cannot be written.
    """
    if isinstance(out, Url):
        from oscb_nlp.mirrored import only_run_at

        with only_run_at(out) as mirrored:
            yield mirrored
        return
    kept = Kept(out)
    with naming(out):
        for path in (kept.folder, *kept.folder.glob("*")):
            # What is dropped of a folder that came from elsewhere must not be another's files.
            if path.is_symlink():
                raise OutputError(f"{path}: is a link, which no run makes; remove it")
        kept.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(kept.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutputError(
                f"{out}: another run is writing into this folder; wait until it ends, or give "
                "another folder with --out"
            ) from None
        yield kept
    finally:
        os.close(lock)


def hashes_of(folders: Iterable[Path]) -> list[tuple[str, str]]:
    """Return name and hash of every file that lies in folders."""
    return [
        (path.name, file_hash(path))
        for folder in folders
        for path in sorted(folder.glob("*"))
        if path.is_file()
    ]
