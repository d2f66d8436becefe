"""The report as Word and Markdown: the same numbers and citations as the tables."""

import io
import re
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from oscb_nlp.report.blocks import Heading, Paragraph, Picture, Quote, Table, blocks
from oscb_nlp.report.markdown import render_markdown
from oscb_nlp.report.word import render_word
from oscb_nlp.summary import CrossYearSummary, QuoteCheck

HOSTILE = "<script>alert(1)</script> | `x` [a](http://b) \x00\u202e"


@pytest.fixture(scope="module")
def said(demo_summary: CrossYearSummary) -> list[object]:
    return list(blocks(demo_summary, QuoteCheck()))


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
