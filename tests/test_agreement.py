"""The coefficients against published examples, and what they do where a value is not defined."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp.agreement import AGREEMENT_COLUMNS, agreement, stance_agreement

ROOT = Path(__file__).parents[1]


def coded(first: Sequence[int], second: Sequence[int]) -> list[dict[str, dict[str, str]]]:
    given = {"neglect": "finding"}
    return [
        {"A": given if a else {}, "B": given if b else {}}
        for a, b in zip(first, second, strict=True)
    ]


def table(cells: tuple[int, int, int, int]) -> list[dict[str, dict[str, str]]]:
    """Passages by a two-by-two table: both, first alone, second alone, neither."""
    both, first, second, neither = cells
    return coded(
        [1] * both + [1] * first + [0] * second + [0] * neither,
        [1] * both + [0] * first + [1] * second + [0] * neither,
    )


def row(codings: list[dict[str, dict[str, str]]]) -> pd.Series:
    return agreement(codings, ["neglect"], draws=0).iloc[0]


def test_alpha_is_that_of_krippendorffs_example_of_two_observers() -> None:
    # Krippendorff (2011), Computing Krippendorff's alpha-reliability, section A
    meg = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    owen = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert row(coded(meg, owen))["alpha"] == pytest.approx(0.095, abs=0.0005)


def test_kappa_is_that_of_the_textbook_table() -> None:
    assert row(table((20, 5, 10, 15)))["kappa"] == pytest.approx(0.4)


def test_ac1_is_that_of_gwets_table_where_kappa_fails() -> None:
    # Gwet (2002), Kappa statistic is not satisfactory for assessing agreement, table of 125
    found = row(table((118, 5, 2, 0)))
    assert found["ac1"] == pytest.approx(0.9408, abs=0.0001)
    assert found["kappa"] == pytest.approx(-0.0234, abs=0.0001)
    assert found["percent"] == pytest.approx(0.944)


def test_the_same_raw_agreement_is_worth_less_for_a_rare_theme() -> None:
    common, rare = row(table((485, 15, 15, 485))), row(table((5, 15, 15, 965)))
    assert common["percent"] == rare["percent"] == pytest.approx(0.97)
    assert common["kappa"] == pytest.approx(0.94, abs=0.001)
    assert rare["kappa"] < 0.25


def test_a_theme_that_nobody_gave_has_no_coefficient() -> None:
    found = row(table((0, 0, 0, 10)))
    assert found["positive"] == 0
    assert math.isnan(found["kappa"])
    assert math.isnan(found["alpha"])


def test_passages_of_one_coder_are_left_out() -> None:
    codings = [*table((4, 0, 0, 6)), {"A": {"neglect": "finding"}}]
    assert row(codings)["passages"] == 10


def test_the_interval_is_drawn_over_reviews_and_holds_alpha() -> None:
    codings = table((30, 5, 5, 60))
    groups = [f"review-{index // 10}" for index in range(len(codings))]
    found = agreement(codings, ["neglect"], groups, draws=200)
    again = agreement(codings, ["neglect"], groups, draws=200)
    assert found["alpha_low"][0] < found["alpha"][0] < found["alpha_high"][0]
    pd.testing.assert_frame_equal(found, again)
    assert tuple(found.columns) == AGREEMENT_COLUMNS


def test_stance_is_compared_where_both_gave_the_theme() -> None:
    codings = [
        {"A": {"neglect": "finding"}, "B": {"neglect": "finding", "early-help": "narrative"}},
        {"A": {"neglect": "narrative"}, "B": {"neglect": "finding"}},
        {"A": {"neglect": "narrative"}, "B": {"neglect": "narrative"}},
        {"A": {}, "B": {"neglect": "finding"}},
    ]
    found = stance_agreement(codings)
    assert found["cases"] == 3
    assert found["percent"] == pytest.approx(2 / 3)
    assert stance_agreement([])["cases"] == 0


def test_the_themes_coded_afresh_reach_what_the_codebook_asks_of_them() -> None:
    path = ROOT / "corpora" / "labels" / "afresh.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = agreement([r["codings"] for r in records], records[0]["scope"], draws=0)
    assert len(records) == 714
    assert found["alpha"].min() >= 0.67
    stances = [set(r["adjudicated"]) - set(r["scope"]) for r in records]
    assert not any(stances)
