"""Measure reading: speed and memory against named baselines, and fidelity to known sources.

``python benchmarks/reading.py [FOLDER...]`` reads the demo corpus, whose sources are known, and
the PDFs of each FOLDER, whose own structure tags are held against what is read. Run by hand;
times are CPU seconds of one process, the best of three, all in one run.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium

from oscb_nlp import Document, demo_files, read_pdf
from oscb_nlp.reading.engines.page import PageContent
from oscb_nlp.reading.engines.pdfium import open_pdf, read_pages
from oscb_nlp.reading.engines.tags import ARTIFACT, heading_level
from oscb_nlp.reading.limits import Limits

LONG_REPORT = 1_000
MEMORY = """
import re, sys
from oscb_nlp import read_pdf
read_pdf(sys.argv[1])
# The system's own count would begin with the parent's size.
print(int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def main() -> None:
    """Print the tables."""
    folders = [Path(name) for name in sys.argv[1:]]
    speed("demo corpus", demo_files())
    for folder in folders:
        speed(folder.name, sorted(folder.rglob("*.pdf")))
    print(f"\nStart, import and a report of 20 pages: {start_seconds():.2f} s")
    print(f"Peak memory, a report of {LONG_REPORT:,} pages: {peak_megabytes()} MB")
    fidelity()
    for folder in folders:
        against_tags(folder.name, sorted(folder.rglob("*.pdf")))


def speed(name: str, files: list[Path]) -> None:
    """Print pages a second of each reader."""
    pages = sum(len(pdfium.PdfDocument(file)) for file in files)
    plumber = seconds(lambda: [plumber_text(file) for file in files], times=1)
    rows = [("pdfplumber extract_text (baseline)", plumber)]
    rows.append(("pdfium raw text", seconds(lambda: [pdfium_text(file) for file in files])))
    rows.append(("oscb_nlp.read_pdf", seconds(lambda: [read_pdf(file) for file in files])))
    print(f"\n{name}: {len(files)} files, {pages} pages\n")
    print("| reader | pages a second | times pdfplumber | share of raw pdfium |\n|---|---|---|---|")
    for reader, took in rows:
        share = rows[1][1] / took if len(rows) > 1 else 0
        print(f"| {reader} | {pages / took:.0f} | {plumber / took:.1f} | {share:.2f} |")


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Return the least CPU seconds that ``work`` takes."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def plumber_text(path: Path) -> list[str]:
    """Return each page's text as pdfplumber gives it."""
    with pdfplumber.open(path) as pdf:
        return [page.extract_text() for page in pdf.pages]


def pdfium_text(path: Path) -> list[str]:
    """Return each page's text as pdfium gives it."""
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(path)]


def repeated(pages: int) -> Path:
    """Return a PDF of so many pages, made of the demo corpus."""
    target = Path("/tmp" if Path("/tmp").exists() else ".") / f"oscb-nlp-{pages}-pages.pdf"
    made = pdfium.PdfDocument.new()
    sources = [pdfium.PdfDocument(file) for file in demo_files()]
    while len(made) < pages:
        for source in sources:
            # An empty list would stand for all pages.
            if wanted := list(range(min(len(source), pages - len(made)))):
                made.import_pages(source, wanted)
    made.save(target)
    return target


def start_seconds() -> float:
    """Return the wall seconds from start to the first result on a report of 20 pages."""
    path = repeated(20)
    code = "import sys; from oscb_nlp import read_pdf; read_pdf(sys.argv[1])"
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        best = min(best, time.perf_counter() - start)
    return best


def peak_megabytes() -> int:
    """Return the peak memory of a process that reads a very long report."""
    path = repeated(LONG_REPORT)
    command = [sys.executable, "-c", MEMORY, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def fidelity() -> None:
    """Print how the demo corpus is read, against its sources."""
    truth = json.loads((demo_files()[0].parent / "truth.json").read_text(encoding="utf-8"))
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for file in demo_files():
        document, source = read_pdf(file), truth[file.stem]
        for name, right, wanted in _shares(document, source):
            found[name] += right
            total[name] += wanted
    print("\nFidelity to the demo corpus's sources\n\n| measure | value | of |\n|---|---|---|")
    for name in total:
        print(f"| {name} | {found[name] / total[name]:.4f} | {total[name]:,} |")


def _shares(document: Document, source: dict[str, list[object]]) -> Iterator[tuple[str, int, int]]:
    wanted = [dict(p) for p in source["passages"]]  # type: ignore[call-overload]
    texts = [str(p["text"]) for p in wanted]
    got = Counter(p.text for p in document.passages)
    rows = [str(p["text"]) for p in wanted if p["kind"] == "table-row"]
    prose = [str(p["text"]) for p in wanted if p["kind"] != "table-row"]
    yield "paragraphs and bullets verbatim", sum(min(got[t], 1) for t in prose), len(prose)
    yield "table rows exact", sum(min(got[t], 1) for t in rows), len(rows)
    yield from _f1("word F1", " ".join(texts).split(), _words(document))
    headings = [str(h) for h in source["headings"]]
    yield from _f1("heading F1", headings, [h.text for h in document.headings])
    matcher = difflib.SequenceMatcher(
        None, " ".join(texts).split(), _words(document), autojunk=False
    )
    same = sum(block.size for block in matcher.get_matching_blocks())
    yield "reading order (words in order)", same, len(" ".join(texts).split())
    furniture = {w for line in document.furniture for w in [line]}
    leaked = sum(p.text in furniture for p in document.passages)
    yield (
        "passages that are no running line",
        len(document.passages) - leaked,
        len(document.passages),
    )


def _words(document: Document) -> list[str]:
    return " ".join(p.text for p in document.passages).split()


def _f1(name: str, wanted: Iterable[str], got: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    left, right = Counter(wanted), Counter(got)
    both = sum((left & right).values())
    yield name, 2 * both, left.total() + right.total()


def against_tags(name: str, files: list[Path]) -> None:
    """Print what of each file's own tags is found; only files with tagged headings count for those."""
    counts: Counter[str] = Counter()
    for file in files:
        pages = _tagged_pages(file)
        document = read_pdf(file)
        dropped = {_plain(line) for line in document.furniture}
        for page in pages:
            for line in page.lines:
                if line.role == ARTIFACT and _plain(line.text):
                    counts["artifact lines"] += 1
                    counts["dropped"] += _plain(line.text) in dropped
        headings = _tagged_headings(pages)
        if len(headings) < 3:
            continue
        read = {_plain(h.text) for h in document.headings}
        title = _plain(document.value("title"))
        counts["tagged headings"] += len(headings)
        counts["found"] += sum(
            h in read or h in title or any(h in r for r in read) for h in headings
        )
        counts["passages"] += len(document.passages)
        counts["untagged headings"] += sum(
            not any(r in h or h in r for h in headings) for r in read if r
        )
    print(f"\n{name}: against the PDFs' own tags\n\n| measure | value | of |\n|---|---|---|")
    for label, part, whole in (
        ("artifact lines dropped", "dropped", "artifact lines"),
        ("tagged headings found", "found", "tagged headings"),
        ("headings that no tag names, per passage", "untagged headings", "passages"),
    ):
        if counts[whole]:
            print(f"| {label} | {counts[part] / counts[whole]:.3f} | {counts[whole]:,} |")


def _tagged_pages(file: Path) -> list[PageContent]:
    pdf = open_pdf(file, file.read_bytes())
    try:
        return list(read_pages(pdf, Limits()))
    finally:
        pdf.close()


def _tagged_headings(pages: list[PageContent]) -> list[str]:
    found: dict[tuple[int, int], str] = {}
    for page in pages:
        for line in page.lines:
            if heading_level(line.role):
                key = (page.number, line.block)
                found[key] = found.get(key, "") + line.text
    return [plain for text in found.values() if (plain := _plain(text))]


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


if __name__ == "__main__":
    main()
