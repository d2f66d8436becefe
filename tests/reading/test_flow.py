"""Word documents and web pages give the same document as a PDF."""

import io
import zipfile
from pathlib import Path

import docx
import pytest

from oscb_nlp import Limits, read_document
from oscb_nlp.errors import DamagedError, NotADocumentError, NoTextError, TooLargeError

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Review | A council</title>
<meta property="article:published_time" content="2021-06-17T09:00:00Z"></head>
<body><nav><a href="/">Home</a></nav><header>Larkshire Council</header><main>
<h1>Local Child Safeguarding Practice Review: Child T</h1>
<p>Larkshire Safeguarding Children Partnership</p>
<h2>Findings</h2>
<p>1.1 Nobody asked who lived in the <b>house</b>.</p>
<ul><li>visits were missed<ul><li>by night</li></ul></li><li>no plan was made</li></ul>
<blockquote><p>“They never rang back.”</p></blockquote>
<h2>Recommendations</h2>
<ol><li>The partnership should test this by June 2022.</li></ol>
<table><caption>Table 1: Actions</caption><tr><th>Action</th><th>Lead agency</th></tr>
<tr><td>Audit the letters</td><td>Police</td></tr></table>
<script>alert("x")</script></main><footer>Cookies</footer></body></html>"""


@pytest.fixture
def word(tmp_path: Path) -> Path:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Serious Case Review: Child W", 0)
    document.add_paragraph("Larkshire Safeguarding Children Board")
    document.add_paragraph("Published: 14 September 2016")
    document.add_heading("Findings", 1)
    document.add_paragraph("1.1 Nobody asked who lived in the house.")
    document.add_paragraph("visits were missed", style="List Bullet")
    document.add_paragraph("no plan was made", style="List Bullet")
    document.add_heading("Recommendations", 1)
    document.add_paragraph("The Board should test this by June 2017.", style="List Number")
    document.add_paragraph("The police should say when they cannot come.", style="List Number")
    table = document.add_table(rows=2, cols=3)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells],
        ["No.", "Action", "Lead agency", "1", "Audit the letters", "Police"],
        strict=True,
    ):
        cell.text = text
    document.sections[0].footer.paragraphs[0].text = "Confidential"
    document.save(tmp_path / "review.docx")
    return tmp_path / "review.docx"


def test_a_word_document_has_headings_numbers_bullets_and_tables(word: Path) -> None:
    document = read_document(word)
    assert [(h.level, h.text) for h in document.headings] == [
        (1, "Findings"), (1, "Recommendations"),
    ]  # fmt: skip
    assert [(p.kind, p.number, p.section) for p in document.passages][2:] == [
        ("numbered", "1.1", "findings"),
        ("bullet", "", "findings"),
        ("bullet", "", "findings"),
        ("numbered", "1", "recommendations"),
        ("numbered", "2", "recommendations"),
        ("table-row", "1", "recommendations"),
    ]
    assert document.furniture == ("Confidential",)
    assert [(i.kind, i.agency) for i in document.items if i.source == "table"] == [
        ("action", "Police")
    ]


def test_a_word_document_has_metadata(word: Path) -> None:
    document = read_document(word)
    assert {n: document.value(n) for n in ("review_type", "board", "published", "year")} == {
        "review_type": "serious case review",
        "board": "Larkshire Safeguarding Children Board",
        "published": "2016-09-14",
        "year": "2016",
    }


def test_a_web_page_has_its_main_part_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.html"
    path.write_text(PAGE, encoding="utf-8")
    document = read_document(path)
    assert [(p.kind, p.number, p.text) for p in document.passages][1:] == [
        ("numbered", "1.1", "Nobody asked who lived in the house."),
        ("bullet", "", "visits were missed"),
        ("bullet", "", "by night"),
        ("bullet", "", "no plan was made"),
        ("quote", "", "“They never rang back.”"),
        ("numbered", "1", "The partnership should test this by June 2022."),
        ("table-row", "", "Audit the letters | Police"),
    ]
    assert [p.level for p in document.passages if p.kind == "bullet"] == [1, 2, 1]
    assert document.value("year") == "2021"
    assert document.value("board") == "Larkshire Safeguarding Children Partnership"
    assert document.captions == ("Table 1: Actions",)


def test_a_pdf_is_read_as_one_whatever_its_name(tmp_path: Path) -> None:
    from oscb_nlp import demo_files

    path = tmp_path / "review.html"
    path.write_bytes(demo_files()[0].read_bytes())
    assert read_document(path).engine == "pdfium"


def test_a_damaged_word_document_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.docx"
    path.write_bytes(b"PK\x03\x04 word/document.xml and no more")
    with pytest.raises(DamagedError, match=r"broken\.docx.*Word document"):
        read_document(path)


def test_a_word_document_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (3 << 20))
    path = tmp_path / "bomb.docx"
    path.write_bytes(buffer.getvalue())
    with pytest.raises(TooLargeError, match="more than 2 MB"):
        read_document(path, limits=Limits(decompressed=2 << 20))


def test_a_web_page_without_words_is_named(tmp_path: Path) -> None:
    path = tmp_path / "blank.html"
    path.write_text("<html><body><script>1</script></body></html>", encoding="utf-8")
    with pytest.raises(NoTextError):
        read_document(path)


def test_a_web_page_under_a_word_name_is_no_document(tmp_path: Path) -> None:
    path = tmp_path / "review.docx"
    path.write_text(PAGE, encoding="utf-8")
    with pytest.raises(NotADocumentError, match="HTML page"):
        read_document(path)
