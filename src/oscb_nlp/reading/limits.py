"""How much of a document is read, and how much memory reading may take."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Limits", "limit_memory"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is read; what was left out is a problem of the document.

    Attributes
    ----------
    pages
        Pages; the others are left out.
    characters
        Characters a page; the others are left out.
    decompressed
        Bytes that one stream of the file may unpack to; a file with more is refused.
    file_bytes
        Bytes of the file; a larger one is refused.
    ocr_seconds
        Time that OCR may take for a document; pages not reached by then are left out.
    """

    pages: int = 3_000
    characters: int = 200_000
    decompressed: int = 256 << 20
    file_bytes: int = 512 << 20
    ocr_seconds: float = 3_600.0


def limit_memory(megabytes: int) -> None:
    """Make this process a worker: limit its memory to so much beyond what it has, and its threads.

    pdfium aborts the interpreter when it gets no memory, so only workers call this; where the
    system cannot limit memory they go without.
    """
    # Tesseract's threads would fight with the other workers for the cores.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
