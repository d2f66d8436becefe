"""Measure reading and coding against named baselines, in one run.

``python benchmarks/speed.py [FOLDER]`` reads the PDFs of FOLDER (default: the demo corpus)
with pdfplumber's ``extract_text``, with raw pdfium text and with this library, codes the
passages, and prints a Markdown table. Run by hand; times are CPU seconds of one process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium

from oscb_nlp import demo_files, load_model, load_stance_model, read_pdf
from oscb_nlp.tagging import tag_texts


def main() -> None:
    """Print the table."""
    files = sorted(Path(sys.argv[1]).rglob("*.pdf")) if len(sys.argv) > 1 else demo_files()
    pages = sum(len(pdfium.PdfDocument(file)) for file in files)
    baseline = seconds(lambda: [plumber_text(file) for file in files])
    rows = [
        ("pdfplumber extract_text (baseline)", baseline),
        ("pdfium raw text", seconds(lambda: [pdfium_text(file) for file in files])),
        ("oscb_nlp.read_pdf", seconds(lambda: [read_pdf(file) for file in files])),
    ]
    print(
        f"{len(files)} files, {pages} pages\n\n| reader | pages a second | ratio |\n|---|---|---|"
    )
    for name, took in rows:
        print(f"| {name} | {pages / took:.0f} | {baseline / took:.1f} |")
    passages = [p for file in files for p in read_pdf(file).passages]
    themes, stance = load_model(), load_stance_model()
    columns = list(zip(*((p.text, p.heading, p.section) for p in passages), strict=True))
    took = seconds(lambda: tag_texts(*columns, themes, stance))
    print(f"\nCoding with cues, evidence and stance: {len(passages) / took:.0f} passages a second")


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that ``work`` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def plumber_text(path: Path) -> list[str]:
    """Return each page's text as pdfplumber gives it."""
    with pdfplumber.open(path) as pdf:
        return [page.extract_text() for page in pdf.pages]


def pdfium_text(path: Path) -> list[str]:
    """Return each page's text as pdfium gives it."""
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(path)]


if __name__ == "__main__":
    main()
