"""Documents and tables as Markdown, for people to read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from oscb_nlp.document import Document, Passage

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["markdown", "table_as_markdown"]

_MARKS = {"bullet": "- ", "quote": "> ", "table-row": "| "}


def markdown(document: Document) -> str:
    """Return a document's metadata, passages under their headings, and notes."""
    lines = [f"# {document.value('title')}", ""]
    lines += [
        f"- {name}: {value.value} ({value.source}, {value.confidence} confidence)"
        for name, value in document.metadata.items()
    ]
    lines += _passages(document.passages)
    if document.notes:
        lines += ["", "## Notes", ""]
        lines += [f"[^{note.number}]: {note.text}" for note in document.notes]
    return "\n".join(lines)


def _passages(passages: tuple[Passage, ...]) -> Iterator[str]:
    heading = ""
    for passage in passages:
        if passage.heading != heading:
            heading = passage.heading
            yield from ("", f"## {heading}", "")
        number = f"**{passage.number}** " if passage.number else ""
        indent = "  " * max(passage.level - 1, 0)
        yield f"{indent}{_MARKS.get(passage.kind, '')}{number}{_with_marks(passage)}"
        yield ""


def _with_marks(passage: Passage) -> str:
    """Set the footnote marks back into the text, in Markdown's form."""
    text = passage.text
    for mark in reversed(passage.marks):
        text = f"{text[: mark.at]}[^{mark.number}]{text[mark.at :]}"
    return text


def table_as_markdown(table: pd.DataFrame) -> str:
    """Return a frame as a Markdown table, fractions to two places and what is missing left blank."""
    names = [str(name) for name in table.columns]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in table.itertuples(index=False):
        lines.append("| " + " | ".join(_cell(value) for value in row) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.2f}"
    return str(value).replace("|", "\\|").replace("\n", " ")
