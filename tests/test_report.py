"""The report as a reader meets it: in a real browser, from disk, with no network."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp import CrossYearSummary, summarise
from oscb_nlp.errors import OutputError
from oscb_nlp.report.charts import heatmap, timeline, to_svg, trend_lines
from oscb_nlp.report.counts import trend_words
from oscb_nlp.report.passages import unpacked
from tests.summary.test_summary import tagged

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SETTINGS = {
    "oscb_nlp": "0", "codebook": "c", "codebook_hash": "h", "model": "m", "model_hash": "h",
    "counts": {"passages": 1, "passages_coded": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def report(demo_summary: CrossYearSummary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_summary.to_html(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if not CHROMIUM:
        pytest.skip("no Chromium is installed on this machine")
    api = pytest.importorskip("playwright.sync_api")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


def test_it_is_one_file_that_asks_for_nothing_from_outside(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert report.stat().st_size < 1_500_000
    assert not re.search(r"<script src|<link|<img|@import|url\((?!#)", text)
    addresses = set(re.findall(r'(?:href|src)="(https?:[^"]*)', text))
    assert not addresses


def test_without_script_every_number_leads_to_where_its_reviews_stand(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    targets = set(re.findall(r' id="([^"]+)"', text))
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert len(links) > 100
    assert links <= targets


def test_it_opens_in_a_browser_without_a_complaint(report: Path, browser: object) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})  # type: ignore[attr-defined]
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(report.as_uri())
    assert complaints == []
    assert requests == [report.as_uri()]
    assert page.title().startswith("What the reviews keep saying")
    assert page.locator("svg").count() >= 2


def test_it_is_read_on_a_telephone_without_scrolling_sideways(
    report: Path, browser: object
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})  # type: ignore[attr-defined]
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_text_shows_as_text(tmp_path: Path) -> None:
    hostile = (
        '<script>alert(1)</script> & "quotes" <img src=x onerror=alert(1)> were in the home record'
    )
    rows = [("a", 2016, "neglect", "finding", hostile), ("b", 2017, "neglect", "finding", hostile)]
    corpus = tagged(rows)
    corpus.settings.update(SETTINGS)
    text = summarise(corpus).to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    packed = re.search(r'id="data">([^<]*)<', text)
    assert packed
    assert hostile in {row[3] for row in unpacked(packed[1])["passages"]}


def test_contact_details_do_not_reach_the_report(tmp_path: Path) -> None:
    words = "The school should write to pat@example.org whenever a child is absent for three days"
    corpus = tagged([("a", 2016, "neglect", "recommendation", words)])
    corpus.settings.update(SETTINGS)
    text = summarise(corpus).to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    packed = re.search(r'id="data">([^<]*)<', text)
    assert packed
    for shown in (text, str(unpacked(packed[1]))):
        assert "pat@example.org" not in shown
        assert "[e-mail removed]" in shown


def test_a_quote_that_is_not_in_its_source_stops_the_write(tmp_path: Path) -> None:
    words = "The school should write to the family whenever a child is absent for three days"
    corpus = tagged([("a", 2016, "neglect", "recommendation", words)])
    corpus.settings.update(SETTINGS)
    summary = summarise(corpus)
    summary.exemplars.loc[0, "text"] = words.replace("three", "four")
    with pytest.raises(OutputError, match="quoted otherwise"):
        summary.to_html(tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize(("years", "marked"), [((2017, 2020), True), ((2019, 2020), False)])
def test_the_break_in_the_series_is_marked_on_every_chart(
    years: tuple[int, int], marked: bool
) -> None:
    table = pd.DataFrame(
        [{"theme": "t", "year": year, "with_learning": 1, "reviews": 2, "share": 0.5, "low": 0.1,
          "high": 0.9, "group": 1, "document_id": str(year)} for year in years]
    )  # fmt: skip
    charts = [heatmap(table, {"t": "T"}), trend_lines(table, {"t": "T"}, ["t"]), timeline(table)]
    for chart in charts:
        assert ("stroke-dasharray" in to_svg(chart)) is marked


def test_periods_are_set_in_order_and_none_begins_at_year_nought() -> None:
    periods = {2007: "before 2010", 2013: "Working Together 2013", 2019: "Working Together 2018"}
    table = pd.DataFrame(
        [{"theme": "t", "year": year, "period": name, "with_learning": 1, "reviews": 2, "share": 0.5,
          "low": 0.1, "high": 0.9, "group": 1, "document_id": name} for year, name in periods.items()]
    )  # fmt: skip
    for chart in (
        heatmap(table, {"t": "T"}),
        trend_lines(table, {"t": "T"}, ["t"]),
        timeline(table),
    ):
        svg = to_svg(chart)
        places = [svg.index(f">{word}<") for word in ("before", "2013", "2018")]
        assert places == sorted(places)
        assert not re.search(r">(0|500|1,?000|2007)<", svg)
        assert "stroke-dasharray" in svg


def test_a_theme_says_what_the_test_of_its_years_shows(
    report: Path, demo_summary: CrossYearSummary
) -> None:
    text = report.read_text(encoding="utf-8")
    article = text[text.index('id="theme-early-help"') :].split("</article>")[0]
    row = demo_summary.trends.set_index("theme").loc["early-help"].to_dict()
    assert f"Over the years: {row['verdict']}" in article
    assert trend_words(row, "review") in article
    assert re.search(r"multiplied by 0\.\d+ \(95% interval 0[.\d]* to 0\.\d+; 1 is no", article)


def test_a_trend_that_is_shown_says_so_with_its_figure() -> None:
    row = {"reviews": 16, "with_learning": 12, "odds_ratio": 0.3, "low": 0.1, "high": 0.7,
           "p": 0.001, "q": 0.034, "step_year": float("nan"), "step_q": 1.0, "verdict": "falling"}  # fmt: skip
    words = trend_words(row, "review")
    assert "multiplied by 0.30 (95% interval 0.10 to 0.70; 1 is no change)" in words
    assert "q is 0.034, below 0.05, and a change is shown" in words


def test_a_test_without_limits_is_told_in_words() -> None:
    row = {"reviews": 9, "with_learning": 3, "odds_ratio": 3.21, "low": 0.004, "high": float("inf"),
           "p": 0.2, "q": 0.41, "step_year": 2020.0, "step_q": 0.01, "verdict": "new"}  # fmt: skip
    words = trend_words(row, "review")
    assert "multiplied by 3.21 (95% interval under 0.01 to no limit; 1 is no change)" in words
    assert "q is 0.41, and a change counts as shown below 0.05. A step is shown: reviews" in words
    assert trend_words({**row, "p": float("nan")}, "review").startswith("There are too few")
    few = {**row, "q": 0.01, "verdict": "too few reviews to say"}
    assert trend_words(few, "review") == "There are too few reviews or years to test a change."
    everywhere = {**row, "p": float("nan"), "with_learning": 9}
    assert (
        trend_words(everywhere, "board") == "Every board raises it, so there is no change to test."
    )
