import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from oscb_nlp import read_corpus
from oscb_nlp.errors import InputError, ReadError
from oscb_nlp.inputs import find_inputs
from oscb_nlp.workers import Reading, read_safely


@pytest.fixture
def folder(make_pdf: Callable[..., Path], tmp_path: Path) -> Path:
    """Two good reviews, one of them twice, among five bad files."""
    text = "1. The school wrote to the family on four occasions and had no answer at all."
    make_pdf([text], name="good_2016.pdf")
    make_pdf([text, "2. A second paragraph of the other review."], name="other_2017.pdf")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "copy.PDF").write_bytes((tmp_path / "good_2016.pdf").read_bytes())
    (tmp_path / "page.pdf").write_bytes(b"<html>404</html>")
    (tmp_path / "empty.pdf").write_bytes(b"")
    (tmp_path / "cut.pdf").write_bytes((tmp_path / "other_2017.pdf").read_bytes()[:400])
    make_pdf(["Secret."], name="locked.pdf", password="open sesame")
    (tmp_path / "notes.txt").write_text("no review")
    return tmp_path


def test_bad_files_are_named_and_the_others_are_read(folder: Path) -> None:
    corpus = read_corpus(folder)
    assert [Path(file).name for file in corpus.documents["file"]] == [
        "good_2016.pdf",
        "other_2017.pdf",
    ]
    problems = {Path(row.file).name: row.problem for row in corpus.problems.itertuples()}
    assert problems == {
        "page.pdf": "not-a-pdf",
        "empty.pdf": "empty-file",
        "cut.pdf": "truncated",
        "locked.pdf": "password-needed",
        "copy.PDF": "duplicate",
    }
    assert all(corpus.problems["detail"])


def test_documents_stand_in_the_order_of_the_input_with_one_worker_or_two(folder: Path) -> None:
    one, two = read_corpus(folder, jobs=1), read_corpus(folder, jobs=2)
    assert one.documents.equals(two.documents)
    assert one.passages["text"].tolist() == two.passages["text"].tolist()


def test_a_manifest_overrules_what_the_file_says(folder: Path) -> None:
    manifest = folder / "manifest.csv"
    manifest.write_text("file,year,board\ngood_2016.pdf,2013,Fenmoor Board\n", encoding="utf-8")
    row = read_corpus(manifest).documents.iloc[0]
    assert (row["year"], row["year_source"], row["board"]) == (2013, "manifest", "Fenmoor Board")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name\na.pdf\n", "column 'file'"),
        ("file,year\na.pdf,twenty\n", "is no year"),
        ("file\n \n", "is empty"),
        ("file\na\0b.pdf\n", "null byte"),
    ],
)
def test_a_wrong_manifest_is_named(tmp_path: Path, content: str, reason: str) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        find_inputs([manifest])


def test_no_input_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no document was found"):
        find_inputs([tmp_path])
    with pytest.raises(InputError, match="no such file"):
        find_inputs([tmp_path / "nowhere"])


def test_a_document_that_takes_too_long_is_given_up(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf(*[["A paragraph that is read again and again." * 40] * 3] * 60)
    with pytest.raises(ReadError) as caught:
        read_safely(path, Reading(timeout=0.01))
    assert caught.value.problem == "time-out"


def test_a_document_that_takes_too_much_memory_is_given_up_and_the_rest_goes_on(
    make_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    lines = b"BT /F1 9 Tf " + b"(A paragraph that is read again and again.) Tj " * 700_000 + b"ET"
    packed = zlib.compress(lines, 9)
    (tmp_path / "heavy.pdf").write_bytes(
        b"%%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n"
        b"2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj\n"
        b"3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources "
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >> endobj\n"
        b"4 0 obj << /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream endobj\n"
        b"trailer << /Root 1 0 R >>\n%%%%EOF" % (len(packed), packed)
    )
    make_pdf(["1. The school wrote twice and had no answer."], name="light.pdf")
    corpus = read_corpus(tmp_path, jobs=1, reading=Reading(memory=128))
    assert corpus.documents["file"].map(lambda f: Path(f).name).tolist() == ["light.pdf"]
    problems = corpus.problems[corpus.problems["file"].str.endswith("heavy.pdf")]
    assert problems["problem"].tolist() == ["crashed"]


def test_word_and_web_files_in_a_folder_are_read_too(
    make_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    make_pdf(["1. The school wrote twice and had no answer."])
    page = "<html><body><main><p>1. The police came late.</p></main></body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    (tmp_path / "~$open.docx").write_bytes(b"lock")
    engines = read_corpus(tmp_path, jobs=1).documents["engine"].tolist()
    assert engines == ["lxml", "pdfium"]


@pytest.mark.parametrize("on_standard_input", [False, True])
def test_a_script_without_a_main_guard_reads_a_folder(
    folder: Path, on_standard_input: bool
) -> None:
    script = folder / "script.py"
    script.write_text(
        f"import oscb_nlp\nprint(len(oscb_nlp.read_corpus({str(folder)!r})))\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-" if on_standard_input else str(script)],
        input=script.read_text(encoding="utf-8") if on_standard_input else None,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "2"
