"""The real board paper that the project started from."""

from pathlib import Path

import pytest

from oscb_nlp import Document, read_pdf


@pytest.fixture(scope="module")
def paper(seed_paper: Path) -> Document:
    return read_pdf(seed_paper)


def test_its_sixteen_numbered_paragraphs_are_whole(paper: Document) -> None:
    numbered = [p for p in paper.passages if p.kind == "numbered"]
    assert [p.number for p in numbered] == [str(n) for n in range(1, 17)]
    assert numbered[12].text.startswith("We need to work better as one system.")
    assert numbered[12].text.endswith("multi-agency chronologies, share information.")
    assert (numbered[12].page, numbered[12].end_page) == (2, 3)


def test_its_seven_strategic_messages_are_seven_passages(paper: Document) -> None:
    bullets = [p.text for p in paper.passages if p.kind == "bullet"]
    assert len(bullets) == 7
    assert bullets[0].startswith("Make sure that vulnerable children are seen.")
    assert bullets[0].endswith("central to that shared decision.")


def test_its_three_key_messages_are_quotes(paper: Document) -> None:
    quotes = [p.text for p in paper.passages if p.kind == "quote"]
    assert len(quotes) == 3
    assert quotes[2].endswith("highly valued workforce”")


def test_no_footer_stands_in_a_passage(paper: Document) -> None:
    assert paper.furniture == ("Page 1", "Page 2", "Page 3")
    assert not any("Page 2" in p.text or "Page 3" in p.text for p in paper.passages)


def test_its_headings_are_found(paper: Document) -> None:
    assert [h.text for h in paper.headings][:4] == [
        "RECOMMENDATION",
        "Executive Summary",
        "Background",
        "Key Issues",
    ]


def test_its_year_says_where_it_came_from(paper: Document) -> None:
    assert paper.value("review_type") == "board paper"
    assert paper.value("reporting_year") == "2020-21"
    assert paper.metadata["reporting_year"].source in {"document properties", "link"}
    assert paper.value("year") == "2021"
    assert "reporting year" in paper.metadata["year"].source
