"""Pages that are pictures."""

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF

from oscb_nlp import Limits, read_pdf
from oscb_nlp.errors import NoTextError, TimeOutError
from oscb_nlp.reading.engines.ocr import ocr_available

needs_ocr = pytest.mark.skipif(
    not ocr_available(), reason="the extra ocr and the program tesseract are not installed"
)
TEXT = (
    "1. The health visitor wrote in March that the home was cold and that the baby slept in a pram. "
    "The letter reached the family doctor in June and nobody read it."
)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A page of words, drawn as a picture and put into a PDF of its own."""
    words = FPDF()
    words.add_page()
    words.set_font("Helvetica", size=14)
    words.multi_cell(0, 8, TEXT, align="L")
    words.output(str(tmp_path / "words.pdf"))
    image = pdfium.PdfDocument(tmp_path / "words.pdf")[0].render(scale=3).to_pil()
    pdf = FPDF()
    pdf.add_page()
    pdf.image(image, 0, 0, 210, 297)
    pdf.output(str(tmp_path / "scan.pdf"))
    return tmp_path / "scan.pdf"


@needs_ocr
def test_a_scan_is_read_and_marked_with_its_confidence(scan: Path) -> None:
    document = read_pdf(scan)
    assert document.engine == "ocr"
    (page,) = document.readings
    assert (page.engine, page.reason) == ("ocr", "the page is a picture")
    assert page.confidence is not None
    assert page.confidence > 0.8
    (passage,) = document.passages
    assert (passage.number, passage.text) == ("1", TEXT.removeprefix("1. "))
    assert passage.confidence is not None


@needs_ocr
def test_ocr_that_has_no_time_left_says_so(scan: Path) -> None:
    with pytest.raises(TimeOutError, match="OCR ran out of time"):
        read_pdf(scan, limits=Limits(ocr_seconds=0))


def test_a_scan_without_ocr_says_how_to_get_it(scan: Path) -> None:
    with pytest.raises(NoTextError, match=r"pictures.*oscb-nlp\[ocr\]"):
        read_pdf(scan, ocr=False)
