"""The passages behind the report's figures, met as a reader meets them: in a real browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oscb_nlp import CrossYearSummary, TaggedCorpus, summarise
from oscb_nlp.report.html import render_html
from oscb_nlp.report.passages import passages, unpacked
from oscb_nlp.summary import QuoteCheck
from tests.summary.test_summary import tagged
from tests.test_report import CHROMIUM, SETTINGS

HOSTILE = (
    '</script><script>window.hit = 1</script> "quoted" & \u202eright to left \u2028 '
    "<img src=x onerror=window.hit=1> was on the home record 😀 of neglect"
)


@pytest.fixture(scope="module")
def summary(demo_tagged: TaggedCorpus) -> CrossYearSummary:
    """Five of the demo reviews, of both sides of the break: enough for each part of the report."""
    own = demo_tagged.documents.sort_values(["year", "file"]).iloc[::3].head(5)
    tables = {
        name: table[table["document_id"].isin(own["document_id"])].reset_index(drop=True)
        for name in ("documents", "passages", "items")
        for table in [getattr(demo_tagged, name)]
    }
    tags = demo_tagged.tags[demo_tagged.tags["passage_id"].isin(tables["passages"]["passage_id"])]
    return summarise(replace(demo_tagged, **tables, tags=tags.reset_index(drop=True)))


@pytest.fixture(scope="module")
def report(summary: CrossYearSummary, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return summary.to_html(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def open_page() -> Iterator[Callable[..., Any]]:
    """Open a file in Chromium; the test fails where the page complains."""
    if not CHROMIUM:
        pytest.skip("no Chromium is installed on this machine")
    api = pytest.importorskip("playwright.sync_api")
    complaints: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )

        def open_file(path: Path, hash: str = "", **options: Any) -> Any:
            page = browser.new_page(**options)
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(path.as_uri() + hash)
            if options.get("java_script_enabled", True):
                page.locator("#filters:not([hidden])").wait_for(state="attached")
            return page

        yield open_file
        browser.close()
    assert complaints == []


def reviews_listed(page: Any) -> int:
    return int(re.search(r"of (\d+) review", page.inner_text("#count"))[1])  # type: ignore[index]


@pytest.mark.parametrize(
    "place",
    ["#overview td.share", "#overview td.n", "#years .heat", "#top", "#pairs", "#asked", "#parts",
     "#recurring .heat"],
)  # fmt: skip
def test_a_figure_counts_the_reviews_of_the_passages_that_it_leads_to(
    report: Path, open_page: Callable[..., Any], place: str
) -> None:
    page = open_page(report)
    page.evaluate("document.querySelectorAll('details').forEach((node) => (node.open = true))")
    figures = page.locator(f"{place} a[data-show]")
    count = figures.count()
    assert count > 3
    for at in sorted({0, 1, count // 2, count - 1}):
        # In "Who is asked", every other number counts recommendations and not reviews.
        if place == "#asked" and at % 2:
            continue
        # A pair's row gives the reviews with both, with the first and with the second.
        told = int(re.match(r"\d+", figures.nth(at).inner_text())[0])  # type: ignore[index]
        figures.nth(at).click()
        page.locator("#h-passages:focus").wait_for()
        assert reviews_listed(page) == told
        page.go_back()


def test_every_cell_of_the_heatmap_counts_what_it_lists(
    report: Path, open_page: Callable[..., Any], summary: CrossYearSummary
) -> None:
    page = open_page(report)
    cells = page.locator("#years .heat td a[data-show]").evaluate_all(
        "(links) => links.map((link) => [link.dataset.show, link.textContent])"
    )
    data = unpacked(page.inner_text("#data"))
    theme_of = {theme: at for at, (theme, _label) in enumerate(data["themes"])}
    assert len(cells) == int((summary.prevalence["with_learning"] > 0).sum())
    for show, told in cells:
        wanted = dict(part.split("=") for part in show.split("&"))
        found = {
            data["documents"][doc][7]
            for doc, _page, _number, _text, tags in data["passages"]
            for theme, stance, *_rest in tags
            if theme == theme_of[wanted["theme"]]
            and stance in data["learning"]
            and data["documents"][doc][3] == int(wanted["year"])
        }
        assert len(found) == int(told.split("/")[0])


def test_a_number_is_followed_and_left_with_the_keyboard_alone(
    report: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#years .heat td a").first.focus()
    page.keyboard.press("Enter")
    page.locator("#h-passages:focus").wait_for()
    assert "#passages?" in page.url
    assert page.locator("#found blockquote mark").count() > 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "back"
    page.keyboard.press("Enter")
    page.locator("#years .heat td a:focus").wait_for()


def test_passages_are_filtered_and_searched(report: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(report, "#passages?theme=neglect&stance=learning")
    every = int(page.inner_text("#count").split()[0])
    page.select_option("#f-year", "2018")
    of_year = int(page.inner_text("#count").split()[0])
    assert 0 < of_year < every
    assert "year=2018" in page.url
    page.click("#clear")
    page.fill("#f-q", '"strategy meeting"')
    page.wait_for_url("**/*q=*")
    found = page.locator("#found blockquote").all_inner_texts()
    assert found
    assert all("strategy meeting" in text.lower() for text in found)
    assert page.get_attribute("#count", "aria-live") == "polite"


def test_long_lists_are_paged(report: Path, open_page: Callable[..., Any]) -> None:
    page = open_page(report, "#passages?stance=learning")
    first = page.locator("#found li blockquote").first.inner_text()
    assert page.locator("#found > li").count() == 20
    page.get_by_role("button", name="Further passages").click()
    assert "Page 2 of" in page.inner_text("#count")
    assert page.locator("#found li blockquote").first.inner_text() != first


def test_a_citation_leads_to_the_page_of_the_file(
    report: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(report, "#passages?theme=neglect&stance=learning")
    address = page.locator("#found .cite a").first.evaluate("(link) => link.href")
    assert re.search(r"\.pdf#page=\d+$", address)
    assert Path(address.removeprefix("file://").split("#")[0]).is_file()


def test_a_point_of_the_timeline_leads_to_its_learning(
    report: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(report)
    page.locator("#recurring figure svg a").first.click()
    page.locator("#h-passages:focus").wait_for()
    assert page.url.endswith("#passages?group=1")
    assert "Only recurring learning 1." in page.inner_text("#also")


def test_axe_finds_no_barrier(report: Path, open_page: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    source = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page = open_page(report, "#passages?stance=learning")
    page.evaluate("document.querySelectorAll('details').forEach((node) => (node.open = true))")
    # What repeats is checked on its first few: axe takes half a minute over every cell.
    page.evaluate(
        """document.querySelectorAll(
             "tr:nth-child(n+9), article:nth-of-type(n+4), #recurring > details:nth-of-type(n+5), " +
             "#top > details:nth-of-type(n+3), #found > li:nth-child(n+6), svg > g"
           ).forEach((node) => node.remove())"""
    )
    page.evaluate(source)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
    found = page.evaluate("(rules) => axe.run(document, { runOnly: rules })", rules)
    assert len(found["passes"]) > 20
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_without_script_it_is_read_all_the_same(
    report: Path, open_page: Callable[..., Any]
) -> None:
    page = open_page(report, java_script_enabled=False)
    assert "runs no script" in page.locator("noscript").inner_text()
    assert page.locator("#filters").is_hidden()
    link = page.locator("#years .heat td a").first
    target = str(link.get_attribute("href"))
    assert page.locator(target).count() == 1


def test_hostile_text_does_nothing_and_shows_as_text(
    tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    corpus = tagged([("a", 2016, "neglect", "finding", HOSTILE)])
    start = HOSTILE.index("neglect")
    corpus.tags.at[0, "evidence"] = [{"start": start, "end": start + 7, "kind": "cue"}]
    corpus.settings.update(SETTINGS)
    report = summarise(corpus).to_html(tmp_path / "report.html")
    page = open_page(report, "#passages?theme=neglect")
    assert page.evaluate("window.hit") is None
    assert page.locator("#found blockquote").evaluate("(node) => node.textContent") == HOSTILE
    # Offsets count signs, and JavaScript counts the face as two.
    assert page.locator("#found mark").all_inner_texts() == ["neglect"]


def test_words_and_evidence_are_without_contact_details() -> None:
    words = "Write to pat@example.org about neglect at home"
    corpus = tagged([("a", 2016, "neglect", "finding", words)])
    start = words.index("neglect")
    corpus.tags.at[0, "evidence"] = [{"start": start, "end": start + 7, "kind": "cue"}]
    (row,) = unpacked(passages(summarise(corpus)).packed)["passages"]
    text, (first, last) = row[3], row[4][0][4]
    assert "pat@" not in text
    assert text[first:last] == "neglect"


def test_where_space_is_short_no_passage_that_a_figure_counts_is_missing(
    summary: CrossYearSummary,
) -> None:
    whole = passages(summary)
    short = passages(summary, limit=24_000)
    assert len(short.packed) <= 24_000
    assert short.cut is not None
    assert short.listed + short.left_out == whole.listed
    learning = summary.tagged.tags
    learning = learning[learning["stance"].isin(("finding", "recommendation", "good-practice"))]
    assert short.listed == learning["passage_id"].nunique()


def test_pictures_show_passages_in_their_pages(summary: CrossYearSummary, tmp_path: Path) -> None:
    text = render_html(summary, QuoteCheck(), home=tmp_path, pictures=True)
    pictures = re.findall(r'<img class="crop" src="data:image/png;base64,[^"]{1000,}" alt=', text)
    assert len(pictures) > 40
    assert len(text.encode()) < 5_000_000
    assert "quoted passages stand beside a picture" in text
