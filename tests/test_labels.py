from pathlib import Path

import pytest

from oscb_nlp import load_labelled
from oscb_nlp.errors import LabelError
from oscb_nlp.labels import indicator, load_wordings, read_labels


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "not valid JSON"),
        ('{"themes": []}', "'text'"),
        ('{"text": "a"}', "'themes'"),
        ('{"text": "a", "themes": ["neglekt"]}', "neglekt"),
        ('{"text": "a", "themes": ["neglect"], "stance": "bad"}', "bad"),
        ('{"text": "a", "themes": [], "stances": {"neglect": "finding"}}', "not in 'themes'"),
        ('{"text": "a", "themes": ["neglect"], "stances": ["finding"]}', "'stances'"),
        ('{"text": "a", "themes": [], "year": "last year"}', "'year'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "a", "themes": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(LabelError, match=reason) as caught:
        read_labels(path)
    assert f"{path}:2" in str(caught.value)


def test_a_passage_stance_stands_for_each_of_its_themes(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "a", "themes": ["neglect"], "stance": "finding"}\n', encoding="utf-8")
    assert read_labels(path)["stances"][0] == {"neglect": "finding"}


def test_an_indicator_has_a_row_a_passage_and_a_column_a_class() -> None:
    assert indicator([["b"], [], ["a", "b"]], ["a", "b"]).tolist() == [[0, 1], [0, 0], [1, 1]]


def test_the_sentences_on_stance_are_apart_from_the_reviews_and_from_each_other() -> None:
    fiction, contrast, fresh = (load_labelled(split) for split in (None, "contrast", "fresh"))
    assert (len(contrast), len(fresh)) == (326, 193)
    assert not set(contrast["text"]) & set(fresh["text"])
    assert not set(fiction["text"]) & (set(contrast["text"]) | set(fresh["text"]))
    denied = fresh["stances"].map(lambda stances: "not-a-factor" in stances.values())
    assert denied.sum() >= 35


def test_the_learning_points_are_coded_and_apart_from_the_reviews() -> None:
    fiction, points, said = load_labelled(), load_labelled("points"), load_wordings()
    assert len(points) == 1_116
    assert not set(fiction["text"]) & set(points["text"])
    assert set(points["text"]) <= set(said["text"])
    assert points["stances"].map(len).mean() > 1


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(LabelError, match="'training'"):
        load_labelled("training")


def test_each_learning_point_is_put_in_several_wordings_once() -> None:
    wordings, fresh = load_wordings("train"), load_wordings("fresh")
    for table, least in ((wordings, 130), (fresh, 30)):
        near = table["learning"].str.contains("~n")
        assert (table[~near].groupby("learning")["text"].size() >= 2).all()
        assert set(table[near]["learning"].str.split("~").str[0]) <= set(table["learning"])
        assert not table["text"].duplicated().any()
        assert table["learning"].nunique() >= least
    assert not set(wordings["learning"]) & set(fresh["learning"])
