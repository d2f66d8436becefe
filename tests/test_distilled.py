"""The fast grade's network: what the encoder knows, distilled, in numpy."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oscb_nlp import load_codebook, load_model
from oscb_nlp.distilled import DistilledEncoder, save_distilled
from oscb_nlp.errors import ModelError
from oscb_nlp.persistence import load_stance_model, save_model
from oscb_nlp.resources import shipped_path

TEXTS = ["Nobody asked what a day at home was like.", "The house was cold and there was no food."]


@pytest.fixture(scope="module")
def network() -> DistilledEncoder:
    return DistilledEncoder(shipped_path("models/distilled"))


def test_it_knows_the_codebook_and_the_fast_grade_reads_with_it(network: DistilledEncoder) -> None:
    assert network.classes == load_codebook().ids
    reads = load_model(grade="fast").encoder_
    assert reads is not None
    assert reads.about == network.about


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=20)), min_size=1, max_size=6))
def test_a_text_reads_the_same_whatever_stands_beside_it(
    network: DistilledEncoder, pairs: list[tuple[str, str]]
) -> None:
    texts, headings = [text for text, _ in pairs], [heading for _, heading in pairs]
    together = network.read(texts, headings)
    for row in range(len(pairs)):
        alone = network.read([texts[row]], [headings[row]])
        np.testing.assert_allclose(together.themes[row], alone.themes[0], atol=1e-4)
        np.testing.assert_allclose(together.stances[row], alone.stances[0], atol=1e-4)
    assert np.isfinite(together.themes).all()


def test_it_reads_the_heading_and_the_order_of_words(network: DistilledEncoder) -> None:
    plain = network.read(TEXTS[:1], [""]).themes
    assert not np.allclose(plain, network.read(TEXTS[:1], ["Neglect"]).themes)
    turned = " ".join(reversed(TEXTS[0].split()))
    assert not np.allclose(plain, network.read([turned], [""]).themes)


def test_its_stances_are_log_probabilities_and_it_knows_no_vectors(
    network: DistilledEncoder,
) -> None:
    found = network.read(TEXTS, ["", ""])
    np.testing.assert_allclose(np.exp(found.stances).sum(axis=2), 1, atol=1e-6)
    assert found.vectors is None


def test_no_text_gives_no_rows_and_strange_text_gives_numbers(network: DistilledEncoder) -> None:
    empty = network.read([], [])
    assert empty.themes.shape == (0, len(network.classes))
    assert empty.stances.shape == (0, len(network.classes), len(network.stances))
    strange = ["", " ", "x" * 5_000, "\x00\x01", "好" * 50, "word " * 10_000]
    assert np.isfinite(network.read(strange, [""] * len(strange)).themes).all()


def test_many_texts_are_read_as_few_are(network: DistilledEncoder) -> None:
    many = network.read(TEXTS * 600, [""] * 1200).themes
    few = network.read(TEXTS, ["", ""]).themes
    np.testing.assert_allclose(many, np.tile(few, (600, 1)), atol=1e-4)


def test_a_word_that_it_never_saw_is_known_by_its_first_letters(network: DistilledEncoder) -> None:
    known, strange = network.read(["neglectfulnessest", "qqqzzzwww"], ["", ""]).themes
    column = network.classes.index("neglect")
    assert known[column] > strange[column]


def test_it_is_written_and_read_back_as_it_was(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    shapes = {
        "words": (4, 2), "heading": (2,), "near": (2, 6), "near_bias": (2,), "attention": (2, 3),
        "themes": (3, 2), "themes_bias": (3,), "stances": (3, 2, 5), "stances_bias": (3, 5),
    }  # fmt: skip
    weights = {
        name: generator.normal(size=shape).astype(np.float32) for name, shape in shapes.items()
    }
    about = {"classes": ["a", "b", "c"], "stances": list("vwxyz")}
    for folder in (tmp_path / "one", tmp_path / "other"):
        save_distilled(folder, ["~", "cold", "hung~"], about, weights)
    one, other = DistilledEncoder(tmp_path / "one"), DistilledEncoder(tmp_path / "other")
    assert one.about == other.about
    np.testing.assert_array_equal(
        one.read(["cold hungry"], [""]).themes, other.read(["cold hungry"], [""]).themes
    )
    assert (tmp_path / "one" / "distilled.npz").read_bytes() == (
        tmp_path / "other" / "distilled.npz"
    ).read_bytes()


@pytest.mark.parametrize("name", ["distilled.json", "distilled.npz"])
def test_a_damaged_one_is_named(tmp_path: Path, name: str) -> None:
    for file in shipped_path("models/distilled").iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content[:1000] if file.name == name else content)
    with pytest.raises(ModelError, match="the distilled encoder cannot be read"):
        DistilledEncoder(tmp_path)


def test_a_model_fitted_with_another_one_is_refused(tmp_path: Path) -> None:
    model = load_model(grade="fast")
    assert model.encoder_ is not None
    model.encoder_.about = {**model.encoder_.about, "sha256": "0" * 64}
    save_model(tmp_path, model, load_stance_model(), {})
    with pytest.raises(ModelError, match="another encoder"):
        load_model(tmp_path, grade="fast")
