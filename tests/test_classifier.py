from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks

from oscb_nlp import ThemeClassifier, classifier, load_model
from oscb_nlp.calibration import mix_themes
from oscb_nlp.errors import LabelError
from oscb_nlp.labels import indicator

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


@pytest.mark.parametrize(
    "check",
    [
        checks.check_do_not_raise_errors_in_init_or_set_params,
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_estimator_tags_renamed,
        checks.check_get_params_invariance,
        checks.check_mixin_order,
        checks.check_no_attributes_set_in_init,
        checks.check_parameters_default_constructible,
        checks.check_set_params,
        checks.check_valid_tag_types,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learns_checks_of_an_estimator_that_takes_texts(check: Callable[..., None]) -> None:
    """Those that need no table of numbers; what the others ask is asked of texts below."""
    check("ThemeClassifier", ThemeClassifier())


def labelled(passages: int = 24) -> tuple[list[str], np.ndarray]:
    y = np.zeros((passages, 38), dtype=np.int8)
    y[::6, 0] = y[1::6, 0] = y[2::6, 5] = y[3::6, 5] = 1
    return TEXTS[:passages], y


def test_it_works_in_scikit_learns_tools() -> None:
    texts, y = labelled()
    assert cross_val_predict(ThemeClassifier(folds=2), texts, y, cv=2).shape == y.shape
    likely = cross_val_predict(ThemeClassifier(folds=2), texts, y, cv=2, method="predict_proba")
    assert np.asarray(likely).shape == y.shape
    search = GridSearchCV(
        make_pipeline(ThemeClassifier(folds=2)),
        {"themeclassifier__C": [0.1, 4.0]},
        scoring=make_scorer(f1_score, average="micro", zero_division=0),
        cv=2,
    ).fit(texts, y)
    assert search.predict(texts[:2]).shape == (2, 38)


def test_before_fitting_it_says_so() -> None:
    with pytest.raises(NotFittedError):
        ThemeClassifier().predict(["a text"])


def test_arrays_and_series_of_texts_are_as_good_as_lists(small: ThemeClassifier) -> None:
    expected = small.predict_proba(TEXTS[:3])
    assert np.array_equal(small.predict_proba(np.array(TEXTS[:3])), expected)
    assert np.array_equal(small.predict_proba(pd.Series(TEXTS[:3])), expected)


def test_a_passages_neighbours_and_order_do_not_matter(small: ThemeClassifier) -> None:
    whole = small.predict_proba(TEXTS[:6])
    assert np.allclose(small.predict_proba(TEXTS[:6][::-1])[::-1], whole)
    assert np.allclose(small.predict_proba(TEXTS[2:3]), whole[2:3])


def test_fitting_again_forgets_what_was_before() -> None:
    texts, y = labelled()
    model = ThemeClassifier(folds=2).fit(texts, y)
    again = model.predict_proba(texts)
    assert np.array_equal(model.fit(texts, y).predict_proba(texts), again)
    assert model.get_params()["folds"] == 2


def test_a_warm_start_keeps_what_few_labels_say_nothing_about(small: ThemeClassifier) -> None:
    start = load_model(grade="fast")
    warm = ThemeClassifier(folds=2).fit(TEXTS, THEMES, start=start)
    other = warm.classes_.tolist().index("domestic-abuse")
    np.testing.assert_array_equal(warm.coef_[other], start.coef_[other])
    assert warm.by_cues_alone_ == ()
    assert "domestic-abuse" in small.by_cues_alone_
    taught = warm.classes_.tolist().index("neglect")
    scores = warm.held_out_scores_[:, taught]
    has = np.array(["neglect" in themes for themes in THEMES])
    assert scores[has].min() > scores[~has].max()


def test_themes_with_passages_enough_correct_each_other_in_scores_and_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts, themes = (
        [*TEXTS * 8, "They left him alone at night."] * 2,
        [*THEMES * 8, ["neglect"]] * 2,
    )
    groups = [str(index % 5) for index in range(len(texts))]
    model = ThemeClassifier(folds=3).fit(texts, themes, groups=groups)
    monkeypatch.setattr(classifier, "mix_themes", lambda scores, _y: (np.eye(38), np.zeros(38)))
    plain = ThemeClassifier(folds=3).fit(texts, themes, groups=groups)
    np.testing.assert_array_equal(plain.first_scores_, model.first_scores_)
    weights, constants = mix_themes(model.first_scores_, indicator(themes, model.classes_.tolist()))
    features = model.features_.transform(TEXTS)
    before = features @ plain.coef_.T + plain.intercept_
    after = features @ model.coef_.T + model.intercept_
    np.testing.assert_allclose(after, before @ weights.T + constants, atol=1e-3)
    few = model.classes_.tolist().index("domestic-abuse")
    np.testing.assert_array_equal(model.coef_[few], plain.coef_[few])
    assert not np.allclose(weights, np.eye(38))


def test_the_same_labels_give_the_same_model(small: ThemeClassifier) -> None:
    again = clone(small).fit(TEXTS, THEMES, groups=[str(i % 4) for i in range(24)])
    assert np.array_equal(again.predict_proba(TEXTS), small.predict_proba(TEXTS))


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "x" * 1_000_000, "Das Kind war krank."])
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
    spans = model.evidence([text], model.find_cues([text]), [(0, "domestic-abuse")])[0]
    assert "domestic abuse" in {text[start:end] for start, end, _kind in spans}
    assert all(0 <= start < end <= len(text) for start, end, _kind in spans)
