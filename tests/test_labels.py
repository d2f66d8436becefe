from pathlib import Path

import pytest

from oscb_nlp import load_labelled
from oscb_nlp.errors import LabelError
from oscb_nlp.labels import indicator, read_labels


def test_no_review_stands_in_two_splits() -> None:
    frame = load_labelled()
    assert (frame.groupby("document")["split"].nunique() == 1).all()


def test_no_writer_of_the_training_reviews_wrote_a_test_review() -> None:
    frame = load_labelled()
    train = set(frame[frame["split"] == "train"]["writer"])
    assert not train & set(frame[frame["split"] == "test"]["writer"])


def test_no_passage_of_the_test_reviews_stands_in_the_training_reviews() -> None:
    frame = load_labelled()
    long = frame[frame["text"].str.split().str.len() >= 8]
    train = set(long[long["split"] == "train"]["text"].str.lower())
    assert not train & set(long[long["split"] == "test"]["text"].str.lower())


def test_twelve_themes_and_more_have_forty_labelled_passages() -> None:
    counts = load_labelled()["themes"].explode().value_counts()
    assert (counts >= 40).sum() >= 12
    for theme in ("neglect", "trauma-informed-practice", "information-sharing"):
        assert counts[theme] >= 40


def test_many_passages_have_no_theme_and_many_have_several() -> None:
    sizes = load_labelled()["themes"].map(len)
    assert (sizes == 0).mean() >= 0.15
    assert (sizes >= 2).mean() >= 0.25


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "not valid JSON"),
        ('{"themes": []}', "'text'"),
        ('{"text": "a"}', "'themes'"),
        ('{"text": "a", "themes": ["neglekt"]}', "neglekt"),
        ('{"text": "a", "themes": ["neglect"], "stance": "bad"}', "bad"),
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
