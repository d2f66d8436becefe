"""The statistics against published figures, statsmodels, and counting by hand."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import Table

from oscb_nlp.summary.statistics import EXACT_UP_TO, Rates, corrected, trend, wilson


def test_wilson_agrees_with_his_published_example_and_leaves_nothing_open() -> None:
    # Newcombe 1998, table I: 15 of 148, and 0 of 20
    low, high = wilson([15, 0, 0], [148, 20, 0])
    assert low[:2] == pytest.approx([0.0624, 0.0], abs=1e-4)
    assert high[:2] == pytest.approx([0.1605, 0.1611], abs=1e-4)
    assert (low[2], high[2]) == (0, 1)


def test_the_large_sample_trend_is_that_of_r() -> None:
    # R's help page of prop.trend.test: smokers among patients, p-value = 0.004132
    found = trend([1, 2, 3, 4], [83, 90, 129, 70], [86, 93, 136, 82])
    assert found.method == "logistic regression"
    assert found.p == pytest.approx(0.004132, abs=1e-6)
    assert found.odds_ratio < 1
    assert found.low < found.odds_ratio < found.high


def test_the_exact_trend_is_that_of_counting_every_way() -> None:
    years, counts, totals = [0, 1, 2, 3], [0, 1, 0, 3], [10, 10, 10, 10]
    reviews = np.repeat(years, totals)
    observed = 0 * 0 + 1 * 1 + 3 * 3
    sums = Counter(sum(reviews[list(chosen)]) for chosen in combinations(range(40), 4))
    upper = sum(n for value, n in sums.items() if value >= observed) / sums.total()
    found = trend(years, counts, totals)
    assert found.method == "exact"
    assert found.p == pytest.approx(2 * upper)


def test_exact_and_large_sample_trends_meet_where_reviews_are_many() -> None:
    years, totals = list(range(2010, 2020)), [14] * 10
    counts = [2, 3, 3, 4, 4, 5, 6, 6, 7, 8]
    exact = trend(years, counts, totals)
    assert sum(totals) <= EXACT_UP_TO
    doubled = trend(years, [2 * c for c in counts], [2 * n for n in totals])
    assert exact.odds_ratio == pytest.approx(doubled.odds_ratio, rel=0.02)
    table = np.column_stack([counts, np.subtract(totals, counts)])
    by_statsmodels = Table(table).test_ordinal_association(row_scores=np.array(years))
    assert exact.p == pytest.approx(by_statsmodels.pvalue, rel=0.3)


def test_a_theme_in_all_late_reviews_alone_has_an_open_interval_and_no_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    found = trend([2010, 2011, 2012, 2013], [0, 0, 0, 4], [4, 4, 4, 4])
    assert np.isinf(found.high)
    assert found.low > 1
    assert np.isfinite(found.odds_ratio)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("years", "counts", "totals"),
    [([2016], [2], [4]), ([2016, 2017], [0, 0], [3, 3]), ([2016, 2017], [3, 3], [3, 3]), ([], [], [])],
    ids=["one year", "in none", "in all", "no review"],
)  # fmt: skip
def test_where_nothing_can_vary_there_is_no_trend(
    years: list[int], counts: list[int], totals: list[int]
) -> None:
    assert np.isnan(trend(years, counts, totals).p)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=2, max_size=8))
def test_turning_time_round_turns_the_trend_round(cells: list[tuple[int, int]]) -> None:
    counts = [hits for hits, _ in cells]
    totals = [hits + misses for hits, misses in cells]
    years = list(range(len(cells)))
    forth, back = trend(years, counts, totals), trend(years, counts[::-1], totals[::-1])
    if np.isnan(forth.p):
        assert np.isnan(back.p)
        return
    assert forth.p == pytest.approx(back.p)
    assert 0 < forth.p <= 1
    assert np.log(forth.odds_ratio) == pytest.approx(-np.log(back.odds_ratio), abs=1e-4)
    assert forth.low <= forth.odds_ratio * (1 + 1e-6)
    assert forth.odds_ratio <= forth.high * (1 + 1e-6)


def test_a_share_is_corrected_for_known_errors() -> None:
    # Rogan and Gladen's estimate: (.2 + .95 - 1) / (.8 + .95 - 1)
    share, low, high = corrected(40, 200, Rates(80, 100, 190, 200))
    assert share == pytest.approx(0.2)
    assert low < 0.2 < high
    # Lang and Reiczigel count the doubt about the rates: with few known reviews it is wider
    _share, lower, higher = corrected(40, 200, Rates(8, 10, 19, 20))
    assert lower < low
    assert higher > high


def test_a_model_no_better_than_chance_corrects_nothing() -> None:
    assert np.isnan(corrected(3, 10, Rates(5, 10, 5, 10))).all()
    assert np.isnan(corrected(3, 10, None)).all()
    assert np.isnan(corrected(0, 0, Rates(9, 10, 9, 10))).all()


@given(st.integers(1, 60), st.data())
def test_the_corrected_share_lies_within_its_interval(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    share, low, high = corrected(count, total, Rates(8.5, 10, 18, 20))
    assert 0 <= low <= share <= high <= 1


def test_correction_covers_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        truth, sensitivity, specificity = 0.35, 0.8, 0.9
        rates = Rates(
            generator.binomial(40, sensitivity), 40, generator.binomial(60, specificity), 60
        )
        positive = truth * sensitivity + (1 - truth) * (1 - specificity)
        _share, low, high = corrected(int(generator.binomial(50, positive)), 50, rates)
        covered += low <= truth <= high
    assert 0.92 <= covered / 400 <= 0.99


def test_reviews_without_a_trend_seldom_show_one() -> None:
    """Counted over reviews the test keeps its level; over passages it would not."""
    generator = np.random.default_rng(1)
    found = 0
    for _ in range(300):
        counts = generator.binomial(5, 0.4, size=10)
        p = trend(list(range(10)), counts.tolist(), [5] * 10).p
        found += bool(p < 0.05)
    assert found / 300 <= 0.07
