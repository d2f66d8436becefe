"""Coded passages as a spaCy ``DocBin``, to train or measure a pipeline with.

A passage is a ``Doc``. ``doc.spans["oscb_themes"]`` has a span for each piece of evidence,
labelled with the theme and with the stance as its id (``span.id_``); a theme without evidence
spans the passage. ``doc.cats`` has every theme of the codebook with 1 or 0, for a text
classifier. ``doc.user_data`` says where the passage stands, and of each theme its stance, score
and coder.

Not held: what each coder said where several read a passage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import spacy
from spacy.tokens import Doc, DocBin, Span

from oscb_nlp.codebook import Codebook
from oscb_nlp.cues import SPANS_KEY
from oscb_nlp.exchange.coded import CodedPassage, Given, Review

__all__ = ["to_docbin"]


def to_docbin(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return passages with words as a ``DocBin``, tokenized by a blank English pipeline.

    >>> from oscb_nlp.codebook import load_codebook
    >>> len(DocBin().from_bytes(to_docbin([], load_codebook())))
    0
    """
    tokenizer = spacy.blank("en").tokenizer
    docs = DocBin(store_user_data=True)
    for review in reviews:
        for passage in review.passages:
            if passage.text.strip():
                docs.add(_doc(tokenizer(passage.text), review, passage, codebook))
    return bytes(docs.to_bytes())


def _doc(doc: Doc, review: Review, passage: CodedPassage, codebook: Codebook) -> Doc:
    spans = [span for given in passage.standing for span in _spans(doc, given)]
    doc.spans[SPANS_KEY] = sorted(spans, key=lambda span: (span.start, span.end, span.label_))
    themes = {given.theme for given in passage.standing}
    doc.cats = {theme: float(theme in themes) for theme in codebook.ids}
    doc.user_data |= {
        "passage_id": passage.id,
        "document_id": review.id,
        "file": review.file,
        "page": passage.page,
        "number": passage.number,
        "citation": review.citation(passage),
        "themes": {
            given.theme: {"stance": given.stance, "score": given.score, "coder": given.coder}
            for given in passage.standing
        },
    }
    return doc


def _spans(doc: Doc, given: Given) -> Iterator[Span]:
    for start, end in given.evidence or [(0, len(doc.text))]:
        span = doc.char_span(
            start, end, label=given.theme, span_id=given.stance, alignment_mode="expand"
        )
        if span is not None:
            yield span
