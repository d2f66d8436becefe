"""What comes back from other programs, found again here: passages by their words, codes by their name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from oscb_nlp.codebook import Codebook
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange.foreign import Code
from oscb_nlp.exchange.project import NO_THEME
from oscb_nlp.exchange.refi import guid
from oscb_nlp.redaction import redact

__all__ = ["Found", "Meaning", "Meanings", "Passages", "plain"]

_LEAST = 20  # letters: a shorter paragraph may stand inside any selection
_EDGE = 24  # letters of a selection's begin and end, by which one over two passages is known
_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "\u00ad": None})

Found: TypeAlias = tuple[str, str]
"""A passage's id, or empty with the problem: a word of the vocabulary of conflicts."""


def plain(text: str) -> str:
    """Return a text as it is compared: programs set other quotes, spaces and ligatures.

    >>> plain("She  asked: “Why?”")
    'she asked: "why?"'
    """
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold().split())


class Passages:
    """The passages of a corpus, to be found by their words, redacted or not."""

    def __init__(self, tagged: TaggedCorpus) -> None:
        self.rows = {row["passage_id"]: row for row in tagged.passages.to_dict("records")}
        self._words: dict[str, set[str]] = {}
        self._exact: dict[str, list[str]] = {}
        self._of: dict[str, list[str]] = {}
        for name, row in self.rows.items():
            self._words[name] = {plain(row["text"]), plain(redact(row["text"]))}
            self._of.setdefault(row["document_id"], []).append(name)
            for words in self._words[name]:
                self._exact.setdefault(words, []).append(name)

    @property
    def documents(self) -> set[str]:
        """The reviews' ids."""
        return set(self._of)

    def has_words(self, passage: str, text: str) -> bool:
        """Return whether a passage of this id has these words."""
        return plain(text) in self._words.get(passage, ())

    def find(self, text: str, document: str = "") -> Found:
        """Return the passage that a selected text stands in.

        Parameters
        ----------
        text
            The selected words: a passage, a part of one, or one with its number.
        document
            The review to look in, or empty for all.
        """
        words = plain(text)
        if not words:
            return "", "text-not-found"
        exact = [name for name in self._exact.get(words, ()) if self._in(name, document)]
        if exact:
            # The same words twice in one review are one coding, as `codings` keeps them.
            one = len({self.rows[name]["document_id"] for name in exact}) == 1
            return (exact[0], "") if one else ("", "several-passages")
        names = self._of.get(document, ()) if document else self.rows
        within = [name for name in names if self._part_of(name, words)]
        if len(within) > 1:
            return "", "over-two-passages"
        around = [name for name in names if any(words in own for own in self._words[name])]
        if len(around) > 1:
            return "", "several-passages"
        if around or within:
            return (around or within)[0], ""
        return "", "over-two-passages" if self._over(words, names) else "text-not-found"

    def _in(self, name: str, document: str) -> bool:
        return not document or self.rows[name]["document_id"] == document

    def _part_of(self, name: str, words: str) -> bool:
        return any(len(own) >= _LEAST and own in words for own in self._words[name])

    def _over(self, words: str, names: Iterable[str]) -> bool:
        ends = words[:_EDGE].strip(), words[-_EDGE:].strip()
        return all(any(end in own for name in names for own in self._words[name]) for end in ends)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of another program is here; for "none", that no theme applies."""

    kind: Literal["theme", "stance", "none"]
    id: str


class Meanings:
    """What codes mean: by guid, by the id in their description, by label.

    >>> from oscb_nlp.codebook import load_codebook
    >>> Meanings(load_codebook()).of_label("neglect: Good practice")
    (Meaning(kind='theme', id='neglect'), Meaning(kind='stance', id='good-practice'))
    """

    def __init__(self, codebook: Codebook, codes: Iterable[Code] = ()) -> None:
        themes = [(Meaning("theme", theme.id), theme.label) for theme in codebook]
        stances = [(Meaning("stance", one.id), one.label) for one in codebook.stances]
        none = Meaning("none", "")
        self._guids = {guid(one.kind, one.id): one for one, _label in [*themes, *stances]}
        self._guids[guid("no-theme")] = none
        self._ids = {one.id: one for one, _label in [*themes, *stances]}
        # Ids last: where a label reads like another theme's id, the id counts.
        labels = {plain(label): one for one, label in [*stances, *themes]}
        self._labels = labels | {plain(one.id): one for one in self._ids.values()}
        self._labels[plain(NO_THEME)] = none
        self._codes = {code.guid: code for code in codes}

    def of_code(self, code_guid: str) -> Meaning | None:
        """Return what a project's code means, or None."""
        if known := self._guids.get(code_guid):
            return known
        code = self._codes.get(code_guid)
        if code is None:
            return None
        for line in code.description.splitlines():
            if line.startswith("id:") and (known := self._ids.get(line[3:].strip())):
                return known
        return self._labels.get(plain(code.name))

    def of_label(self, label: str) -> tuple[Meaning, ...]:
        """Return what a label means: a theme, a stance, or ``theme:stance``; nothing if unknown."""
        if whole := self._labels.get(plain(label)):
            return (whole,)
        theme, colon, stance = label.rpartition(":")
        pair = (self._labels.get(plain(theme)), self._labels.get(plain(stance)))
        if colon and pair[0] and pair[1] and (pair[0].kind, pair[1].kind) == ("theme", "stance"):
            return pair[0], pair[1]
        return ()

    def is_stance(self, name: str) -> bool:
        """Return whether this is a stance's id."""
        return self._ids.get(name, Meaning("none", "")).kind == "stance"

    def name(self, code_guid: str) -> str:
        """Return what a project calls a code, for messages."""
        code = self._codes.get(code_guid)
        return code.name if code else f"code {code_guid or 'without an identifier'}"
