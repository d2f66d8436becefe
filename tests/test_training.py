"""A model from a user's own labels; the labels here are of the development reviews."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from oscb_nlp import load_codebook, load_labelled, load_model, train
from oscb_nlp.codebook import Codebook, codebook_from_dict
from oscb_nlp.errors import LabelError
from oscb_nlp.training import Trained


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    return load_labelled("dev").groupby("document").head(20).reset_index(drop=True)


@pytest.fixture(scope="module")
def trained(labelled: pd.DataFrame) -> Trained:
    return train(labelled)


def own_codebook() -> Codebook:
    """Ours with one theme more, which no label of ours has."""
    plain = load_codebook().to_dict()
    theme = {**plain["themes"][0], "id": "cold-homes", "label": "Cold homes", "cues": ["cold"]}
    return codebook_from_dict({**plain, "id": "own", "themes": [*plain["themes"], theme]}, Path())


def test_the_learning_curve_begins_with_the_model_it_starts_from(trained: Trained) -> None:
    assert trained.curve["learnt_from"].is_monotonic_increasing
    assert trained.curve["learnt_from"][0] == 0
    assert len(trained.curve) == 4


def test_each_labelled_theme_is_measured_beside_the_first_model(trained: Trained) -> None:
    assert (trained.themes["passages"] > 0).all()
    assert {"precision", "recall", "f1", "start_f1"} <= set(trained.themes.columns)


def test_what_is_saved_is_what_was_trained(
    trained: Trained, labelled: pd.DataFrame, tmp_path: Path
) -> None:
    trained.save(tmp_path)
    texts = labelled["text"].head(20).tolist()
    loaded = load_model(tmp_path, grade="fast").predict_proba(texts)
    np.testing.assert_allclose(loaded, trained.fast.predict_proba(texts), atol=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "weights.npz"]


def test_a_new_theme_is_learnt_beside_the_known_ones(labelled: pd.DataFrame) -> None:
    """Passages on neglect are called by the new theme's name, so what it should find is known."""
    book = own_codebook()
    renamed = labelled.assign(
        themes=labelled["themes"].map(
            lambda ids: tuple("cold-homes" if t == "neglect" else t for t in ids)
        ),
        stances=[{}] * len(labelled),
    )
    model = train(renamed, book)
    found = model.themes.set_index("theme")
    assert found.loc["cold-homes", "f1"] > 0.3
    assert model.fast.by_cues_alone_ == ()


def test_a_theme_without_any_label_is_coded_by_its_cues_and_said_to_be(
    labelled: pd.DataFrame, tmp_path: Path
) -> None:
    model = train(labelled, own_codebook())
    assert model.fast.by_cues_alone_ == ("cold-homes",)
    assert any("having no label: cold-homes" in note for note in model.notes)
    model.save(tmp_path)
    assert load_model(tmp_path, grade="fast").by_cues_alone_ == ("cold-homes",)


def test_it_may_begin_with_nothing(labelled: pd.DataFrame) -> None:
    steps: list[int] = []
    model = train(labelled, start=None, progress=steps.append)
    assert steps == list(range(1, 13)), "the bar goes on step by step and ends full"
    assert model.best is None
    assert "start_f1" not in model.themes


def test_too_few_passages_are_refused() -> None:
    with pytest.raises(LabelError, match="at least 50"):
        train(load_labelled("dev").head(10))
