"""What a report says, in whatever form: the summary's tables gathered by section."""

from __future__ import annotations

from typing import Any

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.report.counts import (
    asked,
    flow,
    pairs,
    parts,
    span_of,
    trend_figures,
    trend_words,
)
from oscb_nlp.summary import VERDICTS, CrossYearSummary
from oscb_nlp.summary.periods import ALL_PERIODS

__all__ = ["SHOWN_GROUPS", "content"]

SHOWN_GROUPS = 40
"""Groups of recurring learning that a report shows."""


_FILES, _PLACES = 6, 4  # reviews of a theme and year, and places in each, that its table names


def content(summary: CrossYearSummary) -> dict[str, Any]:
    """Return what every report shows, by section; texts are as the reviews wrote them."""
    tagged = summary.tagged
    labels = {theme.id: theme.label for theme in summary.codebook}
    totals = _totals(summary, labels)
    present = [row["theme"] for row in totals if row["with_learning"]]
    quotes = _exemplar_tags(summary)
    years = sorted({int(year) for year in summary.prevalence["year"]})
    return {
        "documents": tagged.documents.sort_values(["year", "file"]).to_dict("records"),
        "problems": tagged.problems.to_dict("records"),
        "settings": _settings(tagged),
        "coders": tagged.settings.get("coders", []),
        "by": summary.settings["by"],
        "unit": summary.settings["unit"],
        "labels": labels,
        "years": years,
        "reviews_by_year": _reviews_by_year(summary),
        "totals": totals,
        "absent": [row["label"] for row in totals if not row["with_learning"]],
        "themes": [
            {**row, **_theme(summary, row["theme"], quotes)}
            for row in totals
            if row["with_learning"]
        ],
        "groups": _groups(summary, labels),
        "more_groups": max(0, len(summary.recurring) - SHOWN_GROUPS),
        "counted": len(summary.counted),
        "verdicts": VERDICTS,
        "top": _top(summary, labels),
        "pairs": pairs(summary, labels),
        "asked": asked(summary, labels),
        "parts": parts(summary, labels, present),
        "flow": flow(summary),
        "activity": summary.activity.to_dict("records"),
        "repeats": summary.repeats.to_dict("records"),
        "duplicates": summary.duplicates.to_dict("records"),
        "undated": summary.undated.to_dict("records"),
    }


def _settings(tagged: TaggedCorpus) -> dict[str, Any]:
    """Return the run's settings, with what a folder from elsewhere need not hold."""
    counts = {
        "passages": len(tagged.passages),
        "passages_coded": tagged.tags["passage_id"].nunique(),
        **tagged.settings.get("counts", {}),
    }
    return {"oscb_nlp": "of unknown version", **tagged.settings, "counts": counts}


def _totals(summary: CrossYearSummary, labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return each theme's count over all years, the commonest first."""
    rows = []
    tested = {str(row["theme"]): row for row in summary.trends.to_dict("records")}
    for theme, table in summary.prevalence.groupby("theme"):
        told = table[table["with_learning"] > 0]
        reviews = int(table["reviews"].sum())
        rows.append(
            {
                "theme": theme,
                "label": labels[str(theme)],
                "reviews": reviews,
                "with_learning": int(table["with_learning"].sum()),
                "share": float(table["with_learning"].sum()) / reviews if reviews else 0.0,
                "with_good_practice": int(table["with_good_practice"].sum()),
                "years": len(told),
                "first": int(told["year"].min()) if len(told) else None,
                "last": int(told["year"].max()) if len(told) else None,
                "verdict": tested[str(theme)]["verdict"],
                "trend": trend_words(tested[str(theme)], summary.settings["unit"]),
                "trend_figures": trend_figures(tested[str(theme)]),
            }
        )
    return sorted(rows, key=lambda row: (-row["with_learning"], row["label"]))


def _reviews_by_year(summary: CrossYearSummary) -> list[dict[str, Any]]:
    counts = summary.prevalence.drop_duplicates("year").sort_values("year")
    return list(counts[["year", "period", "reviews", "few_reviews"]].to_dict("records"))


def _theme(
    summary: CrossYearSummary, theme: str, quotes: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return a theme's counts by year, its reviews with their passages and its exemplars."""
    counts = summary.prevalence[summary.prevalence["theme"] == theme].sort_values("year")
    sources = summary.sources(theme)
    by_year = []
    for row in counts.to_dict("records"):
        of_year = sources[sources["year"] == row["year"]]
        files = [
            {
                "file": file,
                "places": [
                    {"page": int(p), "number": n, "stance": s}
                    for p, n, s in zip(
                        *(group[name].head(_PLACES) for name in ("page", "number", "stance")),
                        strict=True,
                    )
                ],
                "more": max(0, len(group) - _PLACES),
            }
            for file, group in of_year.groupby("file")
        ]
        more = max(0, len(files) - _FILES)
        by_year.append({**row, "files": files[:_FILES], "more_files": more})
    exemplars = summary.exemplars[summary.exemplars["theme"] == theme]
    entry = summary.codebook[theme]
    return {
        "id": theme,
        "label": entry.label,
        "definition": entry.definition,
        "by_year": by_year,
        "exemplars": [
            {**row, "evidence": quotes[f"{row['passage_id']} {theme}"]["evidence"]}
            for row in exemplars.to_dict("records")
        ],
    }


def _groups(summary: CrossYearSummary, labels: dict[str, str]) -> list[dict[str, Any]]:
    groups = []
    units = summary.counted.set_index("document_id")["unit"]
    for row in summary.recurring.head(SHOWN_GROUPS).to_dict("records"):
        members = summary.recurring_members[summary.recurring_members["group"] == row["group"]]
        groups.append(
            {
                **row,
                "span": span_of(row),
                "labels": [labels.get(theme, theme) for theme in row["themes"]],
                "members": members.to_dict("records"),
                "by_year": {
                    int(year): int(own["document_id"].map(units).nunique())
                    for year, own in members.groupby("year")
                },
            }
        )
    return groups


def _top(summary: CrossYearSummary, labels: dict[str, str]) -> list[dict[str, Any]]:
    """Return the learning points of each period, the whole span first."""
    return [
        {
            "period": period,
            "year": None if period == ALL_PERIODS else int(table["year"].iloc[0]),
            "points": [
                {"label": labels[theme], "theme": theme, "sentences": rows.to_dict("records")}
                for theme, rows in table.groupby("theme", sort=False)
            ],
        }
        for period, table in summary.top_learning.groupby("period", sort=False)
    ]


def _exemplar_tags(summary: CrossYearSummary) -> dict[str, dict[str, Any]]:
    """Return the tag behind each exemplar."""
    chosen = summary.exemplars[["passage_id", "theme", "text"]].merge(
        summary.tagged.tags, on=["passage_id", "theme"], validate="one_to_one"
    )
    return {f"{row['passage_id']} {row['theme']}": row for row in chosen.to_dict("records")}
