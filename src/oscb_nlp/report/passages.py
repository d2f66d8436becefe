"""The passages behind the report's figures, as data that its script lists and filters.

Each passage stands once, with its themes; documents, themes and stances are named by number,
so that the text of the reviews is nearly all that the data weigh. They are packed (zlib, as
base64), which halves them; the report's script unpacks them in the reader's browser.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from oscb_nlp.codebook import LEARNING, STANCES
from oscb_nlp.redaction import redact, redact_spans
from oscb_nlp.remote import Url, place
from oscb_nlp.summary import CrossYearSummary

__all__ = ["Passages", "passages", "unpacked"]

_LENGTHS = (600, 400, 250, 120, 0)  # characters to which passages are cut where space is short


@dataclass(frozen=True, slots=True)
class Passages:
    """The data of the passages, and what was left out to keep them within their space.

    Attributes
    ----------
    packed
        One JSON object, packed with zlib and written as base64, which :func:`unpacked` reads.
    listed
        How many passages it holds.
    left_out
        Passages with a theme that is neither learning nor good practice, left out for space.
    cut
        Characters to which longer passages were cut; None where all are whole.
    """

    packed: str
    listed: int
    left_out: int
    cut: int | None


def passages(
    summary: CrossYearSummary, limit: int = 3_400_000, home: Path | Url | None = None
) -> Passages:
    """Return the passages of the documents counted that have a theme.

    Parameters
    ----------
    limit
        Bytes that the packed data may have. Beyond it, passages that no figure counts are left out
        first; then the longest are cut, but none that a figure counts is missing.
    home
        The folder of the report, from which it links to the files.
    """
    tags = _tags(summary)
    every = _listed(summary, tags)
    rows, left_out = every, 0
    content = _dumped(summary, rows, home, None)
    if len(content) <= limit:
        return Passages(content, len(rows), 0, None)
    rows = [row for row in every if any(tag["stance"] in _COUNTED for tag in row["tags"])]
    left_out = len(every) - len(rows)
    for cut in (None, *_LENGTHS):
        content = _dumped(summary, rows, home, cut)
        if len(content) <= limit:
            break
    return Passages(content, len(rows), left_out, cut)


_COUNTED = frozenset((*LEARNING, "good-practice"))


def _tags(summary: CrossYearSummary) -> pd.DataFrame:
    """Return the tags of the documents counted, with passage and document."""
    columns = ["passage_id", "theme", "score", "stance", "evidence", "source"]
    place = summary.tagged.passages[["passage_id", "document_id", "page", "number", "text"]]
    counted = summary.counted[["document_id", "year", "unit"]]
    found = summary.tagged.tags[columns].merge(place, on="passage_id")
    return found.merge(counted, on="document_id").sort_values(
        ["year", "document_id", "passage_id", "theme"], ignore_index=True
    )


def _listed(summary: CrossYearSummary, tags: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each passage once, with its tags, in the order of years and documents."""
    rows: dict[str, dict[str, Any]] = {}
    known = set(summary.codebook.ids)
    for tag in tags.to_dict("records"):
        if tag["theme"] in known:
            rows.setdefault(tag["passage_id"], {**tag, "tags": []})["tags"].append(tag)
    return list(rows.values())


def _dumped(
    summary: CrossYearSummary,
    rows: Sequence[Mapping[str, Any]],
    home: Path | Url | None,
    cut: int | None,
) -> str:
    at = {row["passage_id"]: index for index, row in enumerate(rows)}
    documents = {name: index for index, name in enumerate(summary.counted["document_id"])}
    themes = {theme.id: index for index, theme in enumerate(summary.codebook)}
    labels = {stance.id: stance.label for stance in summary.codebook.stances}
    content = {
        "documents": _documents(summary, home),
        "themes": [[theme.id, theme.label] for theme in summary.codebook],
        "stances": [[stance, labels.get(stance, stance)] for stance in STANCES],
        "learning": [STANCES.index(stance) for stance in LEARNING],
        "counts": summary.settings["unit"],
        "passages": [_passage(row, documents, themes, cut) for row in rows],
        "groups": {
            str(group): [at[name] for name in members["passage_id"] if name in at]
            for group, members in summary.recurring_members.groupby("group")
        },
        "agencies": [
            [
                agency,
                table["label"].iloc[0],
                sorted({at[name] for names in table["passages"] for name in names if name in at}),
            ]
            for agency, table in summary.agencies.groupby("agency")
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpacked(packed: str) -> Any:
    """Return the data of a report as plain values."""
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def _documents(summary: CrossYearSummary, home: Path | Url | None) -> list[list[Any]]:
    """Return title, file, link, year, period, board, type and unit of each document counted."""
    about = summary.tagged.documents.set_index("document_id")
    units = {unit: index for index, unit in enumerate(dict.fromkeys(summary.counted["unit"]))}
    return [
        [
            redact(str(about.loc[row["document_id"], "title"] or "")),
            Path(row["file"]).name,
            link_to(row["file"], home),
            int(row["year"]),
            str(row["period"]),
            str(about.loc[row["document_id"], "board"] or ""),
            str(about.loc[row["document_id"], "review_type"] or ""),
            units[row["unit"]],
        ]
        for row in summary.counted.to_dict("records")
    ]


def link_to(file: str, home: Path | Url | None) -> str:
    """Return the way from a folder to a file, as an address; empty where there is none."""
    if home is None or isinstance(home, Url) or isinstance(place(file), Url):
        return ""
    try:
        way = os.path.relpath(Path(file).resolve(), home.resolve())
    except ValueError:  # another drive
        return ""
    # With "./" in front, no name of a file can be taken for a scheme.
    address = PurePosixPath("/", Path(way).as_posix()).as_uri()
    return f"./{address.removeprefix('file:///')}"


def _passage(
    row: Mapping[str, Any],
    documents: Mapping[str, int],
    themes: Mapping[str, int],
    cut: int | None,
) -> list[Any]:
    """Return document, page, number, text and tags: theme, stance, score, person?, evidence."""
    spans = [(span["start"], span["end"]) for tag in row["tags"] for span in tag["evidence"]]
    text, moved = redact_spans(str(row["text"]), spans)
    whole = cut is None or len(text) <= cut
    shown = text if whole else f"{text[:cut].rstrip()} […]"
    places = iter(moved)
    tags = []
    for tag in row["tags"]:
        own = [next(places) for _span in tag["evidence"]]
        kept = sorted({span for span in own if whole or span[1] <= len(shown) - 4})
        flat = [_utf16(text, edge) for span in kept for edge in span]
        by_person = 0 if tag["source"] == "model" else 1
        score = round(float(tag["score"]) * 100) if tag["score"] == tag["score"] else None
        stance = STANCES.index(tag["stance"])
        tags.append([themes[tag["theme"]], stance, score, by_person, flat])
    return [documents[row["document_id"]], int(row["page"]), str(row["number"] or ""), shown, tags]


def _utf16(text: str, position: int) -> int:
    """Return a position as JavaScript counts it, where rare signs are two."""
    return position + sum(sign > "\uffff" for sign in text[:position])
