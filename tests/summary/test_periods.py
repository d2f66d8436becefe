from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp import summarise
from oscb_nlp.errors import SettingError
from oscb_nlp.summary.periods import By, placed, spans_break
from tests.summary.test_summary import tagged


def documents(*years: int | None, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"year": pd.array(years, dtype="Int32"), **columns})


def test_by_calendar_year_a_document_without_one_is_left_out() -> None:
    found = placed(documents(2016, None, 2019))
    assert found["period"].tolist() == ["2016", "2019"]
    assert found["year"].tolist() == [2016, 2019]


def test_by_april_year_march_belongs_to_the_year_before() -> None:
    found = placed(
        documents(
            2016, 2016, 2016, 2021,
            published=["2016-03-31", "2016-04-01", "2016", "2021-12"],
            reporting_year=["", "", "", "2020-21"],
        ),
        "april-year",
    )  # fmt: skip
    assert found["period"].tolist() == ["2015-16", "2016-17", "2020-21"]


def test_by_era_a_review_counts_under_the_guidance_of_its_time() -> None:
    found = placed(documents(2009, 2012, 2014, 2018, 2019, 2025), "era")
    assert found["period"].tolist() == [
        "before 2010", "Working Together 2010", "Working Together 2013", "Working Together 2015",
        "Working Together 2018", "Working Together 2023",
    ]  # fmt: skip


def test_own_periods_start_where_one_says() -> None:
    found = placed(documents(2009, 2010, 2014, 2015, 2016, 2030), [2010, 2015, 2016])
    assert found["period"].tolist() == [
        "before 2010", "2010-2014", "2010-2014", "2015", "from 2016", "from 2016",
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["era", [2010, 2015]])
def test_a_period_open_to_the_past_begins_with_its_earliest_review(by: By) -> None:
    assert placed(documents(2009, 2007, 2012), by)["year"].tolist() == [2007, 2007, 2010]
    assert placed(documents(2012), by)["year"].tolist() == [2010]


@pytest.mark.parametrize("by", ["year", "april-year", "era", [2015]])
def test_documents_that_fall_into_no_period_leave_an_account_of_nothing(
    by: By, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    rows = [("a", None, "neglect", "finding", "x"), ("b", None, "neglect", "finding", "y")]
    summary = summarise(tagged(rows), by=by, unit="board")
    summary.save(tmp_path)
    assert len(summary.undated) == 2
    assert summary.prevalence.empty
    assert not recwarn.list


@pytest.mark.parametrize("by", ["month", "", [], [2015, 2010], [2010, 2010]])
def test_what_is_no_period_is_refused(by: object) -> None:
    with pytest.raises(SettingError, match="april-year"):
        placed(documents(2016), by)  # type: ignore[arg-type]


def test_the_break_in_the_series_lies_after_2018() -> None:
    assert spans_break(2016, 2019)
    assert not spans_break(2010, 2018)
    assert not spans_break(2019, 2024)
