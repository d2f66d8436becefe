"""What the theme model sees of a text: n-grams, its heading, and where an n-gram stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.pipeline import FeatureUnion

__all__ = [
    "STEM",
    "TOKEN",
    "in_context",
    "lengths_of",
    "ngrams",
    "split_context",
    "strongest_terms",
    "weighed_terms",
]

TOKEN = r"(?u)\b\w[\w’'-]*\b"  # noqa: S105  (a token of text)
_CONTEXT = "\x1f"  # divides a passage from its context
STEM = 6  # letters by which words of one stem are one
_WORD = re.compile(TOKEN)


def in_context(text: str, heading: str) -> str:
    """Return a passage with the heading it stands under, as the classifier takes it.

    What the heading says counts as a feature, but never as a cue and never as evidence.
    """
    return f"{text}{_CONTEXT}{heading}" if heading else text


def split_context(text: str) -> tuple[str, str]:
    """Return passage and heading of a text that :func:`in_context` may have joined."""
    passage, _mark, heading = text.partition(_CONTEXT)
    return passage, heading


def lengths_of(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the log of one more than each passage's words."""
    return np.asarray(np.log1p([len(split_context(text)[0].split()) for text in texts]))


def ngrams(max_features: int) -> FeatureUnion:
    """Return the vectoriser: words and pairs of them, whole and cut to six letters."""
    common = {"sublinear_tf": True, "max_features": max_features, "min_df": 2, "dtype": np.float32}
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(token_pattern=TOKEN, ngram_range=(1, 2), **common)),
            ("stems", TfidfVectorizer(analyzer=_stems, **common)),
        ]
    )


class Weighed(NamedTuple):
    """A text's whole words and pairs of them: their columns, their weights, and where words stand."""

    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    tokens: list[tuple[str, int, int]]


def strongest_terms(
    weighed: Weighed, names: Sequence[str], coef: npt.NDArray[np.float32], most: int
) -> list[tuple[int, int]]:
    """Return where the words and pairs stand that add most to a score, strongest first.

    ``names`` are the n-grams by column and ``coef`` their weights in the model. Stop words alone
    are no evidence; spans do not overlap.
    """
    weights = weighed.values * coef[weighed.columns]
    spans: list[tuple[int, int]] = []
    for index in np.argsort(-weights):
        if weights[index] <= 0 or len(spans) == most:
            break
        term = names[weighed.columns[index]]
        if ENGLISH_STOP_WORDS.issuperset(term.split()):
            continue
        span = _locate(weighed.tokens, term)
        if span and all(span[1] <= start or span[0] >= end for start, end in spans):
            spans.append(span)
    return spans


def weighed_terms(
    grams: Any, texts: Sequence[str], asked: Iterable[int], words: int
) -> dict[int, Weighed]:
    """Return the whole words of texts, which are the first ``words`` columns of n-grams.

    ``grams`` is a sparse matrix with a row for each text, ``asked`` the rows that are wanted.
    """
    found = {}
    for row in asked:
        inside = slice(grams.indptr[row], grams.indptr[row + 1])
        columns, values = grams.indices[inside], grams.data[inside]
        passage = split_context(texts[row])[0]
        tokens = [(m.group().lower(), m.start(), m.end()) for m in _WORD.finditer(passage)]
        found[row] = Weighed(columns[columns < words], values[columns < words], tokens)
    return found


def _locate(tokens: Sequence[tuple[str, int, int]], term: str) -> tuple[int, int] | None:
    """Find where a word or word pair stands among tokens; pairs are neighbours."""
    first, _space, second = term.partition(" ")
    for index, (word, start, end) in enumerate(tokens):
        if word == first:
            if not second:
                return start, end
            if index + 1 < len(tokens) and tokens[index + 1][0] == second:
                return start, tokens[index + 1][2]
    return None


def _stems(text: str) -> list[str]:
    """Return words cut to six letters and pairs of them: one feature for "neglect", "neglected"."""
    words = [word[:STEM] for word in _WORD.findall(text.lower())]
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]
