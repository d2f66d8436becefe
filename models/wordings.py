"""Learning put in different words, from which the encoder learns what says the same."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import AgglomerativeClustering

from oscb_nlp import load_labelled
from oscb_nlp.codebook import LEARNING
from oscb_nlp.labels import load_wordings

NEARLY = 0.95  # of the best F1


def wordings() -> pd.DataFrame:
    """Return learning points put in different words: written as such, and planted for training.

    Near misses of a point (``~n1`` and ``~n2`` at its name's end) have one wording each.
    """
    said = load_wordings().assign(heading="")
    planted = load_labelled("train").explode("recurrence").dropna(subset=["recurrence"])
    planted = planted.assign(learning=planted["recurrence"])
    return pd.concat([said, planted], ignore_index=True)[["learning", "heading", "text"]]


def unseen_learning(said: pd.DataFrame, dev: pd.DataFrame) -> pd.DataFrame:
    """Return learning that the trial never saw, much of which says what no other says."""
    of_dev = dev[dev["stances"].map(lambda given: bool(set(LEARNING) & set(given.values())))]
    names = [marks[0] if marks else f"dev {row}" for row, marks in of_dev["recurrence"].items()]
    return pd.concat([said, of_dev.assign(learning=names)], ignore_index=True)


def learnt_in_trial(learning: str) -> bool:
    """Whether the trial learns from a learning point; on the others the cosine is chosen.

    Of those written in several wordings it learns from half; of those planted, from all.
    """
    number = re.sub(r"~n\d$", "", learning)
    return learning[0] in "RT" or int(re.sub(r"\D", "", number)) % 2 == 0


def best_cosine(found: np.ndarray[Any, Any], learning: list[str]) -> float:
    """Return the cosine from which average linkage groups learning points best, by pairwise F1.

    The curve is flat around its peak, which is chance there: the middle of those nearly as good.
    """
    points = np.array(learning)
    same = points[:, None] == points[None, :]
    pairs = np.triu(np.ones_like(same), 1)
    found_at = {}
    for cosine in np.arange(0.3, 0.8, 0.01):
        groups = AgglomerativeClustering(
            n_clusters=None, metric="cosine", linkage="average", distance_threshold=1 - cosine
        ).fit_predict(found)
        together = groups[:, None] == groups[None, :]
        right = (same & together & pairs).sum()
        found_at[cosine] = 2 * right / ((same & pairs).sum() + (together & pairs).sum())
    best = max(found_at.values())
    near = [cosine for cosine, f1 in found_at.items() if f1 >= NEARLY * best]
    alike = float(near[len(near) // 2])
    print(
        f"wordings unseen: pairwise F1 {best:.3f} at most, {found_at[alike]:.3f} from {alike:.2f}"
    )
    return round(alike, 2)
