from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp import read_corpus
from oscb_nlp.summary.activity import activity, figures_in
from oscb_nlp.summary.periods import placed


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        ("No SCR was begun or published in the year.",
         [("serious case reviews begun", 0), ("serious case reviews published", 0)]),
        ("Six rapid reviews and one practice review were completed.",
         [("rapid reviews completed", 6), ("practice reviews completed", 1)]),
        ("Three serious incident notifications were made.",
         [("serious incident notifications made", 3)]),
        ("Courses were attended by 3,310 people.", [("people trained", 3310)]),
        ("The pool offered 64 courses with 1,588 places, of which 1,301 were filled.",
         [("training places filled", 1301)]),
        ("The local child safeguarding practice review of Child R was published in May.",
         [("practice reviews published", 1)]),
    ],
)  # fmt: skip
def test_a_sentence_gives_its_figures(sentence: str, figures: list[tuple[str, int]]) -> None:
    assert figures_in(sentence) == figures


@pytest.mark.parametrize(
    "sentence",
    [
        "A rapid review was held on 28 July.",
        "Two rapid reviews will be published next spring.",
        "Eight agencies provided individual management reviews.",
        "For children on plans the chair changes at one review in three.",
        "The police attended 6,804 incidents at addresses where children lived.",
        "All 300 staff should be trained by March.",
    ],
)
def test_what_counts_no_activity_gives_none(sentence: str) -> None:
    assert figures_in(sentence) == []


def test_the_real_paper_gives_the_figures_of_a_careful_reader(seed_paper: Path) -> None:
    corpus = read_corpus(seed_paper, jobs=1)
    table = activity(placed(corpus.documents), corpus.passages)
    found = dict(zip(table["measure"], table["count"], strict=True))
    assert found == {
        "serious case reviews published": 1,
        "reviews undertaken": 3,
        "rapid reviews completed": 6,
        "people trained": 15000,
    }
    assert table["number"].tolist() == ["9"] * 4


def test_reviews_of_cases_are_no_source_of_activity() -> None:
    documents = pd.DataFrame(
        {"document_id": ["d"], "file": ["d.pdf"], "board": [""], "review_type": ["rapid review"],
         "year": [2019]}
    )  # fmt: skip
    passages = pd.DataFrame(
        {"document_id": ["d"], "passage_id": ["d-1"], "page": [1], "number": [""],
         "text": ["Two rapid reviews were completed."]}
    )  # fmt: skip
    assert activity(placed(documents), passages).empty
