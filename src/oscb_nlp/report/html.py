"""The report as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from oscb_nlp.redaction import redact
from oscb_nlp.report.charts import heatmap, timeline, to_svg, trend_lines
from oscb_nlp.report.content import content
from oscb_nlp.summary import CrossYearSummary, QuoteCheck

__all__ = ["render_html"]

_TREND_THEMES = 12


def render_html(summary: CrossYearSummary, quotes: QuoteCheck) -> str:
    """Return the report as HTML; every text from a document is escaped.

    ``quotes`` says how the quotes were verified.
    """
    environment = Environment(
        loader=PackageLoader("oscb_nlp.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["redact"] = redact
    environment.filters["name"] = _name
    environment.filters["marked"] = _marked
    return environment.get_template("report.html").render(
        content(summary), **_charts(summary), verified=str(quotes)
    )


def _charts(summary: CrossYearSummary) -> dict[str, Any]:
    """Return the charts as SVG; empty where there is nothing to draw."""
    labels = {theme.id: theme.label for theme in summary.codebook}
    told = summary.prevalence.groupby("theme")["with_learning"].sum()
    present = sorted(told[told > 0].index, key=lambda theme: (-told[theme], labels[theme]))
    shown = summary.prevalence[summary.prevalence["theme"].isin(present)]
    drawn: dict[str, Any] = dict.fromkeys(("heatmap", "trends", "timeline"), "")
    if present:
        drawn["heatmap"] = Markup(to_svg(heatmap(shown, labels)))  # noqa: S704
    if present and shown["year"].nunique() > 1:
        drawn["trends"] = Markup(  # noqa: S704
            to_svg(trend_lines(shown, labels, present[:_TREND_THEMES]))
        )
    if len(summary.recurring):
        drawn["timeline"] = Markup(to_svg(timeline(summary.recurring_members)))  # noqa: S704
    return drawn


def _name(file: str) -> str:
    """Return a file's own name: the table of documents gives each whole path."""
    return Path(file).name


def _marked(tag: dict[str, Any]) -> Markup:
    """Return the passage with its evidence in <mark>, escaped, contact details taken out."""
    text, position, parts = str(tag["text"]), 0, []
    for span in _without_overlap(tag["evidence"]):
        parts.append(escape(redact(text[position : span["start"]])))
        parts.append(Markup("<mark>{}</mark>").format(text[span["start"] : span["end"]]))
        position = span["end"]
    parts.append(escape(redact(text[position:])))
    return Markup("").join(parts)


def _without_overlap(spans: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for span in sorted(spans, key=lambda item: (item["start"], -item["end"])):
        if not kept or span["start"] >= kept[-1]["end"]:
            kept.append(span)
    return kept
