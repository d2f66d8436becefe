from pathlib import Path

import numpy as np
import pytest

from oscb_nlp import load_labelled, load_model, load_stance_model
from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.errors import ModelError
from oscb_nlp.persistence import model_hash, save_model
from oscb_nlp.tagging import stance_cases


def test_a_saved_model_says_the_same_and_has_the_same_bytes(tmp_path: Path) -> None:
    themes, stance = load_model(grade="fast"), load_stance_model()
    save_model(tmp_path / "a", themes, stance, {})
    save_model(tmp_path / "b", load_model(tmp_path / "a"), load_stance_model(tmp_path / "a"), {})
    sample = load_labelled("test").head(30)
    texts = sample["text"].tolist()
    assert np.array_equal(
        load_model(tmp_path / "a").predict_proba(texts), themes.predict_proba(texts)
    )
    cases, _stances = stance_cases(sample, themes)
    again = load_stance_model(tmp_path / "a")
    assert again.predict(cases).tolist() == stance.predict(cases).tolist()
    assert model_hash(tmp_path / "a") == model_hash(tmp_path / "b")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=str(tmp_path)):
        load_model(tmp_path)


OWN = """
[codebook]
id = "ours"
version = "1"
title = "Our own codes"

[[family]]
id = "home"
label = "The home"

[[theme]]
id = "dogs"
label = "Dangerous dogs"
family = "home"
polarity = "harm"
definition = "Dogs in the home that put a child at risk."
cues = ["dangerous dog", "dog bite*"]
"""

LAID_OVER = """
[codebook]
extends = "oscb"
remove = ["covid-19"]

[[theme]]
id = "neglect"
definition = "Only what we mean by it in our own partnership, and nothing else at all."

[[theme]]
id = "dogs"
label = "Dangerous dogs"
family = "harm"
polarity = "harm"
definition = "Dogs in the home that put a child at risk."
cues = ["dangerous dog", "dog bite*"]
"""


def codebook_file(tmp_path: Path, text: str) -> Codebook:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return load_codebook(path)


def test_a_model_keeps_the_codebook_that_it_was_made_with(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(grade="fast"), load_stance_model(), {})
    assert load_model(tmp_path).codebook == load_codebook()


def test_a_model_of_another_codebook_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "model", load_model(grade="fast"), load_stance_model(), {})
    with pytest.raises(ModelError, match="shares no theme with ours 1"):
        load_model(tmp_path / "model", codebook_file(tmp_path, OWN))


def test_a_theme_that_no_label_taught_is_coded_by_its_cues(tmp_path: Path) -> None:
    model = load_model(None, codebook_file(tmp_path, LAID_OVER))
    assert model.by_cues_alone_ == ("dogs",)
    assert model.redefined_ == ("neglect",)
    texts = ["A dangerous dog was kept in the kitchen.", "The children had no food at home."]
    dogs = model.classes_.tolist().index("dogs")
    assert model.predict(texts)[:, dogs].tolist() == [1, 0]
    assert "covid-19" not in model.classes_
    shared = [theme for theme in model.classes_ if theme != "dogs"]
    shipped = load_model()
    columns = [shipped.classes_.tolist().index(theme) for theme in shared]
    ours, theirs = model.predict_proba(texts), shipped.predict_proba(texts)
    np.testing.assert_allclose(np.delete(ours, dogs, axis=1), theirs[:, columns])


def test_a_codebook_of_ones_own_alone_is_coded_by_its_cues(tmp_path: Path) -> None:
    model = load_model(None, codebook_file(tmp_path, OWN))
    assert model.classes_.tolist() == ["dogs"]
    assert 0 < model.predict_proba(["He had a dog bite on his arm."])[0, 0] < 1


def test_a_pickle_in_a_model_is_not_opened(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(grade="fast"), load_stance_model(), {})
    np.savez(tmp_path / "weights.npz", themes_coef=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(grade="fast"), load_stance_model(), {})
    (tmp_path / "weights.npz").write_bytes(b"PK not an archive")
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path)
