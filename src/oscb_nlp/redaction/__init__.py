"""Take contact details and staff's names out of text that leaves the tables: reports, CSV files, sheets.

The Parquet tables keep the words as published. What is replaced here are e-mail addresses,
telephone numbers, postcodes, addresses, and the names of people who sign, wrote or chaired a
review or are named with their job. What a review calls a child or a family stays, and so do
authors of cited research. ``contact`` finds the first four and ``people`` the names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from oscb_nlp.redaction.contact import contacts
from oscb_nlp.redaction.people import names

__all__ = ["KINDS", "counted", "flags", "redact", "redact_spans", "redaction_counts", "to_redact"]

KINDS = ("address", "e-mail", "name", "postcode", "telephone")
"""What is taken out; ``[e-mail removed]`` stands in its place."""


def to_redact(text: str) -> list[tuple[int, int, str]]:
    """Return what has to go as start, end and kind, in order and without overlap.

    >>> to_redact("Ring 01632 960123.")
    [(5, 17, 'telephone')]
    """
    found = contacts(text)
    return sorted(found + names(text, found))


def redact(text: str) -> str:
    """Return ``text`` with contact details and staff's names replaced by what they were.

    >>> redact("Contact Officer: Pat Example, pat@example.org or 01234 567890")
    'Contact Officer: [name removed], [e-mail removed] or [telephone removed]'
    """
    return _replaced(text, to_redact(text))


def redact_spans(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Return ``text`` redacted, and where its spans stand now.

    A span that touches what was removed covers the whole of what stands in its place.

    >>> redact_spans("Write to pat@example.org today", [(0, 5), (12, 30)])
    ('Write to [e-mail removed] today', [(0, 5), (9, 31)])
    """
    found = to_redact(text)
    moved = [(_moved(start, found, False), _moved(end, found, True)) for start, end in spans]
    return _replaced(text, found), moved


def redaction_counts(texts: Iterable[str]) -> dict[str, int]:
    """Return how many of each kind redaction takes from texts, and never what they were.

    >>> redaction_counts(["Ring 01632 960123.", "Marsh Ward"])
    {'address': 0, 'e-mail': 0, 'name': 0, 'postcode': 0, 'telephone': 1}
    """
    counts = Counter(kind for text in texts for _start, _end, kind in to_redact(text))
    return {kind: counts[kind] for kind in KINDS}


def counted(counts: Mapping[str, int]) -> str:
    """Return counts of :func:`redaction_counts` in words; nothing where there is nothing.

    >>> counted({"e-mail": 2, "name": 0, "telephone": 1})
    '2 e-mail, 1 telephone'
    """
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()) if number)


def flags(text: str) -> tuple[str, ...]:
    """Return the kinds that redaction takes from a text, for the tables, which keep the text.

    >>> flags("Ring Pat Example, Named Nurse, on 01632 960123.")
    ('name', 'telephone')
    """
    return tuple(sorted({kind for _start, _end, kind in to_redact(text)}))


def _replaced(text: str, found: Sequence[tuple[int, int, str]]) -> str:
    parts, last = [], 0
    for start, end, kind in found:
        parts += [text[last:start], _stand_in(kind)]
        last = end
    return "".join([*parts, text[last:]])


def _stand_in(kind: str) -> str:
    return f"[{kind} removed]"


def _moved(position: int, found: Sequence[tuple[int, int, str]], is_end: bool) -> int:
    shift = 0
    for start, end, kind in found:
        if position <= start:
            break
        length = len(_stand_in(kind))
        if position < end:
            return start + shift + (length if is_end else 0)
        shift += length - (end - start)
    return position + shift
