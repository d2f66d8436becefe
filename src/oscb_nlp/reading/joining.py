"""Join the lines of a paragraph as a reader would, hyphens at line ends among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from oscb_nlp.reading.pdfium import LINE_END_HYPHEN
from oscb_nlp.resources import data_path

__all__ = ["Lexicon", "join_lines"]

_WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W_]+)$")
_FIRST_WORD = re.compile(r"^([^\W_]+)")
_SPACES = re.compile(r"\s+")

# Words that stand before a hyphen in compounds though they are rare alone.
_PREFIXES = frozenset(
    [
        "anti",
        "co",
        "cross",
        "ex",
        "extra",
        "inter",
        "intra",
        "mid",
        "multi",
        "non",
        "part",
        "post",
        "pre",
        "re",
        "self",
        "semi",
        "sub",
        "under",
        "well",
        "long",
        "short",
        "step",
        "one",
        "two",
        "three",
        "four",
        "follow",
        "decision",
        "high",
        "low",
        "up",
        "out",
    ]
)


@dataclass(frozen=True)
class Lexicon:
    """The document's own words, which decide whether a hyphen at a line end stays."""

    words: frozenset[str]
    compounds: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Lexicon:
        """Collect the words and hyphenated compounds of ``texts``."""
        words: set[str] = set()
        compounds: set[str] = set()
        for text in texts:
            # The last word before a divided line end may be half a word: it is no witness.
            whole = text.lower()
            if whole.endswith((LINE_END_HYPHEN, "\u00ad")):
                whole = _LAST_WORD.sub("", whole[:-1])
            for match in _WORD.finditer(whole):
                word = match[0]
                words.add(word)
                if "-" in word:
                    compounds.add(word)
                    words.update(word.split("-"))
        return cls(frozenset(words), frozenset(compounds))

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Decide whether ``left-right`` over a line end is a compound.

        Of 609 hyphens at line ends in published reports, 597 belong to compounds
        ("multi-agency"), so a doubtful one stays where its first half is a word.
        """
        left, right = left.lower(), right.lower()
        if f"{left}-{right}" in self.compounds:
            return True
        if self._knows(left + right):
            return False
        return left in _PREFIXES or self._knows(left) or not left.isalpha()

    def _knows(self, word: str) -> bool:
        return word in self.words or word in common_words()


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return the words of the project's own training reviews, for what a short document lacks."""
    return frozenset(data_path("words.txt").read_text(encoding="utf-8").split())


def join_lines(lines: Iterable[str], lexicon: Lexicon) -> str:
    r"""Return the lines as one text in NFC, with single spaces.

    >>> lexicon = Lexicon.of(["the safeguarding of children", "a multi-agency plan"])
    >>> join_lines(["A multi\ufffe", "agency view of safe\ufffe", "guarding"], lexicon)
    'A multi-agency view of safeguarding'
    """
    text = ""
    for line in lines:
        text = _append(text, line, lexicon) if text else line
    text = text.rstrip(LINE_END_HYPHEN)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.replace("\u00ad", ""))).strip()


def _append(text: str, line: str, lexicon: Lexicon) -> str:
    if text.endswith(LINE_END_HYPHEN):
        text = text[:-1]
        left, right = _LAST_WORD.search(text), _FIRST_WORD.match(line)
        if left and right and not lexicon.keeps_hyphen(left[1], right[1]):
            return text + line
        return f"{text}-{line}"
    if text.endswith("\u00ad"):
        return text[:-1] + line
    if text.endswith(("-", "/")) and line[:1].isalnum() and not text.endswith(" -"):
        return text + line
    if text.endswith("–") and text[-2:-1].isdigit() and line[:1].isdigit():
        return text + line
    return f"{text} {line}"
