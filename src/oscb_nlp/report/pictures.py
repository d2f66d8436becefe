"""Passages in their pages: crops of the PDFs, small enough to stand in the report."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oscb_nlp.document import Problem
from oscb_nlp.drawing import draw_crops
from oscb_nlp.redaction import redact
from oscb_nlp.report.content import SHOWN_GROUPS
from oscb_nlp.summary import CrossYearSummary
from oscb_nlp.workers import Reading

__all__ = ["Pictures", "crops"]

_SCALE = 1.25  # pixels a point: read without effort, about 12 kB a passage
_ROOM = 4.0  # points between the letters and their frame
_MARGIN = 4.0  # points above and below
_COLOURS = 16


@dataclass(frozen=True, slots=True)
class Pictures:
    """Crops by passage as ``data:`` addresses, and passages whose page could not be drawn, with why."""

    drawn: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def crops(summary: CrossYearSummary, limit: int, reading: Reading | None = None) -> Pictures:
    """Return crops by passage, until ``limit`` bytes are used; drawn in worker processes.

    The clearest exemplar of each theme comes first, then each recurring learning in its own
    words, then the other exemplars. A passage with contact details has no picture, for the
    page shows them; nor has one whose file is gone or has no pages.
    """
    wanted = _wanted(summary)
    by_file: dict[Path, list[str]] = {}
    for name, (file, _page, _box) in wanted.items():
        by_file.setdefault(file, []).append(name)
    tasks = [(file, [wanted[name][1:] for name in own]) for file, own in by_file.items()]
    outcomes = draw_crops(tasks, scale=_SCALE, margin=_MARGIN, colours=_COLOURS, reading=reading)
    found: dict[str, bytes] = {}
    failed: dict[str, str] = {}
    for own, outcome in zip(by_file.values(), outcomes, strict=True):
        if isinstance(outcome, Problem):
            failed |= dict.fromkeys(own, outcome.problem)
        else:
            found |= {name: png for name, png in zip(own, outcome, strict=True) if png}
    drawn = {}
    for name in wanted:
        if name in found:
            address = "data:image/png;base64," + base64.b64encode(found[name]).decode()
            limit -= len(address)
            if limit < 0:
                break
            drawn[name] = address
    return Pictures(drawn, failed)


def _wanted(summary: CrossYearSummary) -> dict[str, tuple[Path, int, list[float]]]:
    """Return file, page and box of the passages to draw, the most wanted first."""
    places = summary.tagged.passages.set_index("passage_id")
    files = summary.tagged.documents.set_index("document_id")["file"]
    found = {}
    for name in _quoted(summary):
        row = places.loc[name]
        file, box = Path(files[row["document_id"]]), row["bbox"]
        drawable = file.suffix.lower() == ".pdf" and box is not None and len(box) == 4
        if drawable and file.is_file() and redact(row["text"]) == row["text"]:
            found[name] = (file, int(row["page"]), _framed(box))
    return found


def _quoted(summary: CrossYearSummary) -> Iterator[str]:
    exemplars = summary.exemplars
    yield from exemplars.loc[exemplars["rank"] == 1, "passage_id"]
    yield from summary.recurring["representative"].head(SHOWN_GROUPS)
    yield from exemplars.sort_values(["rank", "theme"])["passage_id"]


def _framed(box: Sequence[float]) -> list[float]:
    """Return a box with room for its frame, which would else stand on the letters."""
    left, top, right, bottom = box
    return [left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM]
