from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.document import Box
from oscb_nlp.reading.engines.page import Line, clean
from oscb_nlp.reading.structure.joining import Lexicon, join_lines

WORDS = Lexicon(["safeguarding children", "a decision about multi-agency work", "commissioning"])


def join_texts(lines: list[str], lexicon: Lexicon) -> str:
    """Join texts as lines that stand nowhere."""
    nowhere = Box(0.0, 0.0, 0.0, 0.0)
    return join_lines(
        (Line(0, clean(text, 0)[0], nowhere, 0.0, False) for text in lines), lexicon
    ).text


def test_a_compound_keeps_its_hyphen_over_a_line_end() -> None:
    assert join_texts(["multi\ufffe", "agency work"], WORDS) == "multi-agency work"
    assert join_texts(["a decision\ufffe", "making body"], WORDS) == "a decision-making body"


def test_a_divided_word_closes_over_a_line_end() -> None:
    assert join_texts(["safe\ufffe", "guarding"], WORDS) == "safeguarding"
    assert join_texts(["commis\u00ad", "sioning"], WORDS) == "commissioning"


def test_a_typed_hyphen_that_divides_a_word_goes() -> None:
    assert join_texts(["the partner-", "ship’s"], WORDS) == "the partnership’s"
    assert join_texts(["an ill-", "judged word"], WORDS) == "an ill-judged word"


@given(st.lists(st.text("abc ", min_size=1, max_size=20), min_size=1, max_size=6))
def test_joining_keeps_every_letter_and_single_spaces(lines: list[str]) -> None:
    joined = join_texts(lines, WORDS)
    assert joined.replace(" ", "") == "".join(lines).replace(" ", "")
    assert "  " not in joined
