"""The better grade: a small sentence encoder fine-tuned on labelled passages, run by ONNX Runtime.

It reads a passage with its heading and gives log odds for each theme, which the theme
classifier weighs beside its own score and the cues, what it takes each theme's stance for, and
a vector of what the passage says, by which recurring learning is found. It is about twenty
times slower than the classifier alone, and knows what is said without the theme's words much
better. The packages that it needs are the extra ``encoder``; its weights ship with this one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from oscb_nlp.errors import ModelError

__all__ = ["Encoded", "Encoder", "ReadsPassages", "encoder_installed"]


class Encoded(NamedTuple):
    """What an encoder says of texts: log odds of themes, log probabilities of stances, vectors.

    ``themes`` has the shape (n_texts, n_themes), ``stances`` (n_texts, n_themes, n_stances),
    ``vectors`` (n_texts, size), each of length 1; None where it knows none.
    """

    themes: npt.NDArray[np.float64]
    stances: npt.NDArray[np.float64]
    vectors: npt.NDArray[np.float32] | None

    def in_order(self, classes: Sequence[str], wanted: Sequence[str]) -> Encoded:
        """Return the same for other themes, of which some may be among ``classes``, its own.

        A theme that it does not know gets log odds of 0 and stances all alike.
        """
        known = [theme in classes for theme in wanted]
        rows = [classes.index(theme) for theme in wanted if theme in classes]
        themes = np.zeros((len(self.themes), len(wanted)))
        stances = np.full((*themes.shape, self.stances.shape[2]), -np.log(self.stances.shape[2]))
        themes[:, known], stances[:, known] = self.themes[:, rows], self.stances[:, rows]
        return Encoded(themes, stances, self.vectors)


class ReadsPassages(Protocol):
    """What a theme classifier asks of an encoder, whichever grade it is of."""

    grade: str
    about: dict[str, Any]
    classes: tuple[str, ...]
    stances: tuple[str, ...]

    def read(self, texts: Sequence[str], headings: Sequence[str]) -> Encoded:
        """Return what it says of texts under their headings."""
        ...


def encoder_installed() -> bool:
    """Whether the packages of the extra ``encoder`` are here."""
    return find_spec("onnxruntime") is not None and find_spec("tokenizers") is not None


class Encoder:
    """The encoder of a folder with ``encoder.json``, ``tokenizer.json`` and ``model.onnx``.

    Parameters
    ----------
    folder
        Where the three files lie.
    threads
        Threads of ONNX Runtime; 0 for all cores.

    Attributes
    ----------
    classes : tuple of str
        The themes, in the order in which :meth:`read` gives them.
    stances : tuple of str
        The stances, likewise.

    Raises
    ------
    ModelError
        If the extra is not installed or a file cannot be read.
    """

    grade = "best"

    def __init__(self, folder: str | Path, threads: int = 0) -> None:
        if not encoder_installed():
            raise ModelError('the better grade needs pip install "oscb-nlp[encoder]"')
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(folder)
        try:
            self.about: dict[str, Any] = json.loads((folder / "encoder.json").read_text("utf-8"))
            self.classes = tuple(self.about["classes"])
            self.stances = tuple(self.about["stances"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(int(self.about["max_tokens"]))
            self._tokenizer.no_padding()
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            # Beside a busy process, threads that wait by spinning take half as long again.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options)
        except Exception as error:
            # tokenizers and onnxruntime raise bare Exceptions of their own.
            raise ModelError(f"{folder}: the encoder cannot be read: {error}") from None

    def read(self, texts: Sequence[str], headings: Sequence[str]) -> Encoded:
        """Return themes and stances of texts; what exceeds 224 word pieces is not read."""
        themes = np.zeros((len(texts), len(self.classes)))
        stances = np.zeros((*themes.shape, len(self.stances)))
        vectors = np.zeros((len(texts), int(self.about["size"])), dtype=np.float32)
        inputs = [f"{heading}: {text}" for text, heading in zip(texts, headings, strict=True)]
        for row, encoding in enumerate(self._tokenizer.encode_batch(inputs)):
            # One at a time: in eight bits a passage's neighbours in a batch would move its scores.
            ids = np.array([encoding.ids], dtype=np.int64)
            found = self._session.run(None, {"ids": ids, "mask": np.ones_like(ids)})
            themes[row], stances[row], vectors[row] = (part[0] for part in found)
        return Encoded(themes, stances, vectors)
