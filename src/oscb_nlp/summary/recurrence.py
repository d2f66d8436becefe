"""Recurring learning: findings and recommendations of different reviews that say the same.

Passages that share a theme are compared by the cosine of their vectors (:mod:`.meaning`) and
grouped by average linkage; two passages of one review are never linked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, tril
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from sklearn.cluster import AgglomerativeClustering

from oscb_nlp.summary.agencies import asked
from oscb_nlp.summary.meaning import Meaning
from oscb_nlp.summary.schemas import columns_of
from oscb_nlp.summary.statistics import wilson

__all__ = [
    "candidates",
    "recurring_learning",
    "repeats",
    "similar_groups",
]

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

_CELLS = 4_000_000  # cosines that are in memory at a time
_PAIRS = 2_000_000  # near pairs that wait to be merged
_MIN_WORDS = 10
_SURE = 0.5  # probability of the stance
_LARGEST = 2_000  # passages that one linkage takes; larger parts are cut at a higher cosine
_STEP = 0.03

_DESCRIBED = ("year", "themes", "stance", "text", "passage_id", "unit")


def candidates(learning: pd.DataFrame) -> pd.DataFrame:
    """Return one row per passage with its themes: surely learning, and long enough to say it.

    Quotes are left out, since family members' words resemble each other in how they are
    spoken, and so is the narrative, whose events resemble each other and are no learning.
    """
    learning = learning[
        (learning["kind"] != "quote")
        & (learning["section"] != "narrative")
        & (learning["stance_score"] >= _SURE)
    ]
    columns = [
        "passage_id", "document_id", "unit", "file", "title", "period", "year", "page", "number",
        "heading", "text",
    ]  # fmt: skip
    themes = learning.groupby("passage_id")["theme"].agg(lambda s: tuple(sorted(s)))
    stance = learning.sort_values("score").groupby("passage_id")["stance"].last()
    passages = learning.drop_duplicates("passage_id")[columns].set_index("passage_id")
    passages = passages.assign(themes=themes, stance=stance).reset_index()
    # Rows of figures hold few words beside their numbers.
    enough = passages["text"].str.count(r"[A-Za-z]{2,}") >= _MIN_WORDS
    return passages[enough].sort_values("passage_id").reset_index(drop=True)


def recurring_learning(
    passages: pd.DataFrame, meaning: Meaning
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group learning that recurs over reviews.

    Parameters
    ----------
    passages
        What :func:`candidates` returned.
    meaning
        Their vectors, a row each, and the cosine from which they count as alike.

    Returns
    -------
    recurring : DataFrame
        One row per group said in at least two reviews: ``learning`` (the words of its
        representative passage, the one closest to all others), ``themes``, ``agencies`` that
        it asks, ``reviews``, ``times``, ``years``, ``first_year``, ``last_year``,
        ``longest_gap`` in years. Ordered by number of reviews, then by the span of years.
    members : DataFrame
        One row per passage of a group with its citation.
    """
    vectors = meaning.vectors
    labels = similar_groups(
        vectors, passages["unit"].tolist(), passages["themes"].tolist(), meaning.alike
    )
    units = passages["unit"].to_numpy()
    groups = [index for index in _by_label(labels) if len(set(units[index])) > 1]
    if not groups:
        return pd.DataFrame(columns=columns_of("recurring")), passages.head(0).assign(group=0)[
            columns_of("recurring_members")
        ]
    columns = {name: passages[name].tolist() for name in _DESCRIBED}
    described = [_describe(columns, index.tolist(), vectors[index]) for index in groups]
    order = sorted(range(len(groups)), key=lambda index: _rank(described[index]))
    recurring = [{"group": rank, **described[i]} for rank, i in enumerate(order, 1)]
    rows = np.concatenate([groups[i] for i in order])
    number = np.repeat(np.arange(1, len(order) + 1), [len(groups[i]) for i in order])
    members = passages.iloc[rows].assign(group=number)
    members = members.sort_values(["group", "year", "passage_id"], ignore_index=True)
    table = pd.DataFrame(recurring, columns=columns_of("recurring"))
    return table, members[columns_of("recurring_members")]


def repeats(passages: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Count how many recommendations of a period say what an earlier year's review said.

    Returns
    -------
    DataFrame
        One row per period: ``recommendations`` compared, ``repeats`` among them (of a group
        with a passage of an earlier year), their ``share`` with its 95% Wilson interval.
    """
    first = members.groupby("group")["year"].min()
    group = dict(zip(members["passage_id"], members["group"], strict=True))
    asks = passages[passages["stance"] == "recommendation"]
    earlier = asks["passage_id"].map(group).map(first).astype(float)
    table = (
        asks.assign(repeat=earlier < asks["year"].astype(float))
        .groupby(["year", "period"])["repeat"]
        .agg(recommendations="size", repeats="sum")
        .reset_index()
    )
    low, high = wilson(table["repeats"].to_numpy(), table["recommendations"].to_numpy())
    share = table["repeats"] / table["recommendations"]
    return table.assign(share=share, low=low, high=high)[columns_of("repeats")]


def similar_groups(
    vectors: npt.NDArray[np.float32],
    documents: Sequence[str],
    themes: Sequence[tuple[str, ...]],
    similarity: float,
) -> npt.NDArray[np.int64]:
    """Return a group label for each passage.

    Average linkage over cosine similarity; pairs of one review and pairs without a common
    theme count as unlike.
    """
    labels = np.arange(len(documents), dtype=np.int64)
    if len(documents) < 2:
        return labels
    document = np.unique(np.asarray(documents), return_inverse=True)[1]
    held = _held(themes)
    pairs = _linking_pairs(vectors, document, held, similarity)
    for index in _parts(pairs, np.arange(len(documents)), similarity):
        distance = 1.0 - _cosines(vectors[index], document[index], held[index], similarity / 2)
        np.fill_diagonal(distance, 0.0)
        clusters = AgglomerativeClustering(
            n_clusters=None,
            metric="precomputed",
            linkage="average",
            distance_threshold=1.0 - similarity,
        ).fit_predict(distance)
        labels[index] = index[0] + len(documents) * (1 + clusters)
    return labels


def _held(themes: Sequence[tuple[str, ...]]) -> Floats:
    """Return 1 where a passage has a theme, shape (n_passages, n_themes)."""
    names = {theme: column for column, theme in enumerate(sorted(set().union(*themes)))}
    held = np.zeros((len(themes), len(names)), dtype=np.float32)
    for row, own in enumerate(themes):
        held[row, [names[theme] for theme in own]] = 1.0
    return held


def _cosines(vectors: Floats, document: Places, held: Floats, least: float) -> Floats:
    """Return the cosine of each pair of different reviews that share a theme; else, or below, 0."""
    cosine = vectors @ vectors.T
    alike = (cosine > least) & (held @ held.T > 0) & (document[:, None] != document[None])
    return np.where(alike, cosine, np.float32(0.0))


def _parts(pairs: csr_matrix, index: Places, least: float) -> Iterator[Places]:
    """Yield the passages that hang together, in parts that one linkage can take."""
    near = pairs[index][:, index]
    # Stored is by how much a cosine falls short of 2, since a sparse matrix has no zeros.
    near.data = ((2.0 - near.data).astype(np.float32) > least).astype(np.float64)
    near.eliminate_zeros()
    for part in _by_label(connected_components(near, directed=False)[1]):
        if len(part) > _LARGEST and least < 1:
            yield from _parts(pairs, index[part], least + _STEP)
        elif len(part) > 1:
            yield index[part]


def _by_label(labels: npt.NDArray[Any]) -> list[npt.NDArray[np.intp]]:
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(labels) else []


def _linking_pairs(
    vectors: Floats, document: Places, held: Floats, similarity: float
) -> csr_matrix:
    """Return the pairs that decide what hangs together from whichever cosine, at or above one.

    Passages hang together from a cosine on just where they do so in a spanning forest of the
    greatest cosines (Gower and Ross 1969). It has fewer pairs than passages, where all pairs
    would not fit into memory; pairs are merged into it block by block.
    """
    size = len(vectors)
    forest = csr_matrix((size, size))
    for theme in range(held.shape[1]):
        index = np.flatnonzero(held[:, theme])
        waiting: list[tuple[Places, Places, Floats]] = []
        start = 0
        while start < len(index):
            rest = index[start:]
            rows = rest[: max(1, _CELLS // len(rest))]
            start += len(rows)
            cosine = vectors[rows] @ vectors[rest].T
            near = (cosine > similarity) & (document[rows][:, None] != document[rest][None])
            a, b = np.nonzero(np.triu(near, 1))
            waiting.append((rows[a], rest[b], cosine[a, b]))
            if start >= len(index) or sum(len(a) for a, _b, _c in waiting) > _PAIRS:
                forest = _merged(forest, waiting)
                waiting = []
    return forest


def _merged(forest: csr_matrix, pairs: Sequence[tuple[Places, Places, Floats]]) -> csr_matrix:
    a, b, cosine = (np.concatenate(column) for column in zip(*pairs, strict=True))
    found = csr_matrix((2.0 - cosine.astype(np.float64), (a, b)), shape=forest.shape)
    # Turned over, so that a pair that both hold is there twice and not summed.
    return minimum_spanning_tree(found + csr_matrix(tril(forest + forest.T)), overwrite=True)


def _rank(group: dict[str, Any]) -> tuple[int, int, str]:
    """Order by how often learning recurred, then by how long."""
    return -group["reviews"], group["first_year"] - group["last_year"], group["representative"]


def _describe(
    columns: dict[str, list[Any]], members: list[int], vectors: npt.NDArray[np.float32]
) -> dict[str, Any]:
    """Describe a group; its representative is the passage closest to all the others."""
    best = members[int((vectors @ vectors.T).sum(axis=1).argmax())]
    years = sorted({int(columns["year"][row]) for row in members})
    themes = Counter(theme for row in members for theme in columns["themes"][row])
    common = sorted(t for t, count in themes.items() if count >= max(2, len(members) / 2))
    asks = [columns["text"][row] for row in members if columns["stance"][row] == "recommendation"]
    return {
        "learning": columns["text"][best],
        "representative": columns["passage_id"][best],
        "themes": tuple(common or sorted(themes)[:1]),
        "agencies": tuple(sorted({agency for text in asks for agency in asked(text)})),
        "reviews": len({columns["unit"][row] for row in members}),
        "times": len(members),
        "years": tuple(years),
        "first_year": years[0],
        "last_year": years[-1],
        "longest_gap": max((b - a for a, b in pairwise(years)), default=0),
    }
