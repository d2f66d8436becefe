"""Sentences and passages that say a theme's learning, word for word, each from another review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from oscb_nlp.summary.periods import by_period
from oscb_nlp.summary.schemas import columns_of
from oscb_nlp.summary.sentences import sentences
from oscb_nlp.vectors import load_vectors

__all__ = ["exemplars", "top_learning"]

POINTS, SENTENCES = 10, 3
_CANDIDATES = 40  # of the surest passages of a theme
_MIN_WORDS, _MAX_WORDS = 8, 60
_ALIKE = 0.75  # cosine from which a sentence says what another already said
_PER_THEME = 5
_MIN_PASSAGE, _MAX_PASSAGE = 10, 120


def top_learning(documents: pd.DataFrame, learning: pd.DataFrame) -> pd.DataFrame:
    """Rank the ten most frequent learning points of each period and of the whole span.

    A learning point is a theme that reviews raise as finding or recommendation, ranked by the
    number of reviews; it is put in up to three sentences that reviews wrote, each from another
    review, none saying what another already says.

    Returns
    -------
    DataFrame
        One row per sentence: ``period`` ("all" for the whole span), ``rank``, ``theme``, the
        ``reviews`` that raise it ``of_reviews``, ``place`` of the sentence (1 first), the
        ``sentence`` word for word, and its citation.
    """
    rows: list[dict[str, Any]] = []
    for part, own, tags in by_period(documents, learning):
        total = own["unit"].nunique()
        counts = tags.groupby("theme")["unit"].nunique()
        order = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:POINTS]
        for rank, (theme, count) in enumerate(order, 1):
            point = {"theme": theme, "reviews": int(count), "of_reviews": int(total)}
            chosen = _chosen(tags[tags["theme"] == theme])
            rows += [
                {**row, **part, **point, "rank": rank, "place": place}
                for place, row in enumerate(chosen, 1)
            ]
    table = pd.DataFrame(rows, columns=columns_of("top_learning")).astype({"year": "Int32"})
    return table.sort_values(["year", "rank", "place"], na_position="first", ignore_index=True)


def exemplars(learning: pd.DataFrame, themes: Sequence[str]) -> pd.DataFrame:
    """Choose up to five passages a theme, each from another review, surest first.

    Very short and very long passages are left out, and years are spread: of two equally
    sure passages the one of a year not yet shown comes first.
    """
    rows = []
    # Counted one by one: lists of all the words would take several times the texts' memory.
    words = np.array([len(text.split()) for text in learning["text"]], dtype=int)
    fitting = learning[(words >= _MIN_PASSAGE) & (words <= _MAX_PASSAGE)]
    for theme in themes:
        # The surest passage of each review, then one of each year before a year's second.
        of_theme = _surest(fitting[fitting["theme"] == theme]).drop_duplicates("unit")
        turn = of_theme.groupby("year").cumcount()
        chosen = of_theme.assign(turn=turn).sort_values("turn", kind="stable").head(_PER_THEME)
        rows += [
            {"theme": theme, "rank": rank, **row}
            for rank, row in enumerate(chosen[columns_of("exemplars")[2:]].to_dict("records"), 1)
        ]
    return pd.DataFrame(rows, columns=columns_of("exemplars"))


def _surest(tags: pd.DataFrame) -> pd.DataFrame:
    return tags.sort_values(["score", "passage_id"], ascending=[False, True])


def _chosen(tags: pd.DataFrame) -> list[dict[str, Any]]:
    """Return up to three sentences of different reviews, surest first, none like another."""
    candidates = list(_candidates(_surest(tags[tags["kind"] != "quote"]).head(_CANDIDATES)))
    if not candidates:
        return []
    vectors = load_vectors().encode([row["sentence"] for row in candidates])
    chosen: list[int] = []
    for index, row in enumerate(candidates):
        if len(chosen) == SENTENCES:
            break
        taken = {candidates[other]["unit"] for other in chosen}
        alike = max((float(vectors[index] @ vectors[other]) for other in chosen), default=0.0)
        if row["unit"] not in taken and alike < _ALIKE:
            chosen.append(index)
    return [candidates[index] for index in chosen]


def _candidates(tags: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield from each passage the sentence that holds most of its evidence."""
    for row in tags.to_dict("records"):
        best, most = None, -1
        start = 0
        for sentence in sentences(row["text"]):
            start = row["text"].index(sentence, start)
            end = start + len(sentence)
            held = sum(start <= span["start"] < end for span in _spans(row["evidence"]))
            if held > most and _MIN_WORDS <= len(sentence.split()) <= _MAX_WORDS:
                best, most = sentence, held
            start = end
        if best is not None:
            yield {**row, "sentence": best}


def _spans(evidence: object) -> list[dict[str, Any]]:
    return list(evidence) if isinstance(evidence, list | tuple | np.ndarray) else []
