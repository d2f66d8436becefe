"""A project in NVivo's way, with coded selections, made in view: no such file was at hand.

NVivo for Windows stores a source as Word file and as text beside it, with a byte order mark and
two characters for a line end, and counts both of them; its selections have no words for names.
"""

import io
import zipfile
from pathlib import Path

import docx
import pytest

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange import read_exchange, read_project
from oscb_nlp.exchange.coded import reviews
from oscb_nlp.exchange.layout import lay_out
from tests.exchange.conftest import PASSAGES
from tests.exchange.made import ANN, CODES, FINDING, NAMESPACE, NEGLECT

CODED = {"adam-0001": NEGLECT, "adam-0002": NEGLECT, "adam-0003": FINDING}


def words_of(passage: str) -> str:
    review, number = passage.split("-")
    return PASSAGES[review][int(number) - 1][2].replace("\r\n", "\n")


def nvivo(path: Path, stored: str, spans: list[tuple[int, int, str]]) -> Path:
    """Write the project; ``spans`` are counted in ``stored`` as it is."""
    guid = "d097e6fd-7671-4d95-a8b6-7795fa4a72e1"
    when = 'creationDateTime="2024-09-15T15:36:47Z"'
    selections = "".join(
        f'<PlainTextSelection creatingUser="{ANN}" {when} endPosition="{end}" '
        f'guid="{guid[:-3]}{i:03d}" name="selection {i}" startPosition="{start}">'
        f'<Coding creatingUser="{ANN}" {when} guid="{guid[:-3]}{i + 500:03d}">'
        f'<CodeRef targetGUID="{code}"/></Coding></PlainTextSelection>'
        for i, (start, end, code) in enumerate(spans)
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="no" ?><Project xmlns="{NAMESPACE}" '
        f'name="reviews" origin="NVivo for Windows 14.23.2" creatingUserGUID="{ANN}">'
        f'<Users><User guid="{ANN}" id="A" name="Ann"/></Users>{CODES}<Sources>'
        f'<TextSource creatingUser="{ANN}" {when} guid="{guid}" name="adam" '
        f'plainTextPath="internal://{guid}.txt" richTextPath="internal://{guid}.docx">'
        f"{selections}</TextSource></Sources></Project>"
    )
    rich, document = io.BytesIO(), docx.Document()
    for line in stored.split("\r\n"):
        document.add_paragraph(line)
    document.save(rich)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", xml)
        archive.writestr(f"sources/{guid}.docx", rich.getvalue())
        archive.writestr(f"sources/{guid}.txt", b"\xef\xbb\xbf" + stored.encode())
    return path


@pytest.fixture
def text(by_model: TaggedCorpus) -> str:
    return lay_out(reviews(by_model, redacted=False)[0]).text


def spans_in(counted: str, line_end: str) -> list[tuple[int, int, str]]:
    found = []
    for passage, code in CODED.items():
        words = words_of(passage).replace("\n", line_end)
        start = counted.index(words)
        found.append((start, start + len(words), code))
    return found


def test_coded_selections_keep_their_place_over_every_line_end(text: str, tmp_path: Path) -> None:
    stored = text.replace("\n", "\r\n")
    project = read_project(nvivo(tmp_path / "p.qdpx", stored, spans_in(stored, "\r\n")))
    found = project.sources[0]
    assert found.text == text
    assert stored.count("\r\n") >= 8  # a count of one each would be off by as many at the end
    assert [one.text for one in found.selections] == [words_of(passage) for passage in CODED]
    assert [(one.start, one.end) for one in found.selections] == [
        (start, end) for start, end, _code in spans_in(text, "\n")
    ]


def test_what_was_coded_in_nvivo_comes_back_to_its_passages(
    by_model: TaggedCorpus, text: str, tmp_path: Path
) -> None:
    stored = text.replace("\n", "\r\n")
    spans = [span for span in spans_in(stored, "\r\n") if span[2] == NEGLECT]
    last = spans_in(stored, "\r\n")[-1]
    both = [*spans, last, (last[0], last[1], NEGLECT)]
    found = read_exchange(nvivo(tmp_path / "p.qdpx", stored, both), by_model)
    assert found.conflicts.empty
    assert [(r.passage_id, r.coder, r.theme, r.stance) for r in found.codings.itertuples()] == [
        ("adam-0001", "Ann", "neglect", ""),
        ("adam-0002", "Ann", "neglect", ""),
        ("adam-0003", "Ann", "neglect", "finding"),
    ]


def test_one_character_a_line_end_would_be_seen_as_other_words(text: str, tmp_path: Path) -> None:
    """The test above can fail: positions that count otherwise give other words."""
    stored = text.replace("\n", "\r\n")
    project = read_project(nvivo(tmp_path / "p.qdpx", stored, spans_in(text, "\n")))
    assert [one.text for one in project.sources[0].selections][-1] != words_of("adam-0003")
