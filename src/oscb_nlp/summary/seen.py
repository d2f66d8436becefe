"""What earlier reviews said of the same: a draft's forerunners, by year, with citation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.codebook import LEARNING
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.encoder import ReadsPassages
from oscb_nlp.errors import ModelError, SettingError
from oscb_nlp.persistence import load_model
from oscb_nlp.vectors import load_vectors

__all__ = ["SEEN_COLUMNS", "SeenBefore"]

SEEN_COLUMNS = (
    "year", "similarity", "same", "text", "stance", "themes", "title", "board", "file", "page",
    "number", "passage_id", "document_id",
)  # fmt: skip

_SHORT_OF = 0.8  # share of the cosine that says "the same", from which a passage is shown
_MIN_WORDS = 4
# Higher than among passages: what all texts share can't be taken out of one draft.
_WORDS_ALIKE = 0.6


class SeenBefore:
    """The findings and recommendations of a tagged corpus, ready to be searched by meaning.

    Compared are the encoder's vectors where the corpus holds them and the same encoder is
    installed here, else vectors of words, which miss most free paraphrase.

    Parameters
    ----------
    tagged
        The corpus.
    model
        The model folder that tagged it; None for the shipped one.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_corpus, tag
    >>> earlier = SeenBefore(tag(read_corpus(demo_files()[1]), grade="fast"))
    >>> earlier.search("Minutes should reach the GP within five days.").columns[0]
    'year'
    """

    def __init__(self, tagged: TaggedCorpus, model: str | Path | None = None) -> None:
        frame = tagged.to_frame()
        learning = frame[frame["stance"].isin(LEARNING) & frame["year"].notna()]
        passages = learning.drop_duplicates("passage_id").set_index("passage_id")
        themes = learning.groupby("passage_id")["theme"].agg(lambda s: tuple(sorted(s)))
        self._passages = passages.assign(themes=themes).sort_index().reset_index()
        ids, held = self._passages["passage_id"], tagged.vectors
        self._encoder = _encoder_of(tagged, model)
        if held is None or not ids.isin(held.index).all():
            self._encoder = None
        if self._encoder is not None and held is not None:
            self._matrix = held.loc[ids].to_numpy(np.float32)
            self._alike = float(self._encoder.about["alike"])
        else:
            self._matrix = load_vectors().encode(self._passages["text"].tolist())
            self._alike = _WORDS_ALIKE

    @property
    def source(self) -> str:
        """What the vectors come from."""
        return "words" if self._encoder is None else "encoder"

    def __len__(self) -> int:
        return len(self._passages)

    def search(self, text: str, limit: int = 10, before: int | None = None) -> pd.DataFrame:
        """Return the passages that say the same as ``text`` or nearly so.

        Parameters
        ----------
        text
            A draft recommendation, or any passage.
        limit
            How many at most.
        before
            Only passages of earlier years than this.

        Returns
        -------
        DataFrame
            One row per passage, the earliest year first: ``similarity`` (cosine), ``same``
            (it reaches the cosine from which passages are grouped as one learning), the
            ``text`` word for word, and its citation.

        Raises
        ------
        SettingError
            If the text is too short to say anything.
        """
        if len(text.split()) < _MIN_WORDS:
            raise SettingError(f"{text!r} is too short to compare: give a whole sentence")
        if not len(self):
            return pd.DataFrame(columns=list(SEEN_COLUMNS))
        near = self._matrix @ self._vector(text)
        if before is not None:
            near = np.where(self._passages["year"] < before, near, -1.0)
        best = np.argsort(-near, kind="stable")[:limit]
        best = best[near[best] >= _SHORT_OF * self._alike]
        found = self._passages.iloc[best].assign(
            similarity=np.round(near[best], 3), same=near[best] >= self._alike
        )
        order = found.sort_values(["year", "similarity"], ascending=[True, False])
        return order[list(SEEN_COLUMNS)].reset_index(drop=True)

    def _vector(self, text: str) -> npt.NDArray[np.float32]:
        if self._encoder is None:
            return np.asarray(load_vectors().encode([text])[0])
        vectors = self._encoder.read([text], [""]).vectors
        found: npt.NDArray[np.float32] = np.asarray(vectors)[0]
        return found


def _encoder_of(tagged: TaggedCorpus, model: str | Path | None) -> ReadsPassages | None:
    """Return the encoder that made the corpus's vectors, where it is here."""
    try:
        encoder = load_model(model, grade="best").encoder_ if tagged.vectors is not None else None
    except ModelError:
        return None
    return encoder if encoder and encoder.about == tagged.settings.get("encoder") else None
