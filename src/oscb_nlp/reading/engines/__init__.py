"""Which engine reads which page of a PDF, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2 as pdfium

from oscb_nlp.document import Problem
from oscb_nlp.errors import PROBLEMS, ReadError
from oscb_nlp.reading.engines.ocr import ocr_available, read_scans
from oscb_nlp.reading.engines.page import PageContent
from oscb_nlp.reading.engines.pdfium import open_pdf, read_pages
from oscb_nlp.reading.engines.plumber import read_with_pdfplumber
from oscb_nlp.reading.limits import Limits

__all__ = ["ENGINES", "FEWEST_CHARACTERS", "ReadPages", "is_scan", "read_with_engines", "with_ocr"]

ENGINES = ("auto", "pdfium", "pdfplumber")
"""The values of ``engine``: "auto" reads with pdfium and asks pdfplumber where that fails."""

FEWEST_CHARACTERS = 20
"""A page with fewer and a picture is taken for a scan."""

_PICTURE = 0.15  # share of the page: a logo covers less
_SECOND_READER_PAGES = 60  # a file of blank pages is not read twice in full


@dataclass(frozen=True, slots=True)
class ReadPages:
    """A PDF's pages with its properties; ``total`` counts the pages that the file has."""

    pages: list[PageContent]
    properties: dict[str, str]
    total: int
    problems: tuple[Problem, ...] = ()


def read_with_engines(
    path: Path, data: bytes, engine: str, password: str | None, limits: Limits
) -> ReadPages:
    """Read the pages of a PDF.

    Raises
    ------
    ReadError
        If no engine that ``engine`` allows can open the file.
    """
    if engine == "pdfplumber":
        return _all_plumber(path, data, password, limits, "asked for")
    try:
        read = _all_pdfium(path, data, password, limits)
    except ReadError as refused:
        if engine != "auto" or refused.problem not in {"unreadable", "truncated"}:
            raise
        try:
            read = _all_plumber(path, data, password, limits, f"pdfium: {refused.problem}")
        except ReadError:
            raise refused from None
        if not any(page.characters for page in read.pages):
            raise
        return read
    if engine == "auto":
        read = _second_reading(path, data, password, read)
    return read


def with_ocr(data: bytes, password: str | None, read: ReadPages, limits: Limits) -> ReadPages:
    """Return the pages with those that are scans read by Tesseract, where it is installed."""
    scans = [page.number for page in read.pages if is_scan(page)]
    if not scans or not ocr_available():
        return read
    return replace(read, pages=read_scans(data, password, read.pages, scans, limits.ocr_seconds))


def is_scan(page: PageContent) -> bool:
    """Say whether a page is a picture: hardly a word, and a picture over a good part of it."""
    return page.characters < FEWEST_CHARACTERS and page.pictures > _PICTURE


def _all_pdfium(path: Path, data: bytes, password: str | None, limits: Limits) -> ReadPages:
    pdf = open_pdf(path, data, password)
    try:
        pages = list(read_pages(pdf, limits))
        properties = _properties(pdf)
        total = len(pdf)
    finally:
        pdf.close()
    return ReadPages(pages, properties, total, tuple(_problems(path, pages, total, limits)))


def _all_plumber(
    path: Path, data: bytes, password: str | None, limits: Limits, reason: str
) -> ReadPages:
    pages, properties = read_with_pdfplumber(path, data, password, limits.pages, None, reason)
    return ReadPages(pages, properties, len(pages))


def _second_reading(path: Path, data: bytes, password: str | None, read: ReadPages) -> ReadPages:
    """Read again with pdfplumber the pages that pdfium gave nothing of or misread a table on."""
    reasons = {
        page.number: "pdfium found no text" if not page.characters else "table not resolved"
        for page in read.pages
        if page.unresolved or (not page.characters and page.drawn)
    }
    wanted = sorted(reasons)[:_SECOND_READER_PAGES]
    if not wanted:
        return read
    try:
        again, _ = read_with_pdfplumber(path, data, password, wanted[-1], wanted)
    except ReadError:
        return read
    better = {
        page.number: replace(page, reason=reasons[page.number])
        for page in again
        if page.characters and (page.grids or not read.pages[page.number - 1].characters)
    }
    return replace(read, pages=[better.get(page.number, page) for page in read.pages])


def _problems(path: Path, pages: list[PageContent], total: int, limits: Limits) -> list[Problem]:
    problems = [
        Problem(
            str(path),
            "too-large",
            f"the page holds more than {limits.characters:,} characters: the rest is left out",
            page.number,
        )
        for page in pages
        if page.cut
    ]
    if total > len(pages):
        problems.append(
            Problem(
                str(path),
                "too-large",
                f"{total:,} pages, of which the first {len(pages):,} are read; "
                f"{PROBLEMS['too-large']}",
            )
        )
    return problems


def _properties(pdf: pdfium.PdfDocument) -> dict[str, str]:
    try:
        return {key: str(value) for key, value in pdf.get_metadata_dict().items()}
    except (pdfium.PdfiumError, UnicodeDecodeError, ValueError):
        return {}
