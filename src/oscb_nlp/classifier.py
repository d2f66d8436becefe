"""The theme classifier: texts to calibrated probabilities, theme by theme.

N-grams of words and of words cut to six letters feed one logistic regression per theme. The
codebook's cues stand outside it, because as features among the n-grams they hurt on text that
avoids the theme's own words. The themes' scores correct each other; then a second, small
regression per theme takes its score with the cues found and the passage's length, and gives the
probability (stacking, Wolpert 1992; with one score it is Platt's 1999 map). Both are fitted, and
the threshold of each theme chosen, on scores for documents that the fold's model never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from oscb_nlp.calibration import (
    choose_thresholds,
    cue_rate,
    fit_calibration,
    hits_in,
    mix_themes,
    recall_thresholds,
    signals_of,
)
from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.cues import Cue, CueFinder, hits_of
from oscb_nlp.encoder import Encoded, ReadsPassages
from oscb_nlp.errors import LabelError
from oscb_nlp.features import lengths_of, ngrams, split_context, strongest_terms, weighed_terms
from oscb_nlp.labels import as_targets, as_texts, codebook_examples
from oscb_nlp.regression import Given, fit_regressions

__all__ = ["ThemeClassifier"]

Floats = npt.NDArray[np.float64]

_EVIDENCE_TERMS = 3
_MOST_LOG_ODDS = 30.0


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
        Folds, divided by document, on whose held-out scores the themes' correction of each other,
        the second regressions and the thresholds are fitted.
    codebook_examples
        Whether the codebook's own definitions and include lines count as examples too.

    Attributes
    ----------
    classes_ : ndarray of shape (n_themes,)
        The themes' ids in the order of the columns.
    thresholds_ : ndarray of shape (n_themes,)
        The probability from which a theme is given.
    recall_thresholds_ : ndarray of shape (n_themes,)
        The same where a person checks what is found: low enough to miss one passage in twenty.
    coef_, intercept_ : ndarrays of shape (n_themes, n_features) and (n_themes,)
        The first regressions, with the other themes' correction folded in.
    first_scores_ : ndarray of shape (n_texts, n_themes)
        The first regressions' log odds for the training texts, each from a model that never saw
        the text's document; only after :meth:`fit`.
    held_out_scores_ : ndarray of shape (n_texts, n_themes)
        The same with the correction, which is fitted on all of them.
    encoder_ : Encoder, DistilledEncoder or None
        The grade's network, whose log odds count beside the scores; None after :meth:`fit` alone.
    review_rates_ : dict of str to tuple of four numbers
        For each theme how often whole reviews were coded rightly, as far as it was measured:
        reviews with the theme as learning that the model found, all of them, reviews without it
        that the model passed over, all of them.
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
        start: ThemeClassifier | None = None,
    ) -> ThemeClassifier:
        """Learn from labelled passages, from nothing or from where another model stands.

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
        start : ThemeClassifier or None
            A fitted model to begin with. Its n-grams are taken; a theme that it knows keeps its
            score, to which little is added while labels are few; a new theme sees its scores
            for the other themes beside the n-grams. Fifty passages are enough.

        Raises
        ------
        LabelError
            If lengths differ, a text is no text or no theme has any passage.
        """
        texts = as_texts(X)
        codebook = self.codebook or load_codebook()
        self.classes_ = np.array(codebook.ids)
        targets = as_targets(y, self.classes_)
        if len(texts) != len(targets):
            raise LabelError(f"{len(texts)} texts but {len(targets)} rows of labels")
        if not targets.any():
            raise LabelError("no passage has a theme: there is nothing to learn")
        alike = start is not None and start._finder.codebook == codebook
        self._finder: CueFinder = start._finder if start and alike else CueFinder(codebook)
        self.redefined_: tuple[str, ...] = ()
        self.encoder_: ReadsPassages | None = None
        self.review_rates_: dict[str, tuple[float, ...]] = {}
        weights = np.ones(len(texts)) if sample_weight is None else np.asarray(sample_weight)
        self._fit_regressions(texts, targets, weights, start)
        untaught = targets.sum(axis=0) == 0
        if start is not None:
            untaught &= ~np.isin(self.classes_, _taught(start))
        self.by_cues_alone_: tuple[str, ...] = tuple(self.classes_[untaught].tolist())
        self.first_scores_ = self._out_of_fold(texts, targets, weights, groups, start)
        self._mix_themes(targets, start)
        cues = self.find_cues(texts)
        self.cue_rate_ = cue_rate(hits_of(cues, self.classes_.tolist()), targets)
        return self._calibrate(self.signals(texts, cues, self.held_out_scores_), targets)

    def calibrate_with(
        self,
        encoder: ReadsPassages | None,
        X: Sequence[str],  # noqa: N803
        y: Sequence[Sequence[str]] | npt.NDArray[np.int8],
        scores: Floats,
        encoded: Floats | None = None,
        sample_weight: Floats | None = None,
    ) -> ThemeClassifier:
        """Take an encoder in, and fit second regressions and thresholds with it, or anew without.

        Parameters
        ----------
        encoder
            The encoder, or None for n-grams and cues alone.
        X, y
            Passages that the encoder never saw, and their themes, as in :meth:`fit`.
        scores : ndarray of shape (n_texts, n_themes)
            The first regressions' held-out scores for them, from ``held_out_scores_``.
        encoded : ndarray of shape (n_texts, n_themes) or None
            Log odds that an encoder gave which was trained without these passages; None where
            ``encoder`` itself never saw them.
        sample_weight : ndarray of shape (n_texts,) or None
            How much each passage counts in this second step; by default all the same.
        """
        texts, targets = as_texts(X), as_targets(y, self.classes_)
        self.encoder_ = encoder
        signals = self.signals(texts, self.find_cues(texts), scores, encoded)
        return self._calibrate(signals, targets, sample_weight)

    def _calibrate(
        self, signals: Floats, targets: npt.NDArray[np.int8], counts: Floats | None = None
    ) -> ThemeClassifier:
        """Fit second regressions and thresholds."""
        self.calibration_ = fit_calibration(signals, targets, counts)
        probabilities = self.probabilities_of(signals)
        self.thresholds_ = choose_thresholds(probabilities, targets, counts)
        self.recall_thresholds_ = recall_thresholds(probabilities, targets, counts=counts)
        for thresholds in (self.thresholds_, self.recall_thresholds_):
            thresholds[np.isin(self.classes_, self.by_cues_alone_)] = self.cue_rate_
        return self

    def predict_proba(self, X: Sequence[str]) -> Floats:  # noqa: N803
        """Return calibrated probabilities, shape (n_texts, n_themes)."""
        texts = as_texts(X)
        return self.probabilities(texts, list(self.find_cues(texts)))

    def predict(self, X: Sequence[str]) -> npt.NDArray[np.int8]:  # noqa: N803
        """Return 1 where a theme reaches its threshold, shape (n_texts, n_themes)."""
        return (self.predict_proba(X) >= self.thresholds_).astype(np.int8)

    def find_cues(self, texts: Sequence[str]) -> list[list[Cue]]:
        """Return the codebook's cues in each text."""
        check_is_fitted(self, "classes_")
        return list(self._finder.find_all(split_context(text)[0] for text in texts))

    def probabilities(
        self,
        texts: Sequence[str],
        cues: Sequence[Sequence[Cue]],
        encoded: Encoded | None = None,
        grams: csr_matrix | None = None,
    ) -> Floats:
        """Return calibrated probabilities for texts that were searched and read already.

        ``grams`` are their n-grams as ``features_`` gives them, where somebody asked already.
        """
        if not texts:
            return np.zeros((0, len(self.classes_)))
        given = encoded.themes if encoded is not None else None
        scores = None if grams is None else self._scores(grams)
        return self.probabilities_of(self.signals(texts, cues, scores, given))

    def signals(
        self,
        texts: Sequence[str],
        cues: Sequence[Sequence[Cue]],
        scores: Floats | None = None,
        encoded: Floats | None = None,
    ) -> Floats:
        """Return what the second regressions see, shape (n_texts, n_themes, n_signals).

        ``scores`` and ``encoded`` stand in for the model's own where others are known to be
        held out.
        """
        if scores is None:
            scores = self._scores(self.features_.transform(texts))
        if encoded is None:
            read = self.encode(texts)
            encoded = read.themes if read is not None else None
        return signals_of(scores, hits_of(cues, self.classes_.tolist()), lengths_of(texts), encoded)

    def probabilities_of(self, signals: Floats) -> Floats:
        """Return probabilities; a theme that no label taught has those of its cues alone."""
        weights, intercept = self.calibration_[:, :-1], self.calibration_[:, -1]
        probabilities = expit((signals * weights).sum(axis=2) + intercept)
        alone = np.isin(self.classes_, self.by_cues_alone_)
        probabilities[:, alone] = self.cue_rate_ * hits_in(signals)[:, alone]
        return np.asarray(probabilities)

    @property
    def grade(self) -> str:
        """The grade: "best" with the encoder that ships, else "fast"."""
        return "fast" if self.encoder_ is None else self.encoder_.grade

    def encode(self, texts: Sequence[str]) -> Encoded | None:
        """Return what the encoder says, themes in the order of the classes; None without one."""
        if self.encoder_ is None:
            return None
        pairs = [split_context(text) for text in texts]
        found = self.encoder_.read([p for p, _heading in pairs], [h for _passage, h in pairs])
        return found.in_order(self.encoder_.classes, self.classes_.tolist())

    def evidence(
        self,
        texts: Sequence[str],
        cues: Sequence[Sequence[Cue]],
        wanted: Sequence[tuple[int, str]],
        grams: csr_matrix | None = None,
    ) -> list[list[tuple[int, int, str]]]:
        """Return the spans that speak for themes as (start, end, "cue" or "term").

        Cues come as they are; beside them the three words or word pairs that weigh most in
        the regression's score for the theme.

        Parameters
        ----------
        texts, cues
            The texts and the cues found in each.
        wanted : sequence of (index of a text, theme)
            What to give evidence for; one list of spans comes back for each.
        grams
            As in :meth:`probabilities`.
        """
        if not wanted:
            return []
        words: TfidfVectorizer = self.features_.transformer_list[0][1]
        names, columns = self._term_names(words), self.classes_.tolist()
        grams = self.features_.transform(texts) if grams is None else grams
        weighed = weighed_terms(grams, texts, {index for index, _theme in wanted}, len(names))
        found = []
        for index, theme in wanted:
            spans = [(cue.start, cue.end, "cue") for cue in cues[index] if cue.theme == theme]
            coef = self.coef_[columns.index(theme)]
            for start, end in strongest_terms(weighed[index], names, coef, _EVIDENCE_TERMS):
                if all(end <= other[0] or start >= other[1] for other in spans):
                    spans.append((start, end, "term"))
            found.append(sorted(spans))
        return found

    def _term_names(self, words: TfidfVectorizer) -> list[str]:
        """Return the word n-grams by column; sorting 40,000 of them for each tag is slow."""
        if len(getattr(self, "_names", ())) != len(words.vocabulary_):
            self._names = sorted(words.vocabulary_, key=words.vocabulary_.__getitem__)
        return self._names

    def _fit_regressions(
        self,
        texts: Sequence[str],
        targets: npt.NDArray[np.int8],
        weights: Floats,
        start: ThemeClassifier | None = None,
    ) -> None:
        if self.codebook_examples:
            known_already = _taught(start) if start is not None else ()
            lines, of_theme = codebook_examples(self.codebook or load_codebook(), known_already)
            texts, targets = [*texts, *lines], np.vstack([targets, of_theme])
            weights = np.append(weights, np.ones(len(lines)))
        if start is None:
            self.features_, given = ngrams(self.max_features), None
            matrix = self.features_.fit_transform(texts)
        else:
            self.features_ = start.features_
            matrix = self.features_.transform(texts)
            own, known = self.classes_.tolist(), start.classes_.tolist()
            place = {own.index(t): known.index(t) for t in _taught(start) if t in own}
            given = Given(start.coef_, start.intercept_, place)
        fitted = fit_regressions(matrix, targets, weights, self.C, given)
        self.coef_: npt.NDArray[np.float32] = fitted[0]
        self.intercept_: Floats = fitted[1]

    def _mix_themes(self, targets: npt.NDArray[np.int8], start: ThemeClassifier | None) -> None:
        """Fold into the regressions, and the held-out scores, how the themes correct each other."""
        self.held_out_scores_ = self.first_scores_
        if start is not None:
            return  # Its scores have been corrected already.
        weights, constants = mix_themes(self.first_scores_, targets)
        # Scores are sums over n-grams, so their weights are weights of n-grams too.
        self.coef_ = np.asarray(weights @ self.coef_, dtype=np.float32)
        self.intercept_ = weights @ self.intercept_ + constants
        self.held_out_scores_ = self.first_scores_ @ weights.T + constants

    def _scores(self, features: Any) -> Floats:
        """Return the first regressions' log odds, kept finite."""
        scores = np.asarray(features @ self.coef_.T) + self.intercept_
        return np.asarray(np.clip(scores, -_MOST_LOG_ODDS, _MOST_LOG_ODDS), dtype=np.float64)

    def _out_of_fold(
        self,
        texts: list[str],
        targets: npt.NDArray[np.int8],
        weights: Floats,
        groups: Sequence[str] | None,
        start: ThemeClassifier | None,
    ) -> Floats:
        groups = list(groups) if groups is not None else [str(i) for i in range(len(texts))]
        folds = min(self.folds, len(set(groups)))
        if folds < 2:
            return self._scores(self.features_.transform(texts))
        scores = np.zeros(targets.shape)
        for train, held_out in GroupKFold(folds).split(texts, groups=groups):
            model = clone(self)
            model.classes_ = self.classes_
            model._fit_regressions([texts[i] for i in train], targets[train], weights[train], start)
            matrix = model.features_.transform([texts[i] for i in held_out])
            scores[held_out] = model._scores(matrix)
        return scores

    def __sklearn_tags__(self) -> Tags:
        """Say to scikit-learn what goes in: texts; and what comes out: several themes a text."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        tags.target_tags.multi_output, tags.target_tags.single_output = True, False
        tags.classifier_tags.multi_label = True
        return tags


def _taught(model: ThemeClassifier) -> list[str]:
    return [theme for theme in model.classes_.tolist() if theme not in model.by_cues_alone_]
