"""What a researcher tries first: a keyword list, TF-IDF, spaCy's textcat, the nearest definition.

Those that learn are fitted on the fictional passages to learn from and get the one threshold that
suits them best on the development reviews, so that the comparison is fair to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from spacy.training import Example

from oscb_nlp.calibration import best_threshold
from oscb_nlp.codebook import Codebook
from oscb_nlp.cues import Cue
from oscb_nlp.labels import indicator, load_labelled
from oscb_nlp.vectors import load_vectors

__all__ = ["LEARNT", "by_definition", "by_keywords", "by_textcat", "by_tfidf", "learnt_baselines"]

Matrix = npt.NDArray[np.int8]
Scores = npt.NDArray[np.float64]
Scorer = Callable[[Sequence[str]], Scores]

LEARNT = ("nearest definition", "TF-IDF, logistic regression", "spaCy textcat")
_LEARNT_FROM = ("train", "further", "points", "single")
_TEXTCAT_SEEN, _TEXTCAT_ROUNDS = 140_000, 10  # passages read at most: some ten minutes; and rounds
_TEXTCAT_BATCH = 32


def by_keywords(cues: Sequence[Sequence[Cue]], classes: Iterable[str]) -> Matrix:
    """Return what a list of strong cues alone would give: a theme for each cue found."""
    return indicator(({cue.theme for cue in found if cue.strong} for found in cues), classes)


def learnt_baselines(texts: Sequence[str], codebook: Codebook) -> dict[str, Matrix]:
    """Fit the baselines on the fiction's passages to learn from and code ``texts`` with each."""
    train = pd.concat([load_labelled(name) for name in _LEARNT_FROM], ignore_index=True)
    dev = load_labelled("dev")
    classes = list(codebook.ids)
    truth = indicator(dev["themes"], classes)
    known, targets = train["text"].tolist(), indicator(train["themes"], classes)
    makers: tuple[Callable[[], Scorer], ...] = (
        lambda: by_definition(codebook),
        lambda: by_tfidf(known, targets),
        lambda: by_textcat(known, targets, classes),
    )
    found = {}
    for name, make in zip(LEARNT, makers, strict=True):
        score = make()
        threshold = best_threshold(score(dev["text"].tolist()).ravel(), truth.ravel(), 0.5, 0.0)
        found[name] = (score(texts) >= threshold).astype(np.int8)
    return found


def by_definition(codebook: Codebook) -> Scorer:
    """Score a text by its nearness to each theme's definition and include lines (word vectors)."""
    vectors = load_vectors()
    lines = [(line, t.id) for t in codebook for line in (t.label, t.definition, *t.include)]
    owners = np.array([theme for _line, theme in lines])
    known = vectors.encode([line for line, _theme in lines])

    def score(texts: Sequence[str]) -> Scores:
        near = vectors.encode(texts) @ known.T
        return np.stack([near[:, owners == theme].max(axis=1) for theme in codebook.ids], axis=1)

    return score


def by_tfidf(texts: Sequence[str], targets: Matrix) -> Scorer:
    """Fit TF-IDF of words and pairs with a logistic regression for each theme."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        OneVsRestClassifier(LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear")),
    ).fit(texts, targets)
    return lambda fresh: np.asarray(model.predict_proba(fresh))


def by_textcat(texts: Sequence[str], targets: Matrix, classes: Sequence[str]) -> Scorer:
    """Train spaCy's ``textcat_multilabel`` with its default bag of words, at most ten rounds."""
    spacy.util.fix_random_seed(0)  # type: ignore[attr-defined]
    nlp = spacy.blank("en")
    textcat = nlp.add_pipe("textcat_multilabel")
    for theme in classes:
        textcat.add_label(theme)  # type: ignore[attr-defined]
    examples = [
        Example.from_dict(
            nlp.make_doc(text), {"cats": dict(zip(classes, map(float, row), strict=True))}
        )
        for text, row in zip(texts, targets, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    generator = np.random.default_rng(0)
    for _round in range(min(_TEXTCAT_ROUNDS, max(1, _TEXTCAT_SEEN // len(examples)))):
        order = generator.permutation(len(examples))
        for start in range(0, len(examples), _TEXTCAT_BATCH):
            batch = [examples[index] for index in order[start : start + _TEXTCAT_BATCH]]
            nlp.update(batch, sgd=optimizer)
    return lambda fresh: np.array([[doc.cats[t] for t in classes] for doc in nlp.pipe(fresh)])
