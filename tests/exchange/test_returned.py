"""Codings that come back in a REFI-QDA project: ours, or one of another program."""

import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from oscb_nlp.codings import coded_by, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange import Imported, export, read_exchange
from oscb_nlp.exchange.intake import CONFLICTS
from tests.exchange.made import (
    ANN,
    FINDING,
    NEGLECT,
    OTHER,
    coding,
    project,
    qdpx,
    selection,
    source,
)

Q = "{urn:QDA-XML:project:1.0}"
COLD = "The house was cold \U0001f9ca and Adam’s bed had no sheets."


def rows(found: Imported) -> list[tuple[str, str, str, str]]:
    return [(r.passage_id, r.coder, r.theme, r.stance) for r in found.codings.itertuples()]


def whats(found: Imported) -> list[str]:
    assert set(found.conflicts["what"]) <= set(CONFLICTS)
    return found.conflicts["what"].tolist()


def ours(tagged: TaggedCorpus, path: Path, redacted: bool = True) -> Path:
    path.write_bytes(export(tagged, "qdpx", redacted))
    return path


@pytest.mark.parametrize("redacted", [True, False])
def test_what_people_coded_comes_back_the_same(
    tagged: TaggedCorpus, by_model: TaggedCorpus, tmp_path: Path, redacted: bool
) -> None:
    found = read_exchange(ours(tagged, tmp_path / "p.qdpx", redacted), by_model)
    assert whats(found) == []
    kept = ["passage_id", "document_id", "text_key", "coder", "coded_at", "theme", "stance"]
    pd.testing.assert_frame_equal(
        found.codings[kept],
        tagged.codings[kept].sort_values(["passage_id", "coder", "theme"], ignore_index=True),
    )
    assert set(found.codings["origin"]) == {"p.qdpx"}
    again = with_codings(by_model, found.codings)
    assert coded_by(again) == coded_by(tagged)
    pd.testing.assert_frame_equal(again.tags, tagged.tags)


def test_the_models_codings_are_nobodys_until_somebody_takes_them_over(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    path = ours(by_model, tmp_path / "p.qdpx")
    assert rows(read_exchange(path, by_model)) == []
    taken = read_exchange(path, by_model, coder="Cat")
    assert {row[1] for row in rows(taken)} == {"Cat"}
    assert len(taken.codings) == len(by_model.tags)


def test_a_project_changed_by_another_program_is_read_by_position(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    """New guids, other names, Windows line ends, one selection moved into a passage."""
    with zipfile.ZipFile(ours(by_model, tmp_path / "p.qdpx")) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    root = etree.fromstring(content["project.qde"])
    for user in root.iter(f"{Q}User"):
        user.set("name", "Ann")
    for each in root.iter(f"{Q}TextSource"):
        each.set("guid", OTHER)
        each.set("name", "Document 1")
        each.remove(each.find(f"{Q}Description"))
    first = next(root.iter(f"{Q}PlainTextSelection"))
    first.set("startPosition", str(int(first.get("startPosition")) + 4))
    first.set("name", COLD[4:])
    content["project.qde"] = etree.tostring(root)
    path = tmp_path / "back.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            archive.writestr(name, part.replace(b"\n", b"\r\n") if name.endswith("txt") else part)
    found = read_exchange(path, by_model)
    assert whats(found) == []
    assert [(p, t, s) for p, _c, t, s in rows(found)] == [
        (tag.passage_id, tag.theme, tag.stance)
        for tag in by_model.tags.sort_values(["passage_id", "theme"]).itertuples()
    ]


def one(tmp_path: Path, inside: str, text: str = COLD, name: str = "adam") -> Path:
    return qdpx(tmp_path / "p.qdpx", project(source(inside, name)), a=text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (COLD, 0, len(COLD)),
        (COLD.replace("’", "'").replace(" ", "\u00a0"), 0, len(COLD)),
        (f"3.1 {COLD}\n\nMore words.", 0, len(COLD) + 4),
        (COLD, 4, 26),
    ],
    ids=["the passage", "other quotes and spaces", "with its number", "a part of it"],
)
def test_a_text_that_is_not_ours_is_matched_by_the_selected_words(
    by_model: TaggedCorpus, tmp_path: Path, text: str, start: int, end: int
) -> None:
    inside = selection(start, end, coding(NEGLECT) + coding(FINDING))
    found = read_exchange(one(tmp_path, inside, text), by_model)
    assert rows(found) == [("adam-0001", "Ann", "neglect", "finding")]
    assert whats(found) == []


def test_a_source_of_unknown_name_is_matched_by_words_that_stand_in_one_passage_alone(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    found = read_exchange(one(tmp_path, selection(0, 26), name="my notes"), by_model)
    assert rows(found) == [("adam-0001", "Ann", "neglect", "")]


@pytest.mark.parametrize(
    ("inside", "text", "name", "what"),
    [
        (selection(0, 26, coding(OTHER)), COLD, "adam", "unknown-code"),
        (selection(0, 26, coding("no-such")), COLD, "adam", "unknown-code"),
        (selection(0, 20), "Words of another paper.", "adam", "text-not-found"),
        (selection(0, 20), "Words of another paper.", "paper", "unknown-source"),
        (selection(0, 2), "he", "adam", "several-passages"),
        (selection(0, 5, coding(user="")), COLD, "adam", "no-coder"),
        (selection(0, 26, coding(FINDING)), COLD, "adam", "stance-without-theme"),
        (coding(), COLD, "adam", "whole-source"),
        (
            selection(24, 75), f"{COLD} Nobody asked Adam; write to us.", "adam",
            "over-two-passages",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_a_conflict_and_no_coding(
    by_model: TaggedCorpus, tmp_path: Path, inside: str, text: str, name: str, what: str
) -> None:
    found = read_exchange(one(tmp_path, inside, text, name), by_model)
    assert rows(found) == []
    assert whats(found) == [what]
    assert found.conflicts["detail"].iloc[0].endswith(CONFLICTS[what])
    assert found.conflicts["where"].iloc[0].startswith(name)


def test_a_selection_over_two_passages_of_our_own_text_is_a_conflict(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    with zipfile.ZipFile(ours(by_model, tmp_path / "p.qdpx")) as archive:
        text = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("txt"))
    heading, over = selection(0, 8), selection(30, text.index("Nobody") + 9)
    exact = text.index("The house")
    spaces = selection(exact, text.index("3.2"))  # blank lines and a number belong to no passage
    found = read_exchange(one(tmp_path, heading + over + spaces, text), by_model)
    assert rows(found) == [("adam-0001", "Ann", "neglect", "")]
    assert whats(found) == ["text-not-found", "over-two-passages"]


def test_stances_in_selections_of_their_own_belong_to_the_passages_themes(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    """MAXQDA writes a selection for each code."""
    found = read_exchange(
        one(tmp_path, selection(0, 26) + selection(0, 26, coding(FINDING))), by_model
    )
    assert rows(found) == [("adam-0001", "Ann", "neglect", "finding")]


def test_where_stances_stand_apart_the_description_says_which_belongs_to_which(
    tagged: TaggedCorpus, by_model: TaggedCorpus, tmp_path: Path
) -> None:
    with zipfile.ZipFile(ours(tagged, tmp_path / "p.qdpx")) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    apart = re.sub(  # every coding in a selection of its own, with the same description
        rb"(<PlainTextSelection[^>]*>\s*<Description>[^<]*</Description>)"
        rb"(\s*<Coding.*?</Coding>)(\s*<Coding.*?</Coding>)\s*<NoteRef[^>]*>",
        rb"\1\2</PlainTextSelection>\1\3",
        content["project.qde"],
        flags=re.DOTALL,
    )
    assert apart.count(b"<PlainTextSelection") > content["project.qde"].count(
        b"<PlainTextSelection"
    )
    path = tmp_path / "apart.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in (content | {"project.qde": apart}).items():
            archive.writestr(name, part)
    found = read_exchange(path, by_model)
    assert whats(found) == []
    assert coded_by(with_codings(by_model, found.codings)) == coded_by(tagged)


def test_of_two_stances_of_a_theme_the_stronger_is_taken_and_said(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    narrative = "66666666-6666-4666-8666-666666666666"
    inside = selection(0, 26, coding() + coding(narrative) + coding(FINDING))
    xml = project(source(inside)).replace(
        "</Codes>", f'<Code guid="{narrative}" name="narrative" isCodable="true"/></Codes>'
    )
    found = read_exchange(qdpx(tmp_path / "p.qdpx", xml, a=COLD), by_model)
    assert rows(found) == [("adam-0001", "Ann", "neglect", "finding")]
    assert whats(found) == ["two-stances"]


def test_a_code_is_known_by_the_id_in_its_description_when_it_was_renamed(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    xml = project(source(selection(0, 26, coding(OTHER)))).replace(
        'name="My own code" isCodable="true"/>',
        'name="Vernachlässigung" isCodable="true"><Description>id: neglect\nx</Description></Code>',
    )
    found = read_exchange(qdpx(tmp_path / "p.qdpx", xml, a=COLD), by_model)
    assert [row[2] for row in rows(found)] == ["neglect"]


def test_nobody_named_means_the_coder_who_is_given(by_model: TaggedCorpus, tmp_path: Path) -> None:
    path = one(tmp_path, selection(0, 26, coding(user="")) + selection(0, 26, coding(user=ANN)))
    assert [row[1] for row in rows(read_exchange(path, by_model, "Cat"))] == ["Ann", "Cat"]
    with pytest.raises(LabelError, match="cannot be a coder's name"):
        read_exchange(path, by_model, "model")


def test_places_without_text_and_sources_without_theirs_are_named(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    picture = f'<PictureSource guid="{ANN}" name="map">{coding()}</PictureSource>'
    xml = project(picture + source(selection(0, 5), where="absolute:///x/a.txt"))
    found = read_exchange(qdpx(tmp_path / "p.qdpx", xml), by_model)
    assert rows(found) == []
    assert whats(found) == ["not-text", "source-without-text"]


def test_a_file_of_no_known_form_is_refused(by_model: TaggedCorpus, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"p\.nvp: is of no known form"):
        read_exchange(tmp_path / "p.nvp", by_model)
