import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.calibration import (
    choose_thresholds,
    expected_calibration_error,
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
