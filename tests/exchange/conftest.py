"""Two short reviews, coded by the model and by two people, with everything that may go wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS, frame

PASSAGES = {
    "adam": [
        ("What we found", "3.1", "The house was cold \U0001f9ca and Adam’s bed had no sheets."),
        ("What we found", "3.2", "Nobody asked Adam; write to pat@example.org about the bruising."),
        ("What we recommend", "", "=HYPERLINK is how this paragraph begins\r\nand goes on."),
    ],
    "beth": [
        ("", "", "The meeting was held in May."),
        ("", "", "Health visitors did not share what they knew."),
    ],
}
TAGS = [
    ("adam-0001", "neglect", "finding", (10, 18)),
    ("adam-0001", "poverty-housing", "narrative", (4, 9)),
    ("adam-0002", "voice-of-the-child", "finding", (0, 12)),
    ("adam-0002", "physical-abuse", "finding", (54, 62)),
    ("beth-0002", "information-sharing", "finding", (16, 29)),
]
CODED = [
    ("adam-0001", "Ann", {"neglect": "finding", "parental-engagement": "good-practice"}),
    ("adam-0001", "Ben Bø", {"neglect": "narrative"}),
    ("beth-0001", "Ann", {}),
]


@pytest.fixture
def by_model() -> TaggedCorpus:
    """The reviews as the model coded them."""
    passages = [
        {
            "passage_id": f"{review}-{index:04d}", "document_id": review, "page": index,
            "number": number, "heading": heading, "section": "body", "kind": "paragraph",
            "text": text,
        }
        for review, rows in PASSAGES.items()
        for index, (heading, number, text) in enumerate(rows, 1)
    ]  # fmt: skip
    documents = [
        {"document_id": "adam", "file": "/home/x/adam.pdf", "title": "Review: Adam",
         "board": "Eastmarch", "year": 2017, "review_type": "serious case review"},
        {"document_id": "beth", "file": "beth.pdf"},
    ]  # fmt: skip
    tags = [
        {"passage_id": passage, "theme": theme, "score": 0.75, "stance": stance,
         "stance_score": 0.5, "source": "model",
         "evidence": [{"start": span[0], "end": span[1], "kind": "cue"}]}
        for passage, theme, stance, span in TAGS
    ]  # fmt: skip
    return TaggedCorpus(
        documents=frame(documents, SCHEMAS["documents"]),
        passages=frame(passages, SCHEMAS["passages"]),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame(tags, SCHEMAS["tags"]),
        settings={"counts": {}},
    )


@pytest.fixture
def tagged(by_model: TaggedCorpus) -> TaggedCorpus:
    """The same, with what Ann and Ben Bø coded put over the model's tags."""
    return with_codings(by_model, coded(by_model, CODED))


@pytest.fixture
def stored(tagged: TaggedCorpus, tmp_path: Path) -> Path:
    """A folder as `oscb-nlp tag` leaves it."""
    tagged.save(tmp_path / "results")
    return tmp_path / "results"


def coded(tagged: TaggedCorpus, rows: list[tuple[str, str, dict[str, str]]]) -> pd.DataFrame:
    """Codings by people as the table `codings`."""
    passages = tagged.passages.set_index("passage_id", drop=False).to_dict("index")
    found = []
    for passage, coder, given in rows:
        found += coding_rows(passages[passage], coder, given, "2026-03-01T10:00:00")
    return frame(found, CODING_SCHEMAS["codings"])
