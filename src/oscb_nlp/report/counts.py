"""What a report says beside themes and years: pairs, agencies, parts, and how much was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from oscb_nlp.codebook import LEARNING
from oscb_nlp.summary import CrossYearSummary
from oscb_nlp.summary.periods import ALL_PERIODS
from oscb_nlp.summary.trends import LEVEL

__all__ = [
    "asked",
    "flow",
    "numbered",
    "pairs",
    "parts",
    "span_of",
    "trend_figures",
    "trend_words",
]

_PAIRS = 15
_AGENCY_ROWS = 20
_FEWEST_TOGETHER = 3  # reviews that must raise both themes before their lift is shown
_PART_THEMES = 15
_PART_VALUES = 8
_SPLITS = {"review_type": "Review type", "board": "Board"}


def pairs(summary: CrossYearSummary, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return two lists of pairs of themes: those most often together, and more than expected.

    Each says ``of`` how many pairs it was chosen.
    """
    table = summary.co_occurrence[summary.co_occurrence["period"] == ALL_PERIODS]
    beyond = table[(table["low"] > 1) & (table["with_both"] >= _FEWEST_TOGETHER)]
    lists = {
        "More often together than each one's own number would suggest": beyond.sort_values(
            ["lift", "with_both", "theme_a", "theme_b"], ascending=[False, False, True, True]
        ).head(_PAIRS),
        "Most often raised together": table.head(_PAIRS),
    }
    return [
        {
            "caption": caption,
            "of": len(table),
            "rows": [
                {**row, "a": labels.get(row["theme_a"], row["theme_a"]),
                 "b": labels.get(row["theme_b"], row["theme_b"])}
                for row in rows.to_dict("records")
            ],
        }
        for caption, rows in lists.items() if len(rows)
    ]  # fmt: skip


def asked(summary: CrossYearSummary, labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the agencies that recommendations ask most often, with the theme."""
    rows = summary.agencies.head(_AGENCY_ROWS).to_dict("records")
    return [{**row, "theme_label": labels.get(row["theme"], row["theme"])} for row in rows]


def parts(
    summary: CrossYearSummary, labels: Mapping[str, str], themes: list[str]
) -> list[dict[str, Any]]:
    """Return the commonest themes by review type and by board, over all periods.

    Each part has ``values`` (the commonest, with their number of reviews), ``rows`` of a theme
    and its counts, and how many values were ``left`` out.
    """
    found = []
    for split, title in _SPLITS.items():
        table = summary.breakdown[summary.breakdown["split"] == split]
        sizes = table.drop_duplicates(["value", "period"]).groupby("value")["reviews"].sum()
        order = sorted(sizes.index, key=lambda value: (-sizes[value], value))
        if len(order) < 2:
            continue
        told = table.groupby(["theme", "value"])["with_learning"].sum()
        values = order[:_PART_VALUES]
        rows = [
            {
                "theme": theme,
                "label": labels[theme],
                "cells": [
                    {
                        "value": value,
                        "with_learning": int(told.get((theme, value), 0)),
                        "reviews": int(sizes[value]),
                    }
                    for value in values
                ],
            }
            for theme in themes[:_PART_THEMES]
        ]
        found.append(
            {
                "split": split,
                "title": title,
                "values": [{"value": value, "reviews": int(sizes[value])} for value in values],
                "rows": rows,
                "left": len(order) - len(values),
            }
        )
    return found


def flow(summary: CrossYearSummary) -> list[dict[str, Any]]:
    """Return how many documents and passages came through each stage, and what fell out where.

    Each stage has a ``name``, a ``count`` and what was left out ``after`` it: counts with reasons.
    """
    tagged = summary.tagged
    read = len(tagged.documents)
    unread = tagged.problems[~tagged.problems["file"].isin(tagged.documents["file"])]
    unread = unread.drop_duplicates("file")
    counted = len(summary.counted)
    passages = tagged.passages["document_id"].isin(summary.counted["document_id"])
    own = set(tagged.passages.loc[passages, "passage_id"])
    tags = tagged.tags[tagged.tags["passage_id"].isin(own)]
    coded = tags["passage_id"].nunique()
    learning = tags[tags["stance"].isin(LEARNING)]["passage_id"].nunique()
    return [
        _stage("Files found", read + len(unread), _by_problem(unread)),
        _stage(
            "Documents read",
            read,
            [
                (len(summary.duplicates), "hold the same passages as another"),
                (len(summary.undated), "fall into no period"),
            ],
        ),
        _stage("Documents counted", counted, []),
        _stage("Passages found in them", len(own), [(len(own) - coded, "got no theme")]),
        _stage(
            "Passages with a theme",
            coded,
            [(coded - learning, "are good practice, narrative or not a factor, not learning")],
        ),
        _stage("Passages that are learning", learning, []),
    ]


def _stage(name: str, count: int, after: list[tuple[int, str]]) -> dict[str, Any]:
    return {"name": name, "count": count, "after": [row for row in after if row[0]]}


def _by_problem(unread: pd.DataFrame) -> list[tuple[int, str]]:
    counts = unread["problem"].value_counts().sort_index()
    return [(int(count), f"not read: {problem}") for problem, count in counts.items()]


def span_of(group: Mapping[str, Any]) -> str:
    """Return the years of a group of recurring learning in words."""
    first, last = group["first_year"], group["last_year"]
    return str(first) if first == last else f"{first} to {last}"


def numbered(number: str) -> str:
    """Return a passage's number so that it is not taken for another page: "page 3, no. 10"."""
    return f"no. {number}" if number[:1].isdigit() else number


def trend_figures(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the odds from year to year with their interval, and q; None where nothing can be said."""
    if row["p"] != row["p"] or row["verdict"] == "too few reviews to say":
        return None
    ratio, low, high = _odds(row)
    return f"{ratio} ({low} to {high})", _q(row["q"])


def trend_words(row: Mapping[str, Any], unit: str) -> str:
    """Return what the tests of a theme's years show, in sentences; a ``unit`` is what is counted."""
    if trend_figures(row) is None:
        if row["reviews"] == row["with_learning"]:
            return f"Every {unit} raises it, so there is no change to test."
        return f"There are too few {unit}s or years to test a change."
    (ratio, low, high), q = _odds(row), _q(row["q"])
    chance = (
        f"Even among so many themes chance would rarely make it so: q is {q}, below {LEVEL}, and a "
        "change is shown."
        if row["q"] < LEVEL
        else f"Among so many themes that may be chance: q is {q}, and a change counts as shown "
        f"below {LEVEL}."
    )
    step = (
        f" A step is shown: {unit}s from {int(row['step_year'])} on are unlike those before "
        f"(q is {_q(row['step_q'])})."
        if row["step_q"] < LEVEL
        else ""
    )
    return (
        f"From one year to the next the odds that a {unit} raises it are multiplied by {ratio} "
        f"(95% interval {low} to {high}; 1 is no change). {chance}{step}"
    )


def _odds(row: Mapping[str, Any]) -> tuple[str, str, str]:
    ratio, low, high = (_ratio(row[name]) for name in ("odds_ratio", "low", "high"))
    return ratio, low, high


def _ratio(value: float) -> str:
    if value < 0.01:
        return "0" if value == 0 else "under 0.01"
    if value >= 100:
        return "no limit" if value == float("inf") else "over 100"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _q(value: float) -> str:
    return "under 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
