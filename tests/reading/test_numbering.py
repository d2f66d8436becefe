import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.reading.structure.numbering import BULLETS, find_marker


@pytest.mark.parametrize(
    ("line", "number", "rest"),
    [
        ("3.12 Agencies met.", "3.12", "Agencies met."),
        ("3.12.4 Agencies met.", "3.12.4", "Agencies met."),
        ("12. Agencies met.", "12", "Agencies met."),
        ("12.Plans were late.", "12", "Plans were late."),
        ("(a) the first reason", "(a)", "the first reason"),
        ("Recommendation 4: The board should act.", "Recommendation 4", "The board should act."),
        ("Finding 2. Nobody asked.", "Finding 2", "Nobody asked."),
        ("Learning point 3: Ask again.", "Learning point 3", "Ask again."),
    ],
)
def test_a_printed_number_is_taken_off_the_words(line: str, number: str, rest: str) -> None:
    marker = find_marker(line)
    assert marker is not None
    assert (marker.number, marker.rest) == (number, rest)


@pytest.mark.parametrize(
    "line",
    [
        "1.5 million people",
        "14 March 2016",
        "2015. A year",
        "Findings are below",
        "-based practice",
    ],
)
def test_what_only_looks_like_a_number_is_left_alone(line: str) -> None:
    assert find_marker(line) is None


@given(st.sampled_from(BULLETS), st.text("abcdefgh", min_size=1, max_size=12))
def test_every_bullet_of_the_field_is_recognised(bullet: str, words: str) -> None:
    marker = find_marker(f"{bullet} {words}")
    assert marker is not None
    assert (marker.kind, marker.rest) == ("bullet", words)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=4))
def test_a_dotted_number_comes_back_as_printed(parts: list[int]) -> None:
    number = ".".join(map(str, parts))
    marker = find_marker(f"{number} Agencies met.")
    assert marker is not None
    assert marker.number == number
