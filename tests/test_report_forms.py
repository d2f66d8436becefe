"""The report as Word and Markdown: the same numbers and citations as the tables."""

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import docx
import pytest

from oscb_nlp.report.blocks import blocks
from oscb_nlp.report.content import content
from oscb_nlp.report.forms import Heading, Paragraph, Picture, Quote, Table
from oscb_nlp.report.markdown import render_markdown
from oscb_nlp.report.word import render_word
from oscb_nlp.summary import CrossYearSummary, QuoteCheck

HOSTILE = "<script>alert(1)</script> | `x` [a](http://b) \x00\u202e"


@pytest.fixture(scope="module")
def said(demo_summary: CrossYearSummary) -> list[object]:
    return list(blocks(demo_summary, QuoteCheck()))


@pytest.fixture(scope="module")
def told(demo_summary: CrossYearSummary) -> dict[str, Any]:
    return content(demo_summary)


def test_every_theme_with_learning_stands_in_the_table_with_its_count(
    demo_summary: CrossYearSummary, said: list[object]
) -> None:
    table = next(block for block in said if isinstance(block, Table))
    counts = demo_summary.prevalence.groupby("theme")[["with_learning", "reviews"]].sum()
    told = counts[counts["with_learning"] > 0]
    assert {row[0]: row[1] for row in table.rows} == {
        demo_summary.codebook[str(theme)].label: f"{row.with_learning} of {row.reviews}"
        for theme, row in told.iterrows()
    }


def test_every_quote_cites_file_page_and_stance(said: list[object]) -> None:
    quotes = [block for block in said if isinstance(block, Quote)]
    assert len(quotes) > 20
    assert all(re.search(r"\.pdf, page \d+.*, \w", quote.citation) for quote in quotes)


def test_word_holds_headings_tables_and_the_chart(said: list[object]) -> None:
    document = docx.Document(io.BytesIO(render_word(said)))  # type: ignore[arg-type]
    headings = [
        p.text for p in document.paragraphs if p.style.name.startswith(("Heading", "Title"))
    ]
    assert headings == [block.text for block in said if isinstance(block, Heading)]
    assert len(document.tables) == sum(isinstance(block, Table) for block in said)
    assert len(document.inline_shapes) == 1
    first = next(block for block in said if isinstance(block, Table))
    assert [cell.text for cell in document.tables[0].rows[1].cells] == list(first.rows[0])


def test_the_same_report_has_the_same_bytes(said: list[object]) -> None:
    assert render_word(said) == render_word(said)  # type: ignore[arg-type]


def test_what_a_review_wrote_stays_text() -> None:
    rows = [
        Paragraph(HOSTILE), Quote(HOSTILE, HOSTILE), Table(HOSTILE, (HOSTILE,), ((HOSTILE,),)),
        Picture(b"", HOSTILE),
    ]  # fmt: skip
    text = render_markdown(rows)
    assert "<script" not in text.replace("\\<", "")
    assert "](" not in text.replace("\\]", "")
    cells = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in cells} == {2}
    document = docx.Document(io.BytesIO(render_word(rows[:3])))
    assert "<script>alert(1)</script>" in document.paragraphs[0].text
    assert "\x00" not in document.paragraphs[0].text


def test_a_corpus_without_years_says_so(demo_summary: CrossYearSummary) -> None:
    empty = {
        name: table.head(0) for name, table in demo_summary.tables().items() if name != "undated"
    }
    text = render_markdown(blocks(replace(demo_summary, **empty), QuoteCheck()))
    assert "No document has a year" in text


def test_people_who_coded_are_named(demo_summary: CrossYearSummary) -> None:
    tagged = demo_summary.tagged
    counts = {**tagged.settings["counts"], "passages_coded_by_people": 12}
    coded = replace(tagged, settings={**tagged.settings, "coders": ["Ann"], "counts": counts})
    summary = replace(demo_summary, tagged=coded)
    assert "12 passages that people coded (Ann)" in render_markdown(blocks(summary, QuoteCheck()))


def test_reports_are_written_beside_the_html(
    demo_summary: CrossYearSummary, tmp_path: Path
) -> None:
    assert demo_summary.to_word(tmp_path / "report.docx").stat().st_size > 50_000
    text = demo_summary.to_markdown(tmp_path / "report.md").read_text(encoding="utf-8")
    assert re.search(r"\d+ of \d+ quotes verified", text)


def test_pairs_agencies_parts_and_the_flow_have_the_numbers_of_the_account(
    demo_summary: CrossYearSummary, said: list[object], told: dict[str, Any]
) -> None:
    tables = {block.caption: block for block in said if isinstance(block, Table)}
    both = tables["Most often raised together"].rows[0][2]
    pair = demo_summary.co_occurrence.iloc[0]
    assert both == f"{pair['with_both']} of {pair['reviews']}"
    asked = tables[
        "Agencies and the themes of the recommendations to them, the most frequent first"
    ]
    assert [row[2] for row in asked.rows] == [str(row["reviews"]) for row in told["asked"]]
    types = tables["Review type: reviews with the theme as learning"]
    for row in types.rows:
        over_all = next(each for each in told["totals"] if each["label"] == row[0])
        assert sum(int(cell.split("/")[0]) for cell in row[1:]) == over_all["with_learning"]
    stages = {
        row[0]: int(row[1]) for row in tables["What was found, read, coded and left out"].rows
    }
    assert stages["Documents counted"] == len(demo_summary.counted)
    assert stages["Passages with a theme"] == demo_summary.tagged.tags["passage_id"].nunique()


def test_what_falls_out_of_the_flow_makes_up_the_difference(told: dict[str, Any]) -> None:
    for stage, following in pairwise(told["flow"]):
        if stage["name"] != "Documents counted":
            left = sum(count for count, _why in stage["after"])
            assert stage["count"] - left == following["count"]


def test_the_transparency_record_leaves_to_its_owner_what_only_the_owner_knows(
    said: list[object],
) -> None:
    record = next(b for b in said if isinstance(b, Table) and b.caption == "Tier 1: summary")
    fields = dict(record.rows)
    assert fields["Organisation and contact"].startswith("[to be filled in")
    assert "codes each passage" in fields["Short description"]
