"""An old and a new model on the same held-out reviews."""

import numpy as np
import pytest

from oscb_nlp.evaluation.comparing import Comparison, compare

GROUPS = [f"review {i // 20}" for i in range(200)]


def coded(right: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return what is true of 200 passages, and a coding with that share of themes right."""
    generator = np.random.default_rng(0)
    truth = (generator.random((200, 4)) < 0.3).astype(np.int8)
    flips = np.random.default_rng(seed).random(truth.shape) > right
    return truth, np.where(flips, 1 - truth, truth).astype(np.int8)


def compared(old: float, new: float) -> Comparison:
    truth, first = coded(old)
    return compare(truth, first, coded(new, 2)[1], GROUPS)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [(0.7, 0.95, "better"), (0.95, 0.7, "worse"), (0.9, 0.905, "alike")],
)
def test_the_verdict_follows_the_interval_of_the_difference(
    old: float, new: float, verdict: str
) -> None:
    found = compared(old, new)
    assert found.verdict == verdict
    assert set(found.figures["figure"]) == {"micro_f1", "macro_f1"}
    assert (found.figures["low"] <= found.figures["difference"]).all()
    assert (found.figures["difference"] <= found.figures["high"]).all()


def test_figures_are_those_that_scikit_learn_gives() -> None:
    from sklearn.metrics import f1_score

    truth, given = coded(0.8)
    found = compare(truth, given, truth, GROUPS).figures.set_index("figure")
    for average in ("micro", "macro"):
        assert found.loc[f"{average}_f1", "old"] == pytest.approx(
            f1_score(truth, given, average=average)
        )
        assert found.loc[f"{average}_f1", "new"] == 1.0


def test_the_same_coding_differs_in_nothing() -> None:
    truth, given = coded(0.8)
    found = compare(truth, given, given, GROUPS)
    assert found.verdict == "alike"
    assert (found.figures[["difference", "low", "high"]] == 0).all().all()


def test_reviews_are_drawn_and_not_passages() -> None:
    """A gain in one review of ten is no sure gain, however many passages it has."""
    truth, given = coded(0.8)
    new = given.copy()
    new[:20] = truth[:20]
    found = compare(truth, given, new, GROUPS)
    assert found.figures["difference"].min() > 0
    assert found.figures.set_index("figure").loc["micro_f1", "low"] == 0
    assert found.verdict == "alike"


def test_a_model_that_gives_stances_worse_is_worse() -> None:
    truth, given = coded(0.8)
    right, wrong = np.ones(200, bool), np.zeros(200, bool)
    found = compare(truth, given, given, GROUPS, (right, wrong, GROUPS))
    assert found.verdict == "worse"
    assert "stance accuracy 1.00 before, 0.00 now (-1.00, -1.00 to -1.00)" in str(found)


def test_few_reviews_tell_nothing() -> None:
    truth, given = coded(0.5)
    assert compare(truth, given, truth, ["one"] * 100 + ["two"] * 100).verdict == "unknown"
