import numpy as np
import pytest

from oscb_nlp import StanceClassifier, load_stance_model
from oscb_nlp.errors import LabelError
from oscb_nlp.stance import StanceCase, focus_of


def test_the_focus_is_the_clause_that_holds_the_evidence() -> None:
    text = "Visits were prompt and kind, but the report was never shared. The panel met twice."
    place = text.index("report")
    assert focus_of(text, [(place, place + 6)]) == "but the report was never shared."


def test_without_evidence_the_focus_is_the_whole_text() -> None:
    assert focus_of("One thing. Another.", []) == "One thing. Another."


def test_an_imperative_is_a_recommendation() -> None:
    text = "Ensure that all agencies record who lives in the household"
    case = StanceCase(text, text, "practice", "recommendations")
    assert load_stance_model().predict([case]).tolist() == ["recommendation"]


def test_one_stance_alone_is_refused() -> None:
    case = StanceCase("a", "a", "harm")
    with pytest.raises(LabelError, match="two kinds"):
        StanceClassifier().fit([case, case], ["finding", "finding"])


def test_the_encoders_leaning_counts_for_half() -> None:
    model = load_stance_model()
    text = "Visits were prompt and kind."
    alone = model.predict_proba([StanceCase(text, text, "practice")])[0]
    leaning = np.log(np.roll(alone, 1))
    both = model.predict_proba([StanceCase(text, text, "practice", leaning=leaning)])[0]
    expected = np.sqrt(alone * np.roll(alone, 1))
    np.testing.assert_allclose(both, expected / expected.sum(), atol=1e-6)


def test_a_denial_counts_before_it_is_the_most_probable() -> None:
    model = load_stance_model()
    names = model.classes_.tolist()
    likely = np.full((3, len(names)), 0.01)
    likely[:, names.index("finding")] = 0.7
    likely[:, names.index("not-a-factor")] = [0.05, 0.2, 0.9]
    chosen = [names[index] for index in model.choose(likely)]
    assert chosen == ["finding", "not-a-factor", "not-a-factor"]


def test_a_model_that_knows_no_denial_gives_the_most_probable() -> None:
    cases = [
        StanceCase(text, text, "practice") for text in ("It was late.", "It should be prompt.")
    ]
    model = StanceClassifier().fit([*cases, *cases], ["finding", "recommendation"] * 2)
    assert model.choose(np.array([[0.2, 0.8]])).tolist() == [1]
