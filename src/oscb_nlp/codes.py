"""What coding gave, and the corpus that it makes; no model is loaded to put codes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.corpus import Corpus, TaggedCorpus
from oscb_nlp.redaction import redaction_counts
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame

__all__ = ["Coded", "codebook_notes", "tagged_corpus"]


class Coded(NamedTuple):
    """What coding gave: rows of ``tags`` and ``queue``, and passages' vectors by their id."""

    tags: list[dict[str, Any]]
    vectors: dict[str, npt.NDArray[np.float16]]
    queue: list[dict[str, Any]]


def tagged_corpus(
    corpus: Corpus, parts: Iterable[Coded], settings: Mapping[str, Any]
) -> TaggedCorpus:
    """Return a corpus with what its documents were coded with, in their order.

    ``settings`` are those of the :class:`Coder`.
    """
    rows: list[dict[str, Any]] = []
    queue: list[dict[str, Any]] = []
    meant: dict[str, npt.NDArray[np.float16]] = {}
    for part in parts:
        rows += part.tags
        queue += part.queue
        meant |= part.vectors
    counts = {
        "documents": len(corpus.documents),
        "passages": len(corpus.passages),
        "passages_coded": len({row["passage_id"] for row in rows}),
        "tags": len(rows),
        "problems": len(corpus.problems),
    }
    if "abstain" in settings:
        counts["tags_held_back"] = sum(row["given"] for row in queue)
        counts["passages_in_queue"] = len({row["passage_id"] for row in queue})
    texts = corpus.passages.loc[corpus.passages["contact"].str.len() > 0, "text"]
    # With a queue they do not hold: they were measured on a model that always decides.
    rates = {} if queue else settings["review_rates"]
    return TaggedCorpus(
        documents=corpus.documents,
        passages=corpus.passages,
        items=corpus.items,
        problems=corpus.problems,
        tags=frame(rows, SCHEMAS["tags"]),
        settings={
            **settings,
            "review_rates": rates,
            "counts": counts,
            "contact_details": redaction_counts(texts),
        },
        queue=frame(queue, CODING_SCHEMAS["queue"]),
        vectors=pd.DataFrame(np.stack(list(meant.values())), index=list(meant)) if meant else None,
    )


def codebook_notes(settings: Mapping[str, Any]) -> list[str]:
    """Say where the codebook asked for more than the model learnt; nothing where it did not."""
    meanings = {
        "by_cues_alone": "No label taught these themes, so their cues alone give them",
        "redefined": "Coded as the model learnt them, not as the codebook now defines them",
    }
    return [
        f"{meaning}: {', '.join(settings[key])}"
        for key, meaning in meanings.items()
        if settings.get(key)
    ]
