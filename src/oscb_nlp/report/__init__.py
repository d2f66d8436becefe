"""Reports of a :class:`~oscb_nlp.summary.CrossYearSummary`: HTML, Word and Markdown, the same content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oscb_nlp.report.blocks import blocks
from oscb_nlp.report.html import render_html
from oscb_nlp.report.markdown import render_markdown
from oscb_nlp.report.word import render_word
from oscb_nlp.summary import CrossYearSummary, QuoteCheck
from oscb_nlp.tables import write_whole, writing

__all__ = ["FORMATS", "render_html", "write_report"]

FORMATS: dict[str, Callable[[CrossYearSummary, QuoteCheck], bytes]] = {
    "html": lambda summary, quotes: render_html(summary, quotes).encode(),
    "docx": lambda summary, quotes: render_word(blocks(summary, quotes)),
    "md": lambda summary, quotes: render_markdown(blocks(summary, quotes)).encode(),
}
"""The forms of a report by the ending of their files."""


def write_report(summary: CrossYearSummary, path: Path, form: str) -> Path:
    """Write a report in one of :data:`FORMATS`, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written, or a quoted passage does not stand in its source.
    """
    report = FORMATS[form](summary, summary.verify())
    with writing(path.parent):
        write_whole(path, lambda target: target.write_bytes(report))
    return path
