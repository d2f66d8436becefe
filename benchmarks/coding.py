"""Measure coding: passages a second, time to load, memory and size, of one process.

``python benchmarks/coding.py [FOLDER]`` codes the passages of FOLDER's PDFs (default: the demo
corpus) with cues, evidence and stance, in both grades, beside a baseline in the same run: the
keyword list alone (the codebook's cues by spaCy). ``--many N`` repeats the passages up to N and
shows the peak memory. Run by hand; rates are per second of CPU time, threads summed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from oscb_nlp import demo_files, load_model, load_stance_model, read_pdf
from oscb_nlp.encoder import encoder_installed
from oscb_nlp.resources import shipped_path
from oscb_nlp.tagging import tag_texts

_CHUNK = 512
Columns = list[tuple[str, ...]]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--many", type=int, default=0, help="passages for the peak of memory")
    arguments = parser.parse_args()
    folder = arguments.folder
    files = sorted(folder.rglob("*.pdf")) if folder else demo_files()
    passages = [p for file in files for p in read_pdf(file).passages]
    rows = [(p.text, p.heading, p.section) for p in passages]
    print(f"{len(rows)} passages of {len(files)} documents, {words(rows):.0f} words each")
    print(f"import and load, fast grade: {load_seconds():.2f} s")
    for part in ("default", "distilled", "encoder"):
        size = sum(f.stat().st_size for f in shipped_path(f"models/{part}").iterdir())
        print(f"model files, {part}: {size / 1e6:.1f} MB")
    themes, stance = load_model(grade="fast"), load_stance_model()
    baseline = rate(rows, lambda texts, _h, _s: themes.find_cues(texts))
    print(f"keyword list: {baseline:.0f} passages a second")
    show("fast grade", rate(rows, lambda *c: tag_texts(*c, themes, stance)), baseline)
    if encoder_installed():
        better = load_model(grade="best")
        show("better grade", rate(rows[:500], lambda *c: tag_texts(*c, better, stance)), baseline)
    if arguments.many:
        many = (rows * (arguments.many // len(rows) + 1))[: arguments.many]
        rate(many, lambda *c: tag_texts(*c, themes, stance))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory after {len(many)} passages: {peak:.0f} MB")


def words(rows: Columns) -> float:
    """Return the mean number of words of a passage."""
    return sum(len(row[0].split()) for row in rows) / len(rows)


def show(name: str, found: float, baseline: float) -> None:
    """Print a rate beside the baseline's."""
    print(
        f"{name}, with cues, evidence and stance: {found:.0f} a second ({found / baseline:.2f} of it)"
    )


def rate(rows: Columns, work: Callable[..., object]) -> float:
    """Return passages per second of CPU time, in chunks as tagging does."""
    start = time.process_time()
    for first in range(0, len(rows), _CHUNK):
        work(*(list(column) for column in zip(*rows[first : first + _CHUNK], strict=True)))
    return len(rows) / (time.process_time() - start)


def load_seconds() -> float:
    """Return the wall time of importing and loading the fast grade in a new process."""
    code = "import oscb_nlp; oscb_nlp.load_model(grade='fast'); oscb_nlp.load_stance_model()"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
