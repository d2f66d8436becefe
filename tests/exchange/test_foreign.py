"""Projects of other programs as plain data, each with its own way of writing."""

import io
import zipfile
from pathlib import Path

import docx
import pytest

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange import export, read_project
from oscb_nlp.exchange.foreign import Project
from tests.exchange.made import (
    ANN,
    FINDING,
    NAMESPACE,
    NEGLECT,
    OTHER,
    coding,
    project,
    qdpx,
    selection,
    source,
)

NVIVO = Path(__file__).parents[3] / "shared" / "refi-qda" / "nvivo_project.qdpx"
TEXT = "First line.\nShe asked \U0001f9ca twice.\nNobody answered her.\n"
ASKED = TEXT.index("She asked"), TEXT.index("\nNobody")


def words(found: Project) -> list[str]:
    return [one.text for each in found.sources for one in each.selections]


def test_our_own_project_is_read_as_it_was_written(tagged: TaggedCorpus, tmp_path: Path) -> None:
    path = tmp_path / "ours.qdpx"
    path.write_bytes(export(tagged, "qdpx"))
    found = read_project(path)
    assert found.coders == ("model", "Ann", "Ben Bø")
    assert [one.name for one in found.sources] == ["adam", "beth"]
    first = found.sources[0].selections[0]
    assert first.text == "The house was cold \U0001f9ca and Adam’s bed had no sheets."
    assert [one.coder for one in first.codings] == ["model", "model"]
    notes = {note.guid: note for note in found.notes}
    assert notes[first.notes[0]].text.startswith("stance: finding; score: 0.75")
    parents = {code.guid: code.name for code in found.codes}
    neglect = next(code for code in found.codes if code.name == "Neglect")
    assert parents[neglect.parent] == "Harm to the child"
    assert not next(code for code in found.codes if code.name == "Harm to the child").codable


def test_a_project_that_nvivo_saved() -> None:
    """The file has a codebook and two sources with nothing in them but a line end, and no coding.

    So it says how NVivo names things, and nothing on how it counts.
    """
    if not NVIVO.exists():
        pytest.skip(f"{NVIVO} is not here: it does not ship with the project")
    found = read_project(NVIVO)
    assert found.origin == "NVivo for Mac 15.0.0"
    assert found.coders == ("chrisp", "cp")
    assert [(one.text, one.missing) for one in found.sources] == [("\n", "")] * 2
    assert len(found.codes) == 262
    above = {code.guid: code for code in found.codes}
    programming = next(code for code in found.codes if code.name == "programming")
    assert above[programming.parent].name == "competencies"
    assert all(one.text == each.text[one.start : one.end] for each in found.sources
               for one in each.selections)  # fmt: skip


def test_windows_line_ends_count_as_they_are_stored_as_nvivo_does(tmp_path: Path) -> None:
    stored = TEXT.replace("\n", "\r\n")
    start = stored.index("She asked")
    xml = project(source(selection(start, start + 18)), origin="NVivo for Windows 12.6")
    found = read_project(qdpx(tmp_path / "p.qdpx", xml, a=b"\xef\xbb\xbf" + stored.encode()))
    assert found.sources[0].text == TEXT
    assert words(found) == ["She asked \U0001f9ca twice."]


def test_windows_line_ends_count_once_in_atlas_ti(tmp_path: Path) -> None:
    xml = project(source(selection(*ASKED)), origin="ATLAS.ti Win 26.1.1")
    path = qdpx(tmp_path / "p.qdpx", xml, "Trial.qde", a=TEXT.replace("\n", "\r\n"))
    assert words(read_project(path)) == ["She asked \U0001f9ca twice."]


@pytest.mark.parametrize("origin", ["NVivo", "ATLAS.ti", "MAXQDA 2022", ""])
@pytest.mark.parametrize("twice", [True, False])
@pytest.mark.parametrize("name", ["She asked \U0001f9ca twice.", "She asked \U0001f9ca twi..."])
def test_where_selections_are_named_by_their_words_the_names_say_how_to_count(
    tmp_path: Path, origin: str, twice: bool, name: str
) -> None:
    stored = TEXT.replace("\n", "\r\n")
    counted = stored if twice else TEXT
    start = counted.index("She asked")
    xml = project(source(selection(start, start + 18, name=name)), origin=origin)
    found = read_project(qdpx(tmp_path / "p.qdpx", xml, a=stored))
    assert words(found) == ["She asked \U0001f9ca twice."]


def test_two_characters_a_line_end_are_seen_where_xml_has_made_them_one(tmp_path: Path) -> None:
    text = TEXT.replace("\U0001f9ca", "him")
    counted = text.replace("\n", "\r\n")
    start = counted.index("Nobody")
    inside = f"<PlainTextContent>{counted}</PlainTextContent>" + selection(
        start, start + 20, name="Nobody answered her."
    )
    xml = project(f'<TextSource guid="{OTHER}" name="adam">{inside}</TextSource>')
    assert words(read_project(qdpx(tmp_path / "p.qdpx", xml))) == ["Nobody answered her."]


def test_an_end_that_names_the_last_character_is_seen_by_the_names(tmp_path: Path) -> None:
    start, end = ASKED
    name = "She asked \U0001f9ca twice."
    xml = project(source(selection(start, end - 1, name=name)))
    assert words(read_project(qdpx(tmp_path / "p.qdpx", xml, a=TEXT))) == [name]


def test_identifiers_in_braces_and_capitals_are_the_same(tmp_path: Path) -> None:
    upper = f"{{{NEGLECT.replace('2', 'A')}}}"
    xml = project(source(selection(0, 5, coding(upper)))).replace(
        NEGLECT, upper.lower().strip("{}")
    )
    found = read_project(qdpx(tmp_path / "p.qdpx", xml, a=TEXT))
    codes = {code.guid: code.name for code in found.codes}
    assert codes[found.sources[0].selections[0].codings[0].code] == "Neglect"


def test_sources_without_identifiers_keep_their_own_texts(tmp_path: Path) -> None:
    one = '<TextSource name="{0}" plainTextPath="internal://{0}.txt">' + selection(0, 3)
    xml = project("".join(f"{one.format(name)}</TextSource>" for name in "ab"))
    assert words(read_project(qdpx(tmp_path / "p.qdpx", xml, a="One.", b="Two."))) == ["One", "Two"]


@pytest.mark.parametrize("namespace", ["urn:QDA-XML:project:0:4", "urn:QDA-XML:project:2.0", ""])
def test_other_versions_namespaces_are_read(tmp_path: Path, namespace: str) -> None:
    xml = project(source(selection(0, 5)), namespace=NAMESPACE).replace(NAMESPACE, namespace)
    assert words(read_project(qdpx(tmp_path / "p.qdpx", xml, a=TEXT))) == ["First"]


@pytest.mark.parametrize("folder", ["sources", "Sources", ""])
@pytest.mark.parametrize("where", ["internal://a.txt", "internal:///a.txt", "a.txt"])
def test_a_text_beside_the_xml_is_found_wherever_it_is_put(
    tmp_path: Path, folder: str, where: str
) -> None:
    path = qdpx(tmp_path / "p.qdpx", project(source(selection(0, 5), where=where)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{folder}/a.txt".lstrip("/"), TEXT)
    assert words(read_project(path)) == ["First"]


@pytest.mark.parametrize(
    "where", ["relative:///a.txt", "absolute:///etc/hostname", "internal://b.txt"]
)
def test_a_text_outside_the_project_is_named_and_not_opened(tmp_path: Path, where: str) -> None:
    found = read_project(qdpx(tmp_path / "p.qdpx", project(source("", where=where)), a=TEXT))
    assert found.sources[0].text == ""
    assert found.sources[0].missing == f"its text is not in the project: {where}"


def test_a_word_file_is_read_where_there_is_no_plain_text(tmp_path: Path) -> None:
    document, content = docx.Document(), io.BytesIO()
    for line in TEXT.splitlines():
        document.add_paragraph(line)
    document.save(content)
    xml = project(source(selection(*ASKED)).replace("plainTextPath", "richTextPath"))
    path = qdpx(tmp_path / "p.qdpx", xml.replace("a.txt", "a.docx"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("sources/a.docx", content.getvalue())
    assert words(read_project(path)) == ["She asked \U0001f9ca twice."]


def test_a_pdfs_text_and_a_transcript_are_sources_and_what_has_no_text_is_named(
    tmp_path: Path,
) -> None:
    a_place = f'<PDFSelection guid="{OTHER}" name="a table" page="0">{coding()}</PDFSelection>'
    text = source(selection(0, 5)).replace("TextSource", "Representation")
    times = (
        f'<SyncPoint guid="{NEGLECT}" position="12"/><SyncPoint guid="{FINDING}" position="21"/>'
        f'<TranscriptSelection guid="{OTHER}" fromSyncPoint="{NEGLECT}" toSyncPoint="{FINDING}">'
        f"{coding()}</TranscriptSelection>"
    )
    xml = project(
        f'<PDFSource guid="{ANN}" name="adam.pdf">{a_place}{text}</PDFSource>'
        f'<AudioSource guid="{ANN}" name="talk"><Transcript guid="{OTHER}">'
        f"<PlainTextContent>{TEXT}</PlainTextContent>{times}</Transcript></AudioSource>"
        f'<PictureSource guid="{ANN}" name="map">{coding()}</PictureSource>'
    )
    found = read_project(qdpx(tmp_path / "p.qdpx", xml, a=TEXT))
    assert [one.name for one in found.sources] == ["adam.pdf", "talk"]
    assert words(found) == ["First", "She asked"]
    assert found.unread == ("adam.pdf: PDFSelection a table", "map: PictureSource coded as a whole")


def test_notes_keep_their_words_and_their_writer(tmp_path: Path) -> None:
    note = (
        f'<Notes><Note guid="{OTHER}" name="memo" creatingUser="{ANN}">'
        "<PlainTextContent>Ask again.</PlainTextContent></Note></Notes>"
    )
    found = read_project(qdpx(tmp_path / "p.qdpx", project(source(""), note), a=TEXT))
    assert [(one.name, one.text, one.coder) for one in found.notes] == [
        ("memo", "Ask again.", "Ann")
    ]
