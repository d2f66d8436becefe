"""Findings, learning points and recommendations as items."""

from collections.abc import Callable
from pathlib import Path

import pytest

from oscb_nlp import demo_files, read_pdf
from oscb_nlp.document import Box, Passage
from oscb_nlp.reading.structure.items import find_items

NOWHERE = Box(0, 0, 0, 0)


def passage(text: str, kind: str = "paragraph", number: str = "", section: str = "body") -> Passage:
    return Passage(1, number, kind, section, "", text, NOWHERE)


def test_a_named_number_makes_an_item() -> None:
    items = find_items(
        [
            passage("Nobody saw the child alone.", "numbered", "Finding 3"),
            passage("The trust should audit its letters by March 2024.", "numbered", "Recommendation 4"),
        ],
        {},
    )  # fmt: skip
    assert [(i.kind, i.number, i.agency, i.timescale) for i in items] == [
        ("finding", "3", "", ""),
        ("recommendation", "4", "The trust", "by March 2024"),
    ]


def test_a_recommendation_that_ends_in_a_colon_has_its_bullets() -> None:
    (item,) = find_items(
        [
            passage("The partnership should:", "numbered", "Recommendation 1"),
            passage("agree a form of words", "bullet"),
            passage("test it after a year", "bullet"),
            passage("Thanks are due to the family."),
        ],
        {},
    )
    assert item.passages == 3
    assert item.text == "The partnership should: agree a form of words test it after a year"


def test_a_list_that_is_announced_is_one_item_a_bullet() -> None:
    items = find_items(
        [
            passage("The strategic messages from these reviews are:", "numbered", "10"),
            passage("Make sure that children are seen.", "bullet"),
            passage("Set high standards.", "bullet"),
        ],
        {},
    )
    assert [(i.kind, i.text) for i in items] == [
        ("recommendation", "Make sure that children are seen."),
        ("recommendation", "Set high standards."),
    ]


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("The Board should test this.", "The Board"),
        ("It is recommended that the integrated care board must fund two posts.", "the integrated care board"),
        ("Schools and health services need to agree a form.", "Schools and health services"),
        ("Workers should ask again.", ""),
    ],
)  # fmt: skip
def test_the_agency_is_whom_the_sentence_asks(text: str, agency: str) -> None:
    (item,) = find_items([passage(text, "bullet", section="recommendations")], {})
    assert item.agency == agency


def test_each_demo_review_has_the_recommendations_of_its_table(truth: dict[str, dict]) -> None:
    for path in demo_files():
        rows = [
            p["text"]
            for p in truth[path.stem]["passages"]
            if p["kind"] == "table-row" and "recommendation" in p["stances"].values()
        ]
        items = [i for i in read_pdf(path).items if i.source == "table"]
        texts = " ".join(item.text for item in items)
        found = sum(row.split(" | ")[0] in texts for row in rows)
        assert found >= 0.9 * len(rows), path.name


def test_items_lead_back_to_their_passages(make_pdf: Callable[..., Path]) -> None:
    document = read_pdf(make_pdf(["Finding 1: No one asked.", "Recommendation 2: Ask again."]))
    assert [document.passages[i.passage].number for i in document.items] == [
        "Finding 1", "Recommendation 2",
    ]  # fmt: skip
