"""Pages of a stranger's PDF, drawn within limits of time and memory."""

from pathlib import Path

import pytest

from oscb_nlp import (
    demo_files,
    draw_pages,
    draw_passage,
    locate,
    read_corpus,
    read_pdf,
    summarise,
    tag,
)  # fmt: skip
from oscb_nlp.errors import ReadError, TimeOutError
from oscb_nlp.report.html import render_html
from oscb_nlp.report.pictures import crops
from oscb_nlp.summary import QuoteCheck
from oscb_nlp.workers import Reading
from tests.reading.test_hostile import CATALOGUE, FONT, PAGES, WORDS, pdf, stream

SHORT = Reading(timeout=1)
DEEP = 40  # drawings, each of which holds the next twice
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>"


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF that is read at once and drawn never."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]"
    nested = [
        stream(b"/X Do /X Do", b"%s /Resources << /XObject << /X %d 0 R >> >>" % (form, number))
        for number in range(7, 7 + DEEP)
    ]
    last = stream(b"0 0 9 9 re f", form)
    path = tmp_path_factory.mktemp("drawn") / "endless.pdf"
    path.write_bytes(pdf(CATALOGUE, PAGES, PAGE, stream(WORDS + b"/X Do"), FONT, *nested, last))
    return path


def test_a_page_that_is_never_done_is_given_up(endless: Path) -> None:
    with pytest.raises(TimeOutError, match="took more than 1 s"):
        draw_passage(endless, 1, (0, 0, 10, 10), reading=SHORT)


def test_the_report_says_which_pages_could_not_be_drawn(
    endless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagged = tag(read_corpus(*demo_files()[:2], jobs=1), grade="fast")
    bad = tagged.documents["document_id"].iloc[0]
    tagged.documents.loc[0, "file"] = str(endless)
    tagged.passages["page"] = 1
    summary = summarise(tagged)
    monkeypatch.setattr("oscb_nlp.drawing._LIMITS", Reading(timeout=5))
    pictures = crops(summary, 3_000_000)
    assert {name.rsplit("-", 1)[0] for name in pictures.failed} == {bad}
    # Which limit such a page meets first depends on the machine.
    (problem,) = set(pictures.failed.values())
    assert problem in {"time-out", "crashed"}
    assert len(pictures.drawn) > 10
    monkeypatch.setattr("oscb_nlp.report.html.crops", lambda *_arguments: pictures)
    text = render_html(summary, QuoteCheck(), home=tmp_path, pictures=True)
    assert f"Its page could not be drawn ({problem})." in text
    assert f"The pages of {len(pictures.failed)} more could not be drawn." in text


def test_a_page_too_large_for_memory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vast.pdf"
    vast = PAGE.replace(b"595 842", b"20000 20000")
    path.write_bytes(pdf(CATALOGUE, PAGES, vast, stream(WORDS), FONT))
    with pytest.raises(ReadError, match=r"vast\.pdf"):
        draw_passage(path, 1, (0, 0, 10, 10), scale=4, reading=Reading(timeout=20, memory=256))


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "review.pdf"
    path.write_bytes(demo_files()[0].read_bytes())
    document = read_pdf(path)
    path.unlink()
    with pytest.raises(ReadError, match=r"review\.pdf.*cannot-open"):
        locate(document, document.passages[0])
    with pytest.raises(ReadError, match=r"review\.pdf.*cannot-open"):
        next(draw_pages(document))
