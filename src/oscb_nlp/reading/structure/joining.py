"""Join the lines of a paragraph as a reader would, hyphens at line ends among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from oscb_nlp.document import NoteMark, TextRun
from oscb_nlp.reading.engines.page import LINE_END_HYPHEN, Line
from oscb_nlp.resources import data_path, shipped_path

__all__ = ["Joined", "Lexicon", "concatenate", "join_lines"]

_WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
_LAST_WORD = re.compile(r"([^\W_]+)$")
_FIRST_WORD = re.compile(r"^([^\W_]+)")

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


class Lexicon:
    """The document's own words, which decide whether a hyphen at a line end stays.

    They are gathered when the first such hyphen is met: most documents have few or none.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts: Iterable[str] = texts
        self._words: frozenset[str] | None = None

    @property
    def words(self) -> frozenset[str]:
        """Words and hyphenated compounds in lower case."""
        if self._words is None:
            self._words = frozenset(_words_of(self._texts))
            self._texts = ()
        return self._words

    def keeps_hyphen(self, left: str, right: str) -> bool:
        """Decide whether ``left-right`` over a line end is a compound.

        Of 609 hyphens at line ends in published reports, 597 belong to compounds
        ("multi-agency"), so a doubtful one stays where its first half is a word.
        """
        if right[:1].isupper():
            return True
        left, right = left.lower(), right.lower()
        if f"{left}-{right}" in self.words or f"{left}-{right}" in common_words():
            return True
        if self._knows(left + right):
            return False
        if left in _PREFIXES or not left.isalpha():
            return True
        # Both halves of a compound are words; "-ness" and "-ming" are none.
        return self._knows(left) and self._knows(right)

    def _knows(self, word: str) -> bool:
        return word in self.words or word in common_words()


def _words_of(texts: Iterable[str]) -> set[str]:
    words: set[str] = set()
    for text in texts:
        # The last word before a divided line end may be half a word: it is no witness.
        whole = text.lower()
        if whole.endswith((LINE_END_HYPHEN, "\u00ad", "-")):
            whole = _LAST_WORD.sub("", whole[:-1])
        words.update(_WORD.findall(whole))
    words.update([part for word in words if "-" in word for part in word.split("-")])
    return words


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return common words and the training reviews' own, for what a short document lacks."""
    files = (data_path("words.txt"), shipped_path("models/vectors") / "words.txt")
    return frozenset(word for file in files for word in file.read_text(encoding="utf-8").split())


class Joined(NamedTuple):
    """A running text with its map back to the page and the footnote marks that stood in it."""

    text: str = ""
    runs: tuple[TextRun, ...] = ()
    marks: tuple[NoteMark, ...] = ()


def join_lines(lines: Iterable[Line], lexicon: Lexicon) -> Joined:
    """Return the lines as one text with its map back to the page."""
    parts: list[str] = []
    runs: list[TextRun] = []
    marks: list[NoteMark] = []
    length = 0
    last = ""
    for line in lines:
        text, offsets = line.text, line.offsets
        if not text:
            marks.extend(mark._replace(at=length) for mark in line.marks)
            continue
        if last:
            cut, glue = _seam(last, text, lexicon)
            if cut:
                parts[-1] = parts[-1][:-1]
                length -= 1
                runs[-1] = _shortened(runs[-1])
            if glue:
                parts.append(glue)
                length += len(glue)
        marks.extend(mark._replace(at=mark.at + length) for mark in line.marks)
        runs.append(TextRun(length, length + len(text), line.page, line.box, offsets))
        parts.append(text)
        length += len(text)
        last = text
    if last.endswith((LINE_END_HYPHEN, "\u00ad")):
        parts[-1] = parts[-1][:-1]
        runs[-1] = _shortened(runs[-1])
    return Joined("".join(parts), tuple(runs), tuple(marks))


def concatenate(parts: Sequence[Joined], separator: str) -> Joined:
    """Return several texts as one, each with its map moved to its place."""
    text = ""
    runs: list[TextRun] = []
    marks: list[NoteMark] = []
    for part in parts:
        if text and part.text:
            text += separator
        shift = len(text)
        runs += [run._replace(start=run.start + shift, end=run.end + shift) for run in part.runs]
        marks += [mark._replace(at=mark.at + shift) for mark in part.marks]
        text += part.text
    return Joined(text, tuple(runs), tuple(marks))


def _shortened(run: TextRun) -> TextRun:
    return run._replace(end=run.end - 1, offsets=run.offsets[:-1])


def _seam(last: str, line: str, lexicon: Lexicon) -> tuple[bool, str]:
    """Say how a line joins the one before: whether its last character goes, and what comes between."""
    end = last[-1]
    if end == LINE_END_HYPHEN:
        left, right = _LAST_WORD.search(last[:-1]), _FIRST_WORD.match(line)
        divided = left and right and not lexicon.keeps_hyphen(left[1], right[1])
        return True, "" if divided else "-"
    if end == "\u00ad":
        return True, ""
    if end == "-":
        left, right = _LAST_WORD.search(last[:-1]), _FIRST_WORD.match(line)
        if left and right and line[:1].islower() and not lexicon.keeps_hyphen(left[1], right[1]):
            return True, ""
        return False, "" if line[:1].isalnum() and not last.endswith(" -") else " "
    if end == "/" and line[:1].isalnum():
        return False, ""
    if end == "–" and last[-2:-1].isdigit() and line[:1].isdigit():
        return False, ""
    return False, " "
