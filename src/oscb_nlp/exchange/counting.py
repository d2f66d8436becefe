r"""How programs count positions in a text, found out from the file itself.

The standard counts Unicode code points from 0 and says that a selection has "the first and the
last character". Programs differ in two things:

- Line ends. Windows programs store ``\r\n``; NVivo counts two characters there, as stored, and
  ATLAS.ti one. XML turns ``\r\n`` inside ``PlainTextContent`` into ``\n``, after which a program
  that counted two is off by one more with each line.
- The end. It is the first character after the selection nearly everywhere, and the last one in
  programs that take the standard by its word.

Many programs name a selection by its words. Where they do, each way of counting is held against
the names and the one that gives most of them is taken; where they do not, the usual one of the
program that wrote the file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Counting", "Marked", "counting_of", "one_line_end"]

_ENOUGH = 500  # selections that are held against their names
_LEAST_NAME = 8  # letters: a shorter name may stand anywhere


class Marked(NamedTuple):
    """A selection as written: the positions in the text as stored, and the selection's name."""

    stored: str
    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Counting:
    """A way to count: what a line end is, and whether the end belongs to the selection."""

    line_end: str = "stored"
    end_included: bool = False

    def span(self, stored: str, start: int, end: int) -> tuple[int, int]:
        r"""Return where a selection stands in the text with single line feeds.

        >>> Counting().span("One.\r\nTwo.", 6, 10)
        (5, 9)
        """
        length, breaks = _breaks(stored, self.line_end)
        last = end + 1 if self.end_included else end
        # A position between the two halves of a line end is that of the line end.
        first, last = (min(max(position, 0), length) for position in (start, last))
        return first - bisect_left(breaks, first), last - bisect_left(breaks, last)


def counting_of(marked: Sequence[Marked], origin: str = "") -> Counting:
    r"""Return the way of counting that gives most selections the words they are named by.

    Parameters
    ----------
    marked
        The selections of all sources of one file: a program counts in one way.
    origin
        The program that wrote it, which decides where names do not.

    Examples
    --------
    >>> counting_of([Marked("One.\r\nTwo is next.", 5, 17, "Two is next.")])
    Counting(line_end='one', end_included=False)
    """
    usual = "one" if "atlas" in origin.lower() else "stored"
    line_ends = sorted(("stored", "one", "two"), key=lambda name: name != usual)
    ways = [Counting(line_end, included) for included in (False, True) for line_end in line_ends]
    named = [one for one in marked if len(_plain(one.name)) >= _LEAST_NAME][:_ENOUGH]
    return max(ways, key=lambda way: _hits(way, named))  # the first of equals, the usual one


@lru_cache(maxsize=8)
def one_line_end(text: str) -> str:
    r"""Return a text with single line feeds.

    >>> one_line_end("One.\r\nTwo.\rThree.")
    'One.\nTwo.\nThree.'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hits(way: Counting, marked: Iterable[Marked]) -> int:
    return sum(_fits(way, one) for one in marked)


def _fits(way: Counting, one: Marked) -> int:
    """Return how well a selection's words fit its name: wholly, or as far as a cut name goes."""
    start, end = way.span(one.stored, one.start, one.end)
    marked = one_line_end(one.stored)[start:end]
    words, name = _plain(marked), _plain(one.name)
    # A position wrong by one often takes in a line end: words between words fit better.
    tidy = int(marked == marked.strip())
    if words == name:
        return 4 + tidy
    begun = name.removesuffix("...").removesuffix("…").rstrip()
    return 2 + tidy if len(begun) >= _LEAST_NAME and words.startswith(begun) else 0


@lru_cache(maxsize=8)  # all selections of a source are asked one after another
def _breaks(stored: str, line_end: str) -> tuple[int, list[int]]:
    """Return the length of a text as it is counted, and where its two-character line ends are."""
    counted = stored if line_end == "stored" else one_line_end(stored)
    if line_end == "two":
        counted = counted.replace("\n", "\r\n")
    return len(counted), [match.start() for match in re.finditer("\r\n", counted)]


def _plain(text: str) -> str:
    return " ".join(text.split())
