import re

from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.redaction import redact, redact_spans

REMOVED = re.compile(r"\[(?:e-mail|name|telephone|postcode) removed\]")
PIECES = st.sampled_from(
    ["Contact Officer: ", "Pat Example", ", ", "pat@example.org", "01234 567890", " or ", "OX1 1AA",
     "the house was cold", ". ", "[e-mail removed]", "\U0001f9ca", "\n", ""]
)  # fmt: skip


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    text = "".join(draw(st.lists(PIECES | st.text(max_size=5), max_size=12)))
    place = st.integers(0, len(text))
    pairs = draw(st.lists(st.tuples(place, place), max_size=5))
    return text, [(min(pair), max(pair)) for pair in pairs]


@given(texts_with_spans())
def test_a_text_with_spans_is_redacted_as_one_without(
    case: tuple[str, list[tuple[int, int]]],
) -> None:
    text, spans = case
    assert redact_spans(text, spans)[0] == redact(text)


@given(texts_with_spans())
def test_a_span_lies_in_the_redacted_text_and_keeps_its_order(
    case: tuple[str, list[tuple[int, int]]],
) -> None:
    text, spans = case
    after, moved = redact_spans(text, spans)
    assert all(0 <= start <= end <= len(after) for start, end in moved)
    for index, one in enumerate(spans):
        for other in range(len(spans)):
            if one[1] <= spans[other][0] and one[0] < one[1] and spans[other][0] < spans[other][1]:
                assert moved[index][0] <= moved[other][0]


@given(texts_with_spans())
def test_a_span_shows_its_own_words_or_what_stands_for_what_was_removed(
    case: tuple[str, list[tuple[int, int]]],
) -> None:
    text, spans = case
    after, moved = redact_spans(text, spans)
    for (start, end), (now, then) in zip(spans, moved, strict=True):
        kept = REMOVED.split(after[now:then])
        rest = text[start:end]
        for piece in filter(None, kept):
            assert piece in rest
            rest = rest.partition(piece)[2]


def test_the_whole_text_stays_the_whole_text() -> None:
    text = "Contact Officer: Pat Example, pat@example.org"
    after, [span] = redact_spans(text, [(0, len(text))])
    assert after[slice(*span)] == after == redact(text)
