import json
from pathlib import Path

import pytest

from oscb_nlp.agreement import agreement_by_stance, disagreements
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.exchange.coders import codings_of
from oscb_nlp.tables import CODING_SCHEMAS, frame


def labels(path: Path, *records: dict[str, object]) -> Path:
    lines = [json.dumps({"text": "Words.", "document": "d", **record}) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_two_label_files_are_two_coders(tmp_path: Path) -> None:
    ann = labels(tmp_path / "ann.jsonl", {"id": "p1", "themes": ["neglect"], "stance": "finding"})
    ben = labels(tmp_path / "ben.jsonl", {"id": "p1", "themes": []}, {"id": "p2", "themes": []})
    codings, reviews = codings_of([ann, ben])
    assert codings == {"p1": {"ann": {"neglect": "finding"}, "ben": {}}, "p2": {"ben": {}}}
    assert reviews == {"p1": "d", "p2": "d"}


def test_a_file_with_codings_by_several_coders_holds_them_all(tmp_path: Path) -> None:
    both = labels(
        tmp_path / "both.jsonl",
        {"id": "p1", "themes": [], "codings": {"A": {"neglect": "finding"}, "B": {}}},
    )
    assert codings_of([both])[0] == {"p1": {"A": {"neglect": "finding"}, "B": {}}}


def test_a_folder_beside_a_file_stands_for_the_model(
    half_neglect: TaggedCorpus, tmp_path: Path
) -> None:
    half_neglect.save(tmp_path / "results")
    ann = labels(tmp_path / "ann.jsonl", {"id": "d2016-0000", "themes": []})
    codings, _reviews = codings_of([ann, tmp_path / "results"])
    assert codings["d2016-0000"] == {
        "ann": {},
        "model": {"neglect": "finding", "covid-19": "finding"},
    }


def test_a_folder_alone_gives_the_people_who_coded_in_it(
    half_neglect: TaggedCorpus, tmp_path: Path
) -> None:
    passage = half_neglect.passages.iloc[0].to_dict()
    rows = [row for name in ("Ann", "Ben") for row in coding_rows(passage, name, {}, "2026-03-01")]
    with_codings(half_neglect, frame(rows, CODING_SCHEMAS["codings"])).save(tmp_path)
    assert codings_of([tmp_path])[0] == {"d2016-0000": {"Ann": {}, "Ben": {}}}
    assert set(codings_of([tmp_path], with_model=True)[0]["d2016-0000"]) == {"Ann", "Ben", "model"}


def test_a_sheet_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="--in"):
        codings_of([tmp_path / "ann.xlsx"])


def test_agreement_by_stance_compares_themes_that_both_gave() -> None:
    codings = [
        {"A": {"neglect": "finding", "covid-19": "narrative"}, "B": {"neglect": "finding"}},
        {"A": {"neglect": "finding"}, "B": {"neglect": "narrative"}},
        {"A": {"neglect": "narrative"}, "B": {"neglect": "narrative"}},
    ]
    found = agreement_by_stance(codings, ["finding", "narrative"]).set_index("theme")
    assert found["passages"].tolist() == [3, 3]
    assert found.loc["finding", "percent"] == pytest.approx(2 / 3)


def test_disagreements_say_who_gave_what() -> None:
    codings = {
        "p1": {"Ann": {"neglect": "finding"}, "Ben": {"neglect": "narrative"}},
        "p2": {"Ann": {}, "Ben": {}},
        "p3": {"Ann": {"neglect": "finding"}},
    }
    assert disagreements(codings) == {"p1": "Ann: neglect (finding) | Ben: neglect (narrative)"}
