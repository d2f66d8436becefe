"""Whether words stand in the file that they are cited from: the page as pdfium itself spells it.

The check shares nothing with the reader that made the passages but the PDF library. Only what it
cannot follow (a word cut in two by a page's end; files without pages) is read again by the reader.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from oscb_nlp.reading import document_id, read_document
from oscb_nlp.reading.engines.pdfium import open_pdf

__all__ = ["Citation", "missing_quotes", "stands_in"]

Citation = tuple[str, int, int]
"""A text, and the first and last page that it is cited from."""

_SHORTEST = 3  # words that a piece between two breaks must have
_WORDS_A_BREAK = 6


def missing_quotes(path: Path, identity: str, citations: Sequence[Citation]) -> list[bool] | None:
    """Return for each citation whether its words are missing from the file.

    None where the file cannot bear witness: its bytes are no longer those that were read.

    Raises
    ------
    ReadError
        If the file cannot be opened.
    """
    data = path.read_bytes()
    if document_id(data) != identity:
        return None
    found = [False] * len(citations)
    if data.lstrip()[:5].startswith(b"%PDF"):
        pages = _page_texts(path, data, citations)
        found = [
            stands_in(text, "\n".join(pages[page] for page in range(first, last + 1)))
            for text, first, last in citations
        ]
    if not all(found):
        # A word that a page's end cuts in two, or a file without pages: read again by the reader.
        again = {passage.text for passage in read_document(path).passages}
        found = [
            known or text in again for known, (text, _f, _l) in zip(found, citations, strict=True)
        ]
    return [not known for known in found]


def _page_texts(path: Path, data: bytes, citations: Sequence[Citation]) -> dict[int, str]:
    pdf = open_pdf(path, data)
    try:
        numbers = {page for _text, first, last in citations for page in range(first, last + 1)}
        return {n: pdf[n - 1].get_textpage().get_text_range() for n in sorted(numbers)}
    finally:
        pdf.close()


def stands_in(text: str, source: str) -> bool:
    """Whether a text stands in a source, word for word.

    Layout may part it (a page's end, a table's next column, a footnote's mark), so it may be
    found in a few pieces, each looked for after the last one first; but a piece between two
    others has three words or more, and what lies between two pieces is a number or reaches over
    a line's end. So a word that was changed, added, or lost within a line shows.

    Examples
    --------
    >>> stands_in("shared with the school", "It was never shared with the school nurse.")
    True
    >>> stands_in("It was shared with the school", "It was never shared with the school nurse.")
    False
    """
    lines = [_letters(line) for line in source.splitlines()]
    stream = "".join(lines)
    line_of = [number for number, line in enumerate(lines) for _letter in line]
    return all(_cell_stands(cell, stream, line_of) for cell in text.split(" | "))


def _cell_stands(cell: str, stream: str, line_of: Sequence[int]) -> bool:
    words = [letters for word in cell.split() if (letters := _letters(word))]
    pieces: list[int] = []
    start, position = 0, 0
    while start < len(words):
        length = _longest(words[start:], stream)
        run = "".join(words[start : start + length])
        found = stream.find(run, position)
        found = found if found >= 0 else stream.rfind(run, 0, position)
        if not length or found < 0 or (pieces and not _gap(stream, line_of, position, found)):
            return False
        pieces.append(length)
        start, position = start + length, found + len(run)
    whole = all(length >= _SHORTEST for length in pieces[1:-1])
    return whole and len(pieces) <= 2 + len(words) // _WORDS_A_BREAK


def _gap(stream: str, line_of: Sequence[int], end: int, start: int) -> bool:
    """Whether layout can part two pieces that end and start at these letters."""
    return stream[end:start].isdigit() or line_of[end - 1] != line_of[start]


def _longest(words: Sequence[str], stream: str) -> int:
    """Return how many words from the first on stand together in the stream."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        if "".join(words[:middle]) in stream:
            low = middle
        else:
            high = middle - 1
    return low


def _letters(text: str) -> str:
    """Return letters and digits alone: spaces, hyphens and quotes are the layout's."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
