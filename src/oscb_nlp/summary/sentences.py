"""Sentences of passages, cut where a reader would cut them, each word for word as written."""

from __future__ import annotations

import re

__all__ = ["sentences"]

_END = re.compile(r"(?<=[.!?])[”’\")]*\s+(?=[“‘\"(]*[A-Z0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|para|paras|e\.g|i\.e|etc|approx|cf|vs)|\b[A-Z])\.$"
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a passage, in order; a table row is cut at its cells too.

    Examples
    --------
    >>> sentences("Dr. A saw him twice. No one asked why.")
    ['Dr. A saw him twice.', 'No one asked why.']
    """
    found = []
    for cell in text.split(" | "):
        start = 0
        for end in _END.finditer(cell):
            if _ABBREVIATED.search(cell, start, end.start()):
                continue
            found.append(cell[start : end.end()].strip())
            start = end.end()
        found.append(cell[start:].strip())
    return [sentence for sentence in found if sentence]
