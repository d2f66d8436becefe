"""What the bytes of a file are, before an engine sees them."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from oscb_nlp.errors import ReadError
from oscb_nlp.reading.limits import Limits

__all__ = ["check_pdf", "kind_of"]

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_TWO_LAYERS = re.compile(rb"/Fl(?:ateDecode)?\s*/Fl")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)\b")
_MOST_RATIO = 1_032  # deflate cannot pack tighter
_CHUNK = 1 << 16


def kind_of(data: bytes) -> str:
    """Return "pdf", "docx", "html", "zip", "doc", "empty" or "other".

    >>> kind_of(b"%PDF-1.7 ...")
    'pdf'
    >>> kind_of(b"<!DOCTYPE html><title>404</title>")
    'html'
    """
    if not data[:4096].strip(b" \t\r\n\x00"):
        return "empty"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00")
    if b"%PDF-" in data[:1024]:
        return "pdf"
    lowered = head[:512].lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<?xml")) or b"<html" in lowered:
        return "html"
    if head.startswith(b"PK\x03\x04"):
        return "docx" if b"word/" in data else "zip"
    return "doc" if head.startswith(b"\xd0\xcf\x11\xe0") else "other"


def check_pdf(path: Path, data: bytes, limits: Limits) -> None:
    """Refuse what is no PDF, saying what it is, and a PDF that would unpack beyond the limits.

    Raises
    ------
    ReadError
        ``empty-file``, ``not-a-pdf`` or ``too-large``.
    """
    kind = kind_of(data)
    if kind == "empty":
        raise ReadError(path, "empty-file")
    if kind != "pdf":
        found = {
            "html": "it is an HTML page",
            "docx": "it is a Word document",
            "zip": "it is a ZIP archive or Office document",
            "doc": "it is a Word document in the old format: save it as DOCX or PDF",
        }.get(kind, f"it begins with {data[:8]!r}")
        raise ReadError(path, "not-a-pdf", found)
    _check_streams(path, data, limits.decompressed)


def _check_streams(path: Path, data: bytes, most: int) -> None:
    """Unpack those streams, other than pictures, that could go beyond the limit, counting only."""
    twice = _TWO_LAYERS.search(data) is not None
    if len(data) * _MOST_RATIO < most and not twice:
        return
    for match in _STREAM.finditer(data):
        start = match.end()
        end = data.find(b"endstream", start)
        length = (end if end > 0 else len(data)) - start
        if length * _MOST_RATIO < most and not twice:
            continue
        keys = data[max(data.rfind(b"obj", 0, start), start - 4000, 0) : start]
        layers = len(_FLATE.findall(keys))
        if not layers or b"/Image" in keys or length * _MOST_RATIO**layers <= most:
            continue
        if _unpacked(memoryview(data)[start : start + length], layers, most) > most:
            raise ReadError(
                path, "too-large", f"one of its streams unpacks to more than {most >> 20} MB"
            )


def _unpacked(packed: memoryview, layers: int, most: int) -> int:
    """Return how many bytes a stream unpacks to, giving up just above ``most``."""
    stages = [zlib.decompressobj() for _ in range(layers)]
    count = 0
    for start in range(0, len(packed), _CHUNK):
        pieces = [bytes(packed[start : start + _CHUNK])]
        for depth, stage in enumerate(stages):
            last = depth == len(stages) - 1
            out: list[bytes] = []
            for piece in pieces:
                while piece:
                    try:
                        unpacked = stage.decompress(piece, _CHUNK << 4)
                    except zlib.error:
                        return count
                    if last:
                        count += len(unpacked)
                    else:
                        out.append(unpacked)
                    if count > most:
                        return count
                    piece = stage.unconsumed_tail
            pieces = out
    return count
