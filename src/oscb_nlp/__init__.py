"""Code published child-safeguarding reviews by theme, and show what they keep saying.

The public names below are loaded when they are first used, so that reading one PDF does
not wait for the libraries that only tagging needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oscb_nlp.batch import read_corpus
    from oscb_nlp.classifier import ThemeClassifier
    from oscb_nlp.codebook import Codebook, Theme, load_codebook
    from oscb_nlp.corpus import Corpus, TaggedCorpus
    from oscb_nlp.demo import demo_files
    from oscb_nlp.document import Document, Passage
    from oscb_nlp.drawing import draw_pages, draw_passage, locate
    from oscb_nlp.errors import OscbError
    from oscb_nlp.evaluation import evaluate
    from oscb_nlp.explaining import explain, explain_passage
    from oscb_nlp.labels import load_labelled
    from oscb_nlp.persistence import load_model, load_stance_model
    from oscb_nlp.reading import (
        Limits,
        read_document,
        read_pdf,
    )
    from oscb_nlp.stance import StanceClassifier
    from oscb_nlp.summary import CrossYearSummary, SeenBefore, summarise
    from oscb_nlp.tagging import tag
    from oscb_nlp.training import train
    from oscb_nlp.workers import Reading, read_safely

_HOMES = {
    "Codebook": "codebook",
    "Corpus": "corpus",
    "CrossYearSummary": "summary",
    "Document": "document",
    "Limits": "reading",
    "OscbError": "errors",
    "Passage": "document",
    "Reading": "workers",
    "SeenBefore": "summary",
    "StanceClassifier": "stance",
    "TaggedCorpus": "corpus",
    "Theme": "codebook",
    "ThemeClassifier": "classifier",
    "demo_files": "demo",
    "evaluate": "evaluation",
    "explain": "explaining",
    "explain_passage": "explaining",
    "draw_pages": "drawing",
    "draw_passage": "drawing",
    "load_codebook": "codebook",
    "load_labelled": "labels",
    "load_model": "persistence",
    "load_stance_model": "persistence",
    "locate": "drawing",
    "read_corpus": "batch",
    "read_document": "reading",
    "read_pdf": "reading",
    "read_safely": "workers",
    "summarise": "summary",
    "tag": "tagging",
    "train": "training",
}

__all__ = [
    "Codebook",
    "Corpus",
    "CrossYearSummary",
    "Document",
    "Limits",
    "OscbError",
    "Passage",
    "Reading",
    "SeenBefore",
    "StanceClassifier",
    "TaggedCorpus",
    "Theme",
    "ThemeClassifier",
    "demo_files",
    "draw_pages",
    "draw_passage",
    "evaluate",
    "explain",
    "explain_passage",
    "load_codebook",
    "load_labelled",
    "load_model",
    "load_stance_model",
    "locate",
    "read_corpus",
    "read_document",
    "read_pdf",
    "read_safely",
    "summarise",
    "tag",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"oscb_nlp.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'oscb_nlp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
