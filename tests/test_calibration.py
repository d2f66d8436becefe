import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.calibration import (
    choose_thresholds,
    expected_calibration_error,
    fit_calibration,
    mix_themes,
    recall_thresholds,
    reliability,
)


def test_a_promise_kept_has_no_error() -> None:
    probabilities = np.repeat([0.25, 0.75], 100)[:, None]
    truth = np.concatenate([np.arange(100) < 25, np.arange(100) < 75]).astype(np.int8)[:, None]
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.0)


def test_a_promise_broken_is_measured_by_its_gap() -> None:
    probabilities = np.full((100, 1), 0.9)
    truth = (np.arange(100) < 50).astype(np.int8)[:, None]
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.4)
    assert reliability(probabilities, truth)[["pairs", "true"]].values.tolist() == [[100, 0.5]]


def test_recall_mode_finds_at_least_what_it_says_where_labels_are_many() -> None:
    generator = np.random.default_rng(0)
    truth = (generator.random((5000, 2)) < 0.3).astype(np.int8)
    probabilities = np.clip(0.3 * truth + 0.7 * generator.random(truth.shape), 0, 1)
    found = probabilities >= recall_thresholds(probabilities, truth, 0.95)
    recall = (found & (truth == 1)).sum(axis=0) / truth.sum(axis=0)
    assert (np.abs(recall - 0.95) < 0.02).all()


@given(st.integers(0, 30), st.integers(1, 30))
def test_thresholds_are_always_probabilities(positives: int, negatives: int) -> None:
    truth = np.array([1] * positives + [0] * negatives, dtype=np.int8)[:, None]
    probabilities = np.linspace(0, 1, len(truth))[:, None]
    for thresholds in (
        choose_thresholds(probabilities, truth),
        recall_thresholds(probabilities, truth),
    ):
        assert ((thresholds >= 0) & (thresholds <= 1)).all()


def test_a_theme_that_another_one_rules_out_loses_its_score_there() -> None:
    generator = np.random.default_rng(0)
    one, other = (generator.random((2, 4000)) < 0.2).astype(np.int8)
    other[one == 1] = 0
    # The second score cannot tell the two themes apart; the first one can.
    scores = np.stack([4.0 * one - 2, 4.0 * (one | other) - 2], axis=1)
    scores += generator.normal(size=scores.shape)
    weights, constants = mix_themes(scores, np.stack([one, other], axis=1))
    assert weights[1, 1] > 0 > weights[1, 0]
    mixed = scores @ weights.T + constants
    assert mixed[one == 1, 1].mean() < scores[one == 1, 1].mean() - 1
    assert mixed[other == 1, 1].mean() > 0


@given(st.integers(0, 49) | st.just(200))
def test_a_theme_of_few_passages_or_of_all_keeps_its_score(positives: int) -> None:
    scores = np.random.default_rng(0).normal(size=(200, 2))
    targets = np.zeros((200, 2), dtype=np.int8)
    targets[:positives] = 1
    weights, constants = mix_themes(scores, targets)
    assert np.array_equal(weights, np.eye(2))
    assert not constants.any()


def test_passages_that_count_more_decide_probabilities_and_thresholds() -> None:
    generator = np.random.default_rng(0)
    score = generator.normal(size=4000)
    plain = np.arange(4000) < 2000  # here the theme begins at 0, and in the others at 1
    truth = (score > np.where(plain, 0.0, 1.0)).astype(np.int8)[:, None]
    signals = score[:, None, None]
    cuts = []
    for counts in (np.where(plain, 100.0, 1.0), np.where(plain, 1.0, 100.0)):
        weight, intercept = fit_calibration(signals, truth, counts)[0]
        probabilities = 1 / (1 + np.exp(-(weight * score + intercept)))[:, None]
        threshold = choose_thresholds(probabilities, truth, counts)[0]
        cuts.append(score[probabilities[:, 0] >= threshold].min())
    assert cuts[0] == pytest.approx(0, abs=0.1)
    assert cuts[1] == pytest.approx(1, abs=0.1)


def test_recall_mode_finds_its_share_of_what_counts() -> None:
    # Passages with the theme: 100 at .2 that count 9 each, and 100 at .8 that count 1.
    truth = np.ones((200, 1), dtype=np.int8)
    probabilities = np.repeat([0.2, 0.8], 100)[:, None]
    many, few = np.repeat([9.0, 1.0], 100), np.repeat([1.0, 99.0], 100)
    assert recall_thresholds(probabilities, truth, counts=many)[0] == pytest.approx(0.2)
    assert recall_thresholds(probabilities, truth, counts=few)[0] == pytest.approx(0.8)
