"""The fast grade's reader of passages: what the encoder knows, distilled into a small network.

Each word is a vector that also sees its two neighbours; each theme attends to the words that
speak for it (label-wise attention, Mullenbach and others 2018) and reads from these whether the
passage has it, and with which stance. The network was taught by the better grade's encoder
(``models/distil_encoder.py``). It runs in numpy, at a fortieth of the encoder's cost, and
knows less of what is said without a theme's words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from oscb_nlp.arrays import read_arrays, write_arrays
from oscb_nlp.encoder import Encoded
from oscb_nlp.errors import ModelError
from oscb_nlp.features import STEM, TOKEN

__all__ = [
    "MOST_OF_HEADING", "MOST_WORDS", "DistilledEncoder", "save_distilled", "words_of",
]  # fmt: skip

Floats = npt.NDArray[np.float32]

_WORD = re.compile(TOKEN)
MOST_WORDS, MOST_OF_HEADING = 200, 20
_BLOCK = 512
_MOST_BYTES = 50_000_000
_WEIGHTS = ("words", "heading", "near", "near_bias", "attention", "themes", "themes_bias",
            "stances", "stances_bias")  # fmt: skip


class DistilledEncoder:
    """The network of a folder with ``distilled.json`` and ``distilled.npz``.

    Attributes
    ----------
    about : dict
        What the folder says of itself.
    classes : tuple of str
        The themes, in the order in which :meth:`read` gives them.
    stances : tuple of str
        The stances, likewise.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """

    grade = "fast"

    def __init__(self, folder: str | Path) -> None:
        folder = Path(folder)
        try:
            held = json.loads((folder / "distilled.json").read_text("utf-8"))
            self._rows = {word: row for row, word in enumerate(held.pop("words"), 1)}
            self.about: dict[str, Any] = held
            self.classes, self.stances = tuple(held["classes"]), tuple(held["stances"])
            stored = read_arrays(folder / "distilled.npz", _MOST_BYTES)
            weights = {name: stored[name].astype(np.float32) for name in _WEIGHTS}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder}: the distilled encoder cannot be read: {error}") from None
        self._table, self._heading = weights["words"], weights["heading"]
        self._near, self._near_bias = weights["near"], weights["near_bias"]
        self._attention = weights["attention"]
        self._themes, self._themes_bias = weights["themes"], weights["themes_bias"]
        self._stances, self._stances_bias = weights["stances"], weights["stances_bias"]

    def read(self, texts: Sequence[str], headings: Sequence[str]) -> Encoded:
        """Return themes and stances of texts; what exceeds 200 words is not read. No vectors."""
        themes = np.zeros((len(texts), len(self.classes)))
        stances = np.zeros((*themes.shape, len(self.stances)))
        for start in range(0, len(texts), _BLOCK):  # what all words see of many texts is large
            block = slice(start, start + _BLOCK)
            words, starts, of_heading = self._laid_out(texts[block], headings[block])
            attended = self._attended(self._seen(words, of_heading), words > 0, starts)
            themes[block] = np.einsum("ptd,td->pt", attended, self._themes) + self._themes_bias
            scores = np.einsum("ptd,tds->pts", attended, self._stances, optimize=True)
            stances[block] = log_softmax(scores.astype(np.float64) + self._stances_bias, axis=2)
        return Encoded(themes, stances, None)

    def _laid_out(
        self, texts: Sequence[str], headings: Sequence[str]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Return the words' rows in one line, where each text begins, and what is of headings.

        A 0 stands after each heading and text, so that no word sees another text's.
        """
        line: list[int] = []
        starts: list[int] = []
        marked: list[int] = []
        for text, heading in zip(texts, headings, strict=True):
            starts.append(len(line))
            above = self._rows_of(heading, MOST_OF_HEADING)
            if above:
                marked.extend(range(len(line), len(line) + len(above)))
                line += above
                line.append(0)
            line += self._rows_of(text, MOST_WORDS) or [1]
            line.append(0)
        of_heading = np.zeros(len(line), dtype=bool)
        of_heading[marked] = True
        return np.array(line), np.array(starts), of_heading

    def _rows_of(self, text: str, most: int) -> list[int]:
        rows = self._rows
        return [rows.get(word) or rows.get(f"{word[:STEM]}~", 1) for word in words_of(text)[:most]]

    def _seen(self, words: npt.NDArray[np.intp], of_heading: npt.NDArray[np.bool_]) -> Floats:
        """Return each word's vector with what it takes from its neighbours."""
        # Most words come again: what each gives to its neighbours and to itself is computed once.
        count = len(self._table)
        different, places = np.unique(words + count * of_heading, return_inverse=True)
        own = self._table[different % count]
        own[different >= count] += self._heading
        to_next, to_itself, to_last = np.split(own @ self._near, 3, axis=1)
        near = (to_itself + self._near_bias)[places]
        near[1:] += to_next[places[:-1]]
        near[:-1] += to_last[places[1:]]
        known: Floats = np.maximum(near, 0, out=near)
        known += own[places]
        return known

    def _attended(
        self, known: Floats, real: npt.NDArray[np.bool_], starts: npt.NDArray[np.intp]
    ) -> Floats:
        """Return what each theme attends to in each text, shape (n_texts, n_themes, size)."""
        weights = known @ self._attention
        weights[~real] = -np.inf
        ends = np.append(starts[1:], len(known))
        weights -= np.repeat(np.maximum.reduceat(weights, starts), ends - starts, axis=0)
        np.exp(weights, out=weights)
        found: Floats = np.stack(
            [weights[a:b].T @ known[a:b] for a, b in zip(starts, ends, strict=True)]
        )
        found /= np.add.reduceat(weights, starts)[:, :, None]
        return found


def words_of(text: str) -> list[str]:
    """Return the words of a text as the network knows them."""
    return _WORD.findall(text.lower().replace("’", "'"))


def save_distilled(
    folder: Path, words: Sequence[str], about: dict[str, Any], weights: dict[str, Floats]
) -> None:
    """Write a network: its words, those that stand for a stem with "~" after it, and weights."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: weights[name].astype(np.float16) for name in _WEIGHTS}
    write_arrays(folder / "distilled.npz", halves)
    digest = hashlib.sha256("\n".join(words).encode())
    digest.update((folder / "distilled.npz").read_bytes())
    held = {**about, "sha256": digest.hexdigest(), "words": list(words)}
    text = json.dumps(held, ensure_ascii=False, indent=0)
    (folder / "distilled.json").write_text(text + "\n", encoding="utf-8")
