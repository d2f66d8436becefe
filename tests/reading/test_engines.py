"""Pages as the engines give them: turned, limited, protected, read twice, mapped back."""

import zlib
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF

from oscb_nlp import Limits, demo_files, read_pdf
from oscb_nlp.errors import PasswordNeededError, TooLargeError
from oscb_nlp.reading.engines.page import clean
from oscb_nlp.reading.engines.sniff import kind_of

SENTENCE = "The school wrote to the family four times and had no answer from either parent."


def test_every_character_of_a_passage_leads_back_to_its_page() -> None:
    path = demo_files()[0]
    document = read_pdf(path)
    pdf = pdfium.PdfDocument(path)
    pages = {n: pdf[n - 1].get_textpage().get_text_range() for n in range(1, len(pdf) + 1)}
    followed = 0
    for passage in document.passages:
        for run in passage.lines:
            assert len(run.offsets) == run.end - run.start
            there = "".join(pages[run.page][offset] for offset in run.offsets)
            assert there == passage.text[run.start : run.end]
            followed += len(there)
    assert followed > 0.9 * sum(len(passage.text) for passage in document.passages)


@pytest.mark.parametrize("quarter", [90, 180, 270])
def test_a_page_turned_by_its_rotate_entry_reads_as_it_is_shown(
    make_pdf: Callable[..., Path], tmp_path: Path, quarter: int
) -> None:
    path = make_pdf([f"{n}. {SENTENCE}" for n in range(1, 6)])
    pdf = pdfium.PdfDocument(path)
    page = pdf[0]
    width, height = page.get_size()
    page.set_rotation(quarter)
    pdf.save(tmp_path / "turned.pdf")
    straight, turned = read_pdf(path), read_pdf(tmp_path / "turned.pdf")
    assert [p.text for p in turned.passages] == [p.text for p in straight.passages]
    assert turned.passages[0].bbox.top < turned.passages[-1].bbox.top
    assert all(p.bbox.x1 <= max(width, height) and p.bbox.top >= 0 for p in turned.passages)


def test_words_that_run_up_a_page_are_read_level(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for line, text in enumerate((f"1. {SENTENCE}", f"2. {SENTENCE}")):
        with pdf.rotation(90, x=40 + 15 * line, y=200):
            pdf.text(40 + 15 * line, 200, text)
    pdf.output(str(tmp_path / "sideways.pdf"))
    document = read_pdf(tmp_path / "sideways.pdf")
    assert [p.number for p in document.passages] == ["1", "2"]


def test_the_second_reader_reads_what_the_first_does() -> None:
    path = demo_files()[3]
    first, second = read_pdf(path, engine="pdfium"), read_pdf(path, engine="pdfplumber")
    assert {page.engine for page in second.readings} == {"pdfplumber"}
    words = [" ".join(p.text for p in d.passages).split() for d in (first, second)]
    assert len(set(words[0]) & set(words[1])) > 0.97 * len(set(words[0]))
    assert second.engine == "pdfplumber"


def test_the_result_says_which_engine_read_each_page_and_why() -> None:
    document = read_pdf(demo_files()[0])
    assert [page.page for page in document.readings] == list(range(1, document.pages + 1))
    assert {(p.engine, p.reason) for p in document.readings} == {("pdfium", "default")}
    assert "tags" in {page.structure for page in document.readings}


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, pdfium, pdfplumber"):
        read_pdf(demo_files()[0], engine="abacus")


def test_a_password_opens_a_file_and_a_wrong_one_does_not(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf([f"1. {SENTENCE}"], password="sesame")
    assert read_pdf(path, password="sesame").passages[0].text == SENTENCE
    with pytest.raises(PasswordNeededError, match="does not open it"):
        read_pdf(path, password="abracadabra")


def test_a_file_that_forbids_copying_is_read(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    pdf.set_encryption(owner_password="owner", permissions=0)
    pdf.multi_cell(0, 6, f"1. {SENTENCE}")
    pdf.output(str(tmp_path / "protected.pdf"))
    assert read_pdf(tmp_path / "protected.pdf").passages[0].text == SENTENCE


def test_pages_beyond_the_limit_are_left_out_and_said_so(make_pdf: Callable[..., Path]) -> None:
    agencies = ("school", "police", "clinic", "nursery", "court")
    path = make_pdf(*[[f"{n}. The {name} wrote four times and had no answer."]
                      for n, name in enumerate(agencies, 1)])  # fmt: skip
    document = read_pdf(path, limits=Limits(pages=2))
    assert {passage.page for passage in document.passages} == {1, 2}
    assert [p.problem for p in document.problems] == ["too-large"]
    assert "5 pages, of which the first 2" in document.problems[0].detail


def test_characters_beyond_the_limit_are_left_out_and_said_so(
    make_pdf: Callable[..., Path],
) -> None:
    document = read_pdf(make_pdf([SENTENCE] * 20), limits=Limits(characters=400))
    assert sum(len(passage.text) for passage in document.passages) < 400
    assert [(p.problem, p.page) for p in document.problems] == [("too-large", 1)]


@pytest.mark.parametrize("layers", [1, 2])
def test_a_stream_that_unpacks_without_end_is_refused(tmp_path: Path, layers: int) -> None:
    packed = b" " * (6 << 20)
    for _ in range(layers):
        packed = zlib.compress(packed, 9)
    filters = b"/FlateDecode " * layers
    stream = b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (
        len(packed), filters, packed,
    )  # fmt: skip
    path = tmp_path / "bomb.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
        b"3 0 obj << /Type /Page /Parent 2 0 R /Contents 4 0 R >> endobj\n"
        b"4 0 obj " + stream + b" endobj\ntrailer << /Root 1 0 R >>\n%%EOF"
    )
    with pytest.raises(TooLargeError, match="unpacks to more than 4 MB"):
        read_pdf(path, limits=Limits(decompressed=4 << 20))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\xef\xbb\xbf%PDF-1.4", "pdf"),
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<?xml version='1.0'?><html></html>", "html"),
        (b"PK\x03\x04 word/document.xml", "docx"),
        (b"PK\x03\x04 xl/workbook.xml", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"),
        (b"plain words", "other"),
    ],
)
def test_the_kind_of_a_file_is_told_from_its_bytes(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    ("raw", "text", "offsets"),
    [
        ("of\ufb01ce", "office", [0, 1, 2, 2, 3, 4]),
        ("safe\xadguarding", "safeguarding", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
        ("a  b\xa0c ", "a b c", [0, 1, 3, 4, 5]),
        ("cafe\u0301", "caf\u00e9", [0, 1, 2, 3]),
        ("safe\xad", "safe\xad", [0, 1, 2, 3, 4]),
    ],
)
def test_a_line_is_cleaned_and_keeps_the_place_of_each_character(
    raw: str, text: str, offsets: list[int]
) -> None:
    cleaned, places = clean(raw, 0)
    assert cleaned == text
    assert list(places)[: len(text)] == offsets[: len(text)]
