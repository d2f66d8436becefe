"""The REFI-QDA project that we write."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.exchange import export
from oscb_nlp.exchange.refi import guid

SCHEMA = Path(__file__).parents[3] / "shared" / "refi-qda" / "project.xsd"
Q = "{urn:QDA-XML:project:1.0}"


def parts(content: bytes) -> tuple[etree._Element, dict[str, str]]:
    """The project's XML, and its sources' texts by their guid."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = {
            Path(name).stem: archive.read(name).decode("utf-8")
            for name in archive.namelist()
            if name.endswith(".txt")
        }
        return etree.fromstring(archive.read("project.qde")), texts


def selections(content: bytes) -> list[tuple[str, str, list[str]]]:
    """Who selected which words, and under which codes."""
    root, texts = parts(content)
    users = {user.get("guid"): user.get("name") for user in root.iter(f"{Q}User")}
    codes = {code.get("guid"): code.get("name") for code in root.iter(f"{Q}Code")}
    return [
        (
            users[selection.get("creatingUser")],
            texts[source.get("guid")][
                int(selection.get("startPosition")) : int(selection.get("endPosition"))
            ],
            [codes[ref.get("targetGUID")] for ref in selection.iter(f"{Q}CodeRef")],
        )
        for source in root.iter(f"{Q}TextSource")
        for selection in source.iter(f"{Q}PlainTextSelection")
    ]


def test_a_project_is_valid_against_the_published_schema(tagged: TaggedCorpus) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"{SCHEMA} is not here: the published schema does not ship with the project")
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(parts(export(tagged, "qdpx"))[0])


def test_a_source_reads_as_the_review_does(tagged: TaggedCorpus) -> None:
    root, texts = parts(export(tagged, "qdpx"))
    source = next(root.iter(f"{Q}TextSource"))
    assert source.get("name") == "adam"
    assert source.get("plainTextPath") == f"internal://{source.get('guid')}.txt"
    assert texts[source.get("guid")] == (
        "What we found\n\n"
        "3.1 The house was cold \U0001f9ca and Adam’s bed had no sheets.\n\n"
        "3.2 Nobody asked Adam; write to [e-mail removed] about the bruising.\n\n"
        "What we recommend\n\n"
        "=HYPERLINK is how this paragraph begins\nand goes on.\n"
    )


def test_each_theme_of_each_coder_selects_its_passage_with_its_stance(tagged: TaggedCorpus) -> None:
    cold = "The house was cold \U0001f9ca and Adam’s bed had no sheets."
    found = selections(export(tagged, "qdpx"))
    assert [(who, codes) for who, words, codes in found if words == cold] == [
        ("model", ["Neglect", "Finding"]),
        ("model", ["Poverty, housing and the family's circumstances", "Narrative"]),
        ("Ann", ["Neglect", "Finding"]),
        ("Ann", ["Engagement and disguised compliance", "Good practice"]),
        ("Ben Bø", ["Neglect", "Narrative"]),
    ]
    assert ("Ann", "The meeting was held in May.", ["No theme applies"]) in found


def test_a_selection_has_a_note_that_says_where_it_stands(tagged: TaggedCorpus) -> None:
    root, _texts = parts(export(tagged, "qdpx"))
    selection = next(root.iter(f"{Q}PlainTextSelection"))
    target = selection.find(f"{Q}NoteRef").get("targetGUID")
    note = next(note for note in root.iter(f"{Q}Note") if note.get("guid") == target)
    first, *rest = note.findtext(f"{Q}PlainTextContent").splitlines()
    assert first == "stance: finding; score: 0.75; page: 1; number: 3.1; file: adam.pdf"
    assert first == selection.findtext(f"{Q}Description")
    assert "evidence: 10-18 'was cold'" in rest
    assert rest[-1] == "Eastmarch, Review: Adam (2017), p. 1, 3.1"


def test_evidence_is_moved_to_where_its_words_stand_after_redaction(tagged: TaggedCorpus) -> None:
    def notes(redacted: bool) -> str:
        return etree.tostring(parts(export(tagged, "qdpx", redacted))[0], encoding="unicode")

    assert "54-62 'bruising'" in notes(redacted=False)
    assert "55-63 'bruising'" in notes(redacted=True)
    assert "pat@example.org" not in notes(redacted=True)


def test_without_redaction_the_words_stay_as_published(tagged: TaggedCorpus) -> None:
    _root, texts = parts(export(tagged, "qdpx", redacted=False))
    assert any("pat@example.org" in text for text in texts.values())


def test_codes_have_the_guids_of_the_codebook_export(tagged: TaggedCorpus) -> None:
    root, _texts = parts(export(tagged, "qdpx"))
    names = {code.get("guid"): code.get("name") for code in root.iter(f"{Q}Code")}
    assert names[guid("theme", "neglect")] == "Neglect"
    assert names[guid("stance", "finding")] == "Finding"


def test_a_theme_of_an_earlier_codebook_keeps_a_code(by_model: TaggedCorpus) -> None:
    by_model.tags.loc[0, "theme"] = "long-gone"
    root, _texts = parts(export(by_model, "qdpx"))
    assert "long-gone" in {code.get("name") for code in root.iter(f"{Q}Code")}


def test_reviews_of_the_same_file_name_are_told_apart(by_model: TaggedCorpus) -> None:
    by_model.documents["file"] = ["a/review.pdf", "b/review.pdf"]
    root, _texts = parts(export(by_model, "qdpx"))
    assert [source.get("name") for source in root.iter(f"{Q}TextSource")] == [
        "review",
        "review (beth)",
    ]


def test_control_characters_that_xml_cannot_hold_stop_nothing(by_model: TaggedCorpus) -> None:
    by_model.documents["title"] = ["A form feed \f", "\x00"]
    assert parts(export(by_model, "qdpx"))


def test_an_unknown_format_is_named_with_those_that_there_are(tagged: TaggedCorpus) -> None:
    with pytest.raises(SettingError, match=r"no format 'nvp'; there are qdpx"):
        export(tagged, "nvp")


def test_the_same_corpus_gives_the_same_bytes_from_the_command_too(
    tagged: TaggedCorpus, stored: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "reviews.qdpx"
    command = [sys.executable, "-m", "oscb_nlp", "export", str(stored), "--format", "qdpx"]
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == export(tagged, "qdpx") == export(TaggedCorpus.load(stored), "qdpx")
