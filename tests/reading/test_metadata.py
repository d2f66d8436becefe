from pathlib import Path

from oscb_nlp.reading.metadata import find_metadata
from oscb_nlp.reading.metadata.evidence import Evidence


def evidence(*lines: str, texts: tuple[str, ...] = (), **other: object) -> Evidence:
    values = {
        "path": Path("review.pdf"),
        "properties": {},
        "title_lines": [(line, 20.0 if i == 0 else 11.0) for i, line in enumerate(lines)],
        "texts": [(2, text) for text in texts],
        "furniture": (),
        "links": (),
    }
    return Evidence(**{**values, **other})  # type: ignore[arg-type]


def test_a_title_page_gives_title_type_board_subject_and_date() -> None:
    found = find_metadata(
        evidence(
            "Serious Case Review: Child J",
            "Larkshire Safeguarding Children Board",
            "Published 14 September 2016",
        )
    )
    assert found["title"].value == "Serious Case Review: Child J"
    assert found["review_type"].value == "serious case review"
    assert found["board"].value == "Larkshire Safeguarding Children Board"
    assert found["subject"].value == "Child J"
    assert found["published"].value == "2016-09-14"
    assert (found["year"].value, found["year"].source) == ("2016", "title page: published")


def test_an_annual_report_is_counted_in_the_year_it_ends_when_nothing_else_is_known() -> None:
    found = find_metadata(
        evidence("Annual Report 2020/21", "Larkshire Safeguarding Children Board")
    )
    assert found["reporting_year"].value == "2020-21"
    assert found["year"].value == "2021"


def test_a_year_is_never_taken_from_a_mere_mention() -> None:
    found = find_metadata(evidence("A review", texts=("In March 2014 the child was seen.",)))
    assert "year" not in found


def test_a_year_in_the_file_name_says_so() -> None:
    found = find_metadata(evidence("A review", path=Path("child_k_2014.pdf")))
    assert (found["year"].value, found["year"].source) == ("2014", "file name")
