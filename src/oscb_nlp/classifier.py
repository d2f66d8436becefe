"""The theme classifier: texts to calibrated probabilities, theme by theme.

N-grams of words and of words cut to six letters feed one logistic regression per theme. The
codebook's cues stand outside it, because as features among the n-grams they hurt on text that
avoids the theme's own words: a second, small regression per theme takes the first one's score
with the cues found and the passage's length, and gives the probability (stacking, Wolpert
1992; with one score it is Platt's 1999 map). It is fitted, and the threshold of each theme
chosen, on scores for documents that the fold's model never saw.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import FeatureUnion
from sklearn.utils.validation import check_is_fitted

from oscb_nlp.calibration import choose_thresholds, cue_rate, fit_calibration, signals_of
from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.cues import Cue, CueFinder
from oscb_nlp.encoder import Encoder
from oscb_nlp.errors import LabelError
from oscb_nlp.labels import indicator

__all__ = ["TOKEN", "ThemeClassifier", "in_context"]

Floats = npt.NDArray[np.float64]

TOKEN = r"(?u)\b\w[\w’'-]*\b"  # noqa: S105  (a token of text)
_CONTEXT = "\x1f"  # divides a passage from its context
_EVIDENCE_TERMS = 3
_STEM = 6  # letters
_WORD = re.compile(TOKEN)
_MOST_LOG_ODDS = 30.0


def in_context(text: str, heading: str) -> str:
    """Return a passage with the heading it stands under, as the classifier takes it.

    What the heading says counts as a feature, but never as a cue and never as evidence.
    """
    return f"{text}{_CONTEXT}{heading}" if heading else text


class ThemeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multi-label classifier of passages into the themes of a codebook.

    Parameters
    ----------
    codebook
        The codebook; None for the one that ships.
    C
        Inverse strength of the regressions' regularisation.
    max_features
        The most n-grams of whole words, and of cut words, that are kept.
    folds
        Folds, divided by document, on which the second regressions and thresholds are fitted.
    codebook_examples
        Whether the codebook's own definitions and include lines count as examples too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_themes,)
        The themes' ids in the order of the columns.
    thresholds_ : ndarray of shape (n_themes,)
        The probability from which a theme is given.
    held_out_scores_ : ndarray of shape (n_texts, n_themes)
        The first regressions' log odds for the training texts, each from a model that never saw
        the text's document; only after :meth:`fit`.
    encoder_ : Encoder or None
        The better grade's encoder, whose log odds count beside the scores.
    by_cues_alone_ : tuple of str
        Themes of the codebook that no label taught and that cues alone can give.
    redefined_ : tuple of str
        Themes whose definition in the codebook is not the one that the model learnt.

    Examples
    --------
    >>> from oscb_nlp import load_model
    >>> model = load_model()
    >>> model.predict_proba(["The house was cold and there was no food."]).shape
    (1, 38)
    """

    def __init__(
        self,
        codebook: Codebook | None = None,
        C: float = 4.0,  # noqa: N803  (scikit-learn's name for it)
        max_features: int = 60_000,
        folds: int = 5,
        codebook_examples: bool = True,
    ) -> None:
        self.codebook = codebook
        self.C = C
        self.max_features = max_features
        self.folds = folds
        self.codebook_examples = codebook_examples

    def fit(
        self,
        X: Sequence[str],  # noqa: N803
        y: Sequence[Sequence[str]] | npt.NDArray[np.int8],
        groups: Sequence[str] | None = None,
        sample_weight: Sequence[float] | None = None,
    ) -> ThemeClassifier:
        """Learn from labelled passages.

        Parameters
        ----------
        X : sequence of str, n_texts
            The passages, with their headings where :func:`in_context` joined them.
        y : sequence of sequences of theme ids, or indicator matrix (n_texts, n_themes)
            The themes of each passage.
        groups : sequence of str, n_texts
            The document of each passage; without it every passage counts as its own.
        sample_weight : sequence of float, n_texts
            How much each passage counts in the first regressions; by default all the same.

        Raises
        ------
        LabelError
            If lengths differ, a text is no text or no theme has any passage.
        """
        texts = _texts(X)
        codebook = self.codebook or load_codebook()
        self.classes_ = np.array(codebook.ids)
        targets = _targets(y, self.classes_)
        if len(texts) != len(targets):
            raise LabelError(f"{len(texts)} texts but {len(targets)} rows of labels")
        if not targets.any():
            raise LabelError("no passage has a theme: there is nothing to learn")
        self._finder = CueFinder(codebook)
        self.by_cues_alone_: tuple[str, ...] = ()
        self.redefined_: tuple[str, ...] = ()
        self.encoder_: Encoder | None = None
        weights = np.ones(len(texts)) if sample_weight is None else np.asarray(sample_weight)
        self._fit_regressions(texts, targets, weights)
        hits = self._hits(self.find_cues(texts))
        scores = self._out_of_fold(texts, targets, weights, groups)
        self.held_out_scores_ = scores
        self.calibration_ = fit_calibration(signals_of(scores, hits, _lengths(texts)), targets)
        self.cue_rate_ = cue_rate(hits, targets)
        probabilities = self._calibrated(scores, hits, _lengths(texts))
        self.thresholds_ = choose_thresholds(probabilities, targets)
        return self

    def calibrate_with(
        self,
        encoder: Encoder,
        X: Sequence[str],  # noqa: N803
        y: Sequence[Sequence[str]] | npt.NDArray[np.int8],
        scores: Floats,
    ) -> ThemeClassifier:
        """Take an encoder in, and fit second regressions and thresholds with it.

        Parameters
        ----------
        encoder
            The encoder.
        X, y
            Passages that the encoder never saw, and their themes, as in :meth:`fit`.
        scores : ndarray of shape (n_texts, n_themes)
            The first regressions' held-out scores for them, from ``held_out_scores_``.
        """
        texts, targets = _texts(X), _targets(y, self.classes_)
        self.encoder_ = encoder
        hits, encoded = self._hits(self.find_cues(texts)), self._encoded(texts)
        signals = signals_of(scores, hits, _lengths(texts), encoded)
        self.calibration_ = fit_calibration(signals, targets)
        probabilities = self._calibrated(scores, hits, _lengths(texts), encoded)
        self.thresholds_ = choose_thresholds(probabilities, targets)
        return self

    def predict_proba(self, X: Sequence[str]) -> Floats:  # noqa: N803
        """Return calibrated probabilities, shape (n_texts, n_themes)."""
        texts = _texts(X)
        return self.probabilities(texts, list(self.find_cues(texts)))

    def predict(self, X: Sequence[str]) -> npt.NDArray[np.int8]:  # noqa: N803
        """Return 1 where a theme reaches its threshold, shape (n_texts, n_themes)."""
        return (self.predict_proba(X) >= self.thresholds_).astype(np.int8)

    def find_cues(self, texts: Sequence[str]) -> list[list[Cue]]:
        """Return the codebook's cues in each text."""
        check_is_fitted(self, "classes_")
        return list(self._finder.find_all(_passage(text) for text in texts))

    def probabilities(self, texts: Sequence[str], cues: Sequence[Sequence[Cue]]) -> Floats:
        """Return calibrated probabilities for texts whose cues are known already."""
        if not texts:
            return np.zeros((0, len(self.classes_)))
        scores = self._scores(self.features_.transform(texts))
        return self._calibrated(scores, self._hits(cues), _lengths(texts), self._encoded(texts))

    def evidence(self, text: str, theme: str, cues: Sequence[Cue]) -> list[tuple[int, int, str]]:
        """Return the spans of ``text`` that speak for ``theme`` as (start, end, "cue" or "term").

        Cues come as they are; beside them the three words or word pairs that weigh most in
        the regression's score for the theme.
        """
        column = int(np.flatnonzero(self.classes_ == theme)[0])
        spans = [(cue.start, cue.end, "cue") for cue in cues if cue.theme == theme]
        for start, end in self._terms(text, column):
            if all(end <= other[0] or start >= other[1] for other in spans):
                spans.append((start, end, "term"))
        return sorted(spans)

    def _terms(self, text: str, column: int) -> list[tuple[int, int]]:
        words: TfidfVectorizer = self.features_.transformer_list[0][1]
        row = words.transform([text])
        weights = row.data * self.coef_[column][row.indices]
        names = self._term_names(words)
        passage = _passage(text)
        spans: list[tuple[int, int]] = []
        for index in np.argsort(-weights):
            if weights[index] <= 0 or len(spans) == _EVIDENCE_TERMS:
                break
            term = names[row.indices[index]]
            if ENGLISH_STOP_WORDS.issuperset(term.split()):
                continue
            span = _locate(passage, term, words)
            if span and all(span[1] <= start or span[0] >= end for start, end in spans):
                spans.append(span)
        return spans

    def _term_names(self, words: TfidfVectorizer) -> list[str]:
        """Return the word n-grams by column; sorting 40,000 of them for each tag is slow."""
        if len(getattr(self, "_names", ())) != len(words.vocabulary_):
            self._names = sorted(words.vocabulary_, key=words.vocabulary_.__getitem__)
        return self._names

    def _fit_regressions(
        self, texts: Sequence[str], targets: npt.NDArray[np.int8], weights: Floats
    ) -> None:
        if self.codebook_examples:
            texts, targets = _with_codebook(texts, targets, self.codebook or load_codebook())
            weights = np.append(weights, np.ones(len(texts) - len(weights)))
        self.features_ = _features(self.max_features)
        matrix = self.features_.fit_transform(texts)
        self.coef_ = np.zeros((len(self.classes_), matrix.shape[1]), dtype=np.float32)
        self.intercept_ = np.zeros(len(self.classes_))
        for column in range(len(self.classes_)):
            positives = int(targets[:, column].sum())
            if positives in (0, len(targets)):
                # One class only: the base rate, smoothed, is all that was learnt.
                self.intercept_[column] = logit((positives + 0.5) / (len(targets) + 1))
                continue
            regression = LogisticRegression(
                C=self.C, class_weight="balanced", solver="liblinear", random_state=0
            )
            regression.fit(matrix, targets[:, column], sample_weight=weights)
            self.coef_[column] = regression.coef_[0]
            self.intercept_[column] = regression.intercept_[0]

    def _scores(self, features: Any) -> Floats:
        """Return the first regressions' log odds, kept finite."""
        scores = np.asarray(features @ self.coef_.T) + self.intercept_
        return np.asarray(np.clip(scores, -_MOST_LOG_ODDS, _MOST_LOG_ODDS), dtype=np.float64)

    def _encoded(self, texts: Sequence[str]) -> Floats | None:
        """Return the encoder's log odds in the order of the classes, None without an encoder."""
        if self.encoder_ is None:
            return None
        parts = [text.partition(_CONTEXT) for text in texts]
        found = self.encoder_.log_odds([part[0] for part in parts], [part[2] for part in parts])
        columns = {theme: column for column, theme in enumerate(self.encoder_.classes)}
        rows = np.full((len(texts), len(self.classes_)), -_MOST_LOG_ODDS)
        for column, theme in enumerate(self.classes_):
            if theme in columns:
                rows[:, column] = found[:, columns[theme]]
        return rows

    def _calibrated(
        self, scores: Floats, hits: Floats, lengths: Floats, encoded: Floats | None = None
    ) -> Floats:
        """Return probabilities; a theme that no label taught has those of its cues alone."""
        weights, intercept = self.calibration_[:, :-1], self.calibration_[:, -1]
        signals = signals_of(scores, hits, lengths, encoded)
        probabilities = expit((signals * weights).sum(axis=2) + intercept)
        alone = np.isin(self.classes_, self.by_cues_alone_)
        probabilities[:, alone] = self.cue_rate_ * hits[:, alone]
        return np.asarray(probabilities)

    def _hits(self, cues: Sequence[Sequence[Cue]]) -> Floats:
        """Return how strongly each text's cues speak for each theme, from 0 to 1."""
        columns = {theme: column for column, theme in enumerate(self.classes_)}
        hits = np.zeros((len(cues), len(columns)))
        for row, found in enumerate(cues):
            for theme in {cue.theme for cue in found}:
                of_theme = [cue for cue in found if cue.theme == theme]
                alone = len({(cue.start, cue.end) for cue in of_theme}) == 1
                weak = alone and not of_theme[0].strong
                hits[row, columns[theme]] = 1 / 3 if weak else 1.0
        return hits

    def _out_of_fold(
        self,
        texts: list[str],
        targets: npt.NDArray[np.int8],
        weights: Floats,
        groups: Sequence[str] | None,
    ) -> Floats:
        groups = list(groups) if groups is not None else [str(i) for i in range(len(texts))]
        folds = min(self.folds, len(set(groups)))
        if folds < 2:
            return self._scores(self.features_.transform(texts))
        scores = np.zeros(targets.shape)
        for train, held_out in GroupKFold(folds).split(texts, groups=groups):
            model = clone(self)
            model.classes_ = self.classes_
            model._fit_regressions([texts[i] for i in train], targets[train], weights[train])
            matrix = model.features_.transform([texts[i] for i in held_out])
            scores[held_out] = model._scores(matrix)
        return scores


def _features(max_features: int) -> FeatureUnion:
    common = {"sublinear_tf": True, "max_features": max_features, "min_df": 2, "dtype": np.float32}
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(token_pattern=TOKEN, ngram_range=(1, 2), **common)),
            ("stems", TfidfVectorizer(analyzer=_stems, **common)),
        ]
    )


def _stems(text: str) -> list[str]:
    """Return words cut to six letters and pairs of them: one feature for "neglect", "neglected"."""
    words = [word[:_STEM] for word in _WORD.findall(text.lower())]
    return [*words, *(f"{first} {second}" for first, second in pairwise(words))]


def _passage(text: str) -> str:
    return text.split(_CONTEXT, 1)[0]


def _texts(values: Sequence[str]) -> list[str]:
    if isinstance(values, str):
        raise LabelError("give a list of texts, not one text")
    texts = list(values)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise LabelError(f"text {index} is a {type(text).__name__}, not a str")
    return texts


def _targets(
    y: Sequence[Sequence[str]] | npt.NDArray[np.int8], classes: npt.NDArray[np.str_]
) -> npt.NDArray[np.int8]:
    if isinstance(y, np.ndarray) and y.ndim == 2:
        if y.shape[1] != len(classes):
            raise LabelError(f"the indicator has {y.shape[1]} columns, not {len(classes)}")
        return y.astype(np.int8)
    for index, themes in enumerate(y):
        if unknown := set(themes) - set(classes):
            raise LabelError(f"passage {index}: theme {min(unknown)!r} is not in the codebook")
    return indicator(y, classes)


def _with_codebook(
    texts: Sequence[str], targets: npt.NDArray[np.int8], codebook: Codebook
) -> tuple[list[str], npt.NDArray[np.int8]]:
    """Add what the codebook says of each theme as examples of it, which helps where labels are few."""
    lines = [(line, theme.id) for theme in codebook for line in (theme.definition, *theme.include)]
    more = indicator(([theme] for _line, theme in lines), codebook.ids)
    return [*texts, *(line for line, _theme in lines)], np.vstack([targets, more])


def _lengths(texts: Sequence[str]) -> Floats:
    return np.log1p([len(_passage(text).split()) for text in texts])


def _locate(text: str, term: str, words: TfidfVectorizer) -> tuple[int, int] | None:
    """Find where a word or word pair stands in ``text``; pairs are neighbours by token."""
    tokens = [(match.start(), match.end()) for match in re.finditer(words.token_pattern, text)]
    parts = term.split(" ")
    for index in range(len(tokens) - len(parts) + 1):
        run = tokens[index : index + len(parts)]
        if [text[start:end].lower() for start, end in run] == parts:
            return run[0][0], run[-1][1]
    return None
