"""The summary's tables: their columns and types, as they are stored."""

from __future__ import annotations

import pyarrow as pa

__all__ = ["SUMMARY_SCHEMAS", "columns_of"]

_TEXT, _WHOLE, _REAL, _FLAG = pa.string(), pa.int32(), pa.float64(), pa.bool_()
_TEXTS = pa.list_(_TEXT)

_COUNTS = {
    "theme": _TEXT, "period": _TEXT, "year": _WHOLE, "reviews": _WHOLE, "with_learning": _WHOLE,
    "with_finding": _WHOLE, "with_recommendation": _WHOLE, "with_good_practice": _WHOLE,
    "with_narrative": _WHOLE, "share": _REAL, "low": _REAL, "high": _REAL, "corrected": _REAL,
    "corrected_low": _REAL, "corrected_high": _REAL, "few_reviews": _FLAG,
}  # fmt: skip
_CITATION = {
    "passage_id": _TEXT, "document_id": _TEXT, "file": _TEXT, "title": _TEXT, "page": _WHOLE,
    "number": _TEXT,
}  # fmt: skip

_COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "prevalence": _COUNTS,
    "breakdown": {"split": _TEXT, "value": _TEXT, **_COUNTS},
    "trends": {
        "theme": _TEXT, "verdict": _TEXT, "reviews": _WHOLE, "with_learning": _WHOLE,
        "periods": _WHOLE, "periods_with": _WHOLE, "first_year": _WHOLE, "last_year": _WHOLE,
        "odds_ratio": _REAL, "low": _REAL, "high": _REAL, "p": _REAL, "q": _REAL,
        "method": _TEXT, "step_year": _REAL, "step_p": _REAL, "step_q": _REAL,
        "across_break": _FLAG,
    },
    "recurring": {
        "group": _WHOLE, "learning": _TEXT, "representative": _TEXT, "themes": _TEXTS,
        "agencies": _TEXTS, "reviews": _WHOLE, "times": _WHOLE, "years": pa.list_(_WHOLE),
        "first_year": _WHOLE, "last_year": _WHOLE, "longest_gap": _WHOLE,
    },
    "recurring_members": {
        "group": _WHOLE, "year": _WHOLE, **_CITATION, "stance": _TEXT, "text": _TEXT,
    },
    "repeats": {
        "period": _TEXT, "year": _WHOLE, "recommendations": _WHOLE, "repeats": _WHOLE,
        "share": _REAL, "low": _REAL, "high": _REAL,
    },
    "top_learning": {
        "period": _TEXT, "year": _WHOLE, "rank": _WHOLE, "theme": _TEXT, "reviews": _WHOLE,
        "of_reviews": _WHOLE, "place": _WHOLE, "sentence": _TEXT, "stance": _TEXT,
        "score": _REAL, **_CITATION,
    },
    "exemplars": {
        "theme": _TEXT, "rank": _WHOLE, "passage_id": _TEXT, "file": _TEXT, "year": _WHOLE,
        "page": _WHOLE, "number": _TEXT, "stance": _TEXT, "score": _REAL, "text": _TEXT,
    },
    "changed": {
        "kind": _TEXT, "name": _TEXT, "turn": _WHOLE, "earlier": _WHOLE, "later": _WHOLE,
        "earlier_reviews": _WHOLE, "later_reviews": _WHOLE, "log_odds": _REAL, "z": _REAL,
    },
    "co_occurrence": {
        "period": _TEXT, "year": _WHOLE, "theme_a": _TEXT, "theme_b": _TEXT, "reviews": _WHOLE,
        "with_a": _WHOLE, "with_b": _WHOLE, "with_both": _WHOLE, "lift": _REAL, "low": _REAL,
        "high": _REAL,
    },
    "agencies": {
        "agency": _TEXT, "label": _TEXT, "theme": _TEXT, "reviews": _WHOLE,
        "recommendations": _WHOLE, "first_year": _WHOLE, "last_year": _WHOLE, "passages": _TEXTS,
    },
    "unanswered": {
        "theme": _TEXT, "periods_with_finding": _WHOLE, "without_recommendation": _WHOLE,
        "longest_run": _WHOLE, "years": pa.list_(_WHOLE), "reviews_with_finding": _WHOLE,
    },
    "activity": {
        "period": _TEXT, "year": _WHOLE, "board": _TEXT, "measure": _TEXT, "count": _WHOLE,
        "sentence": _TEXT, "passage_id": _TEXT, "document_id": _TEXT, "file": _TEXT,
        "page": _WHOLE, "number": _TEXT,
    },
    "counted": {
        "document_id": _TEXT, "file": _TEXT, "period": _TEXT, "year": _WHOLE, "unit": _TEXT,
    },
    "duplicates": {
        "document_id": _TEXT, "file": _TEXT, "kept_document_id": _TEXT, "kept_file": _TEXT,
        "shared": _REAL,
    },
    "undated": {"document_id": _TEXT, "file": _TEXT, "title": _TEXT},
}  # fmt: skip

SUMMARY_SCHEMAS: dict[str, pa.Schema] = {
    name: pa.schema(list(columns.items())) for name, columns in _COLUMNS.items()
}
"""Columns and types of the summary's tables."""


def columns_of(table: str) -> list[str]:
    """Return the columns of a table in their order."""
    return list(SUMMARY_SCHEMAS[table].names)
