"""PDFs made to do harm: each ends within the limits, and nothing in it is written or run."""

import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from oscb_nlp.errors import ReadError
from oscb_nlp.reading import Limits, read_pdf
from oscb_nlp.workers import Reading, read_safely


def pdf(*objects: bytes) -> bytes:
    """Return a PDF of objects numbered from 1, of which the first is the catalogue."""
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table, len(objects) + 1, len(content))  # fmt: skip


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> %s >> >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
WORDS = b"BT /F 11 Tf 50 700 Td (The house was cold and nobody asked.) Tj ET "
WHOLE = (CATALOGUE, PAGES, PAGE % b"", stream(WORDS), FONT)


def outcome(path: Path, content: bytes, **limits: int) -> str:
    """Return the text that is read, or the problem, of a file read as a batch reads it."""
    path.write_bytes(content)
    start = time.monotonic()
    try:
        document = read_safely(path, Reading(timeout=20, ocr=False, limits=Limits(**limits)))
    except ReadError as error:
        return error.problem
    finally:
        assert time.monotonic() - start < 30
    return " ".join(passage.text for passage in document.passages)


def test_the_same_file_without_harm_is_read(tmp_path: Path) -> None:
    assert "nobody asked" in outcome(tmp_path / "a.pdf", pdf(*WHOLE))


HUGE_IMAGE = stream(b"\x00", b"/Type /XObject /Subtype /Image /Width 1000000 /Height 1000000 /ColorSpace /DeviceRGB /BitsPerComponent 8")  # fmt: skip
HOSTILE = {
    "page tree that loops": (
        CATALOGUE,
        b"<< /Type /Pages /Kids [2 0 R 3 0 R 2 0 R] /Count 3 >>",
        *WHOLE[2:],
    ),
    "a page that is its own parent": (
        *WHOLE[:2],
        PAGE.replace(b"2 0 R", b"3 0 R") % b"",
        *WHOLE[3:],
    ),
    "a million pages": (CATALOGUE, PAGES.replace(b"1 >>", b"1000000 >>"), *WHOLE[2:]),
    "huge image": (
        *WHOLE[:2],
        PAGE % b"/XObject << /I 6 0 R >>",
        stream(WORDS + b"q 500 0 0 700 0 0 cm /I Do Q"),
        FONT,
        HUGE_IMAGE,
    ),
    "font that is no font": (
        *WHOLE[:4],
        b"<< /Type /Font /Subtype /TrueType /BaseFont /X /FirstChar 0 /LastChar 99999999 /FontDescriptor 6 0 R >>",
        b"<< /Type /FontDescriptor /FontName /X /Flags 32 /FontFile2 7 0 R >>",
        stream(b"\x00\x01\x00\x00" + b"\xff" * 5_000),
    ),
    "form that draws itself": (
        *WHOLE[:2],
        PAGE % b"/XObject << /X 6 0 R >>",
        stream(WORDS + b"/X Do"),
        FONT,
        stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>"),
    ),
    "page as large as a town": (
        *WHOLE[:2],
        (PAGE % b"").replace(b"595 842", b"99999999 99999999"),
        *WHOLE[3:],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_pdf_made_to_exhaust_the_reader_ends_within_the_limits(name: str, tmp_path: Path) -> None:
    said = outcome(tmp_path / "a.pdf", pdf(*HOSTILE[name]))
    assert "nobody asked" in said or said in {"unreadable", "no-text", "crashed", "truncated"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_a_stream_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    bomb = zlib.compress(b"0 0 m " * 4_000_000, 9)
    assert len(bomb) < 100_000
    content = pdf(*WHOLE[:3], stream(bomb, b"/Filter /FlateDecode"), FONT)
    assert outcome(tmp_path / "a.pdf", content, decompressed=2**20) == "too-large"


def test_no_script_is_run_no_program_started_and_no_embedded_file_written(tmp_path: Path) -> None:
    mark = tmp_path / "harm"
    launch = b"<< /S /Launch /F (/bin/sh) /Win << /F (touch) /P (%s) >> >>" % str(mark).encode()
    script = (
        b"<< /S /JavaScript /JS (this.exportDataObject\\({cName: 'evil.txt', nLaunch: 2}\\);) >>"
    )
    attached = stream(b"evil", b"/Type /EmbeddedFile")
    names = b"<< /JavaScript << /Names [(a) 7 0 R] >> /EmbeddedFiles << /Names [(../evil.txt) 8 0 R] >> >>"
    content = pdf(
        CATALOGUE.replace(b">>", b"/OpenAction 6 0 R /Names %s >>" % names),
        *WHOLE[1:],
        launch,
        script,
        b"<< /Type /Filespec /F (../evil.txt) /EF << /F 9 0 R >> >>",
        attached,
    )
    folder = tmp_path / "in"
    folder.mkdir()
    assert "nobody asked" in outcome(folder / "a.pdf", content)
    assert not mark.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.pdf"]


def test_what_is_said_of_a_file_does_not_hang_on_the_one_before(
    make_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    empty_tree = CATALOGUE, PAGES.replace(b"3 0 R", b"").replace(b"1 >>", b"0 >>"), *WHOLE[2:]
    pageless = tmp_path / "pageless.pdf"
    pageless.write_bytes(pdf(*empty_tree))
    first = read_pdf(pageless)
    with pytest.raises(ReadError, match="password-needed"):
        read_pdf(make_pdf(["Secret."], password="open sesame"))
    assert read_pdf(pageless) == first
