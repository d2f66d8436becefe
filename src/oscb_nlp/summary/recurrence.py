"""Recurring learning: findings and recommendations of different reviews that say the same.

Passages are compared within their themes by the cosine of their vectors (``vectors``) and
grouped by average linkage; two passages of one review are never linked. Free paraphrase is
mostly missed: the model card gives the measured share.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering

from oscb_nlp.vectors import load_vectors

__all__ = [
    "MEMBER_COLUMNS",
    "RECURRING_COLUMNS",
    "passage_vectors",
    "recurring_learning",
    "similar_groups",
]

SIMILARITY = 0.36
"""Mean cosine from which passages are one learning; chosen on the training reviews."""

_ENOUGH_FOR_MEAN = 50  # with fewer passages their mean is no measure of what all reviews share
_CHUNK = 2_000
_MIN_WORDS = 10
_SURE = 0.5  # probability of the stance
_LARGEST_COMPONENT = 4000

RECURRING_COLUMNS = (
    "group", "learning", "representative", "themes", "reviews", "times", "years",
    "first_year", "last_year", "longest_gap",
)  # fmt: skip
MEMBER_COLUMNS = (
    "group", "passage_id", "document_id", "file", "title", "year", "page", "number", "stance", "text",
)  # fmt: skip


def recurring_learning(learning: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group learning that recurs over reviews.

    Parameters
    ----------
    learning
        Tags with stance finding or recommendation, with passage and document, one row a tag.

    Returns
    -------
    recurring : DataFrame
        One row per group said in at least two reviews: ``learning`` (the words of its
        representative passage), ``themes``, ``reviews``, ``times``, ``years``,
        ``first_year``, ``last_year``, ``longest_gap`` in years. Ordered by number of
        reviews, then by the span of years.
    members : DataFrame
        One row per passage of a group with its citation.
    """
    passages = _candidates(learning)
    if len(passages) < 2:
        return _empty(RECURRING_COLUMNS), _empty(MEMBER_COLUMNS)
    vectors = passage_vectors(passages["text"].tolist())
    labels = similar_groups(vectors, passages["document_id"].tolist(), passages["themes"].tolist())
    groups = [
        np.flatnonzero(labels == label)
        for label in np.unique(labels)
        if passages.loc[labels == label, "document_id"].nunique() > 1
    ]
    described = [_describe(passages.iloc[index], vectors[index]) for index in groups]
    order = sorted(range(len(groups)), key=lambda index: _rank(described[index]))
    recurring = [{"group": rank, **described[i]} for rank, i in enumerate(order, 1)]
    members = [
        passages.iloc[groups[i]].assign(group=rank).sort_values(["year", "passage_id"])
        for rank, i in enumerate(order, 1)
    ]
    if not groups:
        return _empty(RECURRING_COLUMNS), _empty(MEMBER_COLUMNS)
    table = pd.DataFrame(recurring, columns=list(RECURRING_COLUMNS))
    return table, pd.concat(members, ignore_index=True)[list(MEMBER_COLUMNS)]


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


def similar_groups(
    vectors: npt.NDArray[np.float32],
    documents: Sequence[str],
    themes: Sequence[tuple[str, ...]],
    similarity: float = SIMILARITY,
) -> npt.NDArray[np.int64]:
    """Return a group label for each passage.

    Average linkage over cosine similarity; pairs of one review and pairs without a common
    theme count as unlike.
    """
    cosine = _cosine_of_pairs(vectors, documents, themes, similarity / 2)
    _count, component = connected_components(cosine > similarity, directed=False)
    labels = np.arange(len(documents), dtype=np.int64)
    for number in np.unique(component):
        index = np.flatnonzero(component == number)
        if len(index) < 2 or len(index) > _LARGEST_COMPONENT:
            continue
        distance = 1.0 - np.asarray(cosine[index][:, index].todense())
        np.fill_diagonal(distance, 0.0)
        clusters = AgglomerativeClustering(
            n_clusters=None,
            metric="precomputed",
            linkage="average",
            distance_threshold=1.0 - similarity,
        ).fit_predict(distance)
        labels[index] = index[0] + len(documents) * (1 + clusters)
    return labels


def passage_vectors(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the vectors by which learning is compared, what all texts share taken out."""
    vectors = load_vectors().encode(texts)
    if len(texts) >= _ENOUGH_FOR_MEAN:
        vectors = vectors - vectors.mean(axis=0)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def _candidates(learning: pd.DataFrame) -> pd.DataFrame:
    """Return one row per passage with its themes: surely learning, and long enough to say it.

    Quotes are left out, since family members' words resemble each other in how they are
    spoken, and so is the narrative, whose events resemble each other and are no learning.
    """
    learning = learning[
        (learning["kind"] != "quote")
        & (learning["section"] != "narrative")
        & (learning["stance_score"] >= _SURE)
    ]
    columns = ["passage_id", "document_id", "file", "title", "year", "page", "number", "text"]
    themes = learning.groupby("passage_id")["theme"].agg(lambda s: tuple(sorted(s)))
    stance = learning.sort_values("score").groupby("passage_id")["stance"].last()
    passages = learning.drop_duplicates("passage_id")[columns].set_index("passage_id")
    passages = passages.assign(themes=themes, stance=stance).reset_index()
    # Rows of figures hold few words beside their numbers.
    enough = passages["text"].str.count(r"[A-Za-z]{2,}") >= _MIN_WORDS
    return passages[enough].sort_values("passage_id").reset_index(drop=True)


def _cosine_of_pairs(
    vectors: npt.NDArray[np.float32],
    documents: Sequence[str],
    themes: Sequence[tuple[str, ...]],
    least: float,
) -> csr_matrix:
    """Return the cosine of pairs of different reviews that share a theme, theme by theme."""
    names = {name: number for number, name in enumerate(sorted(set(documents)))}
    document = np.array([names[name] for name in documents])
    found: dict[tuple[int, int], float] = {}
    for theme in sorted({theme for row in themes for theme in row}):
        index = np.array([i for i, row in enumerate(themes) if theme in row])
        for start in range(0, len(index), _CHUNK):
            rows = index[start : start + _CHUNK]
            cosine = vectors[rows] @ vectors[index].T
            near = (cosine > least) & (document[rows][:, None] != document[index][None])
            for a, b in zip(*np.nonzero(near), strict=True):
                found[int(rows[a]), int(index[b])] = float(cosine[a, b])
    pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    data = [found[a, b] for a, b in pairs.tolist()]
    return csr_matrix((data, (pairs[:, 0], pairs[:, 1])), shape=(len(documents), len(documents)))


def _rank(group: dict[str, Any]) -> tuple[int, int, str]:
    """Order by how often learning recurred, then by how long."""
    return -group["reviews"], group["first_year"] - group["last_year"], group["representative"]


def _describe(members: pd.DataFrame, vectors: npt.NDArray[np.float32]) -> dict[str, Any]:
    """Describe a group; its representative is the passage closest to all the others."""
    closeness = (vectors @ vectors.T).sum(axis=1)
    best = members.iloc[int(closeness.argmax())]
    years = sorted({int(year) for year in members["year"]})
    themes = members["themes"].explode().value_counts()
    common = sorted(themes[themes >= max(2, len(members) / 2)].index) or [themes.index[0]]
    return {
        "learning": best["text"],
        "representative": best["passage_id"],
        "themes": tuple(common),
        "reviews": int(members["document_id"].nunique()),
        "times": len(members),
        "years": tuple(years),
        "first_year": years[0],
        "last_year": years[-1],
        "longest_gap": max((b - a for a, b in pairwise(years)), default=0),
    }
