"""How large the report of many reviews is, and what takes the bytes.

``python benchmarks/report.py [--reviews 200 500 1000]`` makes corpora as ``account.py`` does, 104
passages a review, and prints a row of Markdown for each; run by hand, never by a test.
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import replace

from account import made

from oscb_nlp import summarise
from oscb_nlp.report.html import render_html
from oscb_nlp.summary import QuoteCheck

PASSAGES = 104  # of a review, as the demo reviews have
SETTINGS = dict.fromkeys(("oscb_nlp", "codebook", "codebook_hash", "model", "model_hash"), "none")


def main() -> None:
    """Make each corpus, write its report and weigh its parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviews", type=int, nargs="+", default=[200, 500, 1_000])
    print("| reviews | report | of it passages | charts | tables | left out | cut at | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for reviews in parser.parse_args().reviews:
        corpus = made(reviews, reviews * PASSAGES)
        counts = {"passages": len(corpus.passages), "passages_coded": len(corpus.tags)}
        corpus.settings.update(SETTINGS, counts=counts)
        pages = {"year_source": "title", "pages": 30, "passages": PASSAGES}
        summary = summarise(replace(corpus, documents=corpus.documents.assign(**pages)))
        start = time.perf_counter()
        text = render_html(summary, QuoteCheck())
        spent = time.perf_counter() - start
        data = sum(map(len, re.findall(r'id="data">([^<]*)<', text)))
        charts = sum(map(len, re.findall(r"<svg.*?</svg>", text, re.DOTALL)))
        left = re.search(r"except (\d+) that", text)
        cut = re.search(r"longer than (\d+) characters", text)
        size = len(text.encode())
        print(
            f"| {reviews} | {size / 1e6:.2f} MB | {data / 1e6:.2f} MB | {charts / 1e6:.2f} MB | "
            f"{(size - data - charts) / 1e6:.2f} MB | {left[1] if left else 0} | "
            f"{cut[1] if cut else 'none'} | {spent:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
