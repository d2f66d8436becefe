"""Take contact details out of text that leaves the tables: reports, CSV files, sheets.

The Parquet tables keep the words as published. What is replaced here are e-mail
addresses, telephone numbers, postcodes and the names of officers who are named as a
contact; pseudonyms of children stay, for they are what a review calls the child.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["redact", "redact_spans"]

_EMAIL = re.compile(r"\b[\w.+'’-]+@[\w-]+(?:\.[\w-]+)+\b")
_PHONE = re.compile(
    r"(?<![\w.])(?:\+44\s?\(?0?\)?\s?|\(?0)\d{2,4}\)?[\s-]?\d{3,4}[\s-]?\d{3,4}(?![\w])"
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b")
_NAME = r"[A-Z][\w’'-]+(?: (?:[A-Z][\w’'-]+|[A-Z]\.?)){1,2}"
_OFFICER = re.compile(
    rf"((?:Contact [Oo]fficer|[Cc]hecked [Bb]y|Report [Aa]uthor|For (?:further|more) information,? contact)\s*:?\s+)({_NAME})"
)
_NAME_BEFORE_EMAIL = re.compile(rf"(^|[.:;]\s+){_NAME}(?=(?:,[^@.]{{0,60}})?\s*\[e-mail removed\])")


# In this order: a name is known by the e-mail address that was removed after it.
_RULES = (
    (_EMAIL, "[e-mail removed]"),
    (_NAME_BEFORE_EMAIL, r"\1[name removed]"),
    (_OFFICER, r"\1[name removed]"),
    (_PHONE, "[telephone removed]"),
    (_POSTCODE, "[postcode removed]"),
)


def redact(text: str) -> str:
    """Return ``text`` with contact details replaced by what they were.

    >>> redact("Contact Officer: Pat Example, pat@example.org or 01234 567890")
    'Contact Officer: [name removed], [e-mail removed] or [telephone removed]'
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_spans(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Return ``text`` redacted, and where its spans stand now.

    A span that touches what was removed covers the whole of what stands in its place.

    >>> redact_spans("Write to pat@example.org today", [(0, 5), (12, 30)])
    ('Write to [e-mail removed] today', [(0, 5), (9, 31)])
    """
    found = list(spans)
    for pattern, replacement in _RULES:
        edits = [_edit(match, replacement) for match in pattern.finditer(text)]
        found = [(_moved(start, edits, False), _moved(end, edits, True)) for start, end in found]
        text = pattern.sub(replacement, text)
    return text, found


def _edit(match: re.Match[str], replacement: str) -> tuple[int, int, int]:
    """Return where a rule changes the text, and how long what it puts there is."""
    # What the rule keeps in front (its first group) does not change.
    kept = match.end(1) if replacement.startswith(r"\1") else match.start()
    return kept, match.end(), len(replacement.removeprefix(r"\1"))


def _moved(position: int, edits: Sequence[tuple[int, int, int]], is_end: bool) -> int:
    shift = 0
    for start, end, length in edits:
        if position <= start:
            break
        if position < end:
            return start + shift + (length if is_end else 0)
        shift += length - (end - start)
    return position + shift
