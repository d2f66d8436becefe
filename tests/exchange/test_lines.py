"""The JSON that annotation programs import, and what they export."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from oscb_nlp.codings import coded_by, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import InputError, LabelError
from oscb_nlp.exchange import Imported, export, read_exchange
from oscb_nlp.exchange.intake import CONFLICTS
from oscb_nlp.labels import read_labels

COLD = "The house was cold \U0001f9ca and Adam’s bed had no sheets."


def records(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def lines(path: Path, *found: object) -> Path:
    return written(path, "".join(f"{json.dumps(one)}\n" for one in found).encode())


def rows(found: Imported) -> list[tuple[str, str, str, str]]:
    return [(r.passage_id, r.coder, r.theme, r.stance) for r in found.codings.itertuples()]


def whats(found: Imported) -> list[str]:
    assert set(found.conflicts["what"]) <= set(CONFLICTS)
    return found.conflicts["what"].tolist()


def test_labelled_passages_are_read_by_training_and_measuring(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    found = read_labels(written(tmp_path / "l.jsonl", export(tagged, "jsonl"))).set_index("id")
    assert len(found) == len(tagged.passages)
    first = found.loc["adam-0001"]
    assert first["text"] == COLD
    assert first["themes"] == ("neglect", "parental-engagement")
    assert first["stances"] == {"neglect": "finding", "parental-engagement": "good-practice"}
    assert first["coder"] == "Ann+Ben Bø"
    assert first["codings"]["Ben Bø"] == {"neglect": "narrative"}
    assert found.loc["beth-0001", "coder"] == "Ann"
    assert found.loc["beth-0002", "coder"] == "model"
    assert found.loc["adam-0001", "year"] == 2017


def test_a_line_separator_in_a_passage_ends_no_line(by_model: TaggedCorpus, tmp_path: Path) -> None:
    by_model.passages.loc[0, "text"] = "One\u2028two\x85three."
    path = written(tmp_path / "l.jsonl", export(by_model, "jsonl"))
    assert read_labels(path)["text"].iloc[0] == "One\u2028two\x85three."


@pytest.mark.parametrize("form", ["jsonl", "label-studio", "prodigy"])
@pytest.mark.parametrize("redacted", [True, False])
def test_themes_stances_and_coders_come_back_the_same(
    tagged: TaggedCorpus, by_model: TaggedCorpus, tmp_path: Path, form: str, redacted: bool
) -> None:
    path = written(tmp_path / "back.jsonl", export(tagged, form, redacted))
    found = read_exchange(path, by_model)
    # Prodigy's tasks of the model wait for an answer.
    assert set(whats(found)) == ({"not-answered"} if form == "prodigy" else set())
    again = with_codings(by_model, found.codings)
    assert coded_by(again) == coded_by(tagged)
    pd.testing.assert_frame_equal(again.tags, tagged.tags)


def test_doccano_gives_back_the_themes_that_stand_and_not_who_gave_them(
    tagged: TaggedCorpus, by_model: TaggedCorpus, tmp_path: Path
) -> None:
    path = written(tmp_path / "back.jsonl", export(tagged, "doccano"))
    found = read_exchange(path, by_model, coder="Cat")
    assert rows(found) == [
        ("adam-0001", "Cat", "neglect", "finding"),
        ("adam-0001", "Cat", "parental-engagement", "good-practice"),
        ("adam-0002", "Cat", "physical-abuse", "finding"),
        ("adam-0002", "Cat", "voice-of-the-child", "finding"),
        ("beth-0001", "Cat", "", ""),
        ("beth-0002", "Cat", "information-sharing", "finding"),
    ]
    assert whats(found) == ["not-answered"]  # nobody read the one without a label
    assert set(whats(read_exchange(path, by_model))) == {"no-coder", "not-answered"}


@pytest.mark.parametrize("form", ["label-studio", "prodigy"])
def test_evidence_is_where_its_words_are(tagged: TaggedCorpus, form: str) -> None:
    content = export(tagged, form)
    found = json.loads(content) if form == "label-studio" else records(content)
    spans = [
        (text[value["start"] : value["end"]], value.get("label") or value["labels"][0])
        for record in found
        for text in [record.get("text") or record["data"]["text"]]
        for value in (
            record.get("spans")
            or [
                one["value"]
                for part in record.get("predictions", [])
                for one in part["result"]
                if one["type"] == "labels"
            ]
        )
    ]
    assert ("was cold", "neglect") in spans
    assert ("bruising", "physical-abuse") in spans  # after an address that was removed


def test_label_studio_takes_the_models_codes_as_predictions_and_names_no_unknown_user(
    tagged: TaggedCorpus,
) -> None:
    first = json.loads(export(tagged, "label-studio"))[0]
    assert first["data"]["cited"] == "Eastmarch, Review: Adam (2017), p. 1, 3.1"
    assert [one["model_version"] for one in first["predictions"]] == ["model"]
    assert first["predictions"][0]["result"][0]["value"]["taxonomy"] == [
        ["neglect", "finding"],
        ["poverty-housing", "narrative"],
    ]
    assert len(first["annotations"]) == 2
    assert all("completed_by" not in one for one in first["annotations"])


def test_the_labelling_interface_has_what_the_tasks_refer_to(tagged: TaggedCorpus) -> None:
    view = ET.fromstring(export(tagged, "label-studio-config"))
    tags = {element.get("name"): element for element in view.iter() if element.get("name")}
    tasks = json.loads(export(tagged, "label-studio"))
    for task in tasks:
        assert {value[1:] for value in ("$text", "$cited")} <= set(task["data"])
        for part in [*task["predictions"], *task["annotations"]]:
            for result in part["result"]:
                assert tags[result["from_name"]].tag.lower() == result["type"]
                choices = {choice.get("value") for choice in tags[result["from_name"]].iter()}
                said = result["value"].get("taxonomy", [result["value"].get("labels")])
                assert {one for path in said for one in path} <= choices


def studio(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": 1,
        "data": {"text": COLD},
        "annotations": [
            {"id": 1, "completed_by": {"email": "ann@example.org"}, "result": results, **more}
        ],
    }


@pytest.mark.parametrize(
    "results",
    [
        [{"id": "a", "from_name": "t", "value": {"taxonomy": [["neglect", "finding"]]}}],
        [{"id": "a", "from_name": "t", "value": {"choices": ["Neglect: Finding"]}}],
        [
            {"id": "a", "from_name": "l", "value": {"start": 0, "end": 9, "labels": ["Neglect"]}},
            {"id": "a", "from_name": "s", "value": {"start": 0, "end": 9, "choices": ["finding"]}},
        ],
        [
            {"id": "a", "from_name": "l", "value": {"labels": ["neglect"]}},
            {"id": "b", "from_name": "s", "value": {"choices": ["Finding"]}},
        ],
    ],
    ids=["taxonomy", "one choice for both", "a span's own choice", "a choice for the whole text"],
)
def test_label_studios_ways_to_give_a_theme_a_stance(
    by_model: TaggedCorpus, tmp_path: Path, results: list[dict[str, Any]]
) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([studio(*results)]), encoding="utf-8")
    found = read_exchange(path, by_model)
    assert rows(found) == [("adam-0001", "ann@example.org", "neglect", "finding")]
    assert whats(found) == []


def test_an_empty_annotation_says_that_no_theme_applies_and_a_skipped_one_says_nothing(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([studio(), studio(was_cancelled=True)]), encoding="utf-8")
    found = read_exchange(path, by_model)
    assert rows(found) == [("adam-0001", "ann@example.org", "", "")]
    assert whats(found) == ["not-answered"]


@pytest.mark.parametrize(
    "record",
    [
        {"text": COLD, "label": ["neglect"], "annotator": "Ann"},
        {"text": COLD, "labels": [[0, 9, "Neglect"]], "annotator": "Ann"},
        {"text": COLD, "entities": [{"start_offset": 0, "end_offset": 9, "label": "Neglect"}],
         "cats": [], "annotator": "Ann"},
        {"text": COLD, "accept": ["neglect"], "answer": "accept", "_annotator_id": "Ann"},
        {"text": COLD, "spans": [{"start": 0, "end": 9, "label": "neglect"}], "answer": "accept",
         "_session_id": "Ann"},
        {"text": COLD, "label": "Neglect", "answer": "accept", "_annotator_id": "Ann"},
        {"text": COLD, "themes": ["neglect"], "coder": "Ann"},
    ],
    ids=["doccano classes", "doccano spans", "doccano both", "prodigy choice", "prodigy spans",
         "prodigy one label", "labelled passages"],
)  # fmt: skip
def test_every_form_is_known_by_its_fields(
    by_model: TaggedCorpus, tmp_path: Path, record: dict[str, Any]
) -> None:
    found = read_exchange(lines(tmp_path / "back.jsonl", record), by_model)
    assert rows(found) == [("adam-0001", "Ann", "neglect", "")]


@pytest.mark.parametrize(
    ("record", "what"),
    [
        ({"text": COLD, "themes": ["no-such"], "coder": "Ann"}, "unknown-code"),
        ({"text": COLD, "themes": ["neglect"]}, "no-coder"),
        ({"text": "Other words.", "themes": ["neglect"], "coder": "Ann"}, "text-not-found"),
        ({"text": "Other words.", "id": "adam-0001", "themes": ["neglect"], "coder": "Ann"}, "other-words"),
        ({"text": COLD, "accept": ["neglect"], "answer": "reject", "_annotator_id": "Ann"}, "not-answered"),
        ({"text": COLD, "accept": ["neglect"], "answer": "accept", "_annotator_id": "2026-03-01_10-00-00"}, "no-coder"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_a_conflict_with_its_line(
    by_model: TaggedCorpus, tmp_path: Path, record: dict[str, Any], what: str
) -> None:
    found = read_exchange(lines(tmp_path / "back.jsonl", record), by_model)
    assert rows(found) == []
    assert whats(found) == [what]
    assert found.conflicts["where"].iloc[0] == "back.jsonl:1"


def test_the_same_words_in_two_reviews_are_told_apart_by_their_document(
    by_model: TaggedCorpus, tmp_path: Path
) -> None:
    passages = by_model.passages.assign(
        text=["One.", "Two.", "Same words.", "Same words.", "Three."]
    )
    twice = replace(by_model, passages=passages)
    record = {"text": "Same words.", "themes": ["neglect"], "coder": "Ann"}
    assert whats(read_exchange(lines(tmp_path / "a.jsonl", record), twice)) == ["several-passages"]
    found = read_exchange(lines(tmp_path / "b.jsonl", record | {"document": "beth"}), twice)
    assert rows(found) == [("beth-0001", "Ann", "neglect", "")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"text": "x", "themes": []', ":1: is not valid JSON"),
        (b'{"text": "x", "themes": []}\n{"text"', ":2: is not valid JSON"),
        (b"[1, 2]", "task 1: must be a JSON object"),
        (b'"text"', ":1: must be a JSON object"),
        (b'{"text": "x", "colour": "red"}', "no known form (text, colour)"),
        (b'{"text": "x", "themes": 7}', "has a field of another form"),
        (b'[{"data": {}, "annotations": [{"result": [7]}]}]', "has a field of another form"),
        ('{"text": "café"}'.encode("latin-1"), "not text in UTF-8"),
        (b"[" * 100_000, "is not valid JSON"),
    ],
)
def test_a_damaged_file_gives_nothing_and_is_named(
    by_model: TaggedCorpus, tmp_path: Path, content: bytes, said: str
) -> None:
    path = written(tmp_path / "back.jsonl", content)
    with pytest.raises(LabelError) as caught:
        read_exchange(path, by_model)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_named(by_model: TaggedCorpus, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jsonl: cannot be opened"):
        read_exchange(tmp_path / "gone.jsonl", by_model)
