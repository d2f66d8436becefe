"""Passages in their pages: crops of the PDFs, small enough to stand in the report."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oscb_nlp.errors import ReadError
from oscb_nlp.reading.places import draw_passage
from oscb_nlp.redaction import redact
from oscb_nlp.summary import CrossYearSummary

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["crops"]

_SCALE = 1.25  # pixels a point: read without effort, about 12 kB a passage
_ROOM = 4.0  # points between the letters and their frame
_MARGIN = 4.0  # points above and below
_COLOURS = 16


def crops(summary: CrossYearSummary, limit: int) -> dict[str, str]:
    """Return crops by passage, as ``data:`` addresses, until ``limit`` bytes are used.

    The clearest exemplar of each theme comes first, then each recurring learning in its own
    words, then the other exemplars. A passage with contact details has no picture, for the
    page shows them; nor has one whose file is gone or has no pages.
    """
    places = summary.tagged.passages.set_index("passage_id")[
        ["document_id", "page", "bbox", "text"]
    ]
    files = summary.tagged.documents.set_index("document_id")["file"]
    found: dict[str, str] = {}
    for passage_id in dict.fromkeys(_wanted(summary)):
        row = places.loc[passage_id]
        file = Path(files[row["document_id"]])
        box = row["bbox"]
        if file.suffix.lower() != ".pdf" or box is None or len(box) != 4:
            continue
        if redact(row["text"]) != row["text"]:
            continue
        try:
            image = draw_passage(file, int(row["page"]), _framed(box), scale=_SCALE, margin=_MARGIN)
        except (ReadError, OSError, ValueError):
            continue  # the citation stands all the same
        address = "data:image/png;base64," + base64.b64encode(_png(image)).decode()
        limit -= len(address)
        if limit < 0:
            break
        found[passage_id] = address
    return found


def _wanted(summary: CrossYearSummary) -> Iterator[str]:
    exemplars = summary.exemplars
    yield from exemplars.loc[exemplars["rank"] == 1, "passage_id"]
    yield from summary.recurring["representative"]
    yield from exemplars.sort_values(["rank", "theme"])["passage_id"]


def _framed(box: Sequence[float]) -> list[float]:
    """Return a box with room for its frame, which would else stand on the letters."""
    left, top, right, bottom = box
    return [left - _ROOM, top - _ROOM, right + _ROOM, bottom + _ROOM]


def _png(image: Image) -> bytes:
    target = io.BytesIO()
    image.quantize(_COLOURS).save(target, "PNG", optimize=True)
    return target.getvalue()
