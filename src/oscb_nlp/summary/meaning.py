"""Vectors of what passages say: the encoder's where the better grade made them, else of words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.vectors import load_vectors, scale_to_one

__all__ = ["WORDS_ALIKE", "Meaning", "meaning_of", "word_vectors"]

Floats = npt.NDArray[np.float32]

WORDS_ALIKE = 0.36
"""Mean cosine of vectors of words from which passages say the same; chosen on training reviews."""

_ENOUGH_FOR_MEAN = 50  # with fewer passages their mean is no measure of what all reviews share


@dataclass(frozen=True)
class Meaning:
    """Vectors of passages, a row each of length 1, and from which cosine they say the same."""

    vectors: Floats = field(repr=False)
    alike: float


def meaning_of(passages: pd.DataFrame, tagged: TaggedCorpus) -> Meaning:
    """Return the vectors of passages of a corpus, in their order.

    The encoder's, with the cosine that its training chose on wordings it had not seen, where
    the corpus holds one for each passage; else vectors made of the words.
    """
    ids, vectors, encoder = passages["passage_id"], tagged.vectors, tagged.settings.get("encoder")
    if vectors is not None and encoder and ids.isin(vectors.index).all():
        return Meaning(vectors.loc[ids].to_numpy(np.float32), float(encoder["alike"]))
    return Meaning(word_vectors(passages["text"].tolist()), WORDS_ALIKE)


def word_vectors(texts: Sequence[str]) -> Floats:
    """Return vectors made of the words of texts, what all the texts share taken out."""
    vectors = load_vectors().encode(texts)
    if len(texts) >= _ENOUGH_FOR_MEAN:
        vectors -= vectors.mean(axis=0)
        scale_to_one(vectors)
    return vectors
