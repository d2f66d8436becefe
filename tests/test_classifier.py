import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from oscb_nlp import ThemeClassifier, load_labelled, load_model
from oscb_nlp.errors import LabelError
from oscb_nlp.evaluation import evaluate_themes

TEXTS = [
    "The home was cold and the children were hungry and dirty.",
    "There was no food in the house and the beds were soiled.",
    "The report was never passed on to the school nurse.",
    "Health did not know what the police had been told.",
    "The panel met on six occasions in the town hall.",
    "The review covers the period from 2014 to 2016.",
] * 4
THEMES = [["neglect"], ["neglect"], ["information-sharing"], ["information-sharing"], [], []] * 4


@pytest.fixture(scope="module")
def small() -> ThemeClassifier:
    return ThemeClassifier().fit(TEXTS, THEMES, groups=[str(i % 4) for i in range(24)])


def test_probabilities_have_a_row_a_text_and_a_column_a_theme(small: ThemeClassifier) -> None:
    probabilities = small.predict_proba(TEXTS[:3])
    assert probabilities.shape == (3, len(small.classes_))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_it_is_a_scikit_learn_estimator() -> None:
    model = clone(ThemeClassifier(C=2.0))
    assert model.get_params()["C"] == 2.0
    y = np.zeros((len(TEXTS), 38), dtype=np.int8)
    y[::6, 0] = 1
    predicted = cross_val_predict(ThemeClassifier(folds=2), TEXTS, y, cv=2)
    assert predicted.shape == y.shape


def test_the_same_labels_give_the_same_model(small: ThemeClassifier) -> None:
    again = clone(small).fit(TEXTS, THEMES, groups=[str(i % 4) for i in range(24)])
    assert np.array_equal(again.predict_proba(TEXTS), small.predict_proba(TEXTS))


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "x" * 100_000, "Das Kind war krank."])
def test_strange_text_gives_a_probability_and_never_nan(text: str) -> None:
    probabilities = load_model().predict_proba([text])
    assert np.isfinite(probabilities).all()


def test_no_texts_give_no_rows(small: ThemeClassifier) -> None:
    assert small.predict_proba([]).shape == (0, len(small.classes_))


def test_one_text_instead_of_a_list_is_refused(small: ThemeClassifier) -> None:
    with pytest.raises(LabelError, match="list of texts"):
        small.predict_proba("a text")


def test_an_unknown_theme_is_named_with_its_passage() -> None:
    with pytest.raises(LabelError, match=r"passage 1.*'neglekt'"):
        ThemeClassifier().fit(["a", "b"], [[], ["neglekt"]])


def test_labels_without_any_theme_are_refused() -> None:
    with pytest.raises(LabelError, match="nothing to learn"):
        ThemeClassifier().fit(["a", "b"], [[], []])


def test_evidence_points_into_the_text() -> None:
    model = load_model()
    text = "Nobody asked about domestic abuse, although the police had been called twice."
    spans = model.evidence(text, "domestic-abuse", model.find_cues([text])[0])
    assert "domestic abuse" in {text[start:end] for start, end, _kind in spans}
    assert all(0 <= start < end <= len(text) for start, end, _kind in spans)


def test_on_reviews_it_never_saw_it_beats_the_keyword_list() -> None:
    _by_theme, overall = evaluate_themes(load_model(), load_labelled("test"))
    model, keywords = overall.iloc[0], overall.iloc[1]
    assert model["macro_f1"] > keywords["macro_f1"] + 0.05
    assert model["micro_f1"] > keywords["micro_f1"] + 0.05
