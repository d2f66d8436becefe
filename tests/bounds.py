"""What runs inside must end in so much time and memory."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class TooLateError(BaseException):
    """Passes by whatever the program catches."""


@contextmanager
def within(seconds: float = 10.0, megabytes: int = 700) -> Iterator[None]:
    """Fail where what runs inside takes longer; give it no more memory than this beyond what is held."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = pages * resource.getpagesize() + (megabytes << 20)
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    started = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert time.monotonic() - started < seconds


def _late(*_signal: object) -> None:
    raise TooLateError
