"""From the bytes of a PDF to a :class:`~oscb_nlp.document.Document`.

The engines (``engines``: ``pdfium``, ``plumber``) give pages; ``assembly`` makes the document of
them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from oscb_nlp.document import Document
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.assembly import assemble
from oscb_nlp.reading.engines import ENGINES, read_with_engines
from oscb_nlp.reading.sniff import Limits, check_pdf

__all__ = ["ENGINES", "Limits", "document_id", "read_pdf"]


def document_id(data: bytes) -> str:
    """Return the identity of a document: the first 16 hex digits of its bytes' SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def read_pdf(
    path: str | Path,
    *,
    engine: str = "auto",
    password: str | None = None,
    limits: Limits | None = None,
) -> Document:
    """Read one PDF.

    Parameters
    ----------
    path
        The file.
    engine
        "auto" reads with pdfium and asks pdfplumber where that fails; "pdfium" or
        "pdfplumber" reads with that engine alone.
    password
        Opens a file that needs one.
    limits
        How much is read; ``Document.problems`` says where a limit bit.

    Returns
    -------
    Document
        Its metadata, headings, items, tables, notes and passages in reading order.

    Raises
    ------
    ReadError
        If the file cannot be opened or has no text; ``problem`` and ``detail`` say why.
    ValueError
        If ``engine`` is none of :data:`ENGINES`.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_pdf
    >>> document = read_pdf(demo_files()[0])
    >>> document.passages[0].page > 1
    True
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is one of {', '.join(ENGINES)}, not {engine!r}")
    path = Path(path)
    limits = limits or Limits()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ReadError(path, "cannot-open", error.strerror or str(error)) from None
    check_pdf(path, data, limits)
    read = read_with_engines(path, data, engine, password, limits)
    return assemble(path, document_id(data), read)
