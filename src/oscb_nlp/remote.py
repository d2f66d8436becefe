"""Files at addresses such as ``s3://bucket/reviews``, by fsspec: listed, copied here, put there whole.

A path of this machine never comes here further than :func:`place`, and fsspec is imported for an
address alone. Credentials come from where fsspec and its file systems look for them (environment,
configuration files) and never stand in an address, which tables, logs and errors show.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from oscb_nlp.errors import InputError, OscbError, OutputError, ReadError

__all__ = [
    "Url",
    "copied",
    "create",
    "fetch",
    "fetch_all",
    "files_in",
    "fingerprint",
    "is_folder",
    "place",
    "put",
    "read_bytes",
    "remove",
    "send",
]

_ADDRESS = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_SECRET = re.compile(
    r"://[^/@]*:[^/@]*@|[?&](sig|signature|token|[\w-]*credential|x-amz-\w+|key)=", re.IGNORECASE
)
# There a file appears under its name when it is whole; elsewhere it is renamed once it is.
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "memory"})
_STATES = ("ETag", "etag", "md5Hash", "content_md5", "md5", "generation")
_TIMES = ("mtime", "LastModified", "last_modified", "modificationTime", "updated", "created")


@dataclass(frozen=True, slots=True)
class Url:
    """The address of a file or folder that fsspec opens.

    Attributes
    ----------
    text
        The address, with no slash at its end.
    state
        What :func:`fingerprint` says, where a listing has told it already.

    Examples
    --------
    >>> str(Url("s3://bucket/reviews") / "a.pdf"), Url("s3://bucket/a.pdf").suffix
    ('s3://bucket/reviews/a.pdf', '.pdf')
    """

    text: str
    state: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, name: str) -> Url:
        return Url(f"{self.text}/{name.strip('/')}")

    @property
    def name(self) -> str:
        """The last part."""
        return self.text.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """The ending of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Url:
        """The folder."""
        return Url(self.text.rsplit("/", 1)[0])

    @property
    def protocol(self) -> str:
        """What stands before ``://``."""
        return self.text.split("://", 1)[0].lower()


def place(given: str | Path | Url) -> Path | Url:
    """Return what is given as an address where it is one, and as a path of this machine elsewhere.

    Raises
    ------
    InputError
        If an address holds a password or key, or is a chain of them.

    Examples
    --------
    >>> place("s3://bucket/reviews/"), place("file:///reviews/a.pdf"), place("a.pdf")
    (Url(text='s3://bucket/reviews'), PosixPath('/reviews/a.pdf'), PosixPath('a.pdf'))
    """
    if isinstance(given, Url):
        return given
    text = str(given)
    found = None if isinstance(given, Path) else _ADDRESS.match(text)
    if not found:
        return Path(given)
    if _SECRET.search(text):
        raise InputError(
            f"{found[0]}...: an address must not hold a password, key or signature, since tables "
            "and logs show it; give them as fsspec takes them (environment or configuration file)"
        )
    if "::" in text:
        raise InputError(f"{text}: give the address of a file or folder, not a chain of addresses")
    if found[1].lower() in {"file", "local"}:
        return Path(text[found.end() :])
    return Url(text.rstrip("/"))


def is_folder(url: Url) -> bool:
    """Return whether an address is a folder; false where it is a file.

    Raises
    ------
    InputError
        If nothing is there, or it cannot be reached.
    """
    with _naming(url, InputError, "cannot be read"):
        files, path = _open(url)
        files.invalidate_cache()
        if files.isdir(path):
            return True
        if not files.exists(path):
            raise InputError(f"{url}: there is no such file or folder")
        return False


def files_in(folder: Url) -> list[Url]:
    """Return all files under a folder, also deeper ones, in the order of their addresses."""
    with _naming(folder, InputError, "cannot be read"):
        files, path = _open(folder)
        files.invalidate_cache()
        found: dict[str, dict[str, Any]] = files.find(path, detail=True)
        start = len(path.rstrip("/")) + 1
        return [
            Url(f"{folder}/{name[start:]}", _state(info)) for name, info in sorted(found.items())
        ]


def fingerprint(url: Url) -> str:
    """Return what changes when a file does, without its bytes where the store tells; "" if gone."""
    if url.state:
        return url.state
    try:
        with _naming(url, InputError, "cannot be read"):
            files, path = _open(url)
            info = files.info(path)
        return _state(info) or hashlib.sha256(read_bytes(url)).hexdigest()
    except InputError:
        return ""


def read_bytes(url: Url) -> bytes:
    """Return a file's bytes; raise :class:`InputError` where it cannot be read."""
    with _naming(url, InputError, "cannot be read"):
        files, path = _open(url)
        return bytes(files.cat_file(path))


def fetch(url: Url, target: Path) -> None:
    """Copy a file here; raise :class:`InputError` where it cannot be read."""
    with _naming(url, InputError, "cannot be read"):
        files, path = _open(url)
        files.get_file(path, str(target))


def fetch_all(folder: Url, names: list[str], target: Path) -> None:
    """Copy files of a folder here, many at a time where the file system can."""
    with _naming(folder, InputError, "cannot be read"):
        files, path = _open(folder)
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
        if names:
            files.get([f"{path}/{name}" for name in names], [str(target / name) for name in names])


@contextmanager
def copied(given: Path | Url) -> Iterator[Path]:
    """Give a file of this machine to read: the path itself, or a copy of what is at an address.

    The copy has the same name, which tells a reader of year and title, and goes when it was read.

    Raises
    ------
    ReadError
        ``cannot-open``, if the copy cannot be made.
    """
    if not isinstance(given, Url):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="oscb-nlp-") as folder:
        copy = Path(folder) / given.name
        try:
            fetch(given, copy)
        except OscbError as error:
            raise ReadError(str(given), "cannot-open", str(error).split(": ", 1)[-1]) from None
        yield copy


def send(file: Path, url: Url) -> None:
    """Put a file to an address, whole or not at all; raise :class:`OutputError` where it fails."""
    with _naming(url, OutputError, "cannot be written"):
        files, path = _open(url)
        files.makedirs(_open(url.parent)[1], exist_ok=True)
        if url.protocol in _WHOLE:
            files.put_file(str(file), path)
            return
        partial = _open(url.parent / f".{url.name}.{uuid4().hex}.partial")[1]
        try:
            files.put_file(str(file), partial)
            files.mv(partial, path)
        finally:
            if files.exists(partial):
                files.rm_file(partial)


def put(content: bytes, url: Url) -> None:
    """Put bytes to an address, whatever stands there."""
    with _naming(url, OutputError, "cannot be written"):
        files, path = _open(url)
        files.pipe_file(path, content)


def create(content: bytes, url: Url) -> bool:
    """Put bytes to an address where nothing stands yet; return whether that was so."""
    with _naming(url, OutputError, "cannot be written"):
        files, path = _open(url)
        files.invalidate_cache()
        if files.exists(path):
            return False
        files.makedirs(_open(url.parent)[1], exist_ok=True)
        try:
            files.pipe_file(path, content, mode="create")
        except (FileExistsError, NotImplementedError):
            return False
        except OSError as error:
            # S3 says so of a file that came between looking and writing.
            if "PreconditionFailed" in str(error) or "pre-conditions" in str(error):
                return False
            raise
        return True


def remove(urls: list[Url]) -> None:
    """Remove files; one that is gone already is none too many."""
    if urls:
        with _naming(urls[0].parent, OutputError, "cannot be written"):
            files, _path = _open(urls[0])
            there = [path for url in urls if files.exists(path := _open(url)[1])]
            if there:
                files.rm(there)


def _open(url: Url) -> tuple[Any, str]:
    """Return the file system of an address and the path in it."""
    from fsspec.core import url_to_fs

    files, path = url_to_fs(url.text)
    return files, str(path)


def _state(info: dict[str, Any]) -> str:
    marks = [str(info[key]) for key in _STATES if info.get(key)]
    marks = marks or [str(info[key]) for key in _TIMES if info.get(key)]
    if not marks:
        return ""
    return hashlib.sha256("\n".join([str(info.get("size")), *marks]).encode()).hexdigest()


@contextmanager
def _naming(url: Url, kind: type[OscbError], what: str) -> Iterator[None]:
    """Name the address in place of whatever a file system raises, which might tell a secret."""
    try:
        yield
    except OscbError:
        raise
    except ImportError:
        raise kind(
            f"{url}: {what}: install what opens such addresses: pip install "
            f'"oscb-nlp[urls]", and s3fs for s3://, adlfs for az://, gcsfs for gs://'
        ) from None
    except FileNotFoundError:
        raise kind(f"{url}: {what}: there is no such file or folder") from None
    except PermissionError:
        raise kind(f"{url}: {what}: access is refused; check credentials and rights") from None
    except ValueError as error:
        known = "Protocol not known" in str(error)
        why = "fsspec knows no such protocol" if known else "ValueError"
        raise kind(f"{url}: {what}: {why}") from None
    except Exception as error:
        # Of strange file systems the kind alone: their messages may hold addresses with signatures.
        raise kind(
            f"{url}: {what}: {type(error).__name__}; check address and credentials"
        ) from None
