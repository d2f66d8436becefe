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


def test_an_author_is_named_by_a_label_or_a_role_and_no_wrapped_line_is_one() -> None:
    labelled = evidence(
        "Serious Case Review: Child J", "Report author Jane Doe, independent reviewer"
    )
    assert find_metadata(labelled)["author"].value == "Jane Doe, independent reviewer"
    role = evidence("Annual Report 2015-16", "Dr Ann Lee, Independent Chair")
    assert find_metadata(role)["author"].value == "Dr Ann Lee, Independent Chair"
    wrapped = evidence(
        "Serious Case Review: Child J", "leadership of an Independent Chair. The rest"
    )
    assert "author" not in find_metadata(wrapped)


def test_every_value_says_from_which_words_it_was_read() -> None:
    found = find_metadata(evidence("Serious Case Review: Child J", "Published 14 September 2016"))
    published = found["published"]
    start, end = published.span
    assert published.quote[start:end] == "14 September 2016"
    assert (published.value, published.confidence) == ("2016-09-14", "high")


def test_a_year_that_only_inspection_dates_give_is_of_low_confidence() -> None:
    found = find_metadata(
        evidence(
            "Inspection of Larkshire local authority children’s services",
            "Inspection dates: 23 to 27 September 2024",
            path=Path("letter.pdf"),
        )
    )
    assert (found["year"].value, found["year"].confidence) == ("2024", "low")
    assert found["review_type"].value == "inspection"
    assert found["board"].value == "Larkshire"


def test_a_file_made_soon_after_an_inspection_gives_its_date_with_low_confidence() -> None:
    found = find_metadata(
        evidence(
            "Inspection of Larkshire local authority children’s services",
            "Inspection dates: 23 to 27 September 2024",
            path=Path("letter.pdf"),
            properties={"CreationDate": "D:20250123090327+00'00'"},
        )
    )
    assert (found["published"].value, found["published"].confidence) == ("2025-01", "low")
    assert (found["year"].value, found["year"].confidence) == ("2025", "low")


def test_a_date_in_the_file_name_counts_with_medium_confidence() -> None:
    found = find_metadata(
        evidence("A learning review", path=Path("larkshire_review_-_18_december_2018.pdf"))
    )
    assert (found["published"].value, found["published"].confidence) == ("2018-12-18", "medium")
