"""Charts as Altair objects, which a notebook user can restyle, and as SVG for the report.

Altair, since its charts are standard objects in notebooks; as SVG they need no script,
print well and keep the report one file that opens from disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from textwrap import wrap

import altair as alt
import pandas as pd
import vl_convert

from oscb_nlp.summary.periods import BREAK_AFTER, spans_break

__all__ = ["heatmap", "timeline", "to_png", "to_svg", "trend_lines"]

_FONT = "Arial, Helvetica, sans-serif"
_INK = "#1d3557"
_NAME_WIDTH = 380  # pixels that a name may take beside its line
_LINE = 38  # characters of a label that fit over a small chart
_BASE = re.compile(r'href="https?://[^"#]*#')


def heatmap(prevalence: pd.DataFrame, labels: dict[str, str]) -> alt.LayerChart | alt.FacetChart:
    """Return a heatmap of themes by year: the share of each year's reviews with the theme."""
    data = _labelled(prevalence, labels)
    order = data.groupby("label")["with_learning"].sum().sort_values(ascending=False).index.tolist()
    base = alt.Chart(data).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("label:N", title=None, sort=order, axis=alt.Axis(labelLimit=320)),
        href="link:N",
    )
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "share:Q",
            title="Share of reviews",
            scale=alt.Scale(scheme="blues", domain=[0, 1]),
            legend=alt.Legend(format="%", orient="bottom", direction="horizontal"),
        )
    )
    words = base.mark_text(fontSize=11).encode(
        text="cell:N",
        color=alt.condition("datum.share > 0.55", alt.value("white"), alt.value("#222222")),
    )
    layers = [cells, words]
    years = sorted(data["year"].unique())
    if years and spans_break(int(years[0]), int(years[-1])):
        first = next(int(year) for year in years if year > BREAK_AFTER)
        edge = alt.X("year:O", bandPosition=0)
        rule = alt.Chart(pd.DataFrame({"year": [first]}))
        layers.append(
            rule.mark_rule(strokeDash=[4, 3], strokeWidth=2, color="#b65c00").encode(x=edge)
        )
    chart = alt.layer(*layers)
    return chart.properties(width=alt.Step(54), height=alt.Step(20))


def trend_lines(
    prevalence: pd.DataFrame, labels: dict[str, str], themes: list[str]
) -> alt.FacetChart:
    """Return small charts, one a theme: share by year with its Wilson interval."""
    data = _labelled(prevalence[prevalence["theme"].isin(themes)], labels)
    x = alt.X(
        "year:Q", title=None, axis=alt.Axis(format="d", tickCount=4), scale=alt.Scale(zero=False)
    )
    band = alt.Chart().mark_area(opacity=0.22, color=_INK).encode(x=x, y="low:Q", y2="high:Q")
    y = alt.Y("share:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    line = alt.Chart().mark_line(color=_INK, strokeWidth=2).encode(x=x, y=y)
    points = (
        alt.Chart()
        .mark_point(filled=True, size=36, color=_INK, opacity=1)
        .encode(x=x, y=y, href="link:N")
    )
    layers = [band, line, points]
    if spans_break(int(data["year"].min()), int(data["year"].max())):
        layers.insert(0, _break_rule())
    chart = alt.layer(*layers, data=data).properties(width=215, height=95)
    names = [labels[theme] for theme in themes]
    # A long label takes two lines: every one would be cut off at the width of its chart.
    lines = " : ".join(
        f"datum.label === {json.dumps(name)} ? {json.dumps(wrap(name, _LINE))}" for name in names
    )
    header = alt.Header(labelFontWeight="bold", labelLimit=240, labelExpr=f"{lines} : datum.label")
    facet = alt.Facet("label:N", title=None, sort=names, header=header)
    # Each with its own years beneath: the last row of a long page is too far away to be read.
    drawn: alt.FacetChart = chart.facet(facet=facet, columns=3).resolve_axis(x="independent")
    return drawn


def timeline(
    members: pd.DataFrame, groups: int = 15, names: Mapping[int, str] | None = None
) -> alt.LayerChart | alt.FacetChart:
    """Return the years in which each of the first groups of recurring learning was said.

    ``names`` says what stands beside a group's line, by its number.
    """
    data = members[members["group"] <= groups].copy()
    said = {number: f"Learning {number}" for number in data["group"].unique()} | dict(names or {})
    data["name"] = data["group"].map(said)
    data["link"] = data["group"].map("#learning-{}".format)
    order = [said[number] for number in sorted(data["group"].unique())]
    # The names' room is fixed: fonts on the reader's machine may be wider than those measured here.
    axis = alt.Axis(labelLimit=_NAME_WIDTH, minExtent=_NAME_WIDTH) if names else alt.Axis()
    y = alt.Y("name:N", title=None, sort=order, axis=axis)
    counted = data.groupby(["name", "link", "year"], as_index=False).agg(
        reviews=("document_id", "nunique")
    )
    spans = counted.groupby("name", as_index=False).agg(first=("year", "min"), last=("year", "max"))
    years = alt.X(
        "year:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1), scale=alt.Scale(zero=False)
    )
    line = (
        alt.Chart(spans)
        .mark_rule(color="#9db4c0", strokeWidth=2)
        .encode(x="first:Q", x2="last:Q", y=y)
    )
    dots = alt.Chart(counted).mark_circle(color=_INK, opacity=1).encode(
        x=years, y=y, href="link:N",
        size=alt.Size("reviews:Q", scale=alt.Scale(range=[60, 240]), legend=None),
    )  # fmt: skip
    layers = [line, dots]
    if spans_break(int(counted["year"].min()), int(counted["year"].max())):
        layers.insert(0, _break_rule())
    return alt.layer(*layers).properties(width=520, height=alt.Step(24))


def _break_rule() -> alt.Chart:
    """Return the dashed line at the change from serious case reviews to practice reviews."""
    rule = alt.Chart(pd.DataFrame({"x": [BREAK_AFTER + 0.5]}))
    drawn: alt.Chart = rule.mark_rule(strokeDash=[4, 3], color="#b65c00").encode(x="x:Q")
    return drawn


def to_png(chart: alt.TopLevelMixin, scale: float = 2.0) -> bytes:
    """Return a chart as a PNG picture, for documents that hold no SVG."""
    png: bytes = vl_convert.vegalite_to_png(_configured(chart), scale=scale)
    return png


def to_svg(chart: alt.TopLevelMixin) -> str:
    """Return a chart as SVG markup without script or outside reference."""
    svg: str = vl_convert.vegalite_to_svg(_configured(chart))
    # vl-convert resolves links within the page against its own base address.
    return _BASE.sub('href="#', svg)


def _configured(chart: alt.TopLevelMixin) -> dict[str, object]:
    found: dict[str, object] = chart.configure(font=_FONT).configure_view(stroke=None).to_dict()
    return found


def _labelled(prevalence: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    data = prevalence.copy()
    data["label"] = data["theme"].map(labels)
    data["cell"] = data["with_learning"].astype(str) + "/" + data["reviews"].astype(str)
    data["link"] = "#" + data["theme"] + "-" + data["year"].astype(str)
    return data
