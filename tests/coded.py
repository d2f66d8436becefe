"""Labelled passages as a tagged corpus: what a summary would get from a model without error."""

from __future__ import annotations

import pandas as pd

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.tables import SCHEMAS, frame


def coded_corpus(labelled: pd.DataFrame) -> TaggedCorpus:
    """Return the corpus whose tags are the coders'."""
    documents = labelled.drop_duplicates("document")
    return TaggedCorpus(
        documents=frame(
            [
                {"document_id": row.document, "file": f"{row.document}.pdf", "title": row.document,
                 "year": int(row.year), "review_type": row.review_type, "board": row.board}
                for row in documents.itertuples()
            ],
            SCHEMAS["documents"],
        ),
        passages=frame(
            [
                {"passage_id": row.id, "document_id": row.document, "page": 1, "kind": row.kind,
                 "section": row.section, "heading": row.heading, "text": row.text}
                for row in labelled.itertuples()
            ],
            SCHEMAS["passages"],
        ),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame(
            [
                {"passage_id": row.id, "theme": theme, "score": 1.0, "stance": stance,
                 "stance_score": 1.0, "evidence": [], "source": "coder"}
                for row in labelled.itertuples()
                for theme, stance in row.stances.items()
            ],
            SCHEMAS["tags"],
        ),
        settings={"counts": {}},
    )  # fmt: skip
