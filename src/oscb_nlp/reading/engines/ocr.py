"""Pages that are pictures, read by Tesseract where the extra ``ocr`` is installed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import pypdfium2 as pdfium

from oscb_nlp.document import Box
from oscb_nlp.reading.engines.page import Line, PageContent

__all__ = ["OUT_OF_TIME", "ocr_available", "read_scans"]

OUT_OF_TIME = "OCR ran out of time"

_DPI = 200  # 3.8% of words wrong at 200, no better at 300 in half the speed
_LEAST_SURE = 20.0  # Tesseract's specks and rules score below this
_MOST_PIXELS = 40_000_000
_HEIGHT_TO_SIZE = 1.18  # a line's box spans ascenders to descenders, less than the type's body


def ocr_available() -> bool:
    """Say whether both the extra's package and the Tesseract program are there."""
    return find_spec("pytesseract") is not None and shutil.which("tesseract") is not None


def read_scans(
    data: bytes,
    password: str | None,
    pages: list[PageContent],
    scans: Collection[int],
    within: float,
) -> list[PageContent]:
    """Return the pages with those that are scans replaced by what Tesseract reads on them.

    Their lines have no ``offsets``, and ``confidence`` is the mean of their words', 0 to 1.
    A page that cannot be drawn, or not be read ``within`` the seconds that all may take,
    stays as it is, with the reason.
    """
    until = time.monotonic() + within
    try:
        pdf = pdfium.PdfDocument(data, password=password)
    except pdfium.PdfiumError:
        return pages
    try:
        return [
            _read_scan(pdf, page, until - time.monotonic()) if page.number in scans else page
            for page in pages
        ]
    finally:
        pdf.close()


def _read_scan(pdf: pdfium.PdfDocument, page: PageContent, within: float) -> PageContent:
    import pytesseract

    if within <= 0:
        return replace(page, reason=OUT_OF_TIME)
    try:
        image, scale = _picture(pdf, page)
        words = pytesseract.image_to_data(
            image,
            lang="eng",
            config="--psm 3",
            output_type=pytesseract.Output.DICT,
            timeout=max(within, 1.0),
        )
    except pdfium.PdfiumError as error:
        return replace(page, reason=str(error))
    except RuntimeError:
        # What pytesseract raises when its time is over.
        return replace(page, reason=OUT_OF_TIME)
    lines = list(_lines(words, page.number, scale))
    sure = [line.confidence for line in lines if line.confidence is not None]
    return replace(
        page,
        lines=tuple(lines),
        engine="ocr",
        reason="the page is a picture",
        confidence=round(sum(sure) / len(sure), 3) if sure else 0.0,
    )


def _picture(pdf: pdfium.PdfDocument, page: PageContent) -> tuple[Any, float]:
    opened = pdf[page.number - 1]
    try:
        scale = _DPI / 72
        if page.width * page.height * scale**2 > _MOST_PIXELS:
            scale = (_MOST_PIXELS / (page.width * page.height)) ** 0.5
        return opened.render(scale=scale, grayscale=True).to_pil(), scale
    finally:
        opened.close()


def _lines(words: dict[str, list[Any]], page: int, scale: float) -> Iterator[Line]:
    groups: dict[tuple[int, int, int], list[int]] = {}
    for index, text in enumerate(words["text"]):
        if str(text).strip() and float(words["conf"][index]) >= _LEAST_SURE:
            key = (words["block_num"][index], words["par_num"][index], words["line_num"][index])
            groups.setdefault(key, []).append(index)
    for members in groups.values():
        box = Box(
            min(words["left"][i] for i in members) / scale,
            min(words["top"][i] for i in members) / scale,
            max(words["left"][i] + words["width"][i] for i in members) / scale,
            max(words["top"][i] + words["height"][i] for i in members) / scale,
        )
        sure = sum(float(words["conf"][i]) for i in members) / len(members) / 100
        text = " ".join(str(words["text"][i]).strip() for i in members)
        size = round(round((box.bottom - box.top) / _HEIGHT_TO_SIZE / 1.5) * 1.5, 1)
        yield Line(page, text, box, size, False, confidence=round(sure, 3))
