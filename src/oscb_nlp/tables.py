"""The tables: their columns and types, and their store on disk.

Parquet holds the truth; a CSV beside each is for people: contact details are redacted
there and cells that a spreadsheet would run as formulas are made text.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from oscb_nlp.errors import OutputError
from oscb_nlp.files import whole, write_whole
from oscb_nlp.redaction import flags, redact

__all__ = [
    "CODING_SCHEMAS",
    "SCHEMAS",
    "TableWriter",
    "cell",
    "formula_safe",
    "frame",
    "pack",
    "read_table",
    "write_json",
    "write_table",
    "zip_without_times",
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
            ("contact", pa.list_(pa.string())),
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
"""Columns and types of the tables: a row per document, passage, item, tag and problem.

``contact`` says which kinds of contact details and names a passage's text holds; they stay in
the table, and are taken out of what leaves it.
"""

CODING_SCHEMAS: dict[str, pa.Schema] = {
    "codings": pa.schema(
        [
            ("passage_id", pa.string()),
            ("document_id", pa.string()),
            ("text_key", pa.string()),
            ("coder", pa.string()),
            ("coded_at", pa.string()),
            ("theme", pa.string()),
            ("stance", pa.string()),
            ("origin", pa.string()),
        ]
    ),
    "replaced": SCHEMAS["tags"],
    "queue": pa.schema(
        [
            ("passage_id", pa.string()),
            ("theme", pa.string()),
            ("score", pa.float32()),
            ("expected_error", pa.float32()),
            ("given", pa.bool_()),
            ("stance", pa.string()),
            ("stance_score", pa.float32()),
            ("evidence", pa.list_(_SPAN)),
        ]
    ),
    "samples": pa.schema(
        [
            ("sample_id", pa.string()),
            ("passage_id", pa.string()),
            ("method", pa.string()),
            ("stratum", pa.string()),
            ("weight", pa.float64()),
        ]
    ),
}
"""Tables that stand beside the others once people have coded, or the model has abstained.

``codings`` has a row per passage, coder and theme, with an empty theme where one gave none;
``replaced`` the model's tags that gave way; ``queue`` the themes that the model was too unsure of
to give or to leave out (``given`` says which it would have done); ``samples`` the passages drawn to be read, with
how many passages each stands for as ``weight``.
"""

_IDS = {"passage_id", "document_id", "item_id", "sample_id", "text_key"}
_MOST_ROWS = 50_000_000
_KEYS = ("passage_id", "document_id", "item_id", "text", "theme", "coder")
_ROWS = 20_000  # of a table that stand together in its file
_TIME = re.compile(rb">\d{4}-\d\d-\d\dT[\d:]+Z<")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def frame(rows: list[dict[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    """Return rows as a DataFrame with the schema's columns and types; missing text is empty."""
    blank = {item.name: "" for item in schema if item.type == pa.string()}
    return _to_pandas(pa.Table.from_pylist([{**blank, **row} for row in rows], schema=schema))


def write_table(table: pd.DataFrame, schema: pa.Schema, folder: Path, name: str) -> None:
    """Write ``name.parquet`` and the redacted ``name.csv`` for people."""
    with TableWriter(schema, folder, name) as writer:
        writer.append(table)


class TableWriter:
    """Writes a table in parts, with the same bytes as if it were written at once.

    A context manager: both files take their names at its end, and are gone where it ends in an
    error.
    """

    def __init__(self, schema: pa.Schema, folder: Path, name: str) -> None:
        self._schema = schema
        self._files = ExitStack()
        parquet, people = (folder / f"{name}.{kind}" for kind in ("parquet", "csv"))
        self._parquet = pq.ParquetWriter(self._files.enter_context(whole(parquet)), schema)
        self._csv = self._files.enter_context(whole(people))
        self._waiting = schema.empty_table()
        self._begun = False

    def append(self, table: pd.DataFrame) -> None:
        """Write some rows more."""
        arrow = pa.Table.from_pandas(table, schema=self._schema, preserve_index=False)
        # Pandas' own metadata would write its version into the file.
        arrow = arrow.replace_schema_metadata(None)
        self._waiting = pa.concat_tables([self._waiting, arrow])
        while len(self._waiting) >= _ROWS:
            self._parquet.write_table(self._waiting.slice(0, _ROWS))
            self._waiting = self._waiting.slice(_ROWS).combine_chunks()
        self._append_for_people(table)

    def _append_for_people(self, table: pd.DataFrame) -> None:
        _for_people(table).to_csv(
            self._csv,
            mode="a",
            index=False,
            header=not self._begun,
            encoding="utf-8" if self._begun else "utf-8-sig",
            lineterminator="\n",
        )
        self._begun = True

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            if len(self._waiting) or not self._begun:
                self._parquet.write_table(self._waiting.combine_chunks())
            self._parquet.close()
        self._files.__exit__(*error)


def read_table(folder: Path, name: str, schema: pa.Schema | None = None) -> pd.DataFrame:
    """Read ``name.parquet`` from a folder that :func:`write_table` filled.

    ``schema`` is the table's; by default that of this module.

    Raises
    ------
    OutputError
        If there is none, or it has other columns or types, or no id where one is needed.
    """
    schema = schema or {**SCHEMAS, **CODING_SCHEMAS}[name]
    path = folder / f"{name}.parquet"
    if not path.exists():
        raise OutputError(f"{folder}: holds no {name}.parquet; run `oscb-nlp tag` into it first")
    try:
        # A file and not a data set, which would take columns from the names of folders too.
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows > _MOST_ROWS:
                raise OutputError(f"{path}: has more than the {_MOST_ROWS:,} rows that are read")
            table = _with_contact(name, file.read()).select(schema.names).cast(schema)
        table.validate(full=True)  # of a file, words need not be Unicode
        if empty := [name for name in _KEYS if name in schema.names and table[name].null_count]:
            raise OutputError(f"{path}: has a row without {empty[0]}")
        return _to_pandas(table)
    except KeyError as error:
        lacking = str(error.args[0])[:200]
        raise OutputError(f"{path}: is of another form: {lacking}; run the command again") from None
    except (OSError, ValueError, TypeError, NotImplementedError, MemoryError) as error:
        # Arrow's errors are of these kinds; their messages may go on for many lines.
        said = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise OutputError(f"{path}: cannot be read: {said}") from None


def _with_contact(name: str, table: pa.Table) -> pa.Table:
    """Return passages with the column that tables of earlier versions lack."""
    if name != "passages" or "contact" in table.column_names or "text" not in table.column_names:
        return table
    item = SCHEMAS["passages"].field("contact")
    found = [flags(text or "") for text in table["text"].to_pylist()]
    return table.append_column(item, pa.array(found, item.type))


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_whole(path, lambda target: target.write_text(text, encoding="utf-8"))


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return a frame in which whole numbers stay whole where some are missing."""
    data = table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    return pd.DataFrame(data)


def zip_without_times(content: bytes) -> bytes:
    """Return a zip (an Office file too) without times, so that the same content has the same bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    if core in parts:
        parts[core] = _TIME.sub(b">1980-01-01T00:00:00Z<", parts[core])
    return pack(parts)


def pack(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip archive whose bytes depend on its entries alone.

    >>> pack({"a.txt": b"Hello"}) == pack({"a.txt": b"Hello"})
    True
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # else Windows and Linux give different bytes
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return target.getvalue()


def _for_people(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with each cell as :func:`cell` gives it."""
    people = table.copy()
    for name in people.columns:
        column = people[name]
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            people[name] = column.map(formula_safe if name in _IDS else cell)
    return people


def cell(value: Any) -> Any:
    """Return a value as a spreadsheet may hold it: redacted, and never a formula."""
    if isinstance(value, str):
        return _text_cell(value)
    if value is None or value is pd.NA or isinstance(value, (int, float, np.generic)):
        return value
    return "; ".join(_item(item) for item in value)


@lru_cache(maxsize=4_096)
def _text_cell(text: str) -> str:
    # Headings, sections and themes come again and again, and redaction is what writing takes.
    return formula_safe(redact(text))


def formula_safe(text: str) -> str:
    """Return a text that a spreadsheet does not take for a formula.

    >>> formula_safe("=HYPERLINK(A1)"), formula_safe("3.1 The house")
    ("'=HYPERLINK(A1)", '3.1 The house')
    """
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _item(item: Any) -> str:
    if isinstance(item, dict):
        return f"{item['start']}-{item['end']}"
    return f"{item:.1f}" if isinstance(item, float) else str(item)
