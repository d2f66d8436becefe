"""Tell which part of a review a passage stands in: by its headings, else by what stands there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from oscb_nlp.document import Passage
from oscb_nlp.resources import data_path

__all__ = ["by_content", "section_of"]

_LEADING_NUMBER = re.compile(r"^(?:section |part )?\d*(?:\.\d+)*[.:)]?\s*", re.IGNORECASE)


_ASKS = re.compile(
    r"\b(?:should|must|is asked to|are asked to)\b(?! have\b)|^(?:Ensure|Make sure|Develop|Review|Agree|Embed)\b"
)
_DATED = re.compile(
    r"^(?:(?:On|In|By|From|During|At the end of) )?(?:\d{1,2}(?:st|nd|rd|th)? )?(?:early |late |mid-)?"
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
)
_FEWEST, _MOST_OF = 3, 0.6


def by_content(passages: Sequence[Passage]) -> list[Passage]:
    """Give the passages under a heading that names no section the one that their words show.

    Where most of at least three of them ask somebody to act they are recommendations, where
    most begin with a date they are narrative, where most are quotes they are the family's voice.
    """
    placed: list[Passage] = []
    for (_heading, section), group in groupby(passages, key=lambda p: (p.heading, p.section)):
        members = list(group)
        found = _section_shown(members) if section == "body" and len(members) >= _FEWEST else ""
        placed += [replace(member, section=found) for member in members] if found else members
    return placed


def _section_shown(passages: Sequence[Passage]) -> str:
    enough = _MOST_OF * len(passages)
    if sum(bool(_ASKS.search(p.text[:200])) for p in passages) >= enough:
        return "recommendations"
    if sum(bool(_DATED.match(p.text)) for p in passages) >= enough:
        return "narrative"
    return "family-voice" if sum(p.kind == "quote" for p in passages) >= enough else ""


def section_of(headings: Sequence[str]) -> str:
    """Return the section that a path of headings (highest first) stands for.

    The deepest heading that names a section decides; a path that names none is "body".

    >>> section_of(["4. Analysis", "The home"])
    'analysis'
    >>> section_of(["7. Recommendations"])
    'recommendations'
    """
    return next(filter(None, map(_section_named, reversed(headings))), "body")


@lru_cache(maxsize=4096)
def _section_named(heading: str) -> str:
    text = _LEADING_NUMBER.sub("", heading).lower().replace("'", "’")
    return next((section for section, pattern in _patterns() if pattern.search(text)), "")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    with data_path("sections.toml").open("rb") as file:
        sections = tomllib.load(file)["section"]
    return tuple(
        (section["id"], re.compile("|".join(_phrase(text) for text in section["headings"])))
        for section in sections
    )


def _phrase(text: str) -> str:
    words = [re.escape(word).replace(r"\*", r"[\w’-]*") for word in text.split()]
    return r"\b" + r"\s+".join(words) + (r"" if text.endswith("*") else r"\b")
