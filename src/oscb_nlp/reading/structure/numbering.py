"""Recognise what stands before a passage's words: its number or its bullet."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["BULLETS", "Marker", "find_marker"]

BULLETS = (
    "•‣⁃∙●○◦▪▫■□◼◻◾◆◇❖►▶➢➤➔→✓✔❑❒·"
    # Wingdings and Symbol glyphs that Word leaves in the private use area
    "\uf0b7\uf0a7\uf06e\uf02d\uf0be\uf0d8\uf0fc\uf076\uf071\uf0e0\uf06f\uf06c"
)
_DASHES = "-–—−*©\x83"  # bullets only before a space at a line's start

_BULLET = re.compile(rf"^(?:[{re.escape(BULLETS)}]\s*|[{re.escape(_DASHES)}]\s+|o\s+(?=\S))")
_WORDS = (
    r"(?:Key |Overall )?(?:Finding|Recommendation|Learning(?: [Pp]oint)?|Action|Question"
    r"|Practice [Ee]pisode|(?:Strategic|Key) [Mm]essage|Theme|Priority)"
)
_NAMED = re.compile(
    rf"^(?P<n>{_WORDS} \d{{1,2}}(?:\.\d{{1,2}})?[a-z]?)(?:\s*[:.–]\s*|\s+(?=[A-Z“‘])|$)"
)
_OPENS = r"(?=[A-Z“\"‘'(\[£]|\d{2,})"
_DOTTED = re.compile(rf"^(?P<n>\d{{1,2}}(?:\.\d{{1,3}}){{1,3}})\.?\s*{_OPENS}")
_PLAIN = re.compile(rf"^(?P<n>\d{{1,3}}[.)])\s*{_OPENS}")
_LETTERED = re.compile(r"^(?P<n>\((?:[a-z]|[ivx]{1,5}|\d{1,2})\)|[a-z]\))\s+(?=\S)")


class Marker(NamedTuple):
    """What a line opens with.

    ``kind`` is "bullet", "named", "dotted", "plain" or "lettered"; ``number`` is the
    number as printed, without a closing full stop; ``rest`` is what follows.
    """

    kind: str
    number: str
    rest: str


def find_marker(text: str) -> Marker | None:
    """Return the number or bullet that ``text`` opens with, or None.

    >>> find_marker("3.12 Agencies did not meet.")
    Marker(kind='dotted', number='3.12', rest='Agencies did not meet.')
    >>> find_marker("12.Plans were late.").number
    '12'
    >>> find_marker("1.5 million people") is None
    True
    >>> find_marker("• seen alone").kind
    'bullet'
    """
    first = text[:1]
    if first.islower() and text[1:2] not in {")", " "}:
        return None  # most lines of prose: no pattern below begins so
    if match := _NAMED.match(text):
        return Marker("named", match["n"], text[match.end() :])
    for kind, pattern in (("dotted", _DOTTED), ("plain", _PLAIN), ("lettered", _LETTERED)):
        if match := pattern.match(text):
            number = match["n"].rstrip(".")
            return Marker(kind, number, text[match.end() :])
    if match := _BULLET.match(text):
        return Marker("bullet", "", text[match.end() :])
    return None
