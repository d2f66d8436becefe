from pathlib import Path

import spacy

from oscb_nlp import load_codebook, load_labelled
from oscb_nlp.codebook import codebook_from_dict
from oscb_nlp.cues import SPANS_KEY, CueFinder, _match

FINDER = CueFinder(load_codebook())


def themes_in(text: str) -> set[str]:
    return {cue.theme for cue in FINDER.find(text) if cue.strong}


def test_the_component_works_in_any_pipeline_by_its_name_alone() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("oscb_themes")
    doc = nlp("The trauma-informed model was new, and there were concerns about domestic abuse.")
    spans = {(span.text, span.label_) for span in doc.spans[SPANS_KEY]}
    assert ("trauma-informed", "trauma-informed-practice") in spans
    assert ("domestic abuse", "domestic-abuse") in spans


def test_the_finder_finds_what_the_component_finds_in_a_pipeline() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("oscb_themes")
    texts = load_labelled("dev")["text"].tolist()
    for text, cues in zip(texts, FINDER.find_all(texts), strict=True):
        doc = nlp(text)
        assert [(c.theme, c.start, c.end) for c in cues] == [
            (span.label_, span.start_char, span.end_char) for span in doc.spans[SPANS_KEY]
        ]


def test_a_contraction_in_a_cue_is_found_with_either_apostrophe() -> None:
    plain = load_codebook().to_dict()
    theme = {**plain["themes"][0], "related": [], "cues": ["can't cope", "didn't ... visit*"]}
    finder = CueFinder(codebook_from_dict({**plain, "themes": [theme]}, Path()))
    for text in ("She can't cope.", "She can’t cope.", "He didn't once visit.", "He didn’t visit."):
        assert len(finder.find(text)) == 1, text


def test_a_hyphen_in_a_cue_is_optional() -> None:
    assert "trauma-informed-practice" in themes_in("a trauma informed service")
    assert "trauma-informed-practice" in themes_in("a trauma-informed service")


def test_a_cue_carries_its_place_in_the_text() -> None:
    text = "Nobody asked about domestic abuse."
    (cue,) = [cue for cue in FINDER.find(text) if cue.theme == "domestic-abuse"]
    assert text[cue.start : cue.end] == "domestic abuse"


def test_an_open_cue_allows_up_to_three_words_between() -> None:
    pattern = ("information", "...", "shar*")
    assert _match(["information", "was", "not", "shared"], 0, pattern) == 4
    assert _match(["information", "shared"], 0, pattern) == 2
    assert (
        _match(["information", "that", "came", "in", "on", "paper", "was", "shared"], 0, pattern)
        == 0
    )


def test_text_without_letters_or_very_long_text_gives_an_answer() -> None:
    assert FINDER.find("") == []
    assert FINDER.find("  \n ") == []
    assert FINDER.find("a" * 1_000_000) == []
