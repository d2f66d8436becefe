from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp.codings import coded_by, coding_rows, standing, text_key, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError, OutputError
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame

TEXTS = ("The house was cold.", "Nobody asked her.", "The meeting was held in May.")


def passage(index: int, text: str = "") -> dict[str, object]:
    return {
        "passage_id": f"d-{index:04d}",
        "document_id": "d",
        "page": 1,
        "text": text or TEXTS[index - 1],
    }


def coded(*rows: tuple[int, str, dict[str, str]]) -> pd.DataFrame:
    found = []
    for index, coder, given in rows:
        found += coding_rows(passage(index), coder, given, "2026-03-01T10:00:00")
    return frame(found, CODING_SCHEMAS["codings"])


@pytest.fixture
def tagged() -> TaggedCorpus:
    """Three passages, two of them coded by the model."""
    tags = [
        {"passage_id": f"d-{index:04d}", "theme": theme, "score": 0.8, "stance": "finding",
         "evidence": [{"start": 4, "end": 9, "kind": "cue"}], "source": "model"}
        for index, theme in ((1, "neglect"), (2, "voice-of-the-child"))
    ]  # fmt: skip
    return TaggedCorpus(
        documents=frame([{"document_id": "d", "file": "d.pdf"}], SCHEMAS["documents"]),
        passages=frame([passage(index) for index in (1, 2, 3)], SCHEMAS["passages"]),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame(tags, SCHEMAS["tags"]),
        settings={"counts": {}},
    )


def themes(tagged: TaggedCorpus) -> list[tuple[str, str, str, str]]:
    return [(t.passage_id, t.theme, t.stance, t.source) for t in tagged.tags.itertuples()]


def test_what_a_person_coded_stands_over_the_model(tagged: TaggedCorpus) -> None:
    found = with_codings(
        tagged, coded((1, "Ann", {"neglect": "narrative"}), (3, "Ann", {"covid-19": "finding"}))
    )
    assert themes(found) == [
        ("d-0001", "neglect", "narrative", "Ann"),
        ("d-0002", "voice-of-the-child", "finding", "model"),
        ("d-0003", "covid-19", "finding", "Ann"),
    ]
    assert found.tags["evidence"].iloc[0][0]["end"] == 9  # the model's, for the same theme
    assert found.tags["evidence"].iloc[2][0]["end"] == len(TEXTS[2])
    assert found.replaced["theme"].tolist() == ["neglect"]
    assert found.settings["coders"] == ["Ann"]


def test_a_passage_read_without_a_theme_loses_the_models(tagged: TaggedCorpus) -> None:
    found = with_codings(tagged, coded((1, "Ann", {})))
    assert [row[0] for row in themes(found)] == ["d-0002"]
    assert coded_by(found)["Ann"] == {"d-0001": {}}
    assert coded_by(found)["model"]["d-0001"] == {"neglect": "finding"}


def test_codings_survive_a_run_that_numbers_passages_anew(tagged: TaggedCorpus) -> None:
    codings = with_codings(tagged, coded((1, "Ann", {"covid-19": "finding"}))).codings
    again = replace(
        tagged,
        passages=frame([passage(2, "A new one."), passage(3, TEXTS[0])], SCHEMAS["passages"]),
        tags=tagged.tags.head(0),
    )
    found = with_codings(again, codings)
    assert themes(found) == [("d-0003", "covid-19", "finding", "Ann")]


def test_codings_of_words_that_are_gone_are_kept_and_counted(tagged: TaggedCorpus) -> None:
    codings = coded((1, "Ann", {"covid-19": "finding"}))
    other = replace(tagged, passages=tagged.passages.assign(text="Other words."))
    found = with_codings(other, codings)
    assert "covid-19" not in set(found.tags["theme"])
    assert found.codings["text_key"].tolist() == [text_key(TEXTS[0])]
    assert found.settings["counts"]["codings_without_passage"] == 1
    assert themes(with_codings(replace(found, passages=tagged.passages), codings.head(0)))[0] == (
        "d-0001", "covid-19", "finding", "Ann",
    )  # fmt: skip


def test_a_coder_who_codes_again_takes_back_what_was_given_before(tagged: TaggedCorpus) -> None:
    once = with_codings(tagged, coded((1, "Ann", {"neglect": "finding"}), (2, "Ann", {})))
    twice = with_codings(once, coded((1, "Ann", {"poverty-housing": "narrative"})))
    assert coded_by(twice)["Ann"] == {"d-0001": {"poverty-housing": "narrative"}, "d-0002": {}}
    assert twice.replaced["theme"].tolist() == ["neglect", "voice-of-the-child"]


def test_what_was_adjudicated_stands_and_else_what_half_of_the_coders_gave() -> None:
    ann, ben, cat = {"neglect": "finding"}, {"covid-19": "finding"}, {"neglect": "narrative"}
    assert standing({"Ann": ann, "Ben": ben, "Cat": cat}) == {"neglect": "finding"}
    assert standing({"Ann": ann, "Ben": ben, "adjudicated": ben}) == ben
    assert standing({"Ann": ann, "Ben": {}}) == ann


def test_the_store_keeps_codings_and_a_folder_without_any_has_no_such_table(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    tagged.save(folder)
    assert not (folder / "codings.parquet").exists()
    with_codings(tagged, coded((1, "Ann", {}))).save(folder)
    found = TaggedCorpus.load(folder)
    assert found.codings["coder"].tolist() == ["Ann"]
    assert found.replaced["theme"].tolist() == ["neglect"]


def test_a_store_with_codings_is_not_overwritten_by_a_corpus_without_them(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    with_codings(tagged, coded((1, "Ann", {}))).save(tmp_path)
    with pytest.raises(OutputError, match="1 codings by Ann"):
        tagged.save(tmp_path)
    assert len(TaggedCorpus.load(tmp_path).codings) == 1


@pytest.mark.parametrize("name", ["", " ", "model", "Model"])
def test_a_coder_needs_a_name_that_is_not_the_models(name: str) -> None:
    with pytest.raises(LabelError, match="coder's name"):
        coding_rows(passage(1), name, {}, "")


def test_a_language_models_codings_are_kept_and_overrule_nobody(tagged: TaggedCorpus) -> None:
    by_machine = coded((1, "llm:tiny", {}), (3, "llm:tiny", {"covid-19": "finding"}))
    found = with_codings(tagged, by_machine)
    assert themes(found) == themes(tagged)
    assert found.replaced.empty
    assert coded_by(found)["llm:tiny"] == {"d-0001": {}, "d-0003": {"covid-19": "finding"}}
    assert found.settings["coders"] == []
    assert found.settings["counts"]["codings_without_passage"] == 0
    both = with_codings(found, coded((1, "Ann", {"neglect": "narrative"})))
    assert themes(both)[0] == ("d-0001", "neglect", "narrative", "Ann")
