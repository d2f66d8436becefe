"""A model from a user's own labels; the labels here are of the development reviews."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from oscb_nlp import load_codebook, load_labelled, load_model, train
from oscb_nlp.cli import app
from oscb_nlp.codebook import codebook_from_dict
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.errors import LabelError
from oscb_nlp.persistence import about_model, load_stance_model, model_hash, save_model
from oscb_nlp.tables import CODING_SCHEMAS, frame
from oscb_nlp.training import Trained
from tests.coded import coded_corpus


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    return load_labelled("dev").groupby("document").head(20).reset_index(drop=True)


@pytest.fixture(scope="module")
def trained(labelled: pd.DataFrame) -> Trained:
    return train(labelled)


@pytest.fixture(scope="module")
def with_own_themes(labelled: pd.DataFrame) -> Trained:
    """Trained with two themes more: one of passages on neglect, renamed, and one of none."""
    plain = load_codebook().to_dict()
    own = [
        {**plain["themes"][0], "id": name, "label": name, "cues": [name.split("-")[0]]}
        for name in ("cold-homes", "lost-dogs")
    ]
    themes = [*plain["themes"], *own]
    book = codebook_from_dict({**plain, "id": "own", "themes": themes}, Path())
    renamed = labelled.assign(
        themes=labelled["themes"].map(
            lambda ids: tuple("cold-homes" if t == "neglect" else t for t in ids)
        ),
        stances=[{}] * len(labelled),
    )
    return train(renamed, book)


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


def test_a_new_theme_is_learnt_beside_the_known_ones(with_own_themes: Trained) -> None:
    """Passages on neglect are called by the new theme's name, so what it should find is known."""
    found = with_own_themes.themes.set_index("theme")
    assert found.loc["cold-homes", "f1"] > 0.3
    assert "cold-homes" not in with_own_themes.fast.by_cues_alone_


def test_a_theme_without_any_label_is_coded_by_its_cues_and_said_to_be(
    with_own_themes: Trained, tmp_path: Path
) -> None:
    assert with_own_themes.fast.by_cues_alone_ == ("lost-dogs",)
    assert any("having no label: lost-dogs" in note for note in with_own_themes.notes)
    with_own_themes.save(tmp_path)
    assert load_model(tmp_path, grade="fast").by_cues_alone_ == ("lost-dogs",)


def test_it_may_begin_with_nothing(labelled: pd.DataFrame) -> None:
    steps: list[int] = []
    few = labelled.groupby("document").head(8).reset_index(drop=True)
    model = train(few, start=None, progress=steps.append)
    assert steps == list(range(1, 14)), "the bar goes on step by step and ends full"
    assert model.best is None
    assert "start_f1" not in model.themes


def test_too_few_passages_are_refused() -> None:
    with pytest.raises(LabelError, match="at least 50"):
        train(load_labelled("dev").head(10))


def test_it_is_compared_with_the_model_it_began_with_and_keeps_a_log(
    trained: Trained, labelled: pd.DataFrame
) -> None:
    assert trained.comparison is not None
    assert trained.comparison.passages == len(labelled)
    assert str(trained.comparison) in trained.to_markdown()
    (entry,) = trained.about["log"]
    assert entry["passages"] == len(labelled) == sum(entry["coders"].values())
    assert entry["parent"] == model_hash()
    assert len(entry["learnt_reviews"]) == labelled["document"].nunique()


def test_a_model_is_not_compared_on_reviews_that_the_other_learnt_from(
    trained: Trained, labelled: pd.DataFrame, tmp_path: Path
) -> None:
    trained.save(tmp_path)
    few = labelled.groupby("document").head(8).reset_index(drop=True)
    again = train(few, start=tmp_path, date="2026-02-03")
    assert again.comparison is None
    assert any("learnt from all of these reviews" in note for note in again.notes)
    assert [entry["date"] for entry in again.about["log"]] == ["", "2026-02-03"]
    assert again.about["log"][1]["parent"] == model_hash(tmp_path)


def test_the_command_learns_from_what_people_coded_and_keeps_a_better_model(
    labelled: pd.DataFrame, tmp_path: Path
) -> None:
    """Few labels and nothing to begin with make a worse model; the good one in the folder stays."""
    labelled = labelled.groupby("document").head(8).reset_index(drop=True)
    plain = coded_corpus(labelled)
    plain = replace(plain, tags=plain.tags.assign(source="model"))

    def coded_by(name: str, given: list[dict[str, str]]) -> Path:
        rows = [
            row
            for passage, themes in zip(plain.passages.to_dict("records"), given, strict=True)
            for row in coding_rows(passage, name, themes, "")
        ]
        with_codings(plain, frame(rows, CODING_SCHEMAS["codings"])).save(tmp_path / name)
        return tmp_path / name

    def command(*arguments: object) -> Result:
        return CliRunner().invoke(app, ["train", *map(str, arguments)])

    out = tmp_path / "model"
    save_model(out, load_model(grade="fast"), load_stance_model(), {})
    before = (out / "model.json").read_bytes()
    nobody = tmp_path / "nobody"
    plain.save(nobody)
    refused = command("--labels", nobody, "--out", out)
    assert "nobody has coded a passage" in str(refused.exception)
    good = coded_by("Ann", labelled["stances"].tolist())
    done = command("--labels", good, "--out", out, "--from-nothing")
    assert "holds a better model, which stays" in str(done.exception)
    assert (out / "model.json").read_bytes() == before
    done = command("--labels", good, "--out", out, "--from-nothing", "--force")
    assert done.exit_code == 0, done.output
    (entry,) = about_model(out)["log"]
    assert entry["coders"] == {"Ann": len(labelled)}
    assert entry["labels"][0]["file"] == "Ann"
    shown = CliRunner().invoke(app, ["training-log", str(out)])
    assert json.loads(shown.output) == about_model(out)["log"]


def test_labels_of_one_review_are_refused_by_name(labelled: pd.DataFrame) -> None:
    with pytest.raises(LabelError, match="all of one review"):
        train(labelled.assign(document="one"))


def test_shares_by_an_own_model_are_corrected_only_where_enough_reviews_were_held_out(
    trained: Trained, tmp_path: Path
) -> None:
    assert all(
        min(had, others) >= 10 for _f, had, _p, others in trained.fast.review_rates_.values()
    )
    told = f"on {len(trained.fast.review_rates_)} of {len(trained.fast.classes_)} themes"
    assert any(told in note for note in trained.notes)
    trained.save(tmp_path)
    assert load_model(tmp_path, grade="fast").review_rates_ == trained.fast.review_rates_
