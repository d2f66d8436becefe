import json
from pathlib import Path

import numpy as np
import pytest

from oscb_nlp import load_labelled, load_model, load_stance_model
from oscb_nlp.errors import ModelError
from oscb_nlp.persistence import model_hash, save_model
from oscb_nlp.tagging import stance_cases


def test_a_saved_model_says_the_same_and_has_the_same_bytes(tmp_path: Path) -> None:
    themes, stance = load_model(), load_stance_model()
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


def test_a_model_of_another_codebook_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(), load_stance_model(), {})
    settings = json.loads((tmp_path / "model.json").read_text())
    settings["codebook_hash"] = "0" * 64
    (tmp_path / "model.json").write_text(json.dumps(settings))
    with pytest.raises(ModelError, match="another codebook"):
        load_model(tmp_path)


def test_a_pickle_in_a_model_is_not_opened(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(), load_stance_model(), {})
    np.savez(tmp_path / "weights.npz", themes_coef=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path)


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    save_model(tmp_path, load_model(), load_stance_model(), {})
    (tmp_path / "weights.npz").write_bytes(b"PK not an archive")
    with pytest.raises(ModelError, match="damaged"):
        load_model(tmp_path)
