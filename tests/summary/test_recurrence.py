import numpy as np
import pytest

from oscb_nlp.summary.recurrence import similar_groups


def unit(*rows: list[float]) -> np.ndarray:
    matrix = np.array(rows, dtype=np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_passages_of_different_reviews_that_lie_close_are_one_group() -> None:
    vectors = unit([1, 0.1], [1, 0], [0, 1])
    labels = similar_groups(vectors, ["a", "b", "c"], [("t",)] * 3, 0.8)
    assert labels[0] == labels[1] != labels[2]


def test_one_review_is_not_grouped_with_itself_nor_what_shares_no_theme() -> None:
    vectors = unit([1, 0], [1, 0])
    assert len(set(similar_groups(vectors, ["a", "a"], [("t",)] * 2, 0.5))) == 2
    assert len(set(similar_groups(vectors, ["a", "b"], [("t",), ("u",)], 0.5))) == 2


def test_a_chain_of_neighbours_is_not_one_group() -> None:
    angles = np.linspace(0, np.pi / 2, 7)
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    labels = similar_groups(vectors, list("abcdefg"), [("t",)] * 7, 0.9)
    assert labels[0] != labels[6]


@pytest.mark.parametrize("largest", [10, 10_000])
def test_a_part_too_large_for_one_linkage_is_cut_where_it_is_thinnest(
    largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oscb_nlp.summary.recurrence._LARGEST", largest)
    generator = np.random.default_rng(0)
    centres = np.repeat(np.eye(4, 12) + 0.4, 6, axis=0)
    vectors = unit(*(centres + 0.05 * generator.normal(size=centres.shape)).tolist())
    labels = similar_groups(vectors, [f"r{i}" for i in range(24)], [("t",)] * 24, 0.85)
    assert [len(set(labels[i : i + 6])) for i in range(0, 24, 6)] == [1] * 4


def test_no_passage_or_one_gives_no_group() -> None:
    assert similar_groups(np.zeros((0, 4), np.float32), [], [], 0.5).tolist() == []
    assert similar_groups(unit([1, 0]), ["a"], [("t",)], 0.5).tolist() == [0]
