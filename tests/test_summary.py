from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oscb_nlp import CrossYearSummary, TaggedCorpus, summarise
from oscb_nlp.corpus import SCHEMAS, frame
from oscb_nlp.errors import OutputError


def tagged(rows: list[tuple[str, int | None, str, str, str]]) -> TaggedCorpus:
    """Make a corpus of (document, year, theme, stance, text) rows, one passage each."""
    documents = {name: year for name, year, *_ in rows}
    return TaggedCorpus(
        documents=frame(
            [{"document_id": n, "file": f"{n}.pdf", "year": y} for n, y in documents.items()],
            SCHEMAS["documents"],
        ),
        passages=frame(
            [
                {"passage_id": f"{name}-{i}", "document_id": name, "page": 1, "text": text}
                for i, (name, _y, _t, _s, text) in enumerate(rows)
            ],
            SCHEMAS["passages"],
        ),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame(
            [
                {"passage_id": f"{name}-{i}", "theme": theme, "score": 0.9, "stance": stance,
                 "stance_score": 0.9, "evidence": [], "source": "model"}
                for i, (name, _y, theme, stance, _t) in enumerate(rows)
                if theme
            ],
            SCHEMAS["tags"],
        ),
        settings={"counts": {}},
    )  # fmt: skip


def cell(summary: CrossYearSummary, theme: str, year: int) -> pd.Series:
    table = summary.prevalence
    return table[(table["theme"] == theme) & (table["year"] == year)].iloc[0]


SAME = "Agencies should circulate the minutes of every strategy meeting to the family doctor within five days"
LIKE = (
    "The minutes of each strategy meeting should reach the family doctor within five working days"
)


def test_reviews_are_counted_and_not_passages() -> None:
    summary = summarise(
        tagged(
            [
                ("a", 2016, "neglect", "finding", "one"),
                ("a", 2016, "neglect", "recommendation", "two"),
                ("b", 2016, "neglect", "narrative", "three"),
            ]
        )
    )
    row = cell(summary, "neglect", 2016)
    assert (row["with_learning"], row["with_narrative"], row["reviews"]) == (1, 1, 2)
    assert row["share"] == 0.5
    assert row["few_reviews"]


def test_intervals_are_wilsons() -> None:
    rows = [
        (name, 2016, "neglect" if i < 3 else "", "finding", "x")
        for i, name in enumerate("abcdefgh")
    ]
    row = cell(summarise(tagged(rows)), "neglect", 2016)
    # 3 of 8: Wilson 1927 without continuity correction
    assert row["low"] == pytest.approx(0.1368, abs=1e-4)
    assert row["high"] == pytest.approx(0.6943, abs=1e-4)


def test_a_document_without_a_year_is_left_out_of_the_counts() -> None:
    rows = [("a", 2016, "neglect", "finding", "one"), ("b", None, "neglect", "finding", "two")]
    summary = summarise(tagged(rows))
    assert summary.prevalence["reviews"].max() == 1


def test_learning_of_two_reviews_in_like_words_recurs() -> None:
    rows = [
        ("a", 2016, "information-sharing", "recommendation", SAME),
        ("b", 2021, "information-sharing", "recommendation", LIKE),
        (
            "c",
            2018,
            "neglect",
            "finding",
            "The kitchen held no food and the beds were wet in every room seen",
        ),
    ]
    summary = summarise(tagged(rows))
    (group,) = summary.recurring.to_dict("records")
    assert (group["reviews"], group["first_year"], group["last_year"], group["longest_gap"]) == (
        2,
        2016,
        2021,
        5,
    )
    assert group["learning"] in {SAME, LIKE}
    assert summary.recurring_members["file"].tolist() == ["a.pdf", "b.pdf"]


def test_what_one_review_says_twice_does_not_recur() -> None:
    rows = [
        ("a", 2016, "information-sharing", "recommendation", SAME),
        ("a", 2016, "information-sharing", "recommendation", LIKE),
    ]
    assert summarise(tagged(rows)).recurring.empty


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("a", 2016, "", "", "nothing coded")],
        [("a", 2016, "neglect", "narrative", "no finding")],
        [("a", None, "neglect", "finding", "no year")],
    ],
    ids=["no documents", "no tags", "no findings", "no year"],
)
def test_little_or_nothing_gives_empty_tables_and_a_report(
    rows: list[Any], tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    corpus = tagged(rows)
    corpus.settings.update(
        {"oscb_nlp": "0", "codebook": "c", "codebook_hash": "h", "model": "m", "model_hash": "h",
         "counts": {"passages": 0, "passages_coded": 0}}
    )  # fmt: skip
    summary = summarise(corpus)
    assert summary.recurring.empty
    assert summary.to_html(tmp_path / "report.html").exists()
    assert not recwarn.list


def test_each_number_can_be_followed_to_its_passages(demo_summary: CrossYearSummary) -> None:
    for row in demo_summary.prevalence.sample(40, random_state=0).itertuples():
        sources = demo_summary.sources(row.theme, row.year)
        assert sources["file"].nunique() == row.with_learning


def test_exemplars_of_a_theme_come_from_different_reviews(demo_summary: CrossYearSummary) -> None:
    counts = demo_summary.top_learning.groupby(["theme", "file"]).size()
    assert (counts == 1).all()


def test_the_summary_comes_back_as_it_was_saved(
    demo_summary: CrossYearSummary, tmp_path: Path
) -> None:
    demo_summary.tagged.save(tmp_path)
    with pytest.raises(OutputError, match="summarise"):
        CrossYearSummary.load(tmp_path)
    demo_summary.save(tmp_path)
    again = CrossYearSummary.load(tmp_path)
    pd.testing.assert_frame_equal(again.prevalence, demo_summary.prevalence, check_dtype=False)
    assert again.recurring["learning"].tolist() == demo_summary.recurring["learning"].tolist()


def test_shares_lie_within_their_intervals(demo_summary: CrossYearSummary) -> None:
    table = demo_summary.prevalence
    assert np.all(table["low"] <= table["share"] + 1e-9)
    assert np.all(table["share"] <= table["high"] + 1e-9)
