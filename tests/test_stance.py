import pytest

from oscb_nlp import StanceClassifier, load_labelled, load_model, load_stance_model
from oscb_nlp.errors import LabelError
from oscb_nlp.evaluation import evaluate_stance
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


def test_on_reviews_it_never_saw_it_beats_calling_everything_a_finding() -> None:
    table, overall = evaluate_stance(load_stance_model(), load_model(), load_labelled("test"))
    always = table.set_index("stance")["cases"]["finding"] / table["cases"].sum()
    assert overall["accuracy"] > always + 0.1
