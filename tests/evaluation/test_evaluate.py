import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from oscb_nlp import evaluate, load_labelled, load_model
from oscb_nlp.errors import LabelError
from oscb_nlp.evaluation import Evaluation
from oscb_nlp.evaluation.baselines import LEARNT


@pytest.fixture(scope="module")
def found() -> Evaluation:
    return evaluate(load_labelled("test"), load_model(grade="fast"))


def test_on_reviews_it_never_saw_it_beats_the_keyword_list(found: Evaluation) -> None:
    model, keywords = found.methods.iloc[0], found.methods.iloc[1]
    assert model["macro_f1"] > keywords["macro_f1"] + 0.15
    assert model["micro_f1"] > keywords["micro_f1"] + 0.15


def test_its_probabilities_are_calibrated(found: Evaluation) -> None:
    assert found.calibration_error["all"] <= 0.05
    assert found.calibration["pairs"].sum() == found.about["passages"] * len(found.themes)


def test_stance_beats_calling_everything_a_finding(found: Evaluation) -> None:
    table = found.stances.set_index("stance")["cases"]
    assert found.stance_overall["accuracy"] > table["finding"] / table.sum() + 0.1


def test_passages_without_any_cue_are_measured_apart(found: Evaluation) -> None:
    parts = found.subsets.set_index("part")
    assert parts.loc["no cue of its themes", "passages"] >= 300
    assert parts.loc["no cue of its themes", "macro_f1"] > 0.2


def test_recall_mode_finds_more() -> None:
    test = load_labelled("test")
    found = {
        mode: evaluate(test, load_model(grade="fast", mode=mode)) for mode in ("balanced", "recall")
    }
    assert found["recall"].about["mode"] == "recall"
    recall = {mode: figures.themes["recall"].mean() for mode, figures in found.items()}
    assert recall["recall"] > recall["balanced"] + 0.1


def test_all_of_it_can_be_written_as_json_and_read_as_text(found: Evaluation) -> None:
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert isinstance(plain["about"], Mapping)
    assert len(plain["themes"]) == 38
    text = found.to_markdown(most_errors=2)
    assert "| neglect |" in text
    assert "Expected calibration error" in text


def test_labels_without_stance_or_year_are_measured_without_them() -> None:
    labelled = load_labelled("test").head(60)
    labelled = labelled.assign(year=None, stances=[{}] * 60, document="", writer="", kind="")
    found = evaluate(labelled, load_model(grade="fast"))
    assert found.stances.empty
    assert found.about["reviews"] == 60


def test_labels_without_any_theme_are_refused() -> None:
    labelled = load_labelled("test").head(10).assign(themes=[()] * 10, stances=[{}] * 10)
    with pytest.raises(LabelError, match="nothing to measure"):
        evaluate(labelled, load_model(grade="fast"))


def test_each_baseline_learns_something(monkeypatch: pytest.MonkeyPatch) -> None:
    from oscb_nlp.evaluation import baselines

    small = load_labelled("train").groupby("document").head(12)
    monkeypatch.setattr(
        baselines,
        "load_labelled",
        lambda split: small if split == "train" else load_labelled(split).head(200),
    )
    monkeypatch.setattr(baselines, "_TEXTCAT_SEEN", 3 * len(small))
    labelled: pd.DataFrame = load_labelled("dev").head(200)
    found = evaluate(labelled, load_model(grade="fast"), baselines=True).methods
    scores = found.set_index("method")["micro_f1"]
    assert set(scores.index) == {"model", "keyword list", *LEARNT}
    assert (scores > 0.05).all()
    assert np.isfinite(scores).all()
