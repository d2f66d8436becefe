"""Measure a batch: how time and memory grow with documents, what cores bring, what is lost.

``python benchmarks/scale.py line`` tags 100, 1,000 and 5,000 documents with the fast grade and
prints the line; ``cores`` tags the same ones with one core and with two, one after the other; ``soak``
tags 5,000 of which one in twenty is broken, in twelve ways, and holds every file against the tables;
``kills`` kills a run at twenty random moments and holds its end against one that was left alone.
Documents are the demo corpus, each copy with bytes of its own. Memory is what all processes hold
together, shared pages counted once (PSS). Run by hand, from a quiet machine or for the ratios alone.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import psutil
from fpdf import FPDF
from PIL import Image

from oscb_nlp import demo_files

_TIMEOUT = 10  # seconds for a document, of which some are made to take longer


def main() -> None:
    """Print the figures of one part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["line", "cores", "soak", "kills"])
    parser.add_argument("--most", type=int, default=5_000, help="documents of the line and soak")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts: dict[str, Callable[[], None]] = {
            "line": lambda: line(Path(folder), arguments.most),
            "cores": lambda: cores(Path(folder)),
            "soak": lambda: soak(Path(folder), arguments.most),
            "kills": lambda: kills(Path(folder)),
        }
        parts[arguments.part]()


class Run(NamedTuple):
    """A run's seconds and the most megabytes that its processes held together."""

    seconds: float
    megabytes: float


def line(folder: Path, most: int) -> None:
    """Print time and memory by number of documents."""
    print("documents  pages  seconds  documents/s  pages/s  peak MB")
    for number in (n for n in (100, 1_000, 5_000) if n <= most):
        reviews = copies(folder / f"{number}", number)
        out = folder / f"out-{number}"
        run = tagged(reviews, out)
        pages = int(pd.read_parquet(out / "documents.parquet")["pages"].sum())
        print(
            f"{number:9}  {pages:5}  {run.seconds:7.1f}  {number / run.seconds:11.1f}  "
            f"{pages / run.seconds:7.1f}  {run.megabytes:7.0f}",
            flush=True,
        )


def cores(folder: Path) -> None:
    """Print what a second core brings, in both grades."""
    for grade, number in (("fast", 1_000), ("best", 300)):
        reviews = copies(folder / f"reviews-{grade}", number)
        one = tagged(reviews, folder / f"one-{grade}", "--jobs", 1, grade=grade, on=[0])
        two = tagged(reviews, folder / f"two-{grade}", "--jobs", 2, grade=grade, on=[0, 1])
        print(
            f"{grade}, {number} documents: one core {one.seconds:.1f} s, two {two.seconds:.1f} s: "
            f"{one.seconds / two.seconds:.2f} times",
            flush=True,
        )


def soak(folder: Path, most: int) -> None:
    """Print what became of many documents of which one in twenty is broken."""
    reviews = copies(folder / "reviews", most - most // 20)
    makers = list(BROKEN.items())
    for number in range(most // 20):
        name, make = makers[number % len(makers)]
        (reviews / f"broken-{number:04}-{name}.pdf").write_bytes(make())
    out = folder / "out"
    run = tagged(reviews, out, "--timeout", _TIMEOUT)
    documents, problems = (pd.read_parquet(out / f"{n}.parquet") for n in ("documents", "problems"))
    told = set(documents["file"]) | set(problems["file"])
    files = {str(path) for path in reviews.iterdir()}
    print(
        f"{len(files)} files in {run.seconds:.0f} s, peak {run.megabytes:.0f} MB: "
        f"{len(documents)} documents, {len(files - told)} not accounted for"
    )
    kinds = problems["file"].str.extract(r"broken-\d+-([a-z-]+)\.pdf")[0].fillna("whole")
    print(pd.crosstab(kinds, problems["problem"]).to_string())


def kills(folder: Path, times: int = 20, seed: int = 0) -> None:
    """Kill a run at random moments, let it go on, and hold its end against an undisturbed one."""
    reviews = copies(folder / "reviews", 60)
    length = tagged(reviews, folder / "whole").seconds
    moments, killed = random.Random(seed), 0
    for _time in range(times):
        run = subprocess.Popen(
            command(reviews, folder / "out"), start_new_session=True, stderr=subprocess.DEVNULL
        )
        try:
            run.wait(moments.uniform(0, 0.4 * length))
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            killed += 1
    tagged(reviews, folder / "out")
    whole, end = (
        {p.name: p.read_bytes() for p in (folder / n).glob("[!.]*")} for n in ("whole", "out")
    )
    print(f"killed {killed} of {times} times; the same bytes at the end: {whole == end}")


def copies(folder: Path, number: int) -> Path:
    """Fill a folder with copies of the demo reviews, each with bytes of its own."""
    folder.mkdir(parents=True)
    originals = [path.read_bytes() for path in demo_files()]
    for index in range(number):
        content = originals[index % len(originals)] + b"%% copy %d\n" % index
        (folder / f"review-{index:05}.pdf").write_bytes(content)
    return folder


def command(reviews: Path, out: Path, *options: object, grade: str = "fast") -> list[str]:
    """Return the command that tags a folder."""
    words = ["tag", reviews, "--out", out, "--grade", grade, "--quiet", *options]
    return [sys.executable, "-m", "oscb_nlp", *map(str, words)]


def tagged(
    reviews: Path, out: Path, *options: object, grade: str = "fast", on: Sequence[int] = ()
) -> Run:
    """Tag a folder in a process of its own, on some cores where they are named.

    Memory is not watched there: on one core the watcher would have the other to itself.
    """
    start = time.monotonic()
    run = subprocess.Popen(
        command(reviews, out, *options, grade=grade),
        stderr=subprocess.DEVNULL,
        preexec_fn=(lambda: os.sched_setaffinity(0, on)) if on else None,
    )
    seen = [0.0]
    if not on:
        watch(run, seen)
    run.wait()
    return Run(time.monotonic() - start, seen[0])


def watch(run: subprocess.Popen[bytes], seen: list[float]) -> None:
    """Note the most that a process and its children hold together, twice a second."""
    while run.poll() is None:
        held = 0
        try:
            parent = psutil.Process(run.pid)
            for process in [parent, *parent.children(recursive=True)]:
                held += process.memory_full_info().pss
        except psutil.Error:
            pass  # one of them has just ended
        seen[0] = max(seen[0], held / 2**20)
        time.sleep(0.5)


def _pdf(*objects: bytes) -> bytes:
    content, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, end)


def _page(content: bytes, entries: bytes = b"", kids: bytes = b"3 0 R") -> bytes:
    return _pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count 1 >>" % kids,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )


def _locked() -> bytes:
    paper = FPDF()
    paper.set_encryption(owner_password="owner", user_password="user")
    paper.add_page()
    paper.set_font("helvetica", size=11)
    paper.write(text="The house was cold.")
    return bytes(paper.output())


def _pictures() -> bytes:
    paper = FPDF()
    paper.add_page()
    paper.image(Image.new("RGB", (200, 200), "grey"), x=20, y=20)
    return bytes(paper.output())


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    return target.getvalue()


_WORDS = b"BT /F 11 Tf 50 700 Td (The house was cold and nobody asked.) Tj ET "
_BOMB = zlib.compress(b" " * 500_000_000, 9)
_SLOW = zlib.compress(_WORDS * 400_000, 9)

BROKEN: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "cut-off": lambda: demo_files()[0].read_bytes()[:20_000],
    "header-alone": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 20,
    "web-page": lambda: b"<html><title>404</title><p>Not found</p></html>",
    "text": lambda: b"Serious case review\n" * 50,
    "zip": _zip,
    "locked": _locked,
    "pictures": _pictures,
    "no-pages": lambda: _page(_WORDS, kids=b"").replace(b"/Count 1", b"/Count 0"),
    "looping-pages": lambda: _page(_WORDS, kids=b"2 0 R 2 0 R"),
    "bomb": lambda: _page(_BOMB, b"/Filter /FlateDecode"),
    "slow": lambda: _page(_SLOW, b"/Filter /FlateDecode"),
}
"""Ways for a file to be broken, each with what makes one."""


if __name__ == "__main__":
    main()
