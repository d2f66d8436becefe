"""Files that are damaged, or made to do harm: a clear error that names them, and nothing taken."""

import io
import struct
import zipfile
from pathlib import Path

import pytest
from docx import Document

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import InputError, LabelError, OscbError
from oscb_nlp.exchange import archive, export, read_exchange, read_project
from oscb_nlp.exchange.archive import MAX_ENTRIES
from tests.bounds import within
from tests.exchange.made import project, qdpx, selection, source

LAUGHS = "".join(
    f'<!ENTITY l{index} "{f"&l{index - 1};" * 10}">' for index in range(1, 10)
)  # fmt: skip


def refused(path: Path) -> str:
    with pytest.raises(LabelError) as caught:
        read_project(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("project.qde", project(source("")))
        with archive.open("sources/a.txt", "w") as entry:
            for _ in range(80):
                entry.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    assert "unpacks to more than" in refused(path)


def test_an_entry_that_lies_about_its_size_does_not_unpack_beyond_it(tmp_path: Path) -> None:
    path = tmp_path / "liar.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", project(source("")))
        archive.writestr("sources/a.txt", bytes(10 * 2**20))
    content = path.read_bytes().replace(struct.pack("<L", 10 * 2**20), struct.pack("<L", 10))
    path.write_bytes(content)
    assert "a.txt" in refused(path)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(MAX_ENTRIES + 1):
            archive.writestr(f"{index}", b"")
    assert f"more than {MAX_ENTRIES}" in refused(path)


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "sources/../../evil.txt", "/etc/evil.txt", "..\\evil.txt", "C:/evil.txt"],
)
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = qdpx(tmp_path / "p.qdpx", project(source("")), a="Text.")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "evil")
    assert "leads out" in refused(path)
    assert [file.name for file in tmp_path.iterdir()] == ["p.qdpx"]


@pytest.mark.parametrize("where", ["internal://../../../etc/hostname", "internal:///etc/hostname"])
def test_a_path_inside_the_xml_that_leads_out_opens_nothing(tmp_path: Path, where: str) -> None:
    found = read_project(qdpx(tmp_path / "p.qdpx", project(source("", where=where)), a="Text."))
    assert found.sources[0].missing == f"its text is not in the project: {where}"


@pytest.mark.parametrize(
    "declared",
    [
        f'<!DOCTYPE Project [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE Project [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE Project SYSTEM "http://example.org/evil.dtd">',
    ],
    ids=["bomb", "external entity", "external definition"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_and_never_resolved(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    use = "&l9;" if "l9" in declared else ""
    xml = project(source("", name=f"adam{use if 'SYSTEM' not in declared else ''}"))
    xml = xml.replace('encoding="utf-8"?>', f'encoding="{encoding}"?>{declared}')
    assert "project.qde" in refused(qdpx(tmp_path / "p.qdpx", xml.encode(encoding), a="Text."))


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<Project", "not well-formed"),
        ("", "not well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><Project/>', "not well-formed"),
        (b'<?xml version="1.0" encoding="utf-8"?><Project name="caf\xe9"/>', "not well-formed"),
        ("<CodeBook/>", "not a <Project>"),
        (project(source(selection(0, 1).replace('"0"', '"zero"'))), "'zero' for a position"),
        (project(source(selection(0, 1).replace(' startPosition="0"', ""))), "None for a position"),
    ],
)
def test_xml_that_is_no_project_is_refused(tmp_path: Path, xml: str | bytes, said: str) -> None:
    assert said in refused(qdpx(tmp_path / "p.qdpx", xml, a="Text."))


def test_a_text_in_another_encoding_is_refused_since_a_guess_would_shift_positions(
    tmp_path: Path,
) -> None:
    path = qdpx(tmp_path / "p.qdpx", project(source("")), a="café".encode("latin-1"))
    assert "not text in UTF-8" in refused(path)


def test_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    path = qdpx(tmp_path / "p.qdpx", project(source(selection(0, 4))), a="café".encode("utf-16"))
    assert read_project(path).sources[0].selections[0].text == "café"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04 cut off"])
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.qdpx"
    path.write_bytes(content)
    assert "no zip archive" in refused(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.qdpx: cannot be opened: No such file"):
        read_project(tmp_path / "gone.qdpx")


@pytest.mark.parametrize("qde", [["a.qde", "b.qde"], ["deep/a.qde"], []])
def test_it_must_be_clear_which_file_is_the_project(tmp_path: Path, qde: list[str]) -> None:
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "")
        for name in qde:
            archive.writestr(name, project(source("")))
    assert "must hold one project.qde" in refused(path)


def test_a_text_of_another_ending_is_no_way_around_the_limits(tmp_path: Path) -> None:
    path = tmp_path / "bomb.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.qde", project(source("", where="internal://film.mp4")))
        archive.writestr("sources/film.mp4", bytes(80 * 2**20))
    with within(megabytes=100):
        assert "unpacks to more than" in refused(path)


def test_one_text_for_a_thousand_sources_counts_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL", 2**20)
    path = qdpx(tmp_path / "p.qdpx", project(source("") * 1_000), a="a" * 2_000)
    assert "unpacks to more than" in refused(path)


def test_a_word_file_in_a_project_is_no_way_around_the_limits(tmp_path: Path) -> None:
    word, inside = io.BytesIO(), io.BytesIO()
    Document().save(word)
    with zipfile.ZipFile(word) as old, zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("word/media/image1.png", bytes(80 * 2**20))
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", project(source("", where="internal://a.docx")))
        archive.writestr("sources/a.docx", inside.getvalue())
    with within(megabytes=100):
        assert "image1.png" in refused(path)


def test_selections_over_one_another_may_not_hold_more_than_all_texts(tmp_path: Path) -> None:
    many = selection(0, 500_000) * 300
    path = qdpx(tmp_path / "p.qdpx", project(source(many)), a="The house was cold. " * 25_000)
    with within():
        assert "its selections hold more than" in refused(path)


@pytest.mark.parametrize("start", ["9" * 5_000, "-1", "1e9", "٣"])
def test_a_position_that_is_none_is_refused_or_stands_at_the_edge(
    tmp_path: Path, start: str
) -> None:
    xml = project(source(selection(0, 4).replace('"0"', f'"{start}"')))
    path = qdpx(tmp_path / "p.qdpx", xml, a="Text.")
    if start in {"-1", "٣"}:
        assert read_project(path).sources[0].selections[0].start in {0, 3}
    else:
        assert len(refused(path)) < 500


def test_elements_in_elements_are_refused(tmp_path: Path) -> None:
    codes = '<Code name="c">' * 5_000 + "</Code>" * 5_000
    xml = project(source("")).replace("<Codes>", f"<Codes>{codes}")
    with within():
        assert "not well-formed" in refused(qdpx(tmp_path / "p.qdpx", xml, a="Text."))


def test_a_link_in_the_archive_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "p.qdpx"
    link = zipfile.ZipInfo("sources/a.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", project(source(selection(0, 4))))
        archive.writestr(link, "/etc/hostname")
    assert read_project(path).sources[0].text == "/etc/hostname"


def test_a_project_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.qdpx"
    path.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="no ordinary file"):
        read_project(path)


def test_a_project_cut_off_or_scrambled_anywhere_gives_our_own_error(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    whole, path = export(tagged, "qdpx"), tmp_path / "p.qdpx"
    for place in range(0, len(whole), len(whole) // 60):
        scrambled = bytearray(whole)
        scrambled[place : place + 40] = bytes(40)
        for content in (whole[:place], bytes(scrambled)):
            path.write_bytes(content)
            try:
                read_exchange(path, tagged)
            except OscbError as error:
                assert str(path) in str(error)
