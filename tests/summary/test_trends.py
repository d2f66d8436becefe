import pandas as pd
import pytest

from oscb_nlp.summary.trends import VERDICTS, trends


def table(counts: dict[str, list[int]], reviews: list[int], first: int = 2010) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"theme": theme, "year": first + i, "reviews": n, "with_learning": k}
            for theme, row in counts.items()
            for i, (k, n) in enumerate(zip(row, reviews, strict=True))
        ]
    )


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([1, 1, 1, 2, 3, 4, 5, 6, 6, 6], "rising"),
        ([6, 6, 6, 5, 4, 3, 2, 1, 1, 1], "falling"),
        ([0, 0, 0, 0, 1, 3, 5, 6, 6, 6], "new"),
        ([6, 6, 6, 5, 3, 1, 0, 0, 0, 0], "faded"),
        ([0, 0, 0, 0, 0, 5, 6, 5, 0, 0], "new"),
        ([3, 3, 2, 3, 4, 3, 2, 3, 3, 3], "persistent"),
        ([0, 2, 0, 0, 1, 0, 2, 0, 1, 0], "sporadic"),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "not found"),
    ],
)
def test_each_verdict_has_its_rule(counts: list[int], verdict: str) -> None:
    (row,) = trends(table({"neglect": counts}, [6] * 10)).to_dict("records")
    assert row["verdict"] == verdict
    assert verdict in VERDICTS


def test_few_reviews_or_periods_give_no_verdict() -> None:
    few = trends(table({"neglect": [0, 1, 2]}, [3, 3, 3]))
    short = trends(table({"neglect": [1, 9]}, [10, 10]))
    assert set(few["verdict"]) | set(short["verdict"]) == {"too few reviews to say"}


def test_many_themes_are_paid_for() -> None:
    """One theme's p of .03 is a trend alone and none among thirty that have none."""
    rising = [1, 0, 1, 2, 2, 1, 3, 3, 2, 4]
    alone = trends(table({"a": rising}, [6] * 10)).set_index("theme")
    assert alone.loc["a", "q"] < 0.05
    flat = {f"b{i}": [2, 3, 2, 3, 2, 2, 3, 2, 3, 2] for i in range(30)}
    among = trends(table({"a": rising, **flat}, [6] * 10)).set_index("theme")
    assert among.loc["a", "q"] > 0.05
    assert among.loc["a", "verdict"] == "persistent"


def test_a_series_across_the_break_is_marked() -> None:
    assert trends(table({"a": [1] * 5}, [6] * 5, first=2016))["across_break"].all()
    assert not trends(table({"a": [1] * 5}, [6] * 5, first=2010))["across_break"].any()
