"""The report as one self-contained HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from oscb_nlp.redaction import redact, redact_spans
from oscb_nlp.remote import Url
from oscb_nlp.report.charts import timeline, to_svg, trend_line
from oscb_nlp.report.content import content
from oscb_nlp.report.counts import numbered
from oscb_nlp.report.passages import Passages, link_to, passages
from oscb_nlp.report.pictures import Pictures, crops
from oscb_nlp.report.record import RECORD_NOTE, record, settings_table
from oscb_nlp.summary import CrossYearSummary, QuoteCheck
from oscb_nlp.summary.periods import BREAK_AFTER, spans_break

__all__ = ["render_html"]

_LARGEST = 3_900_000  # bytes of the file with up to 200 reviews: it goes through any mail server
_FEW, _MORE = 200, 4_900  # bytes more for each further review, so that 1,000 take under 8 MB
_NAME = 56  # characters of a learning point beside its line in the timeline
_LEAST_DATA = 400_000  # bytes that the passages have even where the tables fill the file
# The charts are drawings of tables that stand beside them, hidden from screen readers whole.
_ARIA = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')


def render_html(
    summary: CrossYearSummary,
    quotes: QuoteCheck,
    *,
    home: Path | Url | None = None,
    pictures: bool = False,
) -> str:
    """Return the report as HTML; every text from a document is escaped.

    Parameters
    ----------
    quotes
        How the quotes were verified.
    home
        The folder of the report, from which it links to the files; None for no links.
    pictures
        Whether to set in crops of the pages, as far as the size of the file allows.
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
    environment.filters["numbered"] = numbered
    environment.filters["way"] = lambda file: link_to(file, home)
    environment.filters["marked"] = _marked
    environment.filters["step"] = _step
    environment.filters["percent"] = lambda share: f"{share * 100:.0f}%"
    style, script = (_source(environment, name) for name in ("report.css", "report.js"))
    said = content(summary)
    values = {
        **said, **_charts(summary),
        "style": Markup(style), "style_hash": _hash(style),  # noqa: S704
        "script": Markup(script), "script_hash": _hash(script),  # noqa: S704
        "verified": str(quotes), "made": settings_table(said),
        "record": record(said), "record_note": RECORD_NOTE,
        "break_year": _break_year(said["years"]), "pictures": Pictures(), "wanted_pictures": pictures,
    }  # fmt: skip
    template = environment.get_template("report.html")
    frame = template.render(values, data="", listed=Passages("", 0, 0, None))
    further = max(0, len(summary.counted) - _FEW)
    space = _LARGEST + _MORE * further - len(frame.encode())
    listed = passages(summary, limit=max(_LEAST_DATA, space), home=home)
    if pictures:
        values["pictures"] = crops(summary, space - len(listed.packed))
    return template.render(values, data=Markup(listed.packed), listed=listed)  # noqa: S704


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None  # noqa: S101
    return environment.loader.get_source(environment, name)[0]


def _hash(source: str) -> str:
    """Return the hash by which the content security policy knows an element."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _charts(summary: CrossYearSummary) -> dict[str, Any]:
    """Return the charts as SVG, the trends by theme; empty where there is nothing to draw."""
    labels = {theme.id: theme.label for theme in summary.codebook}
    told = summary.prevalence.groupby("theme")["with_learning"].sum()
    present = sorted(told[told > 0].index, key=lambda theme: (-told[theme], labels[theme]))
    shown = summary.prevalence[summary.prevalence["theme"].isin(present)]
    drawn: dict[str, Any] = {"trends": {}, "timeline": ""}
    if shown["year"].nunique() > 1:
        drawn["trends"] = {
            theme: _drawing(to_svg(trend_line(shown, labels, theme))) for theme in present
        }
    if len(summary.recurring):
        names = {
            int(row.group): f"{row.group}. {shorten(redact(row.learning), _NAME, placeholder=' …')}"
            for row in summary.recurring.itertuples()
        }
        periods = dict(zip(summary.counted["year"], summary.counted["period"], strict=True))
        members = summary.recurring_members
        members = members.assign(period=members["year"].map(periods))
        drawn["timeline"] = _drawing(to_svg(timeline(members, names=names)))
    return drawn


def _drawing(svg: str) -> Markup:
    """Return a chart that is drawn for the eye and the mouse alone."""
    bare = _ARIA.sub("", svg).replace("<a ", '<a tabindex="-1" ')
    return Markup(bare.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704


def _break_year(years: Sequence[int]) -> int | None:
    """Return the first year after the break in the series, where both sides are there."""
    if not years or not spans_break(years[0], years[-1]):
        return None
    return next(year for year in years if year > BREAK_AFTER)


def _name(file: str) -> str:
    """Return a file's own name: the table of documents gives each whole path."""
    return Path(file).name


def _step(share: float) -> int:
    """Return a share's class of colour or width, from 0 to 10; only nothing is 0."""
    return max(1, round(share * 10)) if share > 0 else 0


def _marked(tag: Mapping[str, Any]) -> Markup:
    """Return the passage with its evidence in <mark>, escaped, contact details taken out."""
    spans = [(span["start"], span["end"]) for span in tag["evidence"]]
    text, places = redact_spans(str(tag["text"]), spans)
    position, parts = 0, []
    for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= position:
            parts.append(escape(text[position:start]))
            parts.append(Markup("<mark>{}</mark>").format(text[start:end]))
            position = end
    parts.append(escape(text[position:]))
    return Markup("").join(parts)
