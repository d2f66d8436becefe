"""The report as Markdown: tables in place of charts, quotes with their citation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from oscb_nlp.report.forms import Block, Heading, Paragraph, Picture, Quote, Table

__all__ = ["render_markdown"]

# What a review wrote must not become markup, be it a link, HTML or a table's edge.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|!~])")


def render_markdown(blocks: Iterable[Block]) -> str:
    r"""Return blocks as Markdown (CommonMark with pipe tables); texts are escaped.

    >>> print(render_markdown([Heading(2, "Themes"), Quote("She said *no*.", "a.pdf, page 2")]))
    ## Themes
    <BLANKLINE>
    > She said \*no\*.
    >
    > — a.pdf, page 2
    <BLANKLINE>
    """
    return "\n\n".join(text for block in blocks if (text := _text(block))) + "\n"


def _text(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_escaped(text)}"
        case Paragraph(text, bullet):
            return f"{'- ' if bullet else ''}{_escaped(text)}"
        case Quote(text, citation):
            return f"> {_escaped(text)}\n>\n> — {_escaped(citation)}"
        case Table(caption, header, rows):
            lines = [_row(header), "|" + "---|" * len(header), *map(_row, rows)]
            return f"{_escaped(caption)}:\n\n" + "\n".join(lines)
        case Picture():
            return ""


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(map(_escaped, cells)) + " |"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
