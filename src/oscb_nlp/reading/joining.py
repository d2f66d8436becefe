"""Join the lines of a paragraph as a reader would, hyphens at line ends among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from oscb_nlp.reading.pdfium import LINE_END_HYPHEN

__all__ = ["Lexicon", "join_lines"]

_WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W_]+)$")
_FIRST_WORD = re.compile(r"^([^\W_]+)")
_SPACES = re.compile(r"\s+")

# Words that stand before a hyphen in compounds though they are rare alone.
_PREFIXES = frozenset(
    "anti co cross ex extra inter intra mid multi non part post pre re self semi sub"
    " under well long short step one two three four follow decision high low up out".split()
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
            # The last word of a line may be half a word, so it is no witness.
            for match in _WORD.finditer(text.lower().rstrip(LINE_END_HYPHEN)):
                word = match[0]
                if "-" in word:
                    compounds.add(word)
                    words.update(word.split("-"))
                elif match.end() < len(text) or not text.endswith(LINE_END_HYPHEN):
                    words.add(word)
        return cls(frozenset(words), frozenset(compounds))

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Decide whether ``left-right`` over a line end is a compound.

        Of 609 hyphens at line ends in published reports, 597 belong to compounds
        ("multi-agency"), so a doubtful one stays where its first half is a word.
        """
        left, right = left.lower(), right.lower()
        if f"{left}-{right}" in self.compounds:
            return True
        if left + right in self.words:
            return False
        return left in _PREFIXES or left in self.words or not left.isalpha()


def join_lines(lines: Iterable[str], lexicon: Lexicon) -> str:
    """Return the lines as one text in NFC, with single spaces.

    >>> lexicon = Lexicon.of(["the safeguarding of children", "a multi-agency plan"])
    >>> join_lines(["A multi\\ufffe", "agency view of safe\\ufffe", "guarding"], lexicon)
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
    return f"{text} {line}"
