"""Exemplar passages: the findings and recommendations that say a theme most clearly."""

from __future__ import annotations

import pandas as pd

__all__ = ["top_learning"]

_PER_THEME = 5
_MIN_WORDS, _MAX_WORDS = 10, 120
COLUMNS = (
    "theme", "rank", "passage_id", "file", "year", "page", "number", "stance", "score", "text",
)  # fmt: skip


def top_learning(learning: pd.DataFrame, themes: tuple[str, ...]) -> pd.DataFrame:
    """Choose up to five passages a theme, each from another review, surest first.

    Very short and very long passages are left out, and years are spread: of two equally
    sure passages the one of a year not yet shown comes first.
    """
    rows = []
    words = learning["text"].str.split().str.len()
    fitting = learning[(words >= _MIN_WORDS) & (words <= _MAX_WORDS)]
    for theme in themes:
        of_theme = fitting[fitting["theme"] == theme].sort_values(
            ["score", "passage_id"], ascending=[False, True]
        )
        # The surest passage of each review, then one of each year before a year's second.
        of_theme = of_theme.drop_duplicates("document_id")
        turn = of_theme.groupby("year").cumcount()
        chosen = of_theme.assign(turn=turn).sort_values("turn", kind="stable").head(_PER_THEME)
        rows += [
            {"theme": theme, "rank": rank, **row}
            for rank, row in enumerate(chosen[list(COLUMNS[2:])].to_dict("records"), 1)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS))
