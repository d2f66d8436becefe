"""Which labels made which model: the log that a trained model carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import Codebook
from oscb_nlp.evaluation.comparing import Comparison
from oscb_nlp.labels import reviews_of
from oscb_nlp.persistence import about_model, model_hash

__all__ = ["fingerprint", "learnt", "logged"]


def learnt(reviews: pd.Series, models: Sequence[str | Path | None]) -> pd.Series:
    """Return for each review whether one of the models learnt from it, as far as their logs say."""
    known = {
        one
        for model in models
        for entry in about_model(model).get("log", ())
        for one in entry["learnt_reviews"]
    }
    return reviews.map(_name_hash).isin(known)


def logged(
    labelled: pd.DataFrame,
    codebook: Codebook,
    parent: str | Path | None,
    from_nothing: bool,
    comparison: Comparison | None,
    sources: Sequence[Mapping[str, Any]],
    date: str,
) -> list[dict[str, Any]]:
    """Return the trainings that led to a model: those of its parent, and this one."""
    coders = labelled["coder"].map(lambda name: name or "unnamed").value_counts()
    entry = {
        "date": date,
        "labels": [dict(source) for source in sources],
        "labels_sha256": fingerprint(labelled),
        "passages": len(labelled),
        "coders": {str(name): int(count) for name, count in sorted(coders.items())},
        # Reviews by a hash of their name: which ones a later model may not be measured on.
        "learnt_reviews": sorted({_name_hash(name) for name in reviews_of(labelled)}),
        "codebook": f"{codebook.id} {codebook.version}",
        "codebook_hash": codebook.hash,
        "parent": None if from_nothing else model_hash(parent),
        "comparison": comparison.to_dict() if comparison else None,
    }
    before = [] if from_nothing else about_model(parent).get("log", [])
    return [*before, entry]


def fingerprint(labelled: pd.DataFrame) -> str:
    """Return a hash of the labels, so that two models can be seen to have learnt the same."""
    rows = zip(labelled["text"], labelled["themes"], labelled["stances"], strict=True)
    return hashlib.sha256(
        repr([(t, th, sorted(s.items())) for t, th, s in rows]).encode()
    ).hexdigest()


def _name_hash(review: str) -> str:
    return hashlib.sha256(str(review).encode()).hexdigest()[:16]
