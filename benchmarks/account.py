"""How long the cross-year account of many reviews takes, and how much memory.

``python benchmarks/account.py [--reviews 3000] [--passages 200000]`` makes a corpus of that size out
of the labelled fictional passages, three words in ten exchanged so that no two passages are the same,
summarises it and searches it. Prints one row of Markdown; run by hand, never by a test.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pandas as pd

from oscb_nlp import SeenBefore, load_labelled, summarise
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.tables import SCHEMAS, frame

SEED, EXCHANGED = 0, 0.3
DRAFT = "Minutes of every strategy meeting should reach the family doctor within five days."


def main() -> None:
    """Make the corpus, time the account and the search."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviews", type=int, default=3_000)
    parser.add_argument("--passages", type=int, default=200_000)
    arguments = parser.parse_args()
    corpus = made(arguments.reviews, arguments.passages)
    start = time.perf_counter()
    summary = summarise(corpus)
    spent = time.perf_counter() - start
    earlier = SeenBefore(corpus)
    start = time.perf_counter()
    earlier.search(DRAFT)
    search = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        "| reviews | passages | tags | groups | summarise | one search | of learning | peak memory |"
    )
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {len(corpus)} | {len(corpus.passages)} | {len(corpus.tags)} | {len(summary.recurring)} | "
        f"{spent:.0f} s | {search * 1000:.0f} ms | {len(earlier)} | {peak:.1f} GB |"
    )


def made(reviews: int, passages: int) -> TaggedCorpus:
    """Return a corpus of that many reviews and passages."""
    generator = np.random.default_rng(SEED)
    source = load_labelled()
    words = " ".join(source["text"]).split()
    rows = source.iloc[generator.integers(len(source), size=passages)].reset_index(drop=True)
    owner = np.sort(generator.integers(reviews, size=passages))
    texts = []
    for text in rows["text"]:
        own = text.split()
        for place in np.flatnonzero(generator.random(len(own)) < EXCHANGED):
            own[place] = words[generator.integers(len(words))]
        texts.append(" ".join(own))
    of_tags = [(i, *pair) for i, given in enumerate(rows["stances"]) for pair in given.items()]
    ids = np.array([f"{owner[i]:05d}-{i:06d}" for i in range(passages)])
    return TaggedCorpus(
        documents=pd.DataFrame(
            {
                "document_id": [f"{i:05d}" for i in range(reviews)],
                "file": [f"{i:05d}.pdf" for i in range(reviews)],
                "title": [f"Review {i}" for i in range(reviews)],
                "year": pd.array(generator.integers(2010, 2026, size=reviews), dtype="Int32"),
                "review_type": generator.choice(["serious case review", "annual report"], reviews),
                "board": [f"Board {i % 150}" for i in range(reviews)],
                "published": "", "reporting_year": "", "ocr_pages": 0,
            }
        ),
        passages=pd.DataFrame(
            {
                "passage_id": ids, "document_id": [f"{i:05d}" for i in owner], "page": 1,
                "end_page": 1, "number": "", "kind": rows["kind"], "section": rows["section"],
                "heading": rows["heading"], "text": texts,
            }
        ),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=pd.DataFrame(
            [
                {"passage_id": ids[i], "theme": theme, "score": 0.9, "stance": stance,
                 "stance_score": 0.9, "evidence": [], "source": "model"}
                for i, theme, stance in of_tags
            ]
        ),
        settings={},
    )  # fmt: skip


if __name__ == "__main__":
    main()
