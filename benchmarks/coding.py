"""Measure coding: passages a second with cues, evidence and stance, of one process.

``python benchmarks/coding.py [FOLDER]`` codes the passages of FOLDER's PDFs (default: the demo
corpus). Run by hand; times are CPU seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from oscb_nlp import demo_files, load_model, load_stance_model, read_pdf
from oscb_nlp.tagging import tag_texts


def main() -> None:
    """Print the figure."""
    files = sorted(Path(sys.argv[1]).rglob("*.pdf")) if len(sys.argv) > 1 else demo_files()
    passages = [p for file in files for p in read_pdf(file).passages]
    themes, stance = load_model(), load_stance_model()
    columns = list(zip(*((p.text, p.heading, p.section) for p in passages), strict=True))
    start = time.process_time()
    tag_texts(*columns, themes, stance)
    took = time.process_time() - start
    print(f"{len(passages)} passages: {len(passages) / took:.0f} a second")


if __name__ == "__main__":
    main()
