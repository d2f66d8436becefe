"""What checking tells: how good the model's codes are, and how much is still to be read.

People's codes on passages drawn by chance are the yardstick. Each passage counts for as many as
it stands for, so that themes may be sampled more densely than they occur.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import hypergeom

from oscb_nlp.codings import MODEL, Given, coded_by, is_machine, standing
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import OutputError
from oscb_nlp.labels import LABEL_COLUMNS
from oscb_nlp.sampling import RANDOM
from oscb_nlp.tagging import coded_passages

__all__ = ["CHECK_COLUMNS", "check", "labels_of", "people_say", "still_to_read", "time_saved"]

CHECK_COLUMNS = (
    "theme", "checked", "right", "wrong", "missed",
    "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high",
    "found", "found_share", "corrected_share", "corrected_low", "corrected_high",
    "read_positive", "unread", "still_to_read",
)  # fmt: skip
"""``checked`` counts passages of the random sample that people read, ``right``, ``wrong`` and
``missed`` the model's codes among them; ``precision`` and ``recall`` are estimates for all
passages with 95% intervals. ``found`` counts passages to which the model gave the theme,
``found_share`` is their share of all, ``corrected_share`` the share estimated from the sample.
``read_positive`` counts passages with the theme that people have found in any sample, ``unread``
those that nobody has read and ``still_to_read`` what :func:`still_to_read` gives for them."""

Floats = npt.NDArray[np.float64]


def check(
    tagged: TaggedCorpus,
    target: float = 0.95,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare people's codes on a random sample with the model's.

    Parameters
    ----------
    tagged
        A corpus with codings of passages that :func:`oscb_nlp.sampling.draw` drew by chance. Where
        several random samples were drawn, the one of which most has been read counts.
    target, confidence
        The share of a theme's passages to be found, and how surely.
    draws, seed
        Samples of the bootstrap, within strata, and what it starts from.

    Returns
    -------
    DataFrame
        One row per theme of the codebook with :data:`CHECK_COLUMNS`.

    Raises
    ------
    OutputError
        If no passage of a random sample has been read.
    """
    truth = people_say(tagged)
    sample = _sample(tagged, truth)
    again = _resampled(sample, draws, seed)
    said = coded_by(tagged)[MODEL]
    passages = coded_passages(tagged.passages)["passage_id"].tolist()
    unread = [passage for passage in passages if passage not in truth]
    rows = []
    for theme in tagged.codebook.ids:
        true = np.array([theme in truth[p] for p in sample["passage_id"]], dtype=float)
        given = np.array([theme in said[p] for p in sample["passage_id"]], dtype=float)
        found = sum(theme in said[passage] for passage in passages)
        read = [passage for passage in truth if theme in truth[passage]]
        rows.append(
            {
                "theme": theme,
                "checked": len(sample),
                "right": int((true * given).sum()),
                "wrong": int((given * (1 - true)).sum()),
                "missed": int((true * (1 - given)).sum()),
                **_estimates(true, given, sample["weight"].to_numpy(), again),
                "found": found,
                "found_share": found / len(passages),
                "read_positive": len(read),
                "unread": len(unread),
                "still_to_read": still_to_read(len(read), len(unread), target, confidence),
            }
        )
    return pd.DataFrame(rows, columns=list(CHECK_COLUMNS))


def still_to_read(found: int, unread: int, target: float = 0.95, confidence: float = 0.95) -> int:
    """Return how many unread passages, drawn by chance and without the theme, show it found.

    Parameters
    ----------
    found
        Passages with the theme that people have found so far.
    unread
        Passages that nobody has read.
    target, confidence
        The recall that must be reached, and the confidence in it.

    Notes
    -----
    The stopping rule of Callaghan and Mueller-Hansen (2020), Systematic Reviews 9:273: were the
    recall below ``target``, at least K passages with the theme would be left among the unread;
    reading stops when drawing none of them would be improbable, by the hypergeometric
    distribution, at ``1 - confidence``. A passage with the theme that does turn up is found, and
    the count begins again.

    Examples
    --------
    >>> still_to_read(found=40, unread=500)
    316
    """
    left = int(np.floor(found * (1 - target) / target)) + 1
    if left > unread:
        return 0
    drawn = np.arange(unread + 1)
    improbable = hypergeom.pmf(0, unread, left, drawn) <= 1 - confidence
    return int(drawn[improbable][0])


def people_say(tagged: TaggedCorpus) -> dict[str, dict[str, str]]:
    """Return the codes that stand for each passage that people read: passage id to theme to stance."""
    by_passage: dict[str, dict[str, Given]] = {}
    for coder, passages in coded_by(tagged).items():
        if not is_machine(coder):
            for passage, given in passages.items():
                by_passage.setdefault(passage, {})[coder] = given
    here = set(tagged.passages["passage_id"])
    return {passage: standing(given) for passage, given in by_passage.items() if passage in here}


def labels_of(tagged: TaggedCorpus) -> pd.DataFrame:
    """Return what people coded as labelled passages, to train or measure a model with.

    Only passages that people read, with the codes that stand; the model's own and a language
    model's codes teach nothing.

    Returns
    -------
    DataFrame
        :data:`oscb_nlp.labels.LABEL_COLUMNS`, the document's id as ``document``.
    """
    said = people_say(tagged)
    people = tagged.codings[~tagged.codings["coder"].map(is_machine).astype(bool)]
    coders = people.groupby("passage_id")["coder"].agg(lambda names: "+".join(sorted(set(names))))
    joined = tagged.passages.merge(
        tagged.documents[["document_id", "board", "review_type", "year"]], on="document_id"
    )
    rows = [
        {
            **{name: row[name] for name in ("board", "review_type", "section", "heading", "kind")},
            "id": row["passage_id"],
            "document": row["document_id"],
            "year": None if pd.isna(row["year"]) else int(row["year"]),
            "text": row["text"],
            "themes": tuple(said[row["passage_id"]]),
            "stances": {t: s for t, s in said[row["passage_id"]].items() if s},
            "coder": coders[row["passage_id"]],
            "codings": {},
            **dict.fromkeys(("split", "writer", "recurrence"), ""),
        }
        for row in joined.to_dict("records")
        if row["passage_id"] in said
    ]
    return pd.DataFrame(rows, columns=list(LABEL_COLUMNS))


def time_saved(tagged: TaggedCorpus, seconds: float = 45.0) -> dict[str, float]:
    """Return how much reading the model has spared so far.

    Parameters
    ----------
    tagged
        A corpus with codings.
    seconds
        What a person takes to code a passage; measure your own.

    Returns
    -------
    dict
        ``passages`` that could be read, those ``read``, the ``share_saved`` and ``hours_saved``.
    """
    passages = set(coded_passages(tagged.passages)["passage_id"])
    read = len(passages & set(people_say(tagged)))
    spared = len(passages) - read
    return {
        "passages": len(passages),
        "read": read,
        "share_saved": spared / len(passages) if passages else 0.0,
        "hours_saved": spared * seconds / 3600,
    }


def _sample(tagged: TaggedCorpus, truth: Mapping[str, Given]) -> pd.DataFrame:
    """Return the read passages of the random sample of which most was read, with their weights.

    Where a stratum was read in part, those read stand for the whole of it.
    """
    drawn = tagged.samples[tagged.samples["method"] == RANDOM]
    read = drawn[drawn["passage_id"].isin(truth)]
    if read.empty:
        raise OutputError(
            "no passage of a random sample has been coded by a person: draw one with "
            "`oscb-nlp sheet DIR --sample random --size 200 --out sheet.xlsx`, code it and import it"
        )
    name = read["sample_id"].value_counts().sort_index().idxmax()
    drawn, read = drawn[drawn["sample_id"] == name], read[read["sample_id"] == name]
    whole = drawn.groupby("stratum")["weight"].sum()
    counts = read["stratum"].value_counts()
    return read.assign(weight=read["stratum"].map(whole / counts)).reset_index(drop=True)


def _resampled(sample: pd.DataFrame, draws: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the rows of bootstrap samples, drawn within strata: shape (draws, n_passages)."""
    generator = np.random.default_rng(seed)
    parts = [rows.index.to_numpy() for _name, rows in sample.groupby("stratum")]
    return np.hstack([generator.choice(rows, (draws, len(rows))) for rows in parts])


def _estimates(
    true: Floats, given: Floats, weights: Floats, again: npt.NDArray[np.intp]
) -> dict[str, float]:
    """Return precision, recall and share of all passages, each with its interval."""
    values = _rates(true, given, weights, np.arange(len(weights))[None, :])[0]
    drawn = _rates(true, given, weights, again)
    found: dict[str, float] = {}
    for column, name in enumerate(("precision", "recall", "corrected")):
        known = drawn[:, column][~np.isnan(drawn[:, column])]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
        found["corrected_share" if name == "corrected" else name] = float(values[column])
        found |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return found


def _rates(
    true: Floats, given: Floats, weights: Floats, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Return precision, recall and share by sample, shape (n_samples, 3); NaN where undefined."""
    both, said, had, whole = (
        (weights * values)[rows].sum(axis=1)
        for values in (true * given, given, true, np.ones(len(weights)))
    )
    with np.errstate(invalid="ignore"):
        return np.stack([both / said, both / had, had / whole], axis=1)
