from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.reading.joining import Lexicon, join_lines

WORDS = Lexicon.of(["safeguarding children", "a decision about multi-agency work", "commissioning"])


def test_a_compound_keeps_its_hyphen_over_a_line_end() -> None:
    assert join_lines(["multi\ufffe", "agency work"], WORDS) == "multi-agency work"
    assert join_lines(["a decision\ufffe", "making body"], WORDS) == "a decision-making body"


def test_a_divided_word_closes_over_a_line_end() -> None:
    assert join_lines(["safe\ufffe", "guarding"], WORDS) == "safeguarding"
    assert join_lines(["commis\u00ad", "sioning"], WORDS) == "commissioning"


def test_a_hyphenated_compound_before_a_line_end_stays_whole() -> None:
    assert join_lines(["the partner-", "ship’s"], WORDS) == "the partner-ship’s"


@given(st.lists(st.text("abc ", min_size=1, max_size=20), min_size=1, max_size=6))
def test_joining_keeps_every_letter_and_single_spaces(lines: list[str]) -> None:
    joined = join_lines(lines, WORDS)
    assert joined.replace(" ", "") == "".join(lines).replace(" ", "")
    assert "  " not in joined
