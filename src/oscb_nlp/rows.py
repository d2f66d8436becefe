"""Documents and problems as rows of the tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from oscb_nlp.document import Document, Problem
from oscb_nlp.files import shown_name
from oscb_nlp.redaction import flags

__all__ = ["Rows", "document_rows", "problem_rows", "rows_of_file"]

Rows = dict[str, list[dict[str, Any]]]
"""Rows by table, as plain values."""


def document_rows(document: Document) -> Rows:
    """Return a document's rows of each table of a :class:`Corpus`."""
    return {
        "documents": [_document_row(document)],
        "passages": list(_passage_rows(document)),
        "items": list(_item_rows(document)),
        "problems": problem_rows(document.problems),
    }


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems as rows of the table ``problems``."""
    return [
        {
            "file": shown_name(p.file),
            "problem": p.problem,
            "detail": shown_name(p.detail),
            "page": p.page,
        }
        for p in problems
    ]


def rows_of_file(rows: Rows, file: str) -> Rows:
    """Return a document's rows as read from where its file lies now; they are changed in place."""
    for name in ("documents", "problems"):
        for row in rows.get(name, ()):
            row["file"] = file
    return rows


def _document_row(document: Document) -> dict[str, Any]:
    year = document.metadata.get("year")
    return {
        "document_id": document.document_id,
        "file": shown_name(document.file),
        **{
            name: document.value(name)
            for name in (
                "title",
                "review_type",
                "board",
                "subject",
                "published",
                "reporting_year",
                "period",
                "author",
            )
        },
        "year": int(year.value) if year else None,
        "year_source": year.source if year else "",
        "year_confidence": year.confidence if year else "",
        "pages": document.pages,
        "passages": len(document.passages),
        "engine": document.engine,
        "ocr_pages": sum(reading.engine == "ocr" for reading in document.readings),
    }


def _passage_rows(document: Document) -> Iterator[dict[str, Any]]:
    for index, passage in enumerate(document.passages, 1):
        yield {
            "passage_id": f"{document.document_id}-{index:04d}",
            "document_id": document.document_id,
            "page": passage.page,
            "end_page": passage.end_page or passage.page,
            "number": passage.number,
            "kind": passage.kind,
            "section": passage.section,
            "heading": passage.heading,
            "text": passage.text,
            "bbox": [float(edge) for edge in passage.bbox],
            "contact": flags(passage.text),
        }


def _item_rows(document: Document) -> Iterator[dict[str, Any]]:
    for index, item in enumerate(document.items, 1):
        yield {
            "item_id": f"{document.document_id}-i{index:04d}",
            "document_id": document.document_id,
            "passage_id": f"{document.document_id}-{item.passage + 1:04d}",
            **{
                name: getattr(item, name)
                for name in (
                    "kind", "number", "text", "agency", "owner", "timescale", "status", "page", "source"
                )
            },
        }  # fmt: skip
