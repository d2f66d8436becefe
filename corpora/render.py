"""Render the sources of the fictional reviews to PDFs that look like published ones.

``python corpora/render.py --out DIR [SOURCES...]`` writes DIR/ID.pdf for each source, with
the same bytes for the same source. It needs the extra ``corpus`` (Typst) and the fonts of
Debian's packages fonts-liberation, fonts-crosextra-carlito and fonts-dejavu.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import typst
from source import Block, Source, SourceError, read_source

HERE = Path(__file__).parent
STYLES = {
    "larkshire": "larkshire",
    "harrowmere": "harrowmere",
    "eastmarch": "eastmarch",
    "millwater": "millwater",
    "stonebeck": "larkshire",
    "wyverndale": "harrowmere",
    "fenmoor": "eastmarch",
    "dunmere": "millwater",
    "kestrelham": "eastmarch",
    "brackwater": "larkshire",
}
FONTS = ("LiberationSerif-Regular.ttf", "LiberationSans-Regular.ttf", "Carlito-Regular.ttf",
         "DejaVuSansCondensed.ttf")  # fmt: skip
_MARK = re.compile(r"\[\^(\d+)\]")
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def main() -> int:
    """Render the sources given, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"))
    options = parser.parse_args()
    if missing := [font for font in FONTS if not list(options.fonts.rglob(font))]:
        print(
            f"fonts missing under {options.fonts}: {', '.join(missing)}; install Debian's "
            "fonts-liberation, fonts-crosextra-carlito and fonts-dejavu, or give --fonts DIR"
        )
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.sources or sorted((HERE / "fiction").glob("*.md")):
        source = read_source(path)
        data = render(source, options.fonts)
        (options.out / f"{source.id}.pdf").write_bytes(data)
        print(f"{source.id}.pdf: {len(pdfium.PdfDocument(data))} pages")
    return 0


def render(source: Source, fonts: Path) -> bytes:
    """Return the review as PDF bytes."""
    data: bytes = typst.compile(
        str(HERE / "templates" / "review.typ"),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(page_data(source), ensure_ascii=False)},
        format="pdf",
    )
    return data


def page_data(source: Source) -> dict[str, Any]:
    """Return the source as the template takes it."""
    notes = _notes(source)
    metadata = {key: source.metadata.get(key, "") for key in (
        "title", "board", "review_type", "subject", "published", "author")}  # fmt: skip
    day, month, year = _date(source)
    return {
        "metadata": {
            **metadata,
            "style": STYLES[source.metadata["style"]],
            "date": [year, month, day],
            "month": f"{_MONTHS[month - 1].capitalize()} {year}",
        },
        "blocks": list(_blocks(source, notes)),
    }


def _blocks(source: Source, notes: dict[str, str]) -> list[dict[str, Any]]:
    """Return the blocks in order, table rows gathered under their header."""
    blocks: list[dict[str, Any]] = []
    for block in source.blocks:
        if block.kind == "footnote":
            continue
        if block.kind == "table-header":
            blocks.append({"kind": "table", "header": list(block.cells), "rows": [], "cells": []})
        elif block.kind == "table-row":
            width = len(blocks[-1]["header"])
            if len(block.cells) != width:
                raise SourceError(
                    f"{source.path}:{block.line}: {len(block.cells)} cells under {width} headers"
                )
            blocks[-1]["rows"].append(list(block.cells))
            blocks[-1]["cells"] += [_parts(cell, notes) for cell in block.cells]
        else:
            blocks.append(_plain_block(block, notes))
    return blocks


def _plain_block(block: Block, notes: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "text": block.text,
        "number": block.number,
        "level": block.level,
        "parts": _parts(block.text, notes),
    }


def _parts(text: str, notes: dict[str, str]) -> list[dict[str, str]]:
    """Split a text at its footnote marks."""
    pieces = _MARK.split(text)
    parts = []
    for index, piece in enumerate(pieces):
        if index % 2:
            parts.append({"note": notes[piece]})
        elif piece:
            parts.append({"text": piece})
    return parts


def _notes(source: Source) -> dict[str, str]:
    """Return the footnotes by number; marks and notes must answer each other."""
    notes = {block.number: block.text for block in source.blocks if block.kind == "footnote"}
    used: set[str] = set()
    for block in source.blocks:
        marks = set(_MARK.findall(block.text if block.kind != "footnote" else ""))
        if missing := marks - set(notes):
            raise SourceError(f"{source.path}:{block.line}: footnote {min(missing)} has no text")
        used |= marks
    if idle := set(notes) - used:
        raise SourceError(f"{source.path}: footnote {min(idle)} has no mark in the text")
    return notes


def _date(source: Source) -> tuple[int, int, int]:
    words = source.metadata["published"].replace(",", "").split()
    try:
        month = next(i for i, word in enumerate(words) if word.lower() in _MONTHS)
        day = int(words[month - 1]) if month else 1
        return day, _MONTHS.index(words[month].lower()) + 1, int(words[month + 1])
    except (StopIteration, ValueError, IndexError):
        raise SourceError(
            f"{source.path}: published {source.metadata['published']!r} is not 'D Month YYYY'"
        ) from None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SourceError as error:
        sys.exit(str(error))
