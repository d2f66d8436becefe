"""Tag passages: themes with score, stance and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import LEARNING, Codebook, load_codebook
from oscb_nlp.codes import Coded, tagged_corpus
from oscb_nlp.corpus import Corpus, TaggedCorpus
from oscb_nlp.encoder import Encoded
from oscb_nlp.errors import SettingError
from oscb_nlp.features import in_context
from oscb_nlp.persistence import load_model, load_stance_model, model_hash
from oscb_nlp.progress import ProgressOption, shown_progress
from oscb_nlp.stance import StanceCase, StanceClassifier, focus_of

__all__ = [
    "UNCODED_SECTIONS",
    "Coder",
    "coded_passages",
    "labelled_contexts",
    "stance_cases",
    "tag",
    "tag_texts",
]

UNCODED_SECTIONS = frozenset(
    {"contents", "references", "appendices", "terms-of-reference", "administration"}
)
"""Sections whose passages are never coded: standard text has no theme, also when it names one."""

_CHUNK = 512
_MIN_WORDS = 4  # a name, a job title or a cut-off heading makes no point that could be coded


def tag(
    corpus: Corpus,
    model: str | Path | None = None,
    codebook: str | Path | Codebook | None = None,
    progress: ProgressOption = None,
    grade: str = "auto",
    mode: str = "balanced",
    abstain: float | None = None,
) -> TaggedCorpus:
    """Code every passage of a corpus.

    Parameters
    ----------
    corpus
        What :func:`oscb_nlp.read_corpus` returned.
    model
        A model folder; None for the shipped model.
    codebook
        A codebook or its file; None for the model's own. Themes that the model never learnt are
        coded by their cues alone, and ``settings`` names them.
    progress
        True for a bar, or a function that is called with the number of passages done after
        each document.
    grade
        "fast", "best" or "auto", as in :func:`oscb_nlp.load_model`.
    mode
        "balanced", or "recall" to miss little where a person checks all that is found.
    abstain
        The expected error from which a theme is neither given nor left out but goes to the
        ``queue`` for a person: where the probability is below ``1 - abstain`` though it passes
        the threshold, or above ``abstain`` though it does not. None to decide always.

    Returns
    -------
    TaggedCorpus
        The corpus with its ``tags``: one row per passage and theme.

    Raises
    ------
    ModelError, CodebookError
        If model or codebook cannot be used.
    SettingError
        If ``abstain`` is no share between 0 and 1.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_corpus
    >>> tagged = tag(read_corpus(demo_files()[0]))
    >>> set(tagged.tags.columns) >= {"passage_id", "theme", "score", "stance", "evidence"}
    True
    """
    coder = Coder(model, codebook, grade, mode, abstain)
    parts: list[Coded] = []
    count = 0
    with shown_progress(progress, "Coding", len(corpus.passages)) as done:
        for _document, passages in corpus.passages.groupby("document_id", sort=False):
            parts.append(coder.code(passages))
            count += len(passages)
            done(count)
    return tagged_corpus(corpus, parts, coder.settings())


class Coder:
    """The models of one run, loaded once; the parameters are those of :func:`tag`.

    ``threads`` are those that the encoder may take; 0 for all cores.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        codebook: str | Path | Codebook | None = None,
        grade: str = "auto",
        mode: str = "balanced",
        abstain: float | None = None,
        threads: int = 0,
    ) -> None:
        if abstain is not None and not 0 < abstain < 1:
            raise SettingError(f"abstain is {abstain}: give an expected error between 0 and 1")
        if codebook is not None and not isinstance(codebook, Codebook):
            codebook = load_codebook(codebook)
        self._model, self._mode, self._abstain = model, mode, abstain
        self._themes = load_model(model, codebook, grade, mode, threads)
        self._stance = load_stance_model(model)
        classes = self._themes.classes_.tolist()
        self._thresholds = dict(zip(classes, self._themes.thresholds_.tolist(), strict=True))

    def code(self, passages: pd.DataFrame) -> Coded:
        """Code the passages of one document, as the table ``passages`` has them."""
        tags: list[dict[str, Any]] = []
        queue: list[dict[str, Any]] = []
        vectors: dict[str, npt.NDArray[np.float16]] = {}
        coded = coded_passages(passages)
        for start in range(0, len(coded), _CHUNK):
            chunk = coded.iloc[start : start + _CHUNK]
            texts, headings = chunk["text"].tolist(), chunk["heading"].tolist()
            encoded = self._themes.encode(
                [in_context(*pair) for pair in zip(texts, headings, strict=True)]
            )
            meant = encoded.vectors if encoded is not None else None
            found = tag_texts(
                texts, headings, chunk["section"].tolist(), self._themes, self._stance,
                encoded=encoded, doubt=self._abstain,
            )  # fmt: skip
            for index, (passage_id, rows) in enumerate(
                zip(chunk["passage_id"], found, strict=True)
            ):
                for row in rows:
                    doubted = self._doubted(row)
                    if doubted:
                        queue.append({"passage_id": passage_id, **doubted, **row})
                    else:
                        tags.append({"passage_id": passage_id, "source": "model", **row})
                if meant is not None and any(row["stance"] in LEARNING for row in rows):
                    vectors[passage_id] = meant[index].astype(np.float16)
        return Coded(tags, vectors, queue)

    def _doubted(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return why a tag goes to the queue; nothing where the model decides."""
        given = row["score"] >= self._thresholds[row["theme"]]
        error = 1 - row["score"] if given else row["score"]
        doubted = self._abstain is not None and error > self._abstain
        return {"expected_error": float(error), "given": bool(given)} if doubted else {}

    def settings(self) -> dict[str, Any]:
        """Return what codes, for the settings of a :class:`TaggedCorpus`."""
        themes = self._themes
        book = themes.codebook or load_codebook()
        return {
            "oscb_nlp": version("oscb-nlp"),
            "codebook": f"{book.id} {book.version}",
            "codebook_hash": book.hash,
            "by_cues_alone": list(themes.by_cues_alone_),
            "redefined": list(themes.redefined_),
            "model": str(self._model or "default"),
            "model_hash": model_hash(self._model),
            "review_rates": {name: list(rates) for name, rates in themes.review_rates_.items()},
            "encoder": themes.encoder_.about if themes.encoder_ is not None else None,
            "mode": self._mode,
            "grade": themes.grade,
            "codebook_content": book.to_dict(),
            "thresholds": self._thresholds,
            **({} if self._abstain is None else {"abstain": self._abstain}),
        }


def coded_passages(passages: pd.DataFrame) -> pd.DataFrame:
    """Return the passages that a model codes: not standard text, and long enough for a point."""
    return passages[
        ~passages["section"].isin(UNCODED_SECTIONS)
        & (passages["text"].str.split().str.len() >= _MIN_WORDS)
    ]


def tag_texts(
    texts: Sequence[str],
    headings: Sequence[str],
    sections: Sequence[str],
    themes: ThemeClassifier,
    stance: StanceClassifier,
    least: float = 1.0,
    encoded: Encoded | None = None,
    doubt: float | None = None,
) -> list[list[dict[str, Any]]]:
    """Return each text's tags: theme, score, stance, stance_score and evidence spans.

    ``least`` is the share of a theme's threshold from which it is returned; ``encoded`` is what
    the model's encoder said, where it was already asked. Themes of a probability above ``doubt``
    are returned too.
    """
    contexts = [in_context(*pair) for pair in zip(texts, headings, strict=True)]
    cues = themes.find_cues(contexts)
    encoded = themes.encode(contexts) if encoded is None else encoded
    grams = themes.features_.transform(contexts) if contexts else None
    probabilities = themes.probabilities(contexts, cues, encoded, grams)
    lowest = least * themes.thresholds_
    wide = probabilities >= lowest
    if doubt is not None:
        wide |= probabilities > doubt
    pairs = [(int(r), int(c)) for r, c in np.argwhere(wide)]
    names = [str(name) for name in themes.classes_]
    wanted = [(row, names[column]) for row, column in pairs]
    evidence = [
        # Where no word stands out, parts of many words together made the tag.
        spans or [(0, len(texts[row]), "passage")]
        for (row, _theme), spans in zip(
            wanted, themes.evidence(contexts, cues, wanted, grams), strict=True
        )
    ]
    polarity = {theme.id: theme.polarity for theme in themes.codebook or load_codebook()}
    cases = [
        StanceCase(
            texts[row],
            focus_of(texts[row], [(start, end) for start, end, _kind in spans]),
            polarity[names[column]],
            sections[row],
            encoded.stances[row, column] if encoded is not None else None,
        )
        for (row, column), spans in zip(pairs, evidence, strict=True)
    ]
    likelihood = stance.predict_proba(cases)
    chosen = stance.choose(likelihood)
    found: list[list[dict[str, Any]]] = [[] for _ in texts]
    for index, (row, column) in enumerate(pairs):
        best = int(chosen[index])
        found[row].append(
            {
                "theme": names[column],
                "score": float(probabilities[row, column]),
                "stance": str(stance.classes_[best]),
                "stance_score": float(likelihood[index, best]),
                "evidence": [
                    {"start": start, "end": end, "kind": kind}
                    for start, end, kind in evidence[index]
                ],
            }
        )
    return found


def labelled_contexts(labelled: pd.DataFrame) -> list[str]:
    """Return labelled passages with their headings, as the theme model takes them."""
    return [
        in_context(text, heading)
        for text, heading in zip(labelled["text"], labelled["heading"], strict=True)
    ]


def stance_cases(
    labelled: pd.DataFrame, themes: ThemeClassifier
) -> tuple[list[StanceCase], list[str]]:
    """Return the stance cases of labelled passages and their stances, for training and tests.

    The focus comes from the evidence that ``themes`` finds, as it does when tagging.
    """
    polarity = {theme.id: theme.polarity for theme in themes.codebook or load_codebook()}
    column = {theme: index for index, theme in enumerate(themes.classes_.tolist())}
    cases: list[StanceCase] = []
    stances: list[str] = []
    contexts = labelled_contexts(labelled)
    found, encoded = themes.find_cues(contexts), themes.encode(contexts)
    wanted = [(i, theme) for i, given in enumerate(labelled["stances"]) for theme in given]
    evidence = themes.evidence(contexts, found, wanted)
    for (index, theme), spans in zip(wanted, evidence, strict=True):
        row = labelled.iloc[index]
        focus = focus_of(row["text"], [(start, end) for start, end, _kind in spans])
        leaning = encoded.stances[index, column[theme]] if encoded is not None else None
        section = row["section"] or "body"
        cases.append(StanceCase(row["text"], focus, polarity[theme], section, leaning))
        stances.append(row["stances"][theme])
    return cases, stances
