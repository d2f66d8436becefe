"""Charts as Altair objects, which a notebook user can restyle, and as SVG for the report.

Altair, since its charts are standard objects in notebooks; as SVG they need no script,
print well and keep the report one file that opens from disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from textwrap import wrap

import altair as alt
import pandas as pd
import vl_convert

from oscb_nlp.summary.periods import BREAK_AFTER, spans_break

__all__ = ["heatmap", "timeline", "to_png", "to_svg", "trend_line", "trend_lines"]

_FONT = "Arial, Helvetica, sans-serif"
_INK = "#1d3557"
_NAME_WIDTH = 370  # pixels that a name may take beside its line
_LINE = 38  # characters of a label that fit over a small chart
_CELL = 9  # characters of a period that fit under or over its cell
_BASE = re.compile(r'href="https?://[^"#]*#')


def heatmap(prevalence: pd.DataFrame, labels: dict[str, str]) -> alt.LayerChart | alt.FacetChart:
    """Return a heatmap of themes by period: the share of each one's reviews with the theme."""
    data = _labelled(prevalence, labels)
    order = data.groupby("label")["with_learning"].sum().sort_values(ascending=False).index.tolist()
    periods = _periods(data)
    x = alt.X(
        "period:O", title=None, sort=None, scale=_in_order(periods),
        axis=alt.Axis(orient="top", labelAngle=0, labelExpr=_wrapped(periods.values(), _CELL)),
    )  # fmt: skip
    base = alt.Chart(data).encode(
        x=x,
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
    layers += _break_rule(periods, by_distance=False)
    chart = alt.layer(*layers)
    return chart.properties(width=alt.Step(54), height=alt.Step(20))


def trend_lines(
    prevalence: pd.DataFrame, labels: dict[str, str], themes: list[str]
) -> alt.FacetChart:
    """Return small charts, one a theme: share by period with its Wilson interval."""
    data = _labelled(prevalence[prevalence["theme"].isin(themes)], labels)
    chart = alt.layer(*_trend_layers(_periods(data)), data=data).properties(width=215, height=95)
    names = [labels[theme] for theme in themes]
    # A long label takes two lines: every one would be cut off at the width of its chart.
    header = alt.Header(labelFontWeight="bold", labelLimit=240, labelExpr=_wrapped(names, _LINE))
    facet = alt.Facet("label:N", title=None, sort=names, header=header)
    # Each with its own years beneath: the last row of a long page is too far away to be read.
    drawn: alt.FacetChart = chart.facet(facet=facet, columns=3).resolve_axis(x="independent")
    return drawn


def trend_line(
    prevalence: pd.DataFrame, labels: dict[str, str], theme: str
) -> alt.LayerChart | alt.FacetChart:
    """Return one theme's chart: share by period with its Wilson interval."""
    data = _labelled(prevalence[prevalence["theme"] == theme], labels)
    layers = _trend_layers(_periods(data))
    return alt.layer(*layers, data=data).properties(width=230, height=95)


def _trend_layers(periods: Mapping[int, str]) -> list[alt.Chart]:
    x = _time_axis(periods, ticks=4)
    band = alt.Chart().mark_area(opacity=0.22, color=_INK).encode(x=x, y="low:Q", y2="high:Q")
    y = alt.Y("share:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    line = alt.Chart().mark_line(color=_INK, strokeWidth=2).encode(x=x, y=y)
    points = (
        alt.Chart()
        .mark_point(filled=True, size=36, color=_INK, opacity=1)
        .encode(x=x, y=y, href="link:N")
    )
    return [*_break_rule(periods, _are_years(periods)), band, line, points]


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
    periods = _periods(data)
    counted = data.groupby(["name", "link", "year"], as_index=False).agg(
        reviews=("document_id", "nunique")
    )
    counted["period"] = counted["year"].map(periods)
    spans = counted.groupby("name", as_index=False).agg(first=("year", "min"), last=("year", "max"))
    x = _time_axis(periods, ticks=10)
    first = alt.X("first:Q")
    if not _are_years(periods):
        spans[["first", "last"]] = spans[["first", "last"]].map(periods.get)
        first = alt.X("first:O", sort=None, scale=_in_order(periods))
    line = (
        alt.Chart(spans).mark_rule(color="#9db4c0", strokeWidth=2).encode(x=first, x2="last", y=y)
    )
    dots = alt.Chart(counted).mark_circle(color=_INK, opacity=1).encode(
        x=x, y=y, href="link:N",
        size=alt.Size("reviews:Q", scale=alt.Scale(range=[60, 240]), legend=None),
    )  # fmt: skip
    layers = [*_break_rule(periods, _are_years(periods)), line, dots]
    return alt.layer(*layers).properties(width=380, height=alt.Step(24))


def _periods(data: pd.DataFrame) -> dict[int, str]:
    """Return the periods' names by their first year, in order; tables of old have years alone."""
    names = data["period"] if "period" in data else data["year"].astype(str)
    found = dict(zip(data["year"].astype(int), names.astype(str), strict=True))
    return dict(sorted(found.items()))


def _in_order(periods: Mapping[int, str]) -> alt.Scale:
    # A sort of each layer would be lost where layers are put together.
    return alt.Scale(domain=list(periods.values()))


def _are_years(periods: Mapping[int, str]) -> bool:
    return all(name == str(year) for year, name in periods.items())


def _time_axis(periods: Mapping[int, str], ticks: int) -> alt.X:
    """Return years as distances; periods of unlike or unknown length as categories in order."""
    if _are_years(periods):
        axis = alt.Axis(format="d", tickMinStep=1, tickCount=ticks)
        # Room at both ends, so that the first point does not stand on the names beside it.
        scale = alt.Scale(zero=False, nice=False, padding=8)
        return alt.X("year:Q", title=None, axis=axis, scale=scale)
    names = list(periods.values())
    axis = alt.Axis(labelAngle=0, labelExpr=_wrapped(names, _CELL), labelFontSize=9)
    return alt.X("period:O", title=None, sort=None, scale=_in_order(periods), axis=axis)


def _break_rule(periods: Mapping[int, str], by_distance: bool) -> list[alt.Chart]:
    """Return the dashed line at the change from serious case reviews to practice reviews."""
    years = list(periods)
    if not years or not spans_break(years[0], years[-1]):
        return []
    after = next(year for year in years if year > BREAK_AFTER)
    if by_distance:
        at, place = pd.DataFrame({"year": [BREAK_AFTER + 0.5]}), alt.X("year:Q")
    else:
        at = pd.DataFrame({"period": [periods[after]]})
        place = alt.X("period:O", sort=None, scale=_in_order(periods), bandPosition=0)
    rule = alt.Chart(at).mark_rule(strokeDash=[4, 3], strokeWidth=2, color="#b65c00")
    drawn: alt.Chart = rule.encode(x=place)
    return [drawn]


def _wrapped(names: Iterable[str], width: int) -> str:
    """Return the expression that sets long labels in lines of so many characters."""
    lines = {name: wrap(name, width) for name in names if len(name) > width}
    return (
        "".join(
            f"datum.label === {json.dumps(name)} ? {json.dumps(parts)} : "
            for name, parts in lines.items()
        )
        + "datum.label"
    )


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
    plain = chart.configure(font=_FONT).configure_view(stroke=None)
    found: dict[str, object] = plain.configure_axis(labelFontSize=11).to_dict()
    return found


def _labelled(prevalence: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    data = prevalence.copy()
    data["label"] = data["theme"].map(labels)
    if "period" not in data:
        data["period"] = data["year"].astype(str)
    data["cell"] = data["with_learning"].astype(str) + "/" + data["reviews"].astype(str)
    data["link"] = "#" + data["theme"] + "-" + data["year"].astype(str)
    return data
