"""How many reviews of a year hold a theme, with intervals. Reviews are counted, never passages."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

from oscb_nlp.corpus import TaggedCorpus

__all__ = ["FEW_REVIEWS", "LEARNING", "dated", "learning_tags", "prevalence"]

LEARNING = ("finding", "recommendation")
"""The stances that make a theme learning of a review."""

FEW_REVIEWS = 5
"""A year with fewer reviews is marked: its shares say little."""


def dated(tagged: TaggedCorpus) -> pd.DataFrame:
    """Return the documents that have a year; only they can be counted across years."""
    return tagged.documents[tagged.documents["year"].notna()].reset_index(drop=True)


def learning_tags(tagged: TaggedCorpus) -> pd.DataFrame:
    """Return the tags with stance finding or recommendation, with passage and document."""
    frame = tagged.to_frame()
    return frame[frame["stance"].isin(LEARNING) & frame["year"].notna()].reset_index(drop=True)


def prevalence(tagged: TaggedCorpus, themes: tuple[str, ...]) -> pd.DataFrame:
    """Count, for each theme and year, the reviews that hold it.

    Returns
    -------
    DataFrame
        One row per theme and year: ``theme``, ``year``, ``reviews`` (of that year),
        ``with_learning`` (reviews with the theme as finding or recommendation), ``share``
        (of them) with its 95% Wilson interval ``low`` and ``high`` (Wilson 1927),
        ``with_good_practice``, ``with_narrative``, and ``few_reviews`` (fewer than five).
    """
    documents = dated(tagged)
    frame = tagged.to_frame()
    frame = frame[frame["year"].notna()]
    kinds = {
        "with_learning": _count(frame[frame["stance"].isin(LEARNING)]),
        "with_good_practice": _count(frame[frame["stance"] == "good-practice"]),
        "with_narrative": _count(frame[frame["stance"] == "narrative"]),
    }
    rows = []
    for year, reviews in documents.groupby("year").size().items():
        for theme in themes:
            counts = {name: int(table.get((theme, year), 0)) for name, table in kinds.items()}
            interval = binomtest(counts["with_learning"], int(reviews)).proportion_ci(
                method="wilson"
            )
            rows.append(
                {
                    "theme": theme,
                    "year": int(year),
                    "reviews": int(reviews),
                    **counts,
                    "share": counts["with_learning"] / int(reviews),
                    "low": float(interval.low),
                    "high": float(interval.high),
                    "few_reviews": int(reviews) < FEW_REVIEWS,
                }
            )
    columns = ["theme", "year", "reviews", *kinds, "share", "low", "high", "few_reviews"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["theme", "year"], ignore_index=True)


def _count(frame: pd.DataFrame) -> dict[tuple[str, int], int]:
    sizes = frame.groupby(["theme", "year"])["document_id"].nunique()
    return {(str(theme), int(year)): int(count) for (theme, year), count in sizes.items()}
