"""Take contact details out of text that leaves the tables: reports, CSV files, sheets.

The Parquet tables keep the words as published. What is replaced here are e-mail
addresses, telephone numbers, postcodes and the names of officers who are named as a
contact; pseudonyms of children stay, for they are what a review calls the child.
"""

from __future__ import annotations

import re

__all__ = ["redact"]

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


def redact(text: str) -> str:
    """Return ``text`` with contact details replaced by what they were.

    >>> redact("Contact Officer: Pat Example, pat@example.org or 01234 567890")
    'Contact Officer: [name removed], [e-mail removed] or [telephone removed]'
    """
    text = _EMAIL.sub("[e-mail removed]", text)
    text = _NAME_BEFORE_EMAIL.sub(r"\1[name removed]", text)
    text = _OFFICER.sub(r"\1[name removed]", text)
    text = _PHONE.sub("[telephone removed]", text)
    return _POSTCODE.sub("[postcode removed]", text)
