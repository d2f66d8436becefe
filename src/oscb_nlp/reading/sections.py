"""Tell which part of a review a passage stands in, by its headings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache

from oscb_nlp.resources import data_path

__all__ = ["section_of"]

_LEADING_NUMBER = re.compile(r"^(?:section |part )?\d*(?:\.\d+)*[.:)]?\s*", re.IGNORECASE)


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
