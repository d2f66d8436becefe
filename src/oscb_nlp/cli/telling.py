"""What a long command tells: a bar, lines on the terminal, a log for programs, where time went."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from oscb_nlp.cli.terminal import progress, say
from oscb_nlp.errors import OutputError

__all__ = ["Telling", "telling"]


class Telling:
    """Where one run's messages go; no text of a document is among them."""

    def __init__(self, quiet: bool, log: TextIO | None) -> None:
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._log = log

    def say(self, message: str) -> None:
        """Print a line on standard error, unless quiet."""
        say(message, self.quiet)

    def event(self, name: str, **facts: object) -> None:
        """Write a line to the log for programs."""
        if self._log:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            print(json.dumps({"time": now, "event": name, **facts}), file=self._log, flush=True)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what runs inside."""
        started = time.perf_counter()
        self.event("stage", stage=name)
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    @contextmanager
    def bar(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show how far a stage is; yields what moves it on."""
        with self.stage(name), progress(name, total, self.quiet) as advance:
            yield advance


@contextmanager
def telling(quiet: bool, json_log: Path | None, profile: bool) -> Iterator[Telling]:
    """Give what a run tells by; at the end it says where the time went, if asked.

    Raises
    ------
    OutputError
        If the log cannot be written.
    """
    try:
        log = json_log.open("a", encoding="utf-8") if json_log else None
    except OSError as error:
        raise OutputError(f"{json_log}: cannot be written: {error.strerror}") from None
    tell = Telling(quiet, log)
    try:
        yield tell
    finally:
        tell.event("end", seconds={name: round(spent, 3) for name, spent in tell.seconds.items()})
        if log:
            log.close()
        if profile:
            whole = sum(tell.seconds.values()) or 1.0
            for name, spent in tell.seconds.items():
                say(f"{name:<24} {spent:8.1f} s  {spent / whole:4.0%}", False)
