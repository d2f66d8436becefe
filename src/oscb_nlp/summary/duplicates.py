"""Documents that are the same review twice: published again, or as draft and as final."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from itertools import combinations

import pandas as pd

from oscb_nlp.summary.schemas import columns_of

__all__ = ["duplicates"]

SAME = 0.6
"""Share of the shorter document's passages that stand word for word in the other."""

_MIN_WORDS = 8  # shorter passages (agencies, job titles, standard phrases) are anybody's
_TOO_COMMON = 20  # a passage in more documents than this is standard text
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def duplicates(documents: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Find documents that hold the same passages as another.

    Returns
    -------
    DataFrame
        One row per document that is not counted: its ``document_id`` and ``file``, those of
        the document counted for it (the later one, then the longer one), and the share of
        passages in common.
    """
    held = _held(passages)
    sizes = held.groupby("document_id").size()
    holders = held.groupby("key")["document_id"].transform("size")
    shared = held[(holders >= 2) & (holders <= _TOO_COMMON)]
    together: Counter[tuple[str, str]] = Counter()
    for _key, owners in shared.groupby("key")["document_id"]:
        together.update(combinations(sorted(owners), 2))
    order = documents.assign(long=documents["document_id"].map(sizes).fillna(0))
    order = order.sort_values(
        ["year", "published", "long", "file"], ascending=[False, False, False, True]
    )
    rank = {document: place for place, document in enumerate(order["document_id"])}
    files = dict(zip(documents["document_id"], documents["file"], strict=True))
    kept: dict[str, tuple[str, float]] = {}
    for (a, b), count in sorted(together.items(), key=lambda item: (-item[1], item[0])):
        share = count / min(sizes[a], sizes[b])
        if share < SAME or a not in rank or b not in rank:
            continue
        first, second = (a, b) if rank[a] < rank[b] else (b, a)
        while first in kept:
            first = kept[first][0]
        if second not in kept and first != second:
            kept[second] = (first, share)
    rows = [
        {
            "document_id": d,
            "file": files[d],
            "kept_document_id": k,
            "kept_file": files[k],
            "shared": s,
        }
        for d, (k, s) in sorted(kept.items())
    ]
    return pd.DataFrame(rows, columns=columns_of("duplicates"))


def _held(passages: pd.DataFrame) -> pd.DataFrame:
    """Return the long passages of each document, each once, by a hash of their letters.

    The hash has 16 bytes where a text has hundreds.
    """
    keys = [_key(text) for text in passages["text"]]
    table = pd.DataFrame({"document_id": passages["document_id"].to_numpy(), "key": keys})
    return table[table["key"] != b""].drop_duplicates()


def _key(text: str) -> bytes:
    if len(text.split()) < _MIN_WORDS:
        return b""
    letters = _NOT_LETTERS.sub(" ", text.lower()).strip()
    return hashlib.blake2b(letters.encode(), digest_size=16).digest()
