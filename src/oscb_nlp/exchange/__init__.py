"""Forms that other programs read and write: codebooks, coded corpora, codings by people."""

from __future__ import annotations

import json

from oscb_nlp.codebook import Codebook
from oscb_nlp.exchange.foreign import read_project
from oscb_nlp.exchange.formats import EXPORT_FORMATS, export
from oscb_nlp.exchange.intake import Imported
from oscb_nlp.exchange.reading import read_exchange
from oscb_nlp.exchange.refi import codebook_to_qdc
from oscb_nlp.exchange.skos import codebook_to_skos
from oscb_nlp.tables import formula_safe

__all__ = [
    "CODEBOOK_FORMATS",
    "EXPORT_FORMATS",
    "Imported",
    "codebook_as",
    "codebook_to_qdc",
    "codebook_to_skos",
    "export",
    "read_exchange",
    "read_project",
]

CODEBOOK_FORMATS = ("table", "json", "qdc", "skos", "csv")


def codebook_as(codebook: Codebook, form: str) -> str:
    """Return a codebook as text in one of :data:`CODEBOOK_FORMATS`.

    >>> from oscb_nlp import load_codebook
    >>> codebook_as(load_codebook(), "csv").split(",")[0]
    'theme'
    """
    if form == "json":
        return _json(codebook.to_dict())
    if form == "qdc":
        return codebook_to_qdc(codebook).decode()
    if form == "skos":
        return _json(codebook_to_skos(codebook))
    if form == "csv":
        safe = codebook.to_frame().map(formula_safe)
        return str(safe.to_csv(index=False, lineterminator="\n"))
    families = {family.id: family.label for family in codebook.families}
    return "".join(
        f"{theme.id:34} {families[theme.family]:22} {theme.label}\n" for theme in codebook
    )


def _json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"
