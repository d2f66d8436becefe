"""Codebooks as the lists that Taguette and QualCoder import.

Taguette (Project info, import codebook) takes a CSV with the columns ``tag`` and
``description``; a dot in a tag makes a level, as here the family. QualCoder (Project, import
plain text codes list) takes a CSV without a header: ``category>>code`` and the code's memo.

Not held as such: identifiers, cues, sources and related themes; they stand in the description.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from oscb_nlp.codebook import Codebook
from oscb_nlp.exchange.coded import Review
from oscb_nlp.exchange.project import NO_THEME
from oscb_nlp.exchange.refi import theme_text
from oscb_nlp.tables import formula_safe

__all__ = ["to_qualcoder", "to_taguette"]


def to_taguette(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the codebook as a CSV that Taguette imports.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_taguette([], load_codebook()).decode().splitlines()[0]
    'tag,description'
    """
    tags = (
        (".".join(part.replace(".", " ") for part in path), text) for path, text in _codes(codebook)
    )
    return _csv([("tag", "description"), *tags])


def to_qualcoder(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the codebook as a CSV that QualCoder imports.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_qualcoder([], load_codebook()).decode().split(",")[0]
    'Harm to the child>>Neglect'
    """
    return _csv((">>".join(path), text) for path, text in _codes(codebook))


def _codes(codebook: Codebook) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give each code's path and description, families in their order."""
    for family in codebook.families:
        for theme in codebook:
            if theme.family == family.id:
                yield (family.label, theme.label), theme_text(codebook, theme)
    for stance in codebook.stances:
        yield ("Stance", stance.label), stance.definition
    yield (NO_THEME,), "The passage was read, and no theme applies."


def _csv(rows: Iterable[tuple[str, str]]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerows([formula_safe(cell) for cell in row] for row in rows)
    return target.getvalue().encode()
