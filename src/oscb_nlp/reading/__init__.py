"""From the bytes of a file to a :class:`~oscb_nlp.document.Document`.

A PDF's pages come from the engines (``engines``: ``pdfium``, ``plumber``, ``ocr``) and
``assembly`` makes the document of them; a Word file (``word``) and a web page (``web``) have no
pages' geometry, and ``flow`` makes the same document of theirs.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from oscb_nlp.document import Document
from oscb_nlp.errors import ReadError
from oscb_nlp.reading.assembly import assemble
from oscb_nlp.reading.engines import ENGINES, read_with_engines, with_ocr
from oscb_nlp.reading.engines.sniff import check_pdf, kind_of
from oscb_nlp.reading.flow import document_of
from oscb_nlp.reading.limits import Limits
from oscb_nlp.reading.web import read_web
from oscb_nlp.reading.word import read_word

__all__ = [
    "ENGINES",
    "Limits",
    "document_id",
    "read_document",
    "read_pdf",
]


def document_id(data: bytes) -> str:
    """Return the identity of a document: the first 16 hex digits of its bytes' SHA-256."""
    return hashlib.sha256(data).hexdigest()[:16]


def read_pdf(
    path: str | Path,
    *,
    engine: str = "auto",
    password: str | None = None,
    ocr: bool = True,
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
    ocr
        Whether pages that are pictures are read by Tesseract where the extra ``ocr`` and the
        program are installed; each is a problem of the document otherwise.
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
    data = _bytes(path, limits)
    check_pdf(path, data, limits)
    read = read_with_engines(path, data, engine, password, limits)
    if ocr:
        read = with_ocr(data, password, read, limits)
    return assemble(path, document_id(data), read)


def read_document(
    path: str | Path,
    *,
    engine: str = "auto",
    password: str | None = None,
    ocr: bool = True,
    limits: Limits | None = None,
) -> Document:
    """Read a PDF, a Word document (DOCX) or a web page (HTML), by its name's ending.

    A file whose bytes are a PDF is read as one whatever its name. Parameters and errors are
    those of :func:`read_pdf`; ``engine``, ``password`` and ``ocr`` say nothing to other kinds.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in {".docx", ".html", ".htm"}:
        data = _bytes(path, limits or Limits())
        kind = kind_of(data)
        if kind == "empty":
            raise ReadError(path, "empty-file")
        if suffix == ".docx" and kind == "docx":
            return document_of(path, document_id(data), read_word(path, data, limits or Limits()))
        if suffix != ".docx" and kind != "pdf":
            return document_of(path, document_id(data), read_web(path, data))
    return read_pdf(path, engine=engine, password=password, ocr=ocr, limits=limits)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ReadError(path, "cannot-open", "it is no ordinary file")
        if found.st_size > limits.file_bytes:
            size, most = found.st_size >> 20, limits.file_bytes >> 20
            raise ReadError(path, "too-large", f"{size} MB, at most {most} are read")
        return path.read_bytes()
    except OSError as error:
        raise ReadError(path, "cannot-open", error.strerror or str(error)) from None
