from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from oscb_nlp import CrossYearSummary, TaggedCorpus, summarise
from oscb_nlp.errors import OutputError, SettingError
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame


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
    counts = demo_summary.exemplars.groupby(["theme", "file"]).size()
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


def test_a_share_corrected_for_known_errors_stands_beside_the_raw_one() -> None:
    corpus = tagged(
        [(f"r{i}", 2016, "neglect" if i < 4 else "", "finding", "x") for i in range(10)]
    )
    assert np.isnan(cell(summarise(corpus), "neglect", 2016)["corrected"])
    corpus.settings["review_rates"] = {"neglect": [40, 50, 48, 50]}
    row = cell(summarise(corpus), "neglect", 2016)
    # Rogan and Gladen: (.4 + .96 - 1) / (.8 + .96 - 1)
    assert row["corrected"] == pytest.approx(0.36 / 0.76)
    assert row["corrected_low"] < row["corrected"] < row["corrected_high"]


def test_what_a_model_misses_does_not_move_the_corrected_share() -> None:
    """The same reviews, coded by a model that finds half: raw shares halve, corrected ones stay."""
    truth = tagged(
        [(f"r{i}", 2016, "neglect" if i < 60 else "", "finding", "x") for i in range(100)]
    )
    found = tagged(
        [(f"r{i}", 2016, "neglect" if i < 30 else "", "finding", "x") for i in range(100)]
    )
    truth.settings["review_rates"] = {"neglect": [500, 500, 500, 500]}
    found.settings["review_rates"] = {"neglect": [250, 500, 500, 500]}
    right = cell(summarise(truth), "neglect", 2016)
    half = cell(summarise(found), "neglect", 2016)
    assert half["share"] == right["share"] / 2
    assert half["corrected"] == pytest.approx(right["corrected"])
    assert (
        half["corrected_high"] - half["corrected_low"]
        > right["corrected_high"] - right["corrected_low"]
    )


def test_years_can_be_put_together() -> None:
    rows = [
        ("a", 2011, "neglect", "finding", "x"),
        ("b", 2014, "", "", "y"),
        ("c", 2016, "", "", "z"),
    ]
    summary = summarise(tagged(rows), by=[2010, 2015])
    row = cell(summary, "neglect", 2010)
    assert (row["period"], row["with_learning"], row["reviews"]) == ("2010-2014", 1, 2)
    assert len(summary.sources("neglect", period="2010-2014")) == 1
    with pytest.raises(SettingError, match="review, board"):
        summarise(tagged(rows), unit="child")


def test_a_board_counts_once_a_period() -> None:
    corpus = tagged([(name, 2016, "neglect", "finding", name) for name in "abc"])
    corpus.documents["board"] = ["North", "North", "South"]
    assert cell(summarise(corpus), "neglect", 2016)["with_learning"] == 3
    assert cell(summarise(corpus, unit="board"), "neglect", 2016)["with_learning"] == 2


def test_each_part_of_a_breakdown_counts_its_own_reviews() -> None:
    rows = [("a", 2016, "neglect", "finding", "x"), ("b", 2016, "neglect", "finding", "y"),
            ("c", 2016, "domestic-abuse", "finding", "z")]  # fmt: skip
    corpus = tagged(rows)
    corpus.documents["review_type"] = ["rapid review", "annual report", "rapid review"]
    corpus.documents["board"] = ["North", "South", None]
    table = summarise(corpus).breakdown.set_index(["split", "value", "theme"])
    rapid = table.loc[("review_type", "rapid review", "neglect")]
    assert (rapid["with_learning"], rapid["reviews"]) == (1, 2)
    assert ("board", "South", "domestic-abuse") not in table.index


def test_findings_without_a_recommendation_are_named() -> None:
    rows = [("a", 2016, "neglect", "finding", "x"), ("b", 2017, "neglect", "finding", "y"),
            ("c", 2018, "neglect", "finding", "z"), ("c", 2018, "neglect", "recommendation", "w"),
            ("d", 2018, "covid-19", "recommendation", "v")]  # fmt: skip
    (row,) = summarise(tagged(rows)).unanswered.to_dict("records")
    assert row["theme"] == "neglect"
    assert (row["periods_with_finding"], row["without_recommendation"], row["longest_run"]) == (
        3,
        2,
        2,
    )
    assert tuple(row["years"]) == (2016, 2017)


def test_a_recommendation_that_an_earlier_review_made_is_a_repeat() -> None:
    theme, stance = "information-sharing", "recommendation"
    other = "Schools are to keep a register of every child who is taught at home by a parent"
    rows = [
        ("a", 2016, theme, stance, SAME),
        ("b", 2021, theme, stance, LIKE),
        ("b", 2021, theme, stance, other),
    ]
    table = summarise(tagged(rows)).repeats.set_index("period")
    assert table.loc["2016", "repeats"] == 0
    assert (table.loc["2021", "recommendations"], table.loc["2021", "repeats"]) == (2, 1)


def test_learning_that_recurs_says_who_was_asked_and_how_long_nothing_was_said() -> None:
    theme, stance = "information-sharing", "recommendation"
    rows = [("a", 2012, theme, stance, f"The police should see to it. {SAME}"),
            ("b", 2013, theme, stance, f"The police should see to it. {LIKE}"),
            ("c", 2021, theme, stance, f"The police should see to it. {LIKE}, it was said")]  # fmt: skip
    (group,) = summarise(tagged(rows)).recurring.to_dict("records")
    assert group["agencies"] == ("police",)
    assert (group["reviews"], group["longest_gap"]) == (3, 8)


def test_the_same_review_twice_counts_once() -> None:
    words = "The health visitor saw the home on the third of May and told nobody at all"
    rows = [(name, 2016, "neglect", "finding", f"{words} {i}") for name in "ab" for i in range(5)]
    summary = summarise(tagged(rows))
    assert len(summary.duplicates) == 1
    assert cell(summary, "neglect", 2016)["reviews"] == 1
    assert len(summary.sources("neglect", 2016)) == 5
    assert summary.recurring.empty


def test_sentences_of_top_learning_come_from_different_reviews(
    demo_summary: CrossYearSummary,
) -> None:
    top = demo_summary.top_learning
    assert set(top["period"]) == {"all", *demo_summary.prevalence["period"]}
    assert top["rank"].max() == 10
    assert not top.duplicated(["period", "rank", "document_id"]).any()
    texts = demo_summary.tagged.passages.set_index("passage_id")["text"]
    assert all(s in texts[p] for s, p in zip(top["sentence"], top["passage_id"], strict=True))
    counts = top[top["period"] == "all"].drop_duplicates("rank")
    assert counts["reviews"].is_monotonic_decreasing


def test_a_number_of_top_learning_is_that_of_prevalence(demo_summary: CrossYearSummary) -> None:
    table = demo_summary.prevalence.set_index(["theme", "period"])["with_learning"]
    for row in demo_summary.top_learning.query("period != 'all'").itertuples():
        assert table[row.theme, row.period] == row.reviews


def test_the_planted_truth_comes_out_of_reviews_coded_without_error(
    corpus_as_coded: TaggedCorpus,
) -> None:
    """All 62 reviews by their coders' codes: what was planted, and nothing else, is shown."""
    summary = summarise(corpus_as_coded)
    verdict = summary.trends.set_index("theme")["verdict"]
    assert verdict["trauma-informed-practice"] == "new"  # planted from 2018 on
    assert verdict["covid-19"] == "new"
    assert verdict["information-sharing"] == "persistent"
    moved = verdict[verdict.isin(["rising", "falling", "new", "faded"])]
    assert set(moved.index) == {"trauma-informed-practice", "covid-19"}
    terms = summary.changed.query("kind == 'term'")["name"].tolist()
    assert terms.index("partnership") < 10
    assert terms[-10:].count("board") == 1


def test_the_same_corpus_gives_the_same_bytes(demo_tagged: TaggedCorpus, tmp_path: Path) -> None:
    for name in ("one", "two"):
        summarise(demo_tagged).save(tmp_path / name)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


LONG = "The health visitor saw the home on the third of May and told nobody at all about it"


@pytest.mark.parametrize(
    "rows",
    [
        [(name, 2016, "neglect", "finding", f"{SAME} {name}") for name in "abc"],
        [("a", 2016, "neglect", "finding", SAME)],
        [("a", 2016, "", "", SAME), ("b", 2019, "neglect", "narrative", LIKE)],
        [("a", None, "neglect", "finding", SAME), ("b", 2016, "neglect", "finding", LIKE)],
        [(name, 2016 + i, "", "", f"{LONG} {name}") for i, name in enumerate("abcdefghijkl")],
        [(name, 2016, "neglect", "finding", LONG) for name in "ab"],
        [(n, y, "neglect", "finding", f"{LONG} {i}") for n, y in (("draft", 2016), ("final", 2017))
         for i in range(6)],
    ],
    ids=["one year", "one review", "no finding", "years missing", "no theme ever", "same words",
         "draft and final"],
)  # fmt: skip
@pytest.mark.filterwarnings("error")
def test_poor_input_is_summarised_and_saved_without_a_warning(
    rows: list[Any], tmp_path: Path
) -> None:
    summary = summarise(tagged(rows))
    summary.save(tmp_path)
    documents = {name for name, *_ in rows}
    left_out = len(summary.duplicates) + len(summary.undated)
    assert len(summary.counted) + left_out == len(documents)
    never = summary.trends.set_index("theme").loc["covid-19"]
    assert never["with_learning"] == 0
    assert never["verdict"] in {"not found", "too few reviews to say"}


def test_a_share_is_not_corrected_for_a_model_where_people_coded_the_review() -> None:
    corpus = tagged(
        [(f"r{i}", 2016 + i % 2, "neglect" if i < 4 else "", "finding", "x") for i in range(10)]
    )
    corpus.settings["review_rates"] = {"neglect": [40, 50, 48, 50]}
    people = [{"passage_id": "r0-0", "document_id": "r0", "coder": "Ann", "theme": "neglect"}]
    read = replace(corpus, codings=frame(people, CODING_SCHEMAS["codings"]))
    summary = summarise(read)
    assert np.isnan(cell(summary, "neglect", 2016)["corrected"])
    assert cell(summary, "neglect", 2017)["corrected"] > 0
    machine = [{**people[0], "coder": "llm:tiny"}]
    other = replace(corpus, codings=frame(machine, CODING_SCHEMAS["codings"]))
    assert cell(summarise(other), "neglect", 2016)["corrected"] > 0
