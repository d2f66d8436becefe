"""What reviews raise together, what changed, which reviews are one, which sentences are shown."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.summary.changed import changed, log_odds, turning_year
from oscb_nlp.summary.duplicates import duplicates
from oscb_nlp.summary.sentences import sentences
from oscb_nlp.summary.together import co_occurrence


def reviews(*themes: set[str], first: int = 2010) -> tuple[pd.DataFrame, pd.DataFrame]:
    documents = pd.DataFrame(
        [{"unit": f"r{i}", "year": first + i % 10, "period": str(first + i % 10)}
         for i in range(len(themes))]
    )  # fmt: skip
    learning = pd.DataFrame(
        [
            {"unit": f"r{i}", "theme": theme, "year": first + i % 10, "period": str(first + i % 10),
             "passage_id": f"r{i}-{theme}", "text": f"The review raises {theme} once more"}
            for i, held in enumerate(themes)
            for theme in sorted(held)
        ]
    )  # fmt: skip
    return documents, learning


def test_themes_raised_together_more_than_by_chance_have_a_lift_above_one() -> None:
    table = co_occurrence(*reviews(*[{"a", "b"}] * 8, *[{"c"}] * 10, {"a", "c"}, {"b", "c"}))
    whole = table[table["period"] == "all"].set_index(["theme_a", "theme_b"])
    together = whole.loc["a", "b"]
    assert (together["with_a"], together["with_b"], together["with_both"]) == (9, 9, 8)
    assert together["lift"] == pytest.approx(8 / 20 / (9 / 20 * 9 / 20))
    assert 1 < together["low"] < together["lift"] < together["high"]
    assert whole.loc["a", "c"]["lift"] < 0.3
    assert set(table["period"]) > {"all", "2010"}


def test_a_theme_that_every_review_raises_is_raised_with_another_as_by_chance() -> None:
    table = co_occurrence(*reviews(*[{"a", "b"}] * 5, *[{"a"}] * 5))
    row = table[table["period"] == "all"].iloc[0]
    assert row["lift"] == row["low"] == row["high"] == pytest.approx(1)


def test_a_term_of_later_reviews_stands_first_and_a_theme_gone_last() -> None:
    documents, learning = reviews(*[{"old"}] * 5, *[{"new"}] * 5)
    table = changed(documents, learning, from_year=2015)
    assert table[table["kind"] == "theme"]["name"].tolist() == ["new", "old"]
    terms = table[table["kind"] == "term"]
    assert terms.iloc[0]["name"] == "new"
    assert terms.iloc[0]["later_reviews"] == 5
    assert terms.iloc[-1]["z"] < 0 < terms.iloc[0]["z"]


def test_the_prior_draws_a_rare_word_towards_no_change() -> None:
    prior = np.array([1.0, 50.0, 50.0])
    _, rare = log_odds(np.array([0.0, 100.0, 100.0]), np.array([2.0, 100.0, 98.0]), prior)
    _, common = log_odds(np.array([10.0, 60.0, 130.0]), np.array([10.0, 100.0, 90.0]), prior)
    assert 0 < rare[0] < 1.96 < common[1]


@pytest.mark.parametrize(
    ("years", "turn"),
    [([2016, 2017, 2020], 2020), ([2010, 2011, 2012, 2013], 2012), ([2016], None)],
)
def test_the_later_part_begins_after_the_break_or_in_the_middle(
    years: list[int], turn: int | None
) -> None:
    assert turning_year(pd.DataFrame({"year": years})) == turn


def two_documents(shared: int, own: int, **columns: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    documents = pd.DataFrame(
        {"document_id": ["a", "b"], "file": ["draft.pdf", "final.pdf"], "year": [2019, 2019],
         "published": ["2019-03", "2019-05"], **columns}
    )  # fmt: skip
    words = "of the family was known to three agencies before the birth"
    rows = [("a", f"Fact {i} {words}") for i in range(shared)]
    rows += [("b", f"Fact  {i} {words}.") for i in range(shared)]
    rows += [(d, f"Point {d} {i} {words}") for i in range(own) for d in "ab"]
    return documents, pd.DataFrame(rows, columns=["document_id", "text"])


def test_a_draft_gives_way_to_the_final_review() -> None:
    (row,) = duplicates(*two_documents(shared=8, own=2)).to_dict("records")
    assert (row["file"], row["kept_file"]) == ("draft.pdf", "final.pdf")
    assert row["shared"] == pytest.approx(0.8)


def test_reviews_that_share_standard_text_are_two() -> None:
    assert duplicates(*two_documents(shared=4, own=6)).empty


def test_three_copies_leave_one() -> None:
    documents, passages = two_documents(shared=8, own=0)
    third = documents.iloc[[0]].assign(document_id="c", file="again.pdf", published="2019-01")
    more = passages[passages["document_id"] == "a"].assign(document_id="c")
    found = duplicates(pd.concat([documents, third]), pd.concat([passages, more]))
    assert found["document_id"].tolist() == ["a", "c"]
    assert set(found["kept_document_id"]) == {"b"}


@given(st.text(alphabet="Ab .!?”“)('|\n", max_size=60))
def test_sentences_are_words_of_the_passage_in_order(text: str) -> None:
    position = 0
    for sentence in sentences(text):
        position = text.index(sentence, position) + len(sentence)


def test_a_sentence_ends_where_a_reader_would_end_it() -> None:
    text = (
        "Mr. Hall saw Dr. A. Reid. “Nobody asked.” The GP (see para. 4) did not | Health | May 2019"
    )
    assert sentences(text) == [
        "Mr. Hall saw Dr. A. Reid.", "“Nobody asked.”", "The GP (see para. 4) did not", "Health",
        "May 2019",
    ]  # fmt: skip
