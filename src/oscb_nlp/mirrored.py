"""A results folder at an address: a run works in a copy of it on this machine and sends back what it made.

What is kept goes there as soon as it is made, so that a run which is killed goes on on whatever
machine. Outputs go when all are whole, each under its name at once, and the note that the run is
finished goes last. A lock at the address, renewed while a run lives, keeps a second run away.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from oscb_nlp.errors import InputError, OscbError, OutputError
from oscb_nlp.files import parse_json
from oscb_nlp.kept import Kept, digest, file_hash
from oscb_nlp.remote import (
    Url,
    create,
    fetch_all,
    files_in,
    fingerprint,
    is_folder,
    put,
    read_bytes,
    remove,
    send,
)

__all__ = ["MirroredKept", "only_run_at"]

_RENEWED = 30.0
"""Seconds after which a living run renews its lock."""
_STALE = 300.0
"""Seconds after which a lock that was not renewed counts as left behind."""
_SETTLED = 1.0  # seconds in which two runs that take the same stale lock see the last of them


class MirroredKept(Kept):
    """The store of a results folder at an address, and the copy that the run works in.

    Parameters
    ----------
    url
        The address.
    out
        An empty folder of this machine for the copy.
    lock
        The lock that this run holds at the address.
    """

    def __init__(self, url: Url, out: Path, lock: _Lock) -> None:
        super().__init__(out)
        self.folder.mkdir()
        self.place = url
        self._url = url
        self._lock = lock
        self._sent: dict[str, str] = {}
        there = _names(url)
        self._there = {name for name in there if _KEPT.fullmatch(name)}
        self._tables = [name for name in there if "/" not in name and name[0] != "."]
        self._whole = False
        done = ".kept/done.json"
        fetch_all(url, [done] if done in self._there else [], out)

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what is kept under a key; None where nothing is, or what is there is damaged."""
        self._mirror()
        return super().get(key)

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a value here and at the address."""
        super().put(key, value)
        send(self._path(key), self._url / self._name(key))
        self._there.add(self._name(key))

    def forget(self) -> None:
        """Drop all that is kept; the outputs stay."""
        super().forget()
        remove([self._url / name for name in sorted(self._there)])
        self._there.clear()

    @contextmanager
    def publishing(self) -> Iterator[Path]:
        """Give a folder to write all outputs into; :meth:`finish` sends them."""
        self._mirror()
        with super().publishing() as staging:
            yield staging

    def finish(self, key: str, closing: dict[str, Any]) -> None:
        """Send the outputs, note that the run is whole, and drop what it did not use."""
        self._mirror()
        self._lock.check()
        for name in super()._outputs():
            content = file_hash(self.out / name)
            if self._sent.get(name) != content:
                send(self.out / name, self._url / name)
                self._sent[name] = content
        super().finish(key, closing)
        send(self.folder / "done.json", self._url / ".kept/done.json")
        unused = {name for name in self._there if name.rsplit("/", 1)[-1] not in self._used}
        remove([self._url / name for name in sorted(unused - {".kept/done.json"})])

    def _state(self, name: str) -> str:
        return fingerprint(self._url / name)

    def _mirror(self) -> None:
        """Fetch outputs and kept results, once; a run on which nothing changed needs neither."""
        if not self._whole:
            fetch_all(self._url, [*self._tables, *sorted(self._there)], self.out)
            self._sent = {name: file_hash(self.out / name) for name in self._tables}
            self._whole = True

    def _name(self, key: str) -> str:
        return self._path(key).relative_to(self.out).as_posix()


_LOCK = ".kept/lock"
# Nothing else is fetched from there: a name with ".." in it would be written somewhere else.
_KEPT = re.compile(r"\.kept/(done\.json|[0-9a-f]{2}/[0-9a-f]+)")


class _Lock:
    """The lock of a run at an address, renewed by a thread of its own."""

    def __init__(self, folder: Url) -> None:
        self._folder = folder
        self._url = folder / _LOCK
        self._run = uuid4().hex
        self._released = threading.Event()

    def take(self) -> None:
        """Take the lock, also one that was left behind; raise where a living run holds it."""
        if not create(self._content(), self._url):
            held = self._held()
            if held and not _left_behind(held):
                raise OutputError(
                    f"{self._folder}: another run is writing into this folder; wait until it ends "
                    f"({_STALE / 60:.0f} minutes where it was killed on another machine), or give "
                    "another folder with --out"
                )
            put(self._content(), self._url)
            time.sleep(_SETTLED)
            self.check()
        threading.Thread(target=self._renew, daemon=True).start()

    def check(self) -> None:
        """Raise where the lock is another run's by now, as when this machine slept for long."""
        if self._held().get("run") != self._run:
            raise OutputError(
                f"{self._folder}: another run took this folder over; wait until it ends and give "
                "the same command again"
            )

    def release(self) -> None:
        """Give the folder free."""
        self._released.set()
        with suppress(OscbError):
            if self._held().get("run") == self._run:
                remove([self._url])

    def _renew(self) -> None:
        while not self._released.wait(_RENEWED):
            # What fails now is tried again long before the lock counts as left behind.
            with suppress(OscbError):
                if self._held().get("run") == self._run:
                    put(self._content(), self._url)

    def _held(self) -> dict[str, Any]:
        try:
            held = parse_json(read_bytes(self._url))
        except (InputError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def _content(self) -> bytes:
        held = {"run": self._run, "machine": _machine(), "process": os.getpid(), "at": time.time()}
        return json.dumps(held).encode()


def _left_behind(held: dict[str, Any]) -> bool:
    """Whether who took a lock is gone: killed on this machine, or silent for long on another."""
    at, process = held.get("at"), held.get("process")
    if not isinstance(at, (int, float)) or time.time() - at > _STALE:
        return True
    return (
        held.get("machine") == _machine()
        and isinstance(process, int)
        and not Path(f"/proc/{process}").exists()
    )


def _machine() -> str:
    """Return a word for this machine and its space of process numbers, which tells no name."""
    space = Path("/proc/self/ns/pid")
    boot = Path("/proc/sys/kernel/random/boot_id")
    if not space.exists() or not boot.exists():
        return uuid4().hex
    return digest(platform.node(), boot.read_text(encoding="ascii"), str(space.readlink()))[:16]


def _names(folder: Url) -> list[str]:
    """Return the names of all files under a folder; none where it is not there yet."""
    try:
        there = is_folder(folder)
    except InputError as error:
        if "there is no such file" in str(error):
            return []
        raise OutputError(str(error)) from None
    if not there:
        raise OutputError(f"{folder}: is a file; give a folder with --out")
    start = len(str(folder)) + 1
    return [str(file)[start:] for file in files_in(folder)]


@contextmanager
def only_run_at(url: Url) -> Iterator[MirroredKept]:
    """Take a results folder at an address for one run.

    Raises
    ------
    OutputError
        If another run writes into it, or it cannot be written.
    """
    lock = _Lock(url)
    lock.take()
    folder = Path(tempfile.mkdtemp(prefix="oscb-nlp-"))
    try:
        yield MirroredKept(url, folder, lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
