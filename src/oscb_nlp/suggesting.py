"""Candidates for new themes: what the passages without a theme have in common, for a person to judge."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer

from oscb_nlp.codebook import Codebook
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange.coded import reviews
from oscb_nlp.sampling import read_by_people
from oscb_nlp.tables import frame
from oscb_nlp.tagging import coded_passages
from oscb_nlp.vectors import load_vectors

__all__ = ["SUGGESTION_SCHEMA", "suggest"]

SUGGESTION_SCHEMA = pa.schema(
    [
        ("candidate", pa.int32()),
        ("terms", pa.string()),
        ("passages", pa.int32()),
        ("reviews", pa.int32()),
        ("years", pa.string()),
        ("read_by_people", pa.int32()),
        ("nearest_theme", pa.string()),
        ("nearest_cosine", pa.float64()),
        ("examples", pa.string()),
        ("passage_ids", pa.string()),
    ]
)
"""``terms`` are its weightiest words and pairs; ``read_by_people`` counts passages of which a person
said that no theme applies; ``nearest_theme`` is the theme whose definition lies nearest to the terms,
by the cosine of word vectors; ``examples`` is a JSON list of ``citation`` and ``text``."""

_TERMS = 8
_LEAST_PASSAGES = 5
_LEAST_REVIEWS = 2  # what one review alone writes about is its case, not a theme
_PASSAGES_EACH = 25  # of a candidate, where their number is not given
_MOST = 20
# Sections that tell the case or run the board's business: no learning is looked for there.
_NO_LEARNING = frozenset({"narrative", "governance", "performance", "family-voice"})

_REMOVED = re.compile(r"\[[\w-]+ removed\]")  # an address says where to write, which is no learning

Floats = npt.NDArray[np.float64]


def suggest(
    tagged: TaggedCorpus, candidates: int | None = None, examples: int = 3, seed: int = 0
) -> pd.DataFrame:
    """Return groups of passages that no theme of the codebook covers.

    Parameters
    ----------
    tagged
        A coded corpus.
    candidates
        How many groups to look for; None for one in 25 passages, 20 at the most. Those of fewer
        than five passages or of one review alone are left out.
    examples
        Passages that are quoted of each, from different reviews where there are.
    seed
        What the clustering starts from.

    Returns
    -------
    DataFrame
        :data:`SUGGESTION_SCHEMA`, the largest group first; empty where too little is left over.

    Notes
    -----
    k-means on the word vectors that ship with the package; terms by class-based TF-IDF (Grootendorst
    2022). Passages of standard text (contents, terms of reference, methods, appendices), of the
    case's narrative and the board's business, and those with contact details, are left out.
    """
    left = _left_over(tagged)
    if len(left) < 2 * _LEAST_PASSAGES:
        return frame([], SUGGESTION_SCHEMA)
    vectors = _vectors_of(left["text"].tolist())
    count = candidates or max(2, min(_MOST, len(left) // _PASSAGES_EACH))
    own = KMeans(min(count, len(left)), n_init=5, random_state=seed).fit_predict(vectors)
    terms = _terms(left["text"], own)
    rows: list[dict[str, Any]] = []
    for cluster in range(own.max() + 1):
        members = np.flatnonzero(own == cluster)
        centre = vectors[members].mean(axis=0)
        group = left.iloc[members[np.argsort(-(vectors[members] @ centre), kind="stable")]]
        if len(group) < _LEAST_PASSAGES or group["document_id"].nunique() < _LEAST_REVIEWS:
            continue
        nearest, cosine = _nearest(tagged.codebook, terms[cluster])
        rows.append(
            {
                "terms": ", ".join(terms[cluster]),
                "passages": len(group),
                "reviews": int(group["document_id"].nunique()),
                "years": _years(group["year"]),
                "read_by_people": int(group["read"].sum()),
                "nearest_theme": nearest,
                "nearest_cosine": cosine,
                "examples": json.dumps(_examples(group, examples), ensure_ascii=False),
                "passage_ids": "; ".join(group["passage_id"]),
            }
        )
    rows.sort(key=lambda row: (-row["reviews"], -row["passages"], row["terms"]))
    return frame([{"candidate": i, **row} for i, row in enumerate(rows, 1)], SUGGESTION_SCHEMA)


def _left_over(tagged: TaggedCorpus) -> pd.DataFrame:
    """Return passages that might be learning and have no theme, with citation and redacted text."""
    passages = coded_passages(tagged.passages)
    passages = passages[~passages["section"].isin(_NO_LEARNING)]
    # What waits in the queue may yet get a theme.
    themed = {*tagged.tags["passage_id"], *tagged.queue["passage_id"]}
    read = read_by_people(tagged)
    wanted = set(passages["passage_id"]) - themed
    rows = [
        {
            "passage_id": passage.id,
            "document_id": review.id,
            "year": review.year,
            "text": passage.text,
            "citation": review.citation(passage),
            "read": passage.id in read,
        }
        for review in reviews(tagged)
        for passage in review.passages
        if passage.id in wanted and not _REMOVED.search(passage.text)
    ]
    columns = ["passage_id", "document_id", "year", "text", "citation", "read"]
    return pd.DataFrame(rows, columns=columns).drop_duplicates("text")


def _terms(texts: pd.Series, clusters: npt.NDArray[np.int32]) -> dict[int, list[str]]:
    """Return each cluster's terms by class-based TF-IDF: frequent in it, and not in the others."""
    counter = CountVectorizer(stop_words="english", ngram_range=(1, 2))
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word that says anything
        return {cluster: [] for cluster in range(clusters.max() + 1)}
    names = counter.get_feature_names_out()
    common = (counts > 0).sum(axis=0).A1 >= _LEAST_PASSAGES
    each = np.stack(
        [counts[clusters == cluster].sum(axis=0).A1 for cluster in range(clusters.max() + 1)]
    )
    shares = each / np.maximum(each.sum(axis=1, keepdims=True), 1)
    weights = shares * np.log1p(each.sum() / len(each) / np.maximum(each.sum(axis=0), 1)) * common
    return {cluster: _weightiest(weights[cluster], names) for cluster in range(len(each))}


def _weightiest(weights: Floats, names: npt.NDArray[Any]) -> list[str]:
    """Return the weightiest terms; a word that a pair already holds is not said twice."""
    found: list[str] = []
    for index in np.argsort(-weights, kind="stable")[: 3 * _TERMS]:
        term = str(names[index])
        if weights[index] > 0 and not any(set(term.split()) <= set(f.split()) for f in found):
            found.append(term)
    return found[:_TERMS]


def _nearest(codebook: Codebook, terms: Sequence[str]) -> tuple[str, float]:
    """Return the theme whose meaning lies nearest to the terms, and the cosine."""
    about = [f"{theme.label}. {theme.definition} {'; '.join(theme.cues)}" for theme in codebook]
    vectors = _vectors_of([*about, " ".join(terms)])
    cosines = vectors[:-1] @ vectors[-1]
    best = int(cosines.argmax())
    return codebook.ids[best], round(float(cosines[best]), 3)


def _vectors_of(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return word vectors of texts, what all the texts share taken out."""
    vectors = load_vectors().encode(texts)
    vectors = vectors - vectors.mean(axis=0)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def _years(years: pd.Series) -> str:
    known = years.dropna()
    if known.empty:
        return ""
    first, last = int(known.min()), int(known.max())
    return str(first) if first == last else f"{first} to {last}"


def _examples(group: pd.DataFrame, count: int) -> list[dict[str, str]]:
    firsts = group.drop_duplicates("document_id")
    rest = group.drop(firsts.index)
    shown = pd.concat([firsts, rest]).head(count)
    return [{"citation": row.citation, "text": row.text} for row in shown.itertuples()]
