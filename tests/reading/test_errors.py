"""Bad input is named, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from oscb_nlp import read_pdf
from oscb_nlp.errors import PROBLEMS, ReadError


def problem_of(path: Path) -> str:
    with pytest.raises(ReadError) as caught:
        read_pdf(path)
    assert str(path) in str(caught.value)
    assert PROBLEMS[caught.value.problem] in str(caught.value)
    return caught.value.problem


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_web_page_under_a_pdf_name_is_no_pdf(tmp_path: Path) -> None:
    assert (
        problem_of(written(tmp_path / "a.pdf", b"<!DOCTYPE html><html>404</html>")) == "not-a-pdf"
    )


def test_a_word_document_under_a_pdf_name_is_no_pdf(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pdf", b"PK\x03\x04....word/document.xml")
    with pytest.raises(ReadError, match="Word document"):
        read_pdf(path)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    assert problem_of(written(tmp_path / "a.pdf", b"")) == "empty-file"


def test_a_truncated_file_is_named(make_pdf: Callable[..., Path], tmp_path: Path) -> None:
    data = make_pdf(["A paragraph."] * 5).read_bytes()
    assert problem_of(written(tmp_path / "cut.pdf", data[: len(data) // 4])) == "truncated"


def test_a_password_is_asked_for(make_pdf: Callable[..., Path]) -> None:
    assert problem_of(make_pdf(["Secret."], password="open sesame")) == "password-needed"


def test_a_pdf_without_text_is_named(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(20, 20, 100, 100, style="F")
    pdf.output(str(tmp_path / "scan.pdf"))
    assert problem_of(tmp_path / "scan.pdf") == "no-text"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert problem_of(tmp_path / "nowhere.pdf") == "cannot-open"


def test_an_error_survives_the_way_home_from_a_worker() -> None:
    import pickle

    error = ReadError("a.pdf", "not-a-pdf", "it is an HTML page")
    again = pickle.loads(pickle.dumps(error))
    assert (again.file, again.problem, str(again)) == ("a.pdf", "not-a-pdf", str(error))
