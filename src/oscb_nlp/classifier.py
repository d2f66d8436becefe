"""The theme classifier: texts to calibrated probabilities, theme by theme.

Word and character n-grams feed one logistic regression per theme; the codebook's cues
stand outside the regression, as P = 1 - (1 - p)(1 - w * hit), because as trained features
they hurt on text that avoids the theme's own words. One Platt map for all themes turns P
into a probability (Platt 1999), and each theme has its own threshold. Map and thresholds
are chosen on predictions for documents that the fold's model never saw.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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

from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.cues import Cue, CueFinder
from oscb_nlp.errors import LabelError
from oscb_nlp.labels import indicator

__all__ = ["TOKEN", "ThemeClassifier", "best_threshold", "in_context"]

Floats = npt.NDArray[np.float64]

TOKEN = r"(?u)\b\w[\w’'-]*\b"  # noqa: S105  (a token of text)
_CONTEXT = "\x1f"  # divides a passage from its context
_EVIDENCE_TERMS = 3


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
    cue_weight
        Weight ``w`` of a cue that may stand alone; a lone weak cue counts a third of it.
    max_features
        The most word n-grams and the most character n-grams that are kept.
    folds
        Folds, divided by document, on which map and thresholds are chosen.
    codebook_examples
        Whether the codebook's own definitions and include lines count as examples too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_themes,)
        The themes' ids in the order of the columns.
    thresholds_ : ndarray of shape (n_themes,)
        The probability from which a theme is given.
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
        cue_weight: float = 0.5,
        max_features: int = 40_000,
        folds: int = 5,
        codebook_examples: bool = True,
    ) -> None:
        self.codebook = codebook
        self.C = C
        self.cue_weight = cue_weight
        self.max_features = max_features
        self.folds = folds
        self.codebook_examples = codebook_examples

    def fit(
        self,
        X: Sequence[str],  # noqa: N803
        y: Sequence[Sequence[str]] | npt.NDArray[np.int8],
        groups: Sequence[str] | None = None,
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
        self._fit_regressions(texts, targets)
        hits = self._hits(self.find_cues(texts))
        raw = self._out_of_fold(texts, targets, hits, groups)
        self.platt_ = _fit_platt(raw, targets)
        probabilities = _apply_platt(raw, self.platt_)
        self.thresholds_ = _choose_thresholds(probabilities, targets)
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
        features = self.features_.transform(texts)
        raw = _combine(self._scores(features), self._hits(cues), self.cue_weight)
        return _apply_platt(raw, self.platt_)

    def cue_probability(self) -> float:
        """Return the probability that one strong cue alone gives, calibrated like all others."""
        alone = _combine(np.zeros(1), np.ones(1), self.cue_weight)
        return float(_apply_platt(alone, self.platt_)[0])

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

    def _fit_regressions(self, texts: Sequence[str], targets: npt.NDArray[np.int8]) -> None:
        if self.codebook_examples:
            texts, targets = _with_codebook(texts, targets, self.codebook or load_codebook())
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
            regression.fit(matrix, targets[:, column])
            self.coef_[column] = regression.coef_[0]
            self.intercept_[column] = regression.intercept_[0]

    def _scores(self, features: Any) -> Floats:
        scores: Floats = expit(np.asarray(features @ self.coef_.T) + self.intercept_)
        return scores

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
        hits: Floats,
        groups: Sequence[str] | None,
    ) -> Floats:
        groups = list(groups) if groups is not None else [str(i) for i in range(len(texts))]
        folds = min(self.folds, len(set(groups)))
        if folds < 2:
            return _combine(self._scores(self.features_.transform(texts)), hits, self.cue_weight)
        raw = np.zeros(targets.shape)
        for train, held_out in GroupKFold(folds).split(texts, groups=groups):
            model = clone(self)
            model.classes_ = self.classes_
            model._fit_regressions([texts[i] for i in train], targets[train])
            scores = model._scores(model.features_.transform([texts[i] for i in held_out]))
            raw[held_out] = _combine(scores, hits[held_out], self.cue_weight)
        return raw


def _features(max_features: int) -> FeatureUnion:
    return FeatureUnion(
        [
            ("words", TfidfVectorizer(
                token_pattern=TOKEN, ngram_range=(1, 2), min_df=2, sublinear_tf=True,
                max_features=max_features, dtype=np.float32)),
            ("characters", TfidfVectorizer(
                analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True,
                max_features=max_features, dtype=np.float32)),
        ]
    )  # fmt: skip


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


def _combine(scores: Floats, hits: Floats, weight: float) -> Floats:
    return 1.0 - (1.0 - scores) * (1.0 - weight * hits)


def _fit_platt(raw: Floats, targets: npt.NDArray[np.int8]) -> tuple[float, float]:
    """Fit slope and offset of one map for all themes, as pairs are few for each alone."""
    x = logit(np.clip(raw, 1e-6, 1 - 1e-6)).reshape(-1, 1)
    regression = LogisticRegression(C=1e6).fit(x, targets.ravel())
    return float(regression.coef_[0, 0]), float(regression.intercept_[0])


def _apply_platt(raw: Floats, platt: tuple[float, float]) -> Floats:
    mapped: Floats = expit(platt[0] * logit(np.clip(raw, 1e-6, 1 - 1e-6)) + platt[1])
    return mapped


def best_threshold(probabilities: Floats, truth: npt.NDArray[np.int8], default: float) -> float:
    """Return the threshold with the best F1, drawn towards ``default`` where labels are few."""
    positives = int(truth.sum())
    if not positives:
        return default
    order = np.argsort(-probabilities)
    hits = np.cumsum(truth[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positives)
    best = float(probabilities[order][int(np.argmax(f1))])
    trust = positives / (positives + 20)
    return float(np.clip(trust * best + (1 - trust) * default, 0.25, 0.9))


def _choose_thresholds(probabilities: Floats, targets: npt.NDArray[np.int8]) -> Floats:
    common = best_threshold(probabilities.ravel(), targets.ravel(), 0.4)
    return np.array(
        [
            best_threshold(probabilities[:, column], targets[:, column], common)
            for column in range(targets.shape[1])
        ]
    )


def _locate(text: str, term: str, words: TfidfVectorizer) -> tuple[int, int] | None:
    """Find where a word or word pair stands in ``text``; pairs are neighbours by token."""
    tokens = [(match.start(), match.end()) for match in re.finditer(words.token_pattern, text)]
    parts = term.split(" ")
    for index in range(len(tokens) - len(parts) + 1):
        run = tokens[index : index + len(parts)]
        if [text[start:end].lower() for start, end in run] == parts:
            return run[0][0], run[-1][1]
    return None
