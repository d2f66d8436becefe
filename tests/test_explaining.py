import pytest

from oscb_nlp import explain, load_model, load_stance_model
from oscb_nlp.explaining import Explanation

TEXT = "There was no evidence of domestic abuse, but <nobody> asked about his cannabis use."


@pytest.fixture(scope="module")
def found() -> Explanation:
    return explain(TEXT, themes=load_model(grade="fast"), stance=load_stance_model())


def test_each_theme_that_is_given_has_evidence_in_the_text(found: Explanation) -> None:
    given = [reading for reading in found.themes if reading.given]
    assert {"domestic-abuse", "parental-substance-misuse"} & {r.theme for r in given}
    for reading in given:
        assert reading.evidence
        for evidence in reading.evidence:
            assert TEXT[evidence.start : evidence.end] == evidence.text


def test_near_misses_are_shown_and_marked_as_such(found: Explanation) -> None:
    for reading in found.themes:
        assert reading.given == (reading.probability >= reading.threshold)
        assert reading.probability >= reading.threshold / 2


def test_the_picture_escapes_the_text(found: Explanation) -> None:
    html = found.to_html()
    assert "<nobody>" not in html
    assert "domestic-abuse" in html
    assert found._repr_html_() == html


def test_it_is_plain_data(found: Explanation) -> None:
    assert found.to_dict()["themes"][0]["evidence"][0].keys() == {"start", "end", "text", "kind"}


def test_an_empty_text_has_no_theme() -> None:
    assert explain("", themes=load_model(grade="fast"), stance=load_stance_model()).themes == ()
