"""Write ``corpora/figures.md``: what the corpus holds and how far its coders agree.

``python corpora/describe.py`` reads ``labels/fiction.jsonl``, ``labels/further.jsonl`` and
``labels/papers.jsonl`` (whoever wrote a review is its first coder) and ``real/labels.jsonl``.
Passages with one coding are left out of the agreement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp import load_codebook
from oscb_nlp.agreement import Codings, agreement, stance_agreement
from oscb_nlp.codebook import STANCES

HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test", "further", "papers")
BOARD_PAPERS = "C13"  # the coder of the short board papers that came last
SHOWN = ("positive", "prevalence", "percent", "kappa", "alpha", "alpha_low", "alpha_high", "ac1")


def main() -> None:
    """Count, measure and write the page."""
    every = _records(HERE / "labels" / "fiction.jsonl")
    later = [
        *_records(HERE / "labels" / "further.jsonl"),
        *_records(HERE / "labels" / "papers.jsonl"),
    ]
    published = _records(HERE / "real" / "labels.jsonl")
    real = [record for record in published if len(record["codings"]) > 1]
    afresh = _records(HERE / "labels" / "afresh.jsonl")
    text = (HERE / "figures.template.md").read_text(encoding="utf-8")
    page = text.format(
        themes=_counts(every + later, published),
        years=_years(every + later),
        fiction=_between_roles(every),
        further=_between_roles([r for r in later if BOARD_PAPERS not in r["codings"]]),
        papers=_between_roles([r for r in later if BOARD_PAPERS in r["codings"]]),
        afresh=_section(
            [r["codings"] for r in afresh],
            [r["id"].partition(":")[0] for r in afresh],
            afresh[0]["scope"],
        ),
        real=_section([r["codings"] for r in real], [r["sha256"] for r in real]),
    )
    (HERE / "figures.md").write_text(page, encoding="utf-8")


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _counts(fiction: list[dict[str, Any]], real: list[dict[str, Any]]) -> str:
    """Return a table of passages by theme: by split, by stance, and in the published reports."""
    given = [(r["split"], theme, stance) for r in fiction for theme, stance in r["stances"].items()]
    frame = pd.DataFrame(given, columns=["split", "theme", "stance"])
    themes = list(load_codebook().ids)
    table = pd.concat(
        [
            frame.groupby(["theme", "split"]).size().unstack(fill_value=0)[list(SPLITS)],
            frame.groupby(["theme", "stance"]).size().unstack(fill_value=0)[list(STANCES)],
        ],
        axis=1,
    ).reindex(themes)
    table["published"] = [
        sum(any(theme in coding for coding in _kept(record)) for record in real) for theme in themes
    ]
    lines = ["| theme | " + " | ".join(table.columns) + " |", "|---|" + "---|" * len(table.columns)]
    lines += [
        f"| {name} | " + " | ".join(map(str, row)) + " |" for name, *row in table.itertuples()
    ]
    none = [sum(not r["themes"] for r in fiction if r["split"] == s) for s in SPLITS]
    return "\n".join([*lines, f"| no theme | {' | '.join(map(str, none))} |" + " |" * 6])


def _kept(record: dict[str, Any]) -> list[dict[str, str]]:
    """Return the adjudicated coding where there is one, otherwise every coding."""
    return [record["adjudicated"]] if "adjudicated" in record else list(record["codings"].values())


def _years(fiction: list[dict[str, Any]]) -> str:
    frame = pd.DataFrame([{k: r[k] for k in ("document", "year", "split")} for r in fiction])
    reviews = frame.drop_duplicates("document").groupby("year").size()
    passages = frame.groupby("year").size()
    rows = [f"| {year} | {reviews[year]} | {passages[year]} |" for year in reviews.index]
    return "\n".join(["| year | reviews | passages |", "|---|---|---|", *rows])


def _roles(codings: Codings) -> Codings:
    """Call every writer the first coder and whoever coded blind the second."""
    return {("first" if name.startswith("writer") else "second"): c for name, c in codings.items()}


def _between_roles(records: list[dict[str, Any]]) -> str:
    """Return the agreement of writers and blind coders on the passages that have both."""
    twice = [record for record in records if len(record.get("codings", ())) > 1]
    return _section([_roles(r["codings"]) for r in twice], [r["document"] for r in twice])


def _section(codings: list[Codings], groups: list[str], themes: Sequence[str] = ()) -> str:
    table = agreement(codings, themes or load_codebook().ids, groups)
    seen = table[table["positive"] > 0]
    same = sum(len({tuple(sorted(c)) for c in coding.values()}) == 1 for coding in codings)
    stance = stance_agreement(codings)
    few = int((seen["alpha"] < 0.67).sum())
    head = (
        f"{len(codings)} passages of {len(set(groups))} documents; {same} coded with the same "
        f"themes. Mean alpha over {len(seen)} themes {seen['alpha'].mean():.2f}, {few} below 0.67. "
        f"Stance, where both gave the theme ({stance['cases']} cases): {stance['percent']:.1%} "
        f"alike, kappa {stance['kappa']:.2f}, alpha {stance['alpha']:.2f}."
    )
    return f"{head}\n\n{_table(seen)}"


def _table(frame: pd.DataFrame) -> str:
    lines = ["| theme | " + " | ".join(SHOWN) + " |", "|---|" + "---|" * len(SHOWN)]
    for row in frame.sort_values("alpha").to_dict("records"):
        cells = [f"{row[name]:.3f}" if name == "prevalence" else _cell(row[name]) for name in SHOWN]
        lines.append(f"| {row['theme']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}"


if __name__ == "__main__":
    main()
