"""Sentence vectors from word vectors that ship with the package; no network, no encoder.

Each word has a vector distilled from a small open sentence encoder (``models/distil.py``)
and a weight by its rarity; a text is the weighted mean of its words. They tell that two
passages say the same in other words better than shared words do, and much less well than
a reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from oscb_nlp.errors import ModelError
from oscb_nlp.resources import shipped_path

__all__ = ["WordVectors", "load_vectors", "save_vectors", "scale_to_one"]

Floats = npt.NDArray[np.float32]

_WORD = re.compile("[a-z]{2,}")
_BLOCK = 4_096


@dataclass(frozen=True)
class WordVectors:
    """Words with their vectors, weighted by rarity."""

    index: dict[str, int] = field(repr=False)
    matrix: Floats = field(repr=False)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length 1 for each text, shape (n_texts, dimensions).

        A text without a known word gets zeros.

        Examples
        --------
        >>> vectors = load_vectors().encode(["a hungry child", "children without food", "budget"])
        >>> bool(vectors[0] @ vectors[1] > vectors[0] @ vectors[2])
        True
        """
        rows = np.zeros((len(texts), self.matrix.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            words = {self.index[word] for word in _WORD.findall(text.lower()) if word in self.index}
            if words:
                rows[row] = self.matrix[sorted(words)].sum(axis=0)
        scale_to_one(rows)
        return rows


def scale_to_one(rows: Floats) -> None:
    """Divide each row by its length, in place and by blocks: a copy of many rows is large."""
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)


def load_vectors() -> WordVectors:
    """Load the shipped word vectors; raise :class:`ModelError` where they are missing."""
    return _load(shipped_path("models/vectors"))


@lru_cache(maxsize=1)
def _load(folder: Path) -> WordVectors:
    try:
        words = (folder / "words.txt").read_text(encoding="utf-8").split()
        with np.load(folder / "vectors.npz", allow_pickle=False) as archive:
            matrix = archive["vectors"].astype(np.float32) / 127 * archive["weights"][:, None]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder}: the word vectors cannot be read: {error}") from None
    return WordVectors({word: row for row, word in enumerate(words)}, matrix)


def save_vectors(folder: Path, words: Sequence[str], vectors: Floats, weights: Floats) -> None:
    """Write words, their unit vectors in eight bits and their weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    eighth = np.clip(np.round(vectors * 127), -127, 127).astype(np.int8)
    np.savez_compressed(folder / "vectors.npz", vectors=eighth, weights=weights.astype(np.float32))
