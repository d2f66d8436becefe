"""Corpora as tables: documents, passages, tags and problems, and their store on disk.

Parquet holds the truth; a CSV beside each is for people: contact details are redacted
there and cells that a spreadsheet would run as formulas are made text.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oscb_nlp.codebook import Codebook, codebook_from_dict, load_codebook
from oscb_nlp.document import Document, Problem
from oscb_nlp.errors import OutputError
from oscb_nlp.redaction import redact

__all__ = [
    "SCHEMAS",
    "Corpus",
    "TaggedCorpus",
    "documents_to_corpus",
    "frame",
    "read_table",
    "write_json",
    "write_table",
    "writing",
]

_SPAN = pa.struct([("start", pa.int32()), ("end", pa.int32()), ("kind", pa.string())])

SCHEMAS: dict[str, pa.Schema] = {
    "documents": pa.schema(
        [
            ("document_id", pa.string()),
            ("file", pa.string()),
            ("title", pa.string()),
            ("review_type", pa.string()),
            ("board", pa.string()),
            ("subject", pa.string()),
            ("published", pa.string()),
            ("year", pa.int32()),
            ("year_source", pa.string()),
            ("year_confidence", pa.string()),
            ("reporting_year", pa.string()),
            ("period", pa.string()),
            ("author", pa.string()),
            ("pages", pa.int32()),
            ("passages", pa.int32()),
            ("engine", pa.string()),
            ("ocr_pages", pa.int32()),
        ]
    ),
    "passages": pa.schema(
        [
            ("passage_id", pa.string()),
            ("document_id", pa.string()),
            ("page", pa.int32()),
            ("end_page", pa.int32()),
            ("number", pa.string()),
            ("kind", pa.string()),
            ("section", pa.string()),
            ("heading", pa.string()),
            ("text", pa.string()),
            ("bbox", pa.list_(pa.float32())),
        ]
    ),
    "items": pa.schema(
        [
            ("item_id", pa.string()),
            ("document_id", pa.string()),
            ("passage_id", pa.string()),
            ("kind", pa.string()),
            ("number", pa.string()),
            ("text", pa.string()),
            ("agency", pa.string()),
            ("owner", pa.string()),
            ("timescale", pa.string()),
            ("status", pa.string()),
            ("page", pa.int32()),
            ("source", pa.string()),
        ]
    ),
    "tags": pa.schema(
        [
            ("passage_id", pa.string()),
            ("theme", pa.string()),
            ("score", pa.float32()),
            ("stance", pa.string()),
            ("stance_score", pa.float32()),
            ("evidence", pa.list_(_SPAN)),
            ("source", pa.string()),
        ]
    ),
    "problems": pa.schema(
        [
            ("file", pa.string()),
            ("problem", pa.string()),
            ("detail", pa.string()),
            ("page", pa.int32()),
        ]
    ),
}
"""Columns and types of the tables: a row per document, passage, item, tag and problem."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Corpus:
    """Documents, passages, items and problems as DataFrames in the form of :data:`SCHEMAS`."""

    documents: pd.DataFrame = field(repr=False)
    passages: pd.DataFrame = field(repr=False)
    items: pd.DataFrame = field(repr=False)
    problems: pd.DataFrame = field(repr=False)

    def __len__(self) -> int:
        return len(self.documents)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self.documents)} documents, "
            f"{len(self.passages)} passages, {len(self.problems)} problems)"
        )


@dataclass(frozen=True, repr=False)
class TaggedCorpus(Corpus):
    """A corpus with its theme tags; ``settings`` says what made them.

    ``vectors`` holds, where the better grade made the tags, its encoder's vector of each passage
    with a finding or recommendation, indexed by passage id; else None.
    """

    tags: pd.DataFrame = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    vectors: pd.DataFrame | None = field(default=None, repr=False)

    @property
    def codebook(self) -> Codebook:
        """The codebook that the passages were coded with, as ``settings`` keeps it."""
        content = self.settings.get("codebook_content")
        return codebook_from_dict(content, "run.json") if content else load_codebook()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per tag with its passage and document, ready for a pivot table."""
        return self.tags.merge(self.passages, on="passage_id", validate="many_to_one").merge(
            self.documents[["document_id", "file", "title", "review_type", "board", "year"]],
            on="document_id",
            validate="many_to_one",
        )

    def save(self, folder: str | Path) -> None:
        """Write the five tables, vectors and ``run.json`` into ``folder``, each whole or not at all."""
        with writing(Path(folder)) as out:
            for name in SCHEMAS:
                write_table(getattr(self, name), SCHEMAS[name], out, name)
            _write_vectors(self.vectors, out / "vectors.npz")
            write_json(out / "run.json", self.settings)

    @classmethod
    def load(cls, folder: str | Path) -> TaggedCorpus:
        """Read what :meth:`save` wrote; raise :class:`OutputError` where a table is missing."""
        folder = Path(folder)
        tables = {name: read_table(folder, name) for name in SCHEMAS}
        try:
            settings = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OutputError(f"{folder / 'run.json'}: cannot be read: {error}") from None
        return cls(**tables, settings=settings, vectors=_read_vectors(folder / "vectors.npz"))


def documents_to_corpus(documents: Iterable[Document], problems: Iterable[Problem]) -> Corpus:
    """Turn documents into tables, in the order given."""
    rows: list[dict[str, Any]] = []
    passages: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    found = list(problems)
    for document in documents:
        rows.append(_document_row(document))
        passages.extend(_passage_rows(document))
        items.extend(_item_rows(document))
        found.extend(document.problems)
    return Corpus(
        frame(rows, SCHEMAS["documents"]),
        frame(passages, SCHEMAS["passages"]),
        frame(items, SCHEMAS["items"]),
        frame(
            [
                {"file": p.file, "problem": p.problem, "detail": p.detail, "page": p.page}
                for p in found
            ],
            SCHEMAS["problems"],
        ),
    )


def frame(rows: list[dict[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    """Return rows as a DataFrame with the schema's columns and types; missing text is empty."""
    blank = {item.name: "" for item in schema if item.type == pa.string()}
    return _to_pandas(pa.Table.from_pylist([{**blank, **row} for row in rows], schema=schema))


def write_table(table: pd.DataFrame, schema: pa.Schema, folder: Path, name: str) -> None:
    """Write ``name.parquet`` and the redacted ``name.csv`` for people."""
    arrow = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
    # Pandas' own metadata would write its version into the file.
    arrow = arrow.replace_schema_metadata(None)
    _write(folder / f"{name}.parquet", lambda path: pq.write_table(arrow, path))
    people = table.copy()
    for column in people.columns:
        if people[column].dtype == object or isinstance(people[column].dtype, pd.StringDtype):
            people[column] = people[column].map(_cell)
    _write(
        folder / f"{name}.csv",
        lambda path: people.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n"),
    )


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read ``name.parquet`` from a folder that :func:`write_table` filled."""
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise OutputError(f"{folder}: holds no {name}.parquet; run `oscb-nlp tag` into it first")
    try:
        return _to_pandas(pq.read_table(path))
    except (OSError, pa.ArrowException) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    _write(path, lambda target: target.write_text(text, encoding="utf-8"))


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Make ``folder`` ready to be written; name it in the error where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        yield folder
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror or error}; "
            "give another folder with --out or free some space"
        ) from None


def _write_vectors(vectors: pd.DataFrame | None, path: Path) -> None:
    if vectors is None:
        path.unlink(missing_ok=True)
        return
    ids, matrix = vectors.index.to_numpy(dtype=str), vectors.to_numpy(np.float16)

    def write(target: Path) -> None:
        with target.open("wb") as file:
            np.savez_compressed(file, ids=ids, vectors=matrix)

    _write(path, write)


def _read_vectors(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            return pd.DataFrame(archive["vectors"], index=archive["ids"])
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None


def _write(path: Path, write: Callable[[Path], Any]) -> None:
    """Write to a name beside and rename, so that the file is whole or not there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _document_row(document: Document) -> dict[str, Any]:
    year = document.metadata.get("year")
    return {
        "document_id": document.document_id,
        "file": document.file,
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


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a frame in which whole numbers stay whole where some are missing."""
    data = table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    return pd.DataFrame(data)


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        text = redact(value)
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    if value is None or value is pd.NA or isinstance(value, (int, float, np.generic)):
        return value
    return "; ".join(_item(item) for item in value)


def _item(item: Any) -> str:
    if isinstance(item, dict):
        return f"{item['start']}-{item['end']}"
    return f"{item:.1f}" if isinstance(item, float) else str(item)
