"""The stance classifier: what a passage does with one of its themes.

Stance is by theme within the passage, so each case is a passage seen from one theme: the
whole text, the clauses that hold the theme's evidence (the focus), the theme's polarity
and the section. N-grams of the focus count by themselves and once more for a harm, since "no
evidence of" denies a harm but faults a practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, diags, hstack
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from oscb_nlp.codebook import STANCES
from oscb_nlp.errors import LabelError
from oscb_nlp.features import TOKEN

__all__ = ["StanceCase", "StanceClassifier", "focus_of"]

# A denial called a finding does most harm. On held-out reviews a denial taken from this probability
# on costs the better grade .004 of accuracy and the fast one .007 (docs/models.md).
_DENIAL = 0.12
_CLAUSE_END = re.compile(
    r"(?<=[.!?])[”’\"')]*\s+(?=[A-Z“‘\"'(])|;\s+|,?\s+(?=(?:but|however|although|though|whereas|yet)\b)"
)
SECTIONS = (
    "summary", "terms-of-reference", "narrative", "family-voice", "analysis", "findings",
    "learning", "good-practice", "recommendations", "action-plan", "governance", "performance",
    "body",
)  # fmt: skip


# What the n-grams of few labels miss: the field's set phrases for each stance, as features.
_MARKERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # the theme is raised to say that it was absent
        r"\bno (?:\w+ ){0,2}(?:evidence|indication|sign|suggestion|history|concerns?|record)\b"
        r"|\bnothing (?:\w+ ){0,3}(?:suggests?|indicates?|to suggest|to indicate)\b"
        r"|\b(?:not|neither|nor) (?:\w+ ){0,3}(?:a factor|a feature|part in|play a part)\b"
        r"|\bplayed no part\b|\bdid not feature\b|\bruled out\b|\bwas not a factor\b",
        # praise
        r"\b(?:good practice|commend\w*|exemplary|tenaci\w+|prompt\w*|well[ -]\w+ed|strength\w*"
        r"|effective\w*|to (?:her|his|their|its) credit|careful\w*|thorough\w*|skil\w+|kind\w*)\b",
        # somebody is asked to act
        r"\b(?:should|must|needs? to|is asked to|are asked to|shall|ought to|to be)\b",
        # hindsight and shortfall
        r"\b(?:should have|could have|ought to have|failed to|did not|was not|were not|never"
        r"|nobody|no one|none|too (?:late|often|long|few|many)|lack of|missed|gap|delay\w*|weak\w*)\b",
        # an imperative opens the passage
        r"^\W*(?:ensure|make sure|embed|develop|maintain|review|establish|agree|share|see|use|ask"
        r"|provide|strengthen|support|invest|reduce|promote|work|challenge|train|audit|record|commission)\b",
        # dates and chronology
        r"\b(?:on|in|by|during|between) (?:\d{1,2} )?(?:january|february|march|april|may|june|july"
        r"|august|september|october|november|december|20\d\d)\b",
    )
)


class StanceCase(NamedTuple):
    """A passage seen from one theme.

    ``leaning`` is the log probability that the better grade's encoder gives each stance, in
    the order of their names; None in the fast grade.
    """

    text: str
    focus: str
    polarity: str
    section: str = "body"
    leaning: npt.NDArray[np.float64] | None = None


def focus_of(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the clauses of ``text`` that hold any of the spans; all of it if none does.

    >>> focus_of("Visits were prompt, but nobody shared the report.", [(27, 33)])
    'but nobody shared the report.'
    """
    bounds = [0]
    for match in _CLAUSE_END.finditer(text):
        bounds.append(match.end())
    bounds.append(len(text))
    spans = list(spans)
    chosen = [
        text[start:end].strip()
        for start, end in pairwise(bounds)
        if any(span[0] < end and span[1] > start for span in spans)
    ]
    return " ".join(chosen) or text


class StanceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Multinomial logistic regression over :class:`StanceCase`.

    Parameters
    ----------
    C
        Inverse strength of regularisation.
    max_features
        The most n-grams kept of whole texts, and of focuses.

    Attributes
    ----------
    classes_ : ndarray of shape (n_stances,)
        The stances, in the order of the columns of ``predict_proba``.
    """

    def __init__(self, C: float = 3.0, max_features: int = 20_000) -> None:  # noqa: N803
        self.C = C
        self.max_features = max_features

    def fit(self, X: Sequence[StanceCase], y: Sequence[str]) -> StanceClassifier:  # noqa: N803
        """Learn from cases with known stance."""
        if len(X) != len(y) or not len(X):
            raise LabelError(f"{len(X)} cases but {len(y)} stances")
        if len(set(y)) < 2:
            raise LabelError("stance needs labels of at least two kinds to learn from")
        self.vectorizers_ = [_vectorizer(self.max_features).fit(texts) for texts in _views(X)]
        regression = LogisticRegression(C=self.C, class_weight="balanced", max_iter=2000)
        regression.fit(self._matrix(X), list(y))
        self.classes_ = regression.classes_
        self.coef_ = regression.coef_.astype(np.float32)
        self.intercept_ = regression.intercept_
        return self

    def predict_proba(self, X: Sequence[StanceCase]) -> npt.NDArray[np.float64]:  # noqa: N803
        """Return the probability of each stance, shape (n_cases, n_stances).

        Where a case has the encoder's leaning, it is the geometric mean of both.
        """
        check_is_fitted(self, "classes_")
        if not len(X):
            return np.zeros((0, len(self.classes_)))
        scores = np.asarray(self._matrix(X) @ self.coef_.T) + self.intercept_
        own = log_softmax(scores, axis=1)
        columns = [sorted(STANCES).index(stance) for stance in self.classes_]
        for row, case in enumerate(X):
            if case.leaning is not None:
                own[row] = (own[row] + case.leaning[columns]) / 2
        return np.asarray(softmax(own, axis=1))

    def predict(self, X: Sequence[StanceCase]) -> npt.NDArray[np.str_]:  # noqa: N803
        """Return the stance of each case: the most probable, or a denial that is likely enough."""
        return np.asarray(self.classes_[self.choose(self.predict_proba(X))], dtype=str)

    def choose(self, probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        """Return the index of each row's stance in ``classes_``, shape (n_cases,)."""
        chosen = np.asarray(probabilities.argmax(axis=1))
        # A model of one's own may know no denial.
        for column in np.flatnonzero(self.classes_ == "not-a-factor"):
            chosen[probabilities[:, column] >= _DENIAL] = column
        return chosen

    def _matrix(self, cases: Sequence[StanceCase]) -> Any:
        whole, focus = (
            _transformed(vectorizer, texts)
            for vectorizer, texts in zip(self.vectorizers_, _views(cases), strict=True)
        )
        harms = np.array([case.polarity == "harm" for case in cases], dtype=np.float32)
        plain = csr_matrix(_plain_features(cases))
        return csr_matrix(hstack([whole, focus, diags(harms) @ focus, plain]))


def _plain_features(cases: Sequence[StanceCase]) -> npt.NDArray[np.float32]:
    """Return section, polarity, and the set phrases of the focus, also crossed with polarity."""
    rows = np.zeros((len(cases), len(SECTIONS) + 1 + 2 * len(_MARKERS)), dtype=np.float32)
    for row, case in enumerate(cases):
        harm = case.polarity == "harm"
        if case.section in SECTIONS:
            rows[row, SECTIONS.index(case.section)] = 0.5
        rows[row, len(SECTIONS)] = harm
        for index, marker in enumerate(_MARKERS):
            if marker.search(case.focus):
                rows[row, len(SECTIONS) + 1 + 2 * index] = 0.5
                rows[row, len(SECTIONS) + 2 + 2 * index] = 0.5 * harm
    return rows


def _transformed(vectorizer: TfidfVectorizer, texts: Sequence[str]) -> Any:
    """Return the n-grams of texts; one that stands there several times is read once."""
    rows = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    return vectorizer.transform(rows)[[rows[text] for text in texts]]


def _vectorizer(max_features: int) -> TfidfVectorizer:
    return TfidfVectorizer(
        token_pattern=TOKEN, ngram_range=(1, 3), min_df=2, sublinear_tf=True,
        max_features=max_features, dtype=np.float32,
    )  # fmt: skip


def _views(cases: Sequence[StanceCase]) -> list[list[str]]:
    """Return the two texts of each case: whole and focus.

    "xbegin" marks where the text opens, so that an imperative ("Embed ...") shows.
    """
    return [
        [f"xbegin {case.text}" for case in cases],
        [f"xbegin {case.focus}" for case in cases],
    ]
