"""Write ``corpora/agreement.md``: how far the coders of the corpus agree, theme by theme.

``python corpora/agreement.py`` reads ``labels/fiction.jsonl`` (whoever wrote a review is its
first coder) and ``real/labels.jsonl``; passages with one coding are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp import load_codebook
from oscb_nlp.agreement import Codings, agreement, stance_agreement

HERE = Path(__file__).parent
SHOWN = ("positive", "prevalence", "percent", "kappa", "alpha", "alpha_low", "alpha_high", "ac1")


def main() -> None:
    """Measure both sets and write the page."""
    fiction = [
        record for record in _records(HERE / "labels" / "fiction.jsonl") if "codings" in record
    ]
    real = [r for r in _records(HERE / "real" / "labels.jsonl") if len(r["codings"]) > 1]
    recoded = _records(HERE / "labels" / "recoded.jsonl")
    text = (HERE / "agreement.template.md").read_text(encoding="utf-8")
    page = text.format(
        fiction=_section([_roles(r["codings"]) for r in fiction], [r["document"] for r in fiction]),
        recoded=_section(
            [r["codings"] for r in recoded],
            [r["id"].split(":")[0] for r in recoded],
            sorted({theme for r in recoded for theme in r["themes"]}),
        ),
        real=_section([r["codings"] for r in real], [r["sha256"] for r in real]),
    )
    (HERE / "agreement.md").write_text(page, encoding="utf-8")


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _roles(codings: Codings) -> Codings:
    """Call every writer the first coder: no two of them coded the same passage."""
    return {("first" if name.startswith("writer") else name): c for name, c in codings.items()}


def _section(codings: list[Codings], groups: list[str], themes: list[str] | None = None) -> str:
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
