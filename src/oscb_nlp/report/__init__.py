"""Reports of a :class:`~oscb_nlp.summary.CrossYearSummary`: HTML, Word and Markdown, the same content."""

from __future__ import annotations

from pathlib import Path

from oscb_nlp.files import write_whole, writing
from oscb_nlp.remote import Url
from oscb_nlp.report.blocks import blocks
from oscb_nlp.report.html import render_html
from oscb_nlp.report.markdown import render_markdown
from oscb_nlp.report.word import render_word
from oscb_nlp.summary import CrossYearSummary

__all__ = ["FORMATS", "render_html", "write_report"]

FORMATS = ("html", "docx", "md")
"""The forms of a report by the ending of their files."""


def write_report(
    summary: CrossYearSummary,
    path: Path,
    form: str,
    *,
    pictures: bool = False,
    home: Path | Url | None = None,
) -> Path:
    """Write a report in one of :data:`FORMATS`, whole or not at all.

    Parameters
    ----------
    pictures
        Whether an HTML report shows quoted passages in crops of their pages too.
    home
        The folder in which it will stand, from which it leads to the files; by default ``path``'s.

    Raises
    ------
    OutputError
        If the file cannot be written, or a quoted passage does not stand in its source.
    """
    quotes = summary.verify()
    if form == "html":
        page = render_html(summary, quotes, home=home or path.parent, pictures=pictures)
        report = page.encode()
    elif form == "docx":
        report = render_word(blocks(summary, quotes))
    else:
        report = render_markdown(blocks(summary, quotes)).encode()
    with writing(path.parent):
        write_whole(path, lambda target: target.write_bytes(report))
    return path
