import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from oscb_nlp import load_codebook
from oscb_nlp.evaluation.metrics import (
    by_family,
    by_theme,
    confusions,
    errors,
    stance_figures,
    summary_row,
)

CODEBOOK = load_codebook()
NAMES = list(CODEBOOK.ids)


def matrix(*passages: list[str]) -> np.ndarray:
    rows = np.zeros((len(passages), len(NAMES)), dtype=np.int8)
    for row, themes in enumerate(passages):
        rows[row, [NAMES.index(theme) for theme in themes]] = 1
    return rows


def test_a_theme_that_no_passage_has_gets_no_figure_rather_than_a_zero() -> None:
    truth = matrix(["neglect"], [])
    table = by_theme(truth, truth, truth.astype(float), NAMES, ["a", "b"]).set_index("theme")
    assert table.loc["neglect", "f1"] == 1
    assert np.isnan(table.loc["online-harm", "f1"])


def test_the_macro_counts_themes_with_twelve_passages_and_more() -> None:
    truth = matrix(*[["neglect"]] * 12, *[["online-harm"]] * 11)
    row = summary_row("it", truth, truth * 0, [str(i) for i in range(23)])
    assert (row["themes"], row["macro_f1"], row["micro_f1"]) == (1, 0.0, 0.0)


def test_the_interval_is_drawn_over_reviews_and_holds_the_figure() -> None:
    generator = np.random.default_rng(1)
    truth = matrix(*[["neglect"] if generator.random() < 0.5 else [] for _ in range(200)])
    predicted = np.where(generator.random(truth.shape) < 0.2, 1 - truth, truth).astype(np.int8)
    predicted[:, 1:] = 0
    row = summary_row("it", truth, predicted, [str(i // 10) for i in range(200)])
    assert row["macro_low"] < row["macro_f1"] < row["macro_high"]
    one = summary_row("it", truth, predicted, ["same"] * 200)
    assert one["macro_low"] == one["macro_high"]


def test_a_passage_has_a_family_by_any_of_its_themes() -> None:
    table = by_family(matrix(["neglect"]), matrix(["physical-abuse"]), CODEBOOK)
    assert table.set_index("family").loc["harm", "f1"] == 1


def test_a_theme_given_in_anothers_place_is_counted_as_a_pair() -> None:
    table = confusions(
        matrix(["neglect"], ["neglect"], []), matrix(["health-needs"], [], ["covid-19"]), CODEBOOK
    )
    assert table[["coded", "given", "passages"]].values.tolist() == [["neglect", "health-needs", 1]]


def test_the_surest_errors_come_first() -> None:
    labelled = pd.DataFrame({"id": ["1", "2"], "document": ["a", "a"], "text": ["x", "y"]})
    truth, predicted = matrix(["neglect"], []), matrix([], ["neglect"])
    probabilities = np.zeros(truth.shape)
    probabilities[:, NAMES.index("neglect")] = [0.3, 0.9]
    table = errors(labelled, truth, predicted, probabilities, NAMES)
    assert table["error"].tolist() == ["wrongly given", "missed"]
    assert table["id"].tolist() == ["2", "1"]


def test_denials_called_findings_are_told_apart() -> None:
    names = ["finding", "narrative", "not-a-factor"]
    table, overall = stance_figures(
        ["not-a-factor", "not-a-factor", "finding"], ["finding", "not-a-factor", "finding"], names
    )
    assert overall["not_a_factor_called_finding"] == 0.5
    assert overall["macro_f1"] == pytest.approx(table.set_index("stance")["f1"][names[::2]].mean())


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_f1_is_scikit_learns(pairs: list[tuple[bool, bool]]) -> None:
    truth, predicted = np.zeros((2, len(pairs), len(NAMES)), dtype=np.int8)
    truth[:, 0], predicted[:, 0] = zip(*pairs, strict=True)
    table = by_theme(truth, predicted, predicted * 1.0, NAMES, ["a"] * len(pairs))
    if truth.any():
        expected = f1_score(truth[:, 0], predicted[:, 0], zero_division=0)
        assert table["f1"][0] == pytest.approx(expected)
