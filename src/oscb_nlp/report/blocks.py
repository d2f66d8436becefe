"""What a report says as a row of blocks, for Word and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from oscb_nlp.redaction import redact
from oscb_nlp.report.appendix import flow_blocks, pair_blocks, part_blocks, record_blocks
from oscb_nlp.report.charts import heatmap, to_png
from oscb_nlp.report.content import content
from oscb_nlp.report.counts import numbered
from oscb_nlp.report.forms import Block, Heading, Paragraph, Picture, Quote, Table, cells
from oscb_nlp.summary import CrossYearSummary, QuoteCheck

__all__ = ["blocks"]

_GROUPS = 20


def blocks(summary: CrossYearSummary, quotes: QuoteCheck) -> list[Block]:
    """Return the report's blocks; contact details are taken out of every quote."""
    said = content(summary)
    parts = (
        _opening(said),
        _themes(said),
        _by_year(summary, said),
        _top(said),
        _recurring(said),
        _repeats(said),
        pair_blocks(said),
        _asked(said),
        part_blocks(said),
        _activity(said),
        _documents(said),
        _made(said, quotes),
        record_blocks(said),
    )
    return [block for part in parts for block in part]


def _opening(said: Mapping[str, Any]) -> Iterator[Block]:
    counts, years = said["settings"]["counts"], said["years"]
    span = f", {years[0]} to {years[-1]}" if years else ""
    yield Heading(1, "What the reviews keep saying")
    yield Paragraph(
        f"{len(said['documents'])} documents{span}: {counts['passages']} passages read, "
        f"{counts['passages_coded']} of them coded with at least one of {len(said['labels'])} themes."
    )
    coders = said["coders"]
    codes = (
        f"Codes are a model's, except on {counts['passages_coded_by_people']} passages that people "
        f"coded ({', '.join(coders)})."
        if coders
        else "The codes were given by a model and not checked by a person."
    )
    yield Paragraph(
        "A theme counts as a review's learning when at least one passage raises it as a finding or a "
        "recommendation. Reviews are counted, never passages. Published reviews are a selected "
        f"sample: the figures say what reviews write about, not how common a harm is. {codes}"
    )
    if not years:
        yield Paragraph(
            "No document has a year, so nothing can be counted across years. Give the years in a "
            "manifest CSV."
        )


def _themes(said: Mapping[str, Any]) -> Iterator[Block]:
    told = [row for row in said["totals"] if row["with_learning"]]
    yield Heading(2, "Themes over all years")
    if not told:
        yield Paragraph("No theme was found as a finding or a recommendation.")
        return
    yield Table(
        "Reviews with each theme as learning, and what the years show",
        ("Theme", "Reviews", "Share", "Verdict", "Years", "First", "Last", "As good practice"),
        cells(
            (
                row["label"],
                f"{row['with_learning']} of {row['reviews']}",
                _percent(row["share"]),
                row["verdict"],
                f"{row['years']} of {len(said['years'])}",
                row["first"],
                row["last"],
                row["with_good_practice"],
            )
            for row in told
        ),
    )
    used = {row["verdict"] for row in told}
    for word, meaning in said["verdicts"].items():
        if word in used:
            yield Paragraph(f"{word}: {meaning}", bullet=True)
    tested = [row for row in told if row["trend_figures"]]
    if tested:
        yield Table(
            "Tests of change over the years: odds of 1 are no change, and a change counts as shown "
            "where q is below 0.05",
            ("Theme", "Odds from year to year (95% interval)", "q"),
            cells((row["label"], *row["trend_figures"]) for row in tested),
        )


def _by_year(summary: CrossYearSummary, said: Mapping[str, Any]) -> Iterator[Block]:
    if not said["themes"]:
        return
    yield Heading(2, "Themes by year")
    present = [theme["id"] for theme in said["themes"]]
    shown = summary.prevalence[summary.prevalence["theme"].isin(present)]
    words = "Heatmap of themes by year; the table below has the same figures"
    yield Picture(to_png(heatmap(shown, said["labels"])), words)
    yield Table(
        "Reviews with the theme as learning, of all reviews of the year",
        ("Theme", *(row["period"] for row in said["reviews_by_year"])),
        cells(
            (
                theme["label"],
                *(f"{row['with_learning']}/{row['reviews']}" for row in theme["by_year"]),
            )
            for theme in said["themes"]
        ),
    )
    few = [row["period"] for row in said["reviews_by_year"] if row["few_reviews"]]
    if few:
        yield Paragraph(
            f"Fewer than five reviews: {', '.join(few)}. Such a year says little about change."
        )
    if said["years"][0] < 2019 <= said["years"][-1]:
        yield Paragraph(
            "Break in the series, 2018 to 2019: serious case reviews gave way to local child "
            "safeguarding practice reviews and rapid reviews, so figures before and after count "
            "different kinds of review."
        )


def _top(said: Mapping[str, Any]) -> Iterator[Block]:
    if not said["top"]:
        return
    yield Heading(2, "The ten most frequent learning points")
    for part in said["top"]:
        yield Heading(3, "All years" if part["period"] == "all" else part["period"])
        for point in part["points"]:
            first = point["sentences"][0]
            yield Paragraph(
                f"{point['label']} ({first['reviews']} of {first['of_reviews']} reviews)",
                bullet=True,
            )
            for row in point["sentences"]:
                yield Quote(redact(row["sentence"]), _citation(row))


def _recurring(said: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Recurring learning")
    if not said["groups"]:
        yield Paragraph("No learning was found in two reviews or more.")
        return
    yield Paragraph(
        "Findings and recommendations of different reviews that resemble each other in meaning, as "
        "far as vectors of what they say can tell. Read a group before you cite it."
    )
    for group in said["groups"][:_GROUPS]:
        yield Paragraph(
            f"{group['group']}. {group['reviews']} reviews, {group['span']}: {', '.join(group['labels'])}"
        )
        for member in group["members"]:
            yield Quote(redact(member["text"]), f"{member['year']}, {_citation(member)}")
    left = len(said["groups"]) + said["more_groups"] - _GROUPS
    if left > 0:
        yield Paragraph(f"{left} further groups are in recurring.csv.")


def _repeats(said: Mapping[str, Any]) -> Iterator[Block]:
    if said["repeats"]:
        yield Heading(2, "Recommendations made before")
        yield Table(
            "Recommendations that belong to a group with a passage of an earlier year",
            ("Period", "Recommendations", "Made before", "Share (95% interval)"),
            cells(
                (
                    row["period"],
                    row["recommendations"],
                    row["repeats"],
                    f"{_percent(row['share'])} ({_percent(row['low'])} to {_percent(row['high'])})",
                )
                for row in said["repeats"]
            ),
        )


def _asked(said: Mapping[str, Any]) -> Iterator[Block]:
    if said["asked"]:
        yield Heading(2, "Who is asked to act")
        yield Table(
            "Agencies and the themes of the recommendations to them, the most frequent first",
            ("Agency", "Theme", "Reviews", "Recommendations", "First", "Last"),
            cells(
                (
                    row["label"], row["theme_label"], row["reviews"],
                    row["recommendations"], row["first_year"], row["last_year"],
                )
                for row in said["asked"]
            ),
        )  # fmt: skip


def _activity(said: Mapping[str, Any]) -> Iterator[Block]:
    if said["activity"]:
        yield Heading(2, "Review activity, as annual reports state it")
        yield Table(
            "Numbers that annual reports and board papers give",
            ("Period", "Board", "What", "Number", "Source"),
            cells(
                (
                    row["period"],
                    row["board"],
                    row["measure"],
                    row["count"],
                    f"“{redact(row['sentence'])}” {_place(row)}",
                )
                for row in said["activity"]
            ),
        )


def _documents(said: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Documents")
    yield Table(
        "What was read",
        ("Year", "Title", "Type", "Board", "File", "Pages", "Passages"),
        cells(
            (
                "none" if row["year"] != row["year"] or row["year"] is None else row["year"],
                redact(row["title"]), row["review_type"], row["board"], Path(row["file"]).name,
                row["pages"], row["passages"],
            )
            for row in said["documents"]
        ),
    )  # fmt: skip
    if said["problems"]:
        yield Table(
            "Files that were not read, or not whole, or could not be counted in a year",
            ("File", "Problem", "What to do"),
            cells(
                (Path(row["file"]).name, row["problem"], row["detail"]) for row in said["problems"]
            ),
        )


def _made(said: Mapping[str, Any], quotes: QuoteCheck) -> Iterator[Block]:
    yield Heading(2, "How it was made, and its limits")
    yield from flow_blocks(said)
    for line in (
        "Everything ran on one machine, with no network.",
        f"{quotes}: each quote was looked up in the file that it cites.",
        "The model errs; the model card says how often. Shares are not corrected here; "
        "prevalence.csv has them both ways.",
        "It codes published texts. It must not be used to judge a child, a family or a worker.",
    ):
        yield Paragraph(line, bullet=True)


def _citation(row: Mapping[str, Any]) -> str:
    return f"{redact(row['title'])}, {_place(row)}, {row['stance']}"


def _place(row: Mapping[str, Any]) -> str:
    number = f", {numbered(row['number'])}" if row["number"] else ""
    return f"{Path(row['file']).name}, page {row['page']}{number}"


def _percent(share: float) -> str:
    return f"{share:.0%}"
