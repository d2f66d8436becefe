"""What people coded: kept with their names, and put over what the model says.

A coding is what one coder gave to one passage: themes with stances, or none. It is known by
document and text and not by the passage's number alone, so that it survives every later run,
also where a passage gets another number. The codings of a passage that a person read stand in
the tags; what the model had said there is kept beside them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from oscb_nlp.codebook import STANCES
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame

__all__ = [
    "ADJUDICATED",
    "MACHINE",
    "MODEL",
    "Given",
    "coded_by",
    "coding_rows",
    "given_by",
    "is_machine",
    "model_tags",
    "standing",
    "text_key",
    "with_codings",
]

ADJUDICATED = "adjudicated"
"""The coder whose codings settle what others disagreed on."""
MODEL = "model"
MACHINE = "llm:"
"""How the name of a coder begins that is a language model."""

Given: TypeAlias = Mapping[str, str]
"""What a coder gave to a passage: theme to stance."""


def is_machine(coder: str) -> bool:
    """Return whether a coder is no person.

    >>> [is_machine(name) for name in ("Ann", "model", "llm:tiny")]
    [False, True, True]
    """
    return coder == MODEL or coder.startswith(MACHINE)


def text_key(text: str) -> str:
    """Return what a passage is known by beside its document: a short hash of its words."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def coding_rows(
    passage: Mapping[str, Any], coder: str, given: Given, coded_at: str, origin: str = ""
) -> list[dict[str, Any]]:
    """Return one coder's coding of a passage as rows of the table ``codings``.

    A passage that was read and got no theme has one row with an empty theme.

    Raises
    ------
    LabelError
        If the coder has no name, or the model's.
    """
    if not coder.strip() or coder.strip().lower() == MODEL:
        raise LabelError(f"{coder!r} cannot be a coder's name: give the name of who coded")
    known = {
        "passage_id": passage["passage_id"],
        "document_id": passage["document_id"],
        "text_key": text_key(passage["text"]),
        "coder": coder.strip(),
        "coded_at": coded_at,
        "origin": origin,
    }
    pairs: Sequence[tuple[str, str]] = sorted(given.items()) or [("", "")]
    return [{**known, "theme": theme, "stance": stance} for theme, stance in pairs]


def with_codings(tagged: TaggedCorpus, codings: pd.DataFrame) -> TaggedCorpus:
    """Return the corpus with codings put over the model's tags.

    Parameters
    ----------
    tagged
        Coded by the model; codings that it holds already stay.
    codings
        Rows of :func:`coding_rows`. What a coder gives to a passage takes the place of what the
        same coder gave before.

    Returns
    -------
    TaggedCorpus
        Its ``tags`` hold, for each passage that a person read, the codes that stand: the
        adjudicated ones, or else those that at least half of its coders gave, with the coders'
        names as ``source``. ``replaced`` holds the model's tags of those passages, and
        ``codings`` every coding, also of passages that the corpus does not hold. What people
        read leaves the ``queue``. Codings by a machine (:func:`is_machine`) are kept and change
        nothing else.
    """
    model = model_tags(tagged)
    codings = _renumbered(_latest(tagged.codings, codings), tagged.passages)
    found = codings["passage_id"].isin(tagged.passages["passage_id"])
    here = codings[found & ~codings["coder"].map(is_machine).astype(bool)]
    read = model["passage_id"].isin(here["passage_id"])
    tags = pd.concat([model[~read], _standing_tags(here, model, tagged.passages)])
    order = pd.Series(range(len(tagged.passages)), index=tagged.passages["passage_id"])
    tags = tags.sort_values("passage_id", key=lambda ids: ids.map(order), kind="stable")
    counts = {
        **tagged.settings.get("counts", {}),
        "tags": len(tags),
        "passages_coded_by_people": int(here["passage_id"].nunique()),
        "codings_without_passage": int(
            codings.loc[~found, ["passage_id", "coder"]].drop_duplicates().shape[0]
        ),
    }
    queue = tagged.queue[~tagged.queue["passage_id"].isin(here["passage_id"])]
    if len(tagged.queue):
        counts["passages_in_queue"] = int(queue["passage_id"].nunique())
    settings = {
        **tagged.settings,
        "counts": counts,
        "coders": sorted(here["coder"].unique().tolist()),
    }
    return replace(
        tagged,
        tags=_typed(tags, SCHEMAS["tags"]),
        replaced=_typed(model[read], SCHEMAS["tags"]),
        codings=_typed(codings, CODING_SCHEMAS["codings"]),
        queue=_typed(queue, CODING_SCHEMAS["queue"]),
        settings=settings,
    )


def coded_by(tagged: TaggedCorpus) -> dict[str, dict[str, Given]]:
    """Return who gave what: coder to passage id to themes with stance.

    The model is one of the coders, and has coded every passage.
    """
    found: dict[str, dict[str, dict[str, str]]] = {
        MODEL: {passage: {} for passage in tagged.passages["passage_id"]}
    }
    model = model_tags(tagged)
    for row in model.itertuples():
        found[MODEL].setdefault(row.passage_id, {})[row.theme] = row.stance
    for row in tagged.codings.itertuples():
        given = found.setdefault(row.coder, {}).setdefault(row.passage_id, {})
        if row.theme:
            given[row.theme] = row.stance
    return {coder: dict(passages) for coder, passages in found.items()}


def standing(codings: Mapping[str, Given]) -> dict[str, str]:
    """Return the codes that stand where coders coded the same passage.

    >>> standing({"A": {"neglect": "finding"}, "B": {}, "C": {"neglect": "narrative"}})
    {'neglect': 'finding'}
    """
    if ADJUDICATED in codings:
        return dict(codings[ADJUDICATED])
    votes = Counter(theme for given in codings.values() for theme in given)
    return {
        theme: min((given[theme] for given in codings.values() if theme in given), key=_rank)
        for theme, count in sorted(votes.items())
        if 2 * count >= len(codings)
    }


def _rank(stance: str) -> int:
    """Return how far a stance stands behind the strongest; one without a name stands last."""
    return STANCES.index(stance) if stance in STANCES else len(STANCES)


def model_tags(tagged: TaggedCorpus) -> pd.DataFrame:
    """Return what the model says of every passage, whoever has read it since."""
    own = tagged.tags[tagged.tags["source"] == MODEL]
    return pd.concat([own, tagged.replaced], ignore_index=True)


def _latest(known: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return all codings, each passage's of the same coder from the table that came last."""
    keys = ["document_id", "text_key", "coder"]
    again = known.merge(new[keys].drop_duplicates(), on=keys, how="left", indicator=True)
    kept = known[(again["_merge"] == "left_only").to_numpy()]
    return pd.concat([kept, new], ignore_index=True)


def _renumbered(codings: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Return codings with the ids that their passages have now."""
    keys = zip(passages["document_id"], passages["text"].map(text_key), strict=True)
    at: dict[tuple[str, str], list[str]] = {}
    for key, passage in zip(keys, passages["passage_id"], strict=True):
        at.setdefault(key, []).append(passage)
    ids = [
        row.passage_id
        if not (found := at.get((row.document_id, row.text_key))) or row.passage_id in found
        else found[0]
        for row in codings.itertuples()
    ]
    # An id whose words are gone would name another passage.
    gone = [(row.document_id, row.text_key) not in at for row in codings.itertuples()]
    named = pd.Series(ids, index=codings.index, dtype=object).mask(pd.Series(gone, dtype=bool), "")
    return codings.assign(passage_id=named)


def _standing_tags(
    codings: pd.DataFrame, model: pd.DataFrame, passages: pd.DataFrame
) -> pd.DataFrame:
    """Return the tags of passages that people read."""
    evidence = {(row.passage_id, row.theme): row.evidence for row in model.itertuples()}
    lengths = dict(zip(passages["passage_id"], passages["text"].str.len(), strict=True))
    rows: list[dict[str, Any]] = []
    for passage, part in codings.groupby("passage_id", sort=False):
        by_coder = given_by(part, "coder")
        for theme, stance in standing(by_coder).items():
            spans = evidence.get((passage, theme))
            if spans is None:
                spans = [{"start": 0, "end": int(lengths[passage]), "kind": "passage"}]
            rows.append(
                {
                    "passage_id": passage,
                    "theme": theme,
                    "score": 1.0,
                    "stance": stance,
                    "stance_score": 1.0,
                    "evidence": list(spans),
                    "source": _names(theme, by_coder),
                }
            )
    return frame(rows, SCHEMAS["tags"])


def given_by(codings: pd.DataFrame, column: str) -> dict[str, dict[str, str]]:
    """Return the themes with their stances that stand under each value of a column of ``codings``."""
    found: dict[str, dict[str, str]] = {}
    for key, theme, stance in zip(
        codings[column], codings["theme"], codings["stance"], strict=True
    ):
        given = found.setdefault(key, {})
        if theme:
            given[theme] = stance
    return found


def _names(theme: str, by_coder: Mapping[str, Given]) -> str:
    if ADJUDICATED in by_coder:
        return ADJUDICATED
    return "+".join(sorted(coder for coder, given in by_coder.items() if theme in given))


def _typed(table: pd.DataFrame, schema: pa.Schema) -> pd.DataFrame:
    rows: Iterable[dict[str, Any]] = table.to_dict("records")
    return frame(list(rows), schema)
