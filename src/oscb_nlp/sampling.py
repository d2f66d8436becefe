"""Which passages a person should read: by chance, by what the model found, or where it doubts.

Only passages drawn by chance tell how good the codes are and how common a theme is: each
stands for a known number of others. The other ways find more of a theme with less reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codings import MODEL, coded_by, is_machine
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.features import in_context
from oscb_nlp.tables import CODING_SCHEMAS, frame
from oscb_nlp.tagging import coded_passages

__all__ = ["METHODS", "RANDOM", "draw", "read_by_people", "uncertain"]

RANDOM = "random"
METHODS = (RANDOM, "positives", "uncertain", "recall", "doubt")
"""``random`` by theme and year, for unbiased estimates; ``positives`` all that the model coded;
``uncertain`` what it doubts most; ``recall`` all that it may have missed; ``doubt`` the queue of
what it abstained from, the likeliest errors first."""

_NO_THEME = ""
_NO_THEME_SHARE = 1 / 3  # of a random sample: where what the model missed is found


def draw(
    tagged: TaggedCorpus,
    method: str,
    size: int | None = None,
    themes: Sequence[str] = (),
    seed: int = 0,
    order: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Draw passages to be read.

    Parameters
    ----------
    tagged
        The corpus as the model coded it.
    method
        One of :data:`METHODS`.
    size
        How many passages; None for all that the method gives. A random sample needs one.
    themes
        Only passages of these themes, or, where drawn by chance, these themes as strata.
    seed
        What chance starts from.
    order
        For ``uncertain`` and ``recall``: passage ids, the first to be read first, as
        :func:`uncertain` gives them.

    Returns
    -------
    DataFrame
        The schema ``samples`` of :data:`oscb_nlp.tables.CODING_SCHEMAS`. ``weight`` is missing where
        passages were not drawn by chance.

    Raises
    ------
    SettingError
        If the method is unknown, or the size too small for a passage of each stratum.

    Notes
    -----
    A random sample is stratified by the rarest theme that the model gave to a passage (or none)
    and, within that, systematic over the years (Cochran 1977, chapters 5A and 8). A third goes
    to passages without a theme, the rest in equal parts to the themes.
    """
    if method not in METHODS:
        raise SettingError(f"there is no method {method!r}; there are {', '.join(METHODS)}")
    if unknown := set(themes) - set(tagged.codebook.ids):
        raise SettingError(f"theme {min(unknown)!r} is not in the codebook")
    if method == RANDOM:
        drawn = _by_chance(tagged, size or 0, themes, seed)
    else:
        own = {"positives": _positives, "doubt": _in_doubt}
        ids = own[method](tagged, themes) if method in own else list(order or ())
        drawn = [(passage, "", np.nan) for passage in ids[:size]]
    name = _name_of(method, seed, [passage for passage, _stratum, _weight in drawn])
    rows = [
        {
            "sample_id": name,
            "passage_id": passage,
            "method": method,
            "stratum": stratum,
            "weight": weight,
        }
        for passage, stratum, weight in drawn
    ]
    return frame(rows, CODING_SCHEMAS["samples"])


def uncertain(
    tagged: TaggedCorpus, model: ThemeClassifier, themes: Sequence[str] = ()
) -> list[str]:
    """Return passage ids, those first whose nearest theme lies closest to its threshold.

    Uncertainty sampling (Lewis and Gale 1994), on the scale of log odds and over all themes or those
    given. Passages that a person has read are left out.
    """
    passages = coded_passages(tagged.passages)
    passages = passages[~passages["passage_id"].isin(read_by_people(tagged))]
    texts = [
        in_context(text, heading)
        for text, heading in zip(passages["text"], passages["heading"], strict=True)
    ]
    if not texts:
        return []
    columns = np.isin(model.classes_, list(themes) or model.classes_)
    odds = _log_odds(model.predict_proba(texts)[:, columns])
    margins = np.abs(odds - _log_odds(model.thresholds_[columns])).min(axis=1)
    return [str(passages["passage_id"].iloc[i]) for i in np.argsort(margins, kind="stable")]


def read_by_people(tagged: TaggedCorpus) -> set[str]:
    """Return the passages that a person has coded; what a machine coded is still unread."""
    by_person = ~tagged.codings["coder"].map(is_machine).astype(bool)
    return set(tagged.codings.loc[by_person, "passage_id"])


def _log_odds(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    kept = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)))


def _positives(tagged: TaggedCorpus, themes: Sequence[str]) -> list[str]:
    """Return the passages with a theme, or one of those given, in the order of the corpus."""
    given = coded_by(tagged)[MODEL]
    wanted = set(themes)
    return [
        passage
        for passage in tagged.passages["passage_id"]
        if given[passage] and (not wanted or wanted & set(given[passage]))
    ]


def _in_doubt(tagged: TaggedCorpus, themes: Sequence[str]) -> list[str]:
    """Return the queue's passages, those first of which a decision would most likely be wrong."""
    queue = tagged.queue
    if themes:
        queue = queue[queue["theme"].isin(list(themes))]
    worst = queue.groupby("passage_id", sort=False)["expected_error"].max()
    return [str(passage) for passage in worst.sort_values(ascending=False, kind="stable").index]


def _by_chance(
    tagged: TaggedCorpus, size: int, themes: Sequence[str], seed: int
) -> list[tuple[str, str, float]]:
    """Return passages with stratum and weight, in random order."""
    strata = _strata(tagged, themes)
    sizes = {name: len(ids) for name, ids in strata.items()}
    if size < len(sizes):
        raise SettingError(
            f"a random sample of {size} cannot hold a passage of each of {len(sizes)} strata "
            "(the themes found, and none); give a larger --size, or fewer themes with --theme"
        )
    generator = np.random.default_rng(seed)
    drawn = []
    for name, count in allocate(sizes, size).items():
        ids = strata[name]
        # Systematic from a random start: the strata are sorted by year, so each has its share.
        positions = np.floor((np.arange(count) + generator.random()) * len(ids) / count)
        drawn += [(ids[int(at)], name, len(ids) / count) for at in positions]
    return [drawn[index] for index in generator.permutation(len(drawn))]


def _strata(tagged: TaggedCorpus, themes: Sequence[str]) -> dict[str, list[str]]:
    """Return passages by the rarest theme that the model gave them, each stratum by year."""
    given = coded_by(tagged)[MODEL]
    wanted = set(themes) or set(tagged.codebook.ids)
    counts = pd.Series([t for found in given.values() for t in found if t in wanted], dtype=object)
    common = counts.value_counts().to_dict()
    years = dict(zip(tagged.documents["document_id"], tagged.documents["year"], strict=True))
    passages = coded_passages(tagged.passages)
    ordered = passages.assign(year=passages["document_id"].map(years)).sort_values(
        "year", kind="stable"
    )
    strata: dict[str, list[str]] = {}
    for passage in ordered["passage_id"]:
        mine = [theme for theme in given[passage] if theme in wanted]
        name = min(mine, key=lambda theme: (common[theme], theme)) if mine else _NO_THEME
        strata.setdefault(name, []).append(passage)
    return dict(sorted(strata.items()))


def allocate(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many to draw from each stratum: at least one, and no more than it holds.

    >>> allocate({"": 100, "neglect": 2, "covid-19": 50}, 12)
    {'': 4, 'neglect': 2, 'covid-19': 6}
    """
    size = min(size, sum(sizes.values()))
    chosen = dict.fromkeys(sizes, 1)
    if _NO_THEME in chosen:
        chosen[_NO_THEME] = max(1, min(sizes[_NO_THEME], round(size * _NO_THEME_SHARE)))
        chosen[_NO_THEME] = min(chosen[_NO_THEME], size - len(sizes) + 1)
    while (left := size - sum(chosen.values())) > 0:
        open_ = [n for n in sizes if chosen[n] < sizes[n] and n != _NO_THEME] or [_NO_THEME]
        for name in sorted(open_, key=lambda n: (chosen[n], n))[:left]:
            chosen[name] += 1
    return chosen


def _name_of(method: str, seed: int, passages: Sequence[str]) -> str:
    """Return a name that the same draw gets again."""
    text = "\n".join([method, str(seed), *passages])
    return f"{method}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
