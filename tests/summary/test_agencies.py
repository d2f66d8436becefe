import pytest

from oscb_nlp.summary.agencies import agencies_in, asked


@pytest.mark.parametrize(
    ("text", "agencies"),
    [
        ("The CCG and the police should meet each week.", ["health-commissioners", "police"]),
        ("School nurses must tell schools.", ["health-visiting"]),
        ("The county council should fund CAMHS.", ["local-authority"]),
        (
            "Children’s social care should tell each school in the county.",
            ["childrens-social-care"],
        ),
        ("Stop the use of fax in hospitals.", []),
    ],
)
def test_who_is_asked_stands_before_the_verb(text: str, agencies: list[str]) -> None:
    assert asked(text) == agencies


def test_the_agency_that_a_table_names_comes_first() -> None:
    assert asked("Courses should be held for GPs.", "Business manager") == ["partnership"]


def test_all_agencies_count_only_where_none_is_named() -> None:
    assert agencies_in("all agencies, the police among them") == ["police"]
    assert agencies_in("All partner agencies") == ["all-agencies"]
