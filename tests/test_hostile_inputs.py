"""Files from anywhere, made to do harm: each is refused with an error that names it, soon and in little memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oscb_nlp import read_corpus, read_document
from oscb_nlp.cli.terminal import stderr
from oscb_nlp.codebook import load_codebook
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.cues import CueFinder
from oscb_nlp.errors import OscbError
from oscb_nlp.exchange import codebook_as, intake, read_exchange
from oscb_nlp.exchange.intake import read_codings
from oscb_nlp.inputs import find_inputs
from oscb_nlp.kept import file_hash
from oscb_nlp.labels import read_labels
from oscb_nlp.standoff import join_labels
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame, pack
from tests.bounds import within
from tests.fuzz.seeds import CODEBOOK, PAGE, corpus, seeds, unpacked

READERS: dict[str, Callable[[Path], Any]] = {
    "codebook.toml": load_codebook,
    "manifest.csv": lambda path: find_inputs([path]),
    "codings.csv": read_codings,
    "labels.jsonl": read_labels,
    "standoff.jsonl": lambda path: join_labels(path.parent, path),
    "records.json": lambda path: read_exchange(path, corpus(), "Ann"),
}


def refused(path: Path, content: bytes | None = None) -> str:
    """Return what is said of a file that may not be read."""
    if content is not None:
        path.write_bytes(content)
    with within(), pytest.raises(OscbError) as caught:
        READERS[path.name](path)
    said = str(caught.value)
    assert str(path) in said
    assert len(said) < 1_000
    return said


ANYTHING = {
    "nothing but null bytes": bytes(1_000),
    "UTF-16": "file,year\na.pdf,2015\n".encode("utf-16"),
    "half of a character": b'{"text": "\xed\xa0\x80", "themes": []}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "deep lists in an object": b'{"text": %s, "themes": []}' % (b"[" * 400 + b"]" * 400),
    "a number of a million digits": b"1" * 1_000_000,
    "a number beyond all": b"1e400",
    "no number": b"NaN",
    "one line of ten megabytes": b"a" * 10_000_000,
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("content", ANYTHING.values(), ids=ANYTHING)
def test_what_is_no_file_of_its_kind_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    refused(tmp_path / name, content)


@pytest.mark.parametrize("name", READERS)
def test_a_file_without_end_or_of_many_gigabytes_is_refused_unread(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.symlink_to("/dev/zero")
    assert "no ordinary file" in refused(path)
    path.unlink()
    os.mkfifo(path)
    assert "no ordinary file" in refused(path)
    path.unlink()
    path.touch()
    os.truncate(path, 4 << 30)  # it takes no room
    assert "larger than" in refused(path)


def theme(entries: str) -> str:
    return CODEBOOK.replace('cues = ["dangerous dog", "dog bite*"]', entries)


CODEBOOKS = {
    "a key of many parts": ("a." * 100_000 + "b = 1", "dots"),
    "tables in tables": ("[a" + ".a" * 290 + "]\n" + "a." * 290 + "a = 1", r"\[codebook\] is"),
    "arrays in arrays": ("a = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
    "a description that is no text": (CODEBOOK.replace('title = "', 'description.a = "', 1), "'title'"),
    "a cue of gaps": (theme(f'cues = ["child {"... " * 30}seen"]'), "more than 4 gaps"),
    "a cue as long as a book": (theme(f'cues = ["{"dog " * 5_000}"]'), "field 'cues'"),
    "an id as long as a page": (CODEBOOK.replace("dogs", "d" * 5_000), "field 'id'"),
    "a control character": (CODEBOOK.replace("Dangerous dogs", "Dogs\\u001b[2J"), "field 'label'"),
    "themes by the thousand": (
        CODEBOOK + "".join(f"[[theme]]\nid = '{i}'\n" for i in range(2_000)), "more than 1000"
    ),
    "an id twice": (CODEBOOK + CODEBOOK[CODEBOOK.index("[[theme]]") :], "given twice"),
    "cues added to what is no list": (
        '[codebook]\nextends = "oscb"\n[[theme]]\nid = "neglect"\ncues = 3\nadd_cues = ["x"]', "'cues'"
    ),
    "types all wrong": ("codebook = [1]\ntheme = 1979-05-27\nfamily = inf", r"\[codebook\]"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), CODEBOOKS.values(), ids=CODEBOOKS)
def test_a_hostile_codebook_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    path.write_text(text, encoding="utf-8")
    with within(), pytest.raises(OscbError, match=said) as caught:
        load_codebook(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value)) < 1_000


def test_a_codebook_with_the_mark_of_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    path.write_bytes(b"\xef\xbb\xbf" + CODEBOOK.replace("\n", "\r\n").encode())
    assert load_codebook(path).ids == ("dogs",)


def test_the_worst_cues_that_are_allowed_are_found_in_time(tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    cues = ",\n".join(f'"a* ... ... ... ... {index}"' for index in range(50))
    path.write_text(theme(f"cues = [\n{cues}]"), encoding="utf-8")
    finder = CueFinder(load_codebook(path))
    with within():
        assert finder.find("all " * 1_000 + "the end 7")[-1].theme == "dogs"


RECORD = {"text": "The house was cold.", "themes": ["neglect"]}
LABELS: dict[str, dict[str, Any]] = {
    "a stance that is a list": {"stances": {"neglect": ["finding"]}},
    "stances that are a list": {"stances": [1]},
    "themes that are numbers": {"themes": [1]},
    "a text that is a list": {"text": [[[["a"]]]]},
    "a year beyond all": {"year": 1e300},
    "a year in other digits": {"year": "２０１５"},
    "codings by a list": {"codings": ["Ann"]},
    "a coding that is a list": {"codings": {"Ann": ["neglect"]}},
    "a coding of numbers": {"codings": {"Ann": {"neglect": 1}}},
    "a coder without a name": {"codings": {" ": {"neglect": "finding"}}},
    "half of a character": {"heading": "\ud800"},
}


@pytest.mark.parametrize("entries", LABELS.values(), ids=LABELS)
def test_a_hostile_record_of_labels_is_refused_with_its_line(
    entries: dict[str, Any], tmp_path: Path
) -> None:
    lines = json.dumps(RECORD) + "\n" + json.dumps({**RECORD, **entries})
    assert "labels.jsonl:2: " in refused(tmp_path / "labels.jsonl", lines.encode())


def test_of_a_key_that_stands_twice_the_last_counts_and_an_id_may_stand_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "labels.jsonl"
    line = '{"id": "a", "text": "One.", "text": "Two.", "themes": []}\n'
    path.write_bytes(b"\xef\xbb\xbf" + line.encode() * 2)
    assert read_labels(path)[["id", "text"]].to_numpy().tolist() == [["a", "Two."]] * 2


PLACED = {"id": "x", "sha256": "0", "spans": [[1, 0, 9]], "codings": {"A": {"neglect": "finding"}}}
STANDOFF: dict[str, dict[str, Any]] = {
    "spans as long as all reports": {"spans": [[1, 0, 10**12]]},
    "many long spans": {"spans": [[page, 0, 200_000] for page in range(100)]},
    "spans that end before they begin": {"spans": [[1, 9, 0]]},
    "spans of words": {"spans": [["1", "0", "9"]]},
    "spans that are no list": {"spans": 1},
    "a hash that is a list": {"sha256": ["0"]},
    "codings by a list": {"codings": ["A"]},
    "an unknown stance": {"codings": {"A": {"neglect": "worst"}}},
    "no stance": {"codings": {"A": {"neglect": ""}}},
    "adjudicated to a number": {"adjudicated": 0},
}


@pytest.mark.parametrize("entries", STANDOFF.values(), ids=STANDOFF)
def test_a_hostile_record_of_standoff_labels_is_refused_with_its_line(
    entries: dict[str, Any], tmp_path: Path
) -> None:
    lines = json.dumps(PLACED) + "\n" + json.dumps({**PLACED, **entries})
    assert "standoff.jsonl:2: " in refused(tmp_path / "standoff.jsonl", lines.encode())


MANIFESTS = {
    "a year in small figures": ("file,year\na.pdf,²²²²\n", "no year"),
    "a year in other digits": ("file,year\na.pdf,２０１５\n", "no year"),
    "a control character": ("file,title\na.pdf,Child \x1b[2J\n", "control character"),
    "a null byte": ("file\na\0.pdf\n", "null byte"),
    "one cell of a megabyte": (f'file,title\na.pdf,"{"a" * 1_000_000}"\n', "CSV"),
    "many rows": ("file\n" + "a\n" * 300_000, "more than 200,000 rows"),
    "many columns": ("," * 1_000_000 + "\n", "column 'file'"),
}


@pytest.mark.parametrize(("text", "said"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_hostile_manifest_is_refused(text: str, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path / "manifest.csv", text.encode())


CODED = {"passage_id": "p", "document_id": "d", "text_key": "k", "coder": "Ann", "theme": "neglect",
         "stance": "finding"}  # fmt: skip
CODINGS = {
    "an unknown stance": ({"stance": "worst"}, "'worst' is no stance"),
    "nobody": ({"coder": " "}, "no coder's name"),
    "the model": ({"coder": "Model"}, "no coder's name"),
}


def codings(*rows: dict[str, str]) -> bytes:
    names = CODING_SCHEMAS["codings"].names
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(map(",".join, lines)).encode()


@pytest.mark.parametrize(("entries", "said"), CODINGS.values(), ids=CODINGS)
def test_a_hostile_table_of_codings_is_refused(
    entries: dict[str, str], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "codings.csv"
    path.write_bytes(codings(CODED))
    assert read_codings(path)["coder"].tolist() == ["Ann"]
    assert said in refused(path, codings(CODED, {**CODED, **entries}))


def test_a_table_of_too_many_codings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_MOST_ROWS", 3)
    assert "more than 3 rows" in refused(tmp_path / "codings.csv", codings(*[CODED] * 4))


LINKED = {
    "a link to nothing": "gone.pdf",
    "a link to itself": "a.pdf",
    "a name of a mile": "a" * 9_000,
}


@pytest.mark.parametrize("target", LINKED.values(), ids=LINKED)
def test_a_manifest_may_name_what_is_no_file(target: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    if len(target) < 100:
        (tmp_path / "a.pdf").symlink_to(target)
        target = "a.pdf"
    path.write_text(f"file\n{target}\n", encoding="utf-8")
    assert [item.path for item in find_inputs([path])] == [tmp_path / target]


def test_a_manifest_that_names_what_has_no_end_is_read_past_it(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    os.mkfifo(tmp_path / "b.pdf")
    path.write_text("file\n/dev/zero\nb.pdf\n", encoding="utf-8")
    for item in find_inputs([path]):
        assert isinstance(item.path, Path)
        with within(), pytest.raises(OscbError, match="cannot-open: it is no ordinary file"):
            read_document(item.path)
        with within():
            assert file_hash(item.path) == ""


NAMES = (b"caf\xe9_2015.html", b"a\nb_2016.html", b"=c\x1b[2J_2017.html")


def test_files_may_have_any_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reviews"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        page = PAGE.replace("cold", f"cold {number} \x1b[2J times")
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_text(page, encoding="utf-8")
    read = read_corpus(folder)
    tagged = TaggedCorpus(**vars(read), tags=frame([], SCHEMAS["tags"]), settings={})
    tagged.save(tmp_path / "out")
    names = [Path(file).name for file in TaggedCorpus.load(tmp_path / "out").documents["file"]]
    assert names == ["=c\x1b[2J_2017.html", "a\nb_2016.html", "caf?_2015.html"]
    stderr.print(f"{names[0]}: is no review", markup=False)
    assert "\x1b[2J" not in capsys.readouterr().err
    assert "\x1b" not in (tmp_path / "out" / "passages.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_a_codebook_as_csv_has_no_cell_that_a_spreadsheet_would_run(start: str) -> None:
    codebook = load_codebook()
    one = replace(codebook.themes[0], definition=start)
    text = codebook_as(replace(codebook, themes=(one,)), "csv")
    assert f"'{start}" in text


def test_a_cell_of_word_over_a_milliard_columns_is_left_out(tmp_path: Path) -> None:
    parts = unpacked(seeds("docx", tmp_path)[0])
    name = "word/document.xml"
    wide = parts[name].replace(b"<w:tcPr>", b'<w:tcPr><w:gridSpan w:val="1000000000"/>', 1)
    assert wide != parts[name]
    path = tmp_path / "a.docx"
    path.write_bytes(pack({**parts, name: wide}))
    with within():
        assert "cold" in read_document(path).passages[0].text
