"""Render the sources of the fictional reviews to PDFs that look like published ones.

``python corpora/render.py --out DIR [SOURCES...]`` writes DIR/ID.pdf for each source (for all of
``fiction/`` if none is named). One source makes the same bytes each time, given the same Typst
and the same fonts. It needs the extra ``corpus`` (Typst) and Debian's packages fonts-liberation,
fonts-crosextra-carlito and fonts-dejavu. Each style is a template in ``templates/``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import typst
from source import Block, Source, SourceError, read_source

HERE = Path(__file__).resolve().parent

# The template of each style that a front matter may name. Boards that lend a review or two
# to the training set use a template of the four.
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

# The font files that the templates use, by the Debian package that has them.
FONTS = {
    "fonts-liberation": tuple(
        f"Liberation{family}-{variant}.ttf"
        for family in ("Serif", "Sans")
        for variant in ("Regular", "Bold", "Italic", "BoldItalic")
    ),
    "fonts-crosextra-carlito": tuple(
        f"Carlito-{variant}.ttf" for variant in ("Regular", "Bold", "Italic", "BoldItalic")
    ),
    "fonts-dejavu": (
        "DejaVuSans.ttf",
        *(f"DejaVuSansCondensed{variant}.ttf" for variant in ("", "-Bold", "-Oblique")),
    ),
}

_MARK = re.compile(r"\[\^(\d+)\]")
_WIDE = 60  # letters beyond which longer cells make a column no wider
_SHORT = 16  # letters up to which a cell should stand on one line, as dates do


def main() -> int:
    """Render the sources given, or all of them; return how the process should exit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", type=Path, metavar="SOURCES")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts"), metavar="DIR")
    options = parser.parse_args()
    if missing := missing_fonts(options.fonts):
        print(missing, file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    failed = False
    for path in options.sources or sorted((HERE / "fiction").glob("*.md")):
        try:
            source = read_source(path)
            data = render(source, options.fonts)
        except (SourceError, OSError) as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        target = options.out / f"{source.id}.pdf"
        target.write_bytes(data)
        print(f"{target.name}: {_page_count(data)} pages")
    return 1 if failed else 0


def missing_fonts(folder: Path) -> str:
    """Return what to tell a user whose ``folder`` lacks fonts, or nothing if all are there."""
    there = {path.name for path in folder.rglob("*.ttf")}
    missing = {
        package: [name for name in names if name not in there] for package, names in FONTS.items()
    }
    packages = [package for package, names in missing.items() if names]
    if not packages:
        return ""
    files = ", ".join(name for names in missing.values() for name in names)
    return (
        f"fonts are missing under {folder}: {files}\n"
        f"Install Debian's {' '.join(packages)} (apt-get install), or name another --fonts DIR."
    )


def render(source: Source, fonts: Path) -> bytes:
    """Return the review as PDF bytes."""
    style = STYLES.get(source.metadata["style"])
    if style is None:
        raise SourceError(f"{source.path}: no template for style {source.metadata['style']!r}")
    data: bytes = typst.compile(
        str(HERE / "templates" / f"{style}.typ"),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"review": json.dumps(review_data(source), ensure_ascii=False)},
        format="pdf",
    )
    return data


def review_data(source: Source) -> dict[str, Any]:
    """Return the review as ``templates/common.typ`` takes it."""
    _check_texts(source)
    notes = Notes.of(source)
    blocks = list(_blocks(source, notes))
    notes.check_all_marked(source)
    return {"metadata": _title_page(source), "blocks": blocks}


def _title_page(source: Source) -> dict[str, Any]:
    """Return what the title page and the running lines say.

    Type and subject are empty where title or board say them already.
    """
    keys = ("title", "board", "review_type", "subject", "published", "period", "author")
    facts: dict[str, Any] = {key: source.metadata.get(key, "") for key in keys}
    said = f"{facts['title']} {facts['board']}".casefold()
    for key in ("review_type", "subject"):
        if facts[key].strip("“”").removeprefix("Year ").casefold() in said:
            facts[key] = ""
    published = _published(source)
    return {
        **facts,
        "date": [published.year, published.month, published.day],
        "month": published.strftime("%B %Y"),
    }


def _published(source: Source) -> date:
    """Return the day of publication, the first of the month where no day is given."""
    text = source.metadata["published"]
    for form in ("%d %B %Y", "%B %Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise SourceError(f"{source.path}: published {text!r} is not '[D] Month YYYY'")


def _check_texts(source: Source) -> None:
    """Refuse labels and marks that would be printed where none can stand.

    Braces stay in a heading, note or header row when labels are put there by mistake, or
    when a table is cut in two by an empty line, so that a row passes for a header.
    """
    for block in source.blocks:
        text = " ".join((block.text, *block.cells))
        if "{" in text or "}" in text:
            raise _fault(source, block, f"a {block.kind} takes no labels")
        if _MARK.search(text) and not block.is_passage:
            raise _fault(source, block, f"a {block.kind} takes no footnote mark")


def _fault(source: Source, block: Block, reason: str) -> SourceError:
    return SourceError(f"{source.path}:{block.line}: {reason}")


@dataclass
class Notes:
    """The footnotes of a source by number, and which of them the text has marked so far."""

    blocks: dict[str, Block]
    marked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, source: Source) -> Notes:
        """Gather the notes; a number may be given once only."""
        blocks: dict[str, Block] = {}
        for block in source.blocks:
            if block.kind != "footnote":
                continue
            if block.number in blocks:
                raise _fault(source, block, f"footnote {block.number} is given twice")
            blocks[block.number] = block
        return cls(blocks)

    def parts(self, source: Source, block: Block, text: str) -> list[dict[str, Any]]:
        """Split ``text`` at its footnote marks; a note's second mark points to the first."""
        parts: list[dict[str, Any]] = []
        for index, piece in enumerate(_MARK.split(text)):
            if index % 2 == 0:
                parts.append({"text": piece})
            elif piece in self.blocks:
                body = self.blocks[piece].text
                parts.append({"note": piece, "body": body, "again": piece in self.marked})
                self.marked.add(piece)
            else:
                raise _fault(source, block, f"footnote mark {piece} has no definition")
        return parts

    def check_all_marked(self, source: Source) -> None:
        """Refuse a note that no mark points to."""
        for number, block in self.blocks.items():
            if number not in self.marked:
                raise _fault(source, block, f"footnote {number} has no mark in the text")


def _blocks(source: Source, notes: Notes) -> Iterator[dict[str, Any]]:
    """Yield the blocks as they are printed, the rows of a table together."""
    table: list[Block] = []
    for block in source.blocks:
        if table and block.kind != "table-row":
            yield _table(source, table, notes)
            table = []
        if block.kind in {"table-header", "table-row"}:
            table.append(block)
        elif block.kind != "footnote":
            yield {
                "kind": block.kind,
                "number": block.number,
                "named": block.number[:1].isalpha(),
                "level": block.level,
                "parts": notes.parts(source, block, block.text),
            }
    if table:
        yield _table(source, table, notes)


def _table(source: Source, blocks: list[Block], notes: Notes) -> dict[str, Any]:
    header, *rows = blocks
    if not rows:
        raise _fault(source, header, "a table has a header and no rows")
    for row in rows:
        if len(row.cells) != len(header.cells):
            raise _fault(
                source, row, f"{len(row.cells)} cells under a header of {len(header.cells)}"
            )
    return {
        "kind": "table",
        "header": list(header.cells),
        "rows": [[{"parts": notes.parts(source, row, cell)} for cell in row.cells] for row in rows],
        "widths": column_widths([block.cells for block in blocks]),
    }


def column_widths(rows: list[tuple[str, ...]]) -> list[float]:
    """Return the relative widths of a table's columns.

    A column is as wide as its usual cell within limits, and wide enough for its longest word
    and for short cells such as dates.
    """
    widths = []
    for column in zip(*rows, strict=True):
        usual = sum(map(len, column)) / len(column)
        longest_word = max(len(word) for cell in column for word in (cell.split() or [""]))
        short = max((len(cell) for cell in column if len(cell) <= _SHORT), default=0)
        widths.append(max(min(usual, _WIDE), longest_word + 3.0, short + 3.0))
    return widths


def _page_count(data: bytes) -> int:
    document = pdfium.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()


if __name__ == "__main__":
    sys.exit(main())
