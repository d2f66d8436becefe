"""The better grade: the encoder beside the classifier."""

import sys
from pathlib import Path

import numpy as np
import pytest

from oscb_nlp import load_model
from oscb_nlp.encoder import Encoder, encoder_installed
from oscb_nlp.errors import ModelError
from oscb_nlp.persistence import load_stance_model, save_model
from oscb_nlp.resources import shipped_path
from oscb_nlp.tagging import tag_texts

needs_encoder = pytest.mark.skipif(
    not encoder_installed(), reason="the extra encoder is not installed"
)
TEXTS = ["Nobody asked what a day at home was like.", "The house was cold and there was no food."]


@needs_encoder
def test_the_better_grade_is_taken_where_it_is_installed() -> None:
    assert load_model().grade == "best"
    assert load_model(grade="fast").grade == "fast"


def test_without_its_packages_auto_is_fast_and_best_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("oscb_nlp.encoder.find_spec", lambda _name: None)
    assert load_model().grade == "fast"
    with pytest.raises(ModelError, match=r"oscb-nlp\[encoder\]"):
        load_model(grade="best")


def test_an_unknown_grade_is_named() -> None:
    with pytest.raises(ModelError, match="'better'"):
        load_model(grade="better")


@needs_encoder
def test_it_gives_the_same_whatever_else_is_in_the_batch() -> None:
    encoder = Encoder(shipped_path("models/encoder"))
    alone = [encoder.read([text], [""]) for text in TEXTS]
    together = encoder.read([*TEXTS, "word " * 400], ["", "", "A heading"])
    for row, found in enumerate(alone):
        np.testing.assert_array_equal(together.themes[row], found.themes[0])
        np.testing.assert_array_equal(together.stances[row], found.stances[0])
    assert together.stances.shape == (3, len(encoder.classes), len(encoder.stances))
    assert encoder.read([], []).themes.shape == (0, len(encoder.classes))


@needs_encoder
def test_its_stances_are_log_probabilities() -> None:
    stances = Encoder(shipped_path("models/encoder")).read(TEXTS, ["", ""]).stances
    np.testing.assert_allclose(np.exp(stances).sum(axis=2), 1, atol=1e-4)


@needs_encoder
def test_a_denial_is_not_a_finding_and_the_absence_of_a_practice_is() -> None:
    texts = [
        "There was no evidence of neglect, and none of the agencies had concerns about it.",
        "There was no evidence that the children’s wishes were ever sought by anybody.",
    ]
    themes, stance = load_model(grade="best"), load_stance_model()
    found = tag_texts(texts, ["", ""], ["body", "body"], themes, stance)
    stances = [{tag["theme"]: tag["stance"] for tag in tags} for tags in found]
    assert stances[0]["neglect"] == "not-a-factor"
    assert stances[1]["voice-of-the-child"] == "finding"


@needs_encoder
def test_strange_text_gives_a_probability() -> None:
    strange = ["", " ", "x" * 5_000, "\x00\x01", "好" * 50, "Ein Satz auf Deutsch."]
    probabilities = load_model(grade="best").predict_proba(strange)
    assert np.isfinite(probabilities).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@needs_encoder
def test_a_model_without_an_encoder_has_the_fast_grade_alone(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(grade="fast"), load_stance_model(), {})
    assert load_model(tmp_path).grade == "fast"
    with pytest.raises(ModelError, match="only grade is fast"):
        load_model(tmp_path, grade="best")


@needs_encoder
def test_the_better_grade_is_not_saved_as_the_fast_one(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="as `best`"):
        save_model(tmp_path, load_model(grade="best"), load_stance_model(), {})


@needs_encoder
def test_a_damaged_encoder_is_named(tmp_path: Path) -> None:
    for file in shipped_path("models/encoder").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ModelError, match="the encoder cannot be read"):
        Encoder(tmp_path)


def test_the_fast_grade_imports_no_runtime() -> None:
    # a fresh interpreter, since other tests have loaded the encoder here
    import subprocess

    code = "import oscb_nlp, sys; oscb_nlp.load_model(grade='fast'); print('onnxruntime' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
