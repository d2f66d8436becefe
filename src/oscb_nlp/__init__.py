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
    from oscb_nlp.errors import OscbError
    from oscb_nlp.labels import load_labelled
    from oscb_nlp.persistence import load_model, load_stance_model
    from oscb_nlp.reading import read_pdf
    from oscb_nlp.stance import StanceClassifier
    from oscb_nlp.summary import CrossYearSummary, summarise
    from oscb_nlp.tagging import tag

_HOMES = {
    "Codebook": "codebook",
    "Corpus": "corpus",
    "CrossYearSummary": "summary",
    "Document": "document",
    "OscbError": "errors",
    "Passage": "document",
    "StanceClassifier": "stance",
    "TaggedCorpus": "corpus",
    "Theme": "codebook",
    "ThemeClassifier": "classifier",
    "demo_files": "demo",
    "load_codebook": "codebook",
    "load_labelled": "labels",
    "load_model": "persistence",
    "load_stance_model": "persistence",
    "read_corpus": "batch",
    "read_pdf": "reading",
    "summarise": "summary",
    "tag": "tagging",
}

__all__ = [
    "Codebook",
    "Corpus",
    "CrossYearSummary",
    "Document",
    "OscbError",
    "Passage",
    "StanceClassifier",
    "TaggedCorpus",
    "Theme",
    "ThemeClassifier",
    "demo_files",
    "load_codebook",
    "load_labelled",
    "load_model",
    "load_stance_model",
    "read_corpus",
    "read_pdf",
    "summarise",
    "tag",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"oscb_nlp.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'oscb_nlp' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
