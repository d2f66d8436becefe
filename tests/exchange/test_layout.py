from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.exchange.coded import CodedPassage, Review
from oscb_nlp.exchange.counting import Counting, one_line_end
from oscb_nlp.exchange.layout import lay_out

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PASSAGES = st.lists(st.builds(
    CodedPassage, st.uuids().map(str), st.just("d"), st.just(1), WORDS, st.just(""), st.just(""),
    WORDS, WORDS,
), max_size=6)  # fmt: skip


@given(PASSAGES)
def test_a_place_has_the_passages_own_words(passages: list[CodedPassage]) -> None:
    layout = lay_out(Review("d", "d.pdf", "", "", "", None, tuple(passages)))
    assert "\r" not in layout.text
    for place, passage in zip(layout.places, passages, strict=True):
        assert layout.text[place.start : place.end] == one_line_end(passage.text)
        if passage.text.strip():
            assert layout.touched(place.start, place.end) == [place]


@given(WORDS, st.integers(0, 30), st.integers(0, 30))
def test_positions_are_the_same_place_however_line_ends_are_counted(
    text: str, one: int, other: int
) -> None:
    single = one_line_end(text)
    start, end = sorted((min(one, len(single)), min(other, len(single))))
    double = single.replace("\n", "\r\n")
    counted = [len(single[:place].replace("\n", "\r\n")) for place in (start, end)]
    for stored in (single, double):
        assert Counting("one").span(stored, start, end) == (start, end)
        assert Counting("two").span(stored, *counted) == (start, end)
    assert Counting().span(double, *counted) == (start, end)
    assert Counting(end_included=True).span(single, start, end - 1) == (start, end)
