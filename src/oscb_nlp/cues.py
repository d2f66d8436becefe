"""The codebook's cues as a spaCy component with evidence spans.

``nlp.add_pipe("oscb_themes")`` works in any pipeline once the package is installed. The
component needs tokens alone, so ``spacy.blank("en")`` is enough and no trained pipeline
is downloaded. It sets ``doc.spans["oscb_themes"]``: one span per cue, labelled with the
theme's id, with "strong" or "weak" as its span id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import spacy
from spacy.attrs import LOWER
from spacy.lang.en import English
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import filter_spans
from spacy.vocab import Vocab

from oscb_nlp.codebook import Codebook, load_codebook

__all__ = ["SPANS_KEY", "Cue", "CueFinder", "ThemeCues", "create_theme_cues", "hits_of"]

SPANS_KEY = "oscb_themes"
_MAX_CHARACTERS = 100_000
_GAP = "..."
_LONGEST_GAP = 3
_ANCHOR = 4  # letters of the first word by which open cues are found
_REMEMBERED = 50_000  # words whose open cues are kept at hand: most words come again


class Cue(NamedTuple):
    """A cue found in a text: theme, characters ``[start, end)`` and whether it may stand alone."""

    theme: str
    start: int
    end: int
    strong: bool


class ThemeCues:
    """Component that marks the cues of a codebook's themes.

    A cue is matched on lower-cased tokens; "trauma-informed" also matches "trauma
    informed", ``bruis*`` any word with that beginning, and " ... " up to three words.
    """

    def __init__(
        self, vocab: Vocab, codebook: Codebook, tokenizer: Callable[[str], Doc] | None = None
    ) -> None:
        self.codebook = codebook
        self._phrases = PhraseMatcher(vocab, attr="LOWER")
        # Open cues by their first word and, where that is a prefix, by its first letters:
        # spaCy's own Matcher tries every pattern at every token, which is 30 times slower.
        self._open: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._prefixed: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._meaning: dict[str, tuple[str, bool]] = {}
        tokenizer = tokenizer or spacy.blank("en").tokenizer
        for theme in codebook:
            for strong, cues in ((True, theme.cues), (False, theme.weak_cues)):
                self._add(theme.id, strong, cues, tokenizer)
        self._lengths = sorted({len(letters) for letters in self._prefixed})
        self._begun: dict[str, list[tuple[str, tuple[str, ...]]]] = {}

    def _add(
        self, theme: str, strong: bool, cues: Iterable[str], tokenizer: Callable[[str], Doc]
    ) -> None:
        key = f"{theme}|{'strong' if strong else 'weak'}"
        self._meaning[key] = (theme, strong)
        phrases: list[Doc] = []
        for cue in cues:
            for form in _spellings(cue):
                if "*" in form or _GAP in form:
                    pattern = _pattern(form, tokenizer)
                    first = pattern[0]
                    if first.endswith("*"):
                        self._prefixed[first[:-1][:_ANCHOR]].append((key, pattern))
                    else:
                        self._open[first].append((key, pattern))
                else:
                    phrases.append(tokenizer(form))
        if phrases:
            self._phrases.add(key, phrases)

    def __call__(self, doc: Doc) -> Doc:
        """Set the cue spans of ``doc`` and return it."""
        found: dict[str, list[Span]] = defaultdict(list)
        strings = doc.vocab.strings
        matches = [(strings[key], start, end) for key, start, end in self._phrases(doc)]
        matches += self._open_matches([strings[word] for word in doc.to_array(LOWER).tolist()])
        for key, start, end in matches:
            theme, strong = self._meaning[key]
            span = Span(doc, start, end, label=theme, span_id="strong" if strong else "weak")
            found[theme].append(span)
        spans = [span for theme in found for span in filter_spans(found[theme])]
        spans.sort(key=lambda span: (span.start, span.label_))
        doc.spans[SPANS_KEY] = spans
        return doc

    def _open_matches(self, words: list[str]) -> Iterator[tuple[str, int, int]]:
        for start, word in enumerate(words):
            begun = self._begun.get(word)
            if begun is None:
                begun = self._begun_by(word)
                if len(self._begun) < _REMEMBERED:
                    self._begun[word] = begun
            for key, rest in begun:
                if end := _match(words, start + 1, rest):
                    yield key, start, end

    def _begun_by(self, word: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the open cues that a word begins, without their first part."""
        found = list(self._open.get(word, ()))
        for length in self._lengths:
            if length <= len(word):
                found += self._prefixed.get(word[:length], ())
        return [(key, pattern[1:]) for key, pattern in found if _fits(word, pattern[0])]

    def to_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> None:
        """Do nothing: the component is made again from its codebook."""

    def from_disk(self, path: str | Path, exclude: Iterable[str] = ()) -> ThemeCues:
        """Return the component as it is: it is made from its codebook."""
        return self


@Language.factory("oscb_themes", default_config={"codebook": None}, assigns=["doc.spans"])
def create_theme_cues(nlp: Language, name: str, codebook: str | None) -> ThemeCues:
    """Make the component; ``codebook`` is a file, or None for the one that ships."""
    return ThemeCues(nlp.vocab, load_codebook(codebook))


class _Words(English):  # type: ignore[no-untyped-call]
    """English without spaCy's list of contractions, which takes longer to load than all cues.

    Cues and texts are cut alike, so a cue such as "can't cope" is found as before. One thing
    differs from the component in a full pipeline: "cannot" and its kind are one word, not two.
    """

    class Defaults(English.Defaults):  # type: ignore[misc, valid-type]
        tokenizer_exceptions: ClassVar[dict[str, list[dict[int, str]]]] = {}


class CueFinder:
    """Find cues in texts with a blank English pipeline of its own.

    Attributes
    ----------
    codebook : Codebook
        Whose cues are found.

    Examples
    --------
    >>> finder = CueFinder(load_codebook())
    >>> [cue.theme for cue in finder.find("The report names domestic abuse.")]
    ['domestic-abuse']
    """

    def __init__(self, codebook: Codebook) -> None:
        self.codebook = codebook
        self._nlp = _Words()
        self._nlp.max_length = _MAX_CHARACTERS + 1
        self._cues = ThemeCues(self._nlp.vocab, codebook, self._nlp.tokenizer)

    def find(self, text: str) -> list[Cue]:
        """Return the cues of one text in order."""
        return next(iter(self.find_all([text])))

    def find_all(self, texts: Iterable[str]) -> Iterator[list[Cue]]:
        """Yield the cues of each text in order; a text over 100,000 characters is cut."""
        for text in texts:
            doc = self._cues(self._nlp.make_doc(text[:_MAX_CHARACTERS]))
            yield [
                Cue(span.label_, span.start_char, span.end_char, span.id_ == "strong")
                for span in doc.spans[SPANS_KEY]
            ]


def _spellings(cue: str) -> list[str]:
    """Return a cue with its hyphens and, if it has any, with spaces in their place."""
    spellings = [cue]
    if "-" in cue:
        spellings.append(cue.replace("-", " "))
    if "'" in cue:
        spellings += [form.replace("'", "’") for form in list(spellings)]
    return spellings


def _pattern(cue: str, tokenizer: Callable[[str], Doc]) -> tuple[str, ...]:
    """Return an open cue as words, words with a final ``*``, and gaps."""
    pattern: list[str] = []
    for part in cue.split():
        if part == _GAP or part.endswith("*"):
            pattern.append(part)
        else:
            pattern += [token.lower_ for token in tokenizer(part)]
    return tuple(pattern)


def _match(words: list[str], start: int, pattern: tuple[str, ...]) -> int:
    """Return where the parts that follow from ``start`` on end first, or 0 where they do not match."""
    # All places at once: one after another, gaps that follow gaps would be tried for ever.
    places = [start]
    for part in pattern:
        if part == _GAP:
            places = sorted({at + skip for at in places for skip in range(_LONGEST_GAP + 1)})
        else:
            places = [at + 1 for at in places if at < len(words) and _fits(words[at], part)]
            if not places:
                return 0
    return places[0]


def _fits(word: str, part: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def hits_of(cues: Sequence[Sequence[Cue]], themes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return how strongly each text's cues speak for each theme, from 0 to 1: (n_texts, n_themes)."""
    columns = {theme: column for column, theme in enumerate(themes)}
    hits = np.zeros((len(cues), len(columns)))
    for row, found in enumerate(cues):
        for theme in {cue.theme for cue in found}:
            of_theme = [cue for cue in found if cue.theme == theme]
            alone = len({(cue.start, cue.end) for cue in of_theme}) == 1
            weak = alone and not of_theme[0].strong
            hits[row, columns[theme]] = 1 / 3 if weak else 1.0
    return hits
