"""Labels on published reports, stored without their text and joined to the PDFs that a user has.

A record names a file by its SHA-256 and a passage by the characters of its pages, so that no
sentence of a report is stored. The passage that holds most of those characters, as this
version reads the file, takes the labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import STANCES
from oscb_nlp.document import Document, Passage
from oscb_nlp.errors import InputError, LabelError
from oscb_nlp.labels import LABEL_COLUMNS, is_coding, label_lines, label_record
from oscb_nlp.reading import read_pdf
from oscb_nlp.resources import shipped_path

__all__ = ["join_labels"]

_SPAN = 3  # page, start, end
_LONGEST = 1_000_000  # characters that a passage may have
_LEAST_OVERLAP = 0.5  # share of a label's characters that its passage must hold


def join_labels(folder: str | Path, labels: str | Path | None = None) -> pd.DataFrame:
    """Return the labelled passages of those PDFs in a folder that the labels are on.

    Parameters
    ----------
    folder
        Holds the PDFs, under any name and at any depth.
    labels
        A file of stand-off labels; by default the one that comes with the project.

    Returns
    -------
    DataFrame
        One row per passage with the columns of :func:`oscb_nlp.load_labelled`, and ``area``
        and ``fold``. ``themes`` are the adjudicated ones, or those of the only coder;
        ``codings`` has every coder's.

    Raises
    ------
    InputError
        If the folder holds none of the PDFs.
    LabelError
        If the labels cannot be read; names the line.
    """
    path = Path(labels) if labels else shipped_path("corpora/real") / "labels.jsonl"
    records = list(_records(path))
    files = _files(Path(folder), {record["sha256"] for record in records})
    if not files:
        raise InputError(f"{folder}: holds none of the PDFs that {path.name} has labels on")
    documents = {digest: read_pdf(file) for digest, file in sorted(files.items())}
    rows = [
        _row(record, documents[record["sha256"]], passage)
        for record in records
        if record["sha256"] in documents
        and (passage := _passage(documents[record["sha256"]], record["spans"])) is not None
    ]
    return pd.DataFrame(rows, columns=[*LABEL_COLUMNS, "area", "fold"])


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(label_lines(path), 1):
        record = label_record(path, number, line)
        for name in ("id", "sha256", "spans", "codings"):
            if name not in record:
                raise LabelError(f"{path}:{number}: {name!r} is missing")
        if not isinstance(record["sha256"], str) or not _are_spans(record["spans"]):
            raise LabelError(f"{path}:{number}: 'spans' must be a list of [page, start, end]")
        codings = record["codings"]
        given = [*codings.values()] if isinstance(codings, Mapping) else [None]
        for coding in (*given, record.get("adjudicated", {})):
            if not is_coding(coding) or "" in coding.values():
                raise LabelError(f"{path}:{number}: 'codings' must hold themes with stances")
        yield record


def _are_spans(spans: object) -> bool:
    """Whether a value is a list of ``[page, start, end]`` that together are no longer than a document."""
    if not isinstance(spans, list) or not all(isinstance(one, list) for one in spans):
        return False
    if any(len(one) != _SPAN or {type(number) for number in one} != {int} for one in spans):
        return False
    lengths = [end - start for _page, start, end in spans]
    return all(length >= 0 for length in lengths) and sum(lengths) <= _LONGEST


def _files(folder: Path, wanted: set[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in sorted(path for path in folder.rglob("*.pdf") if path.is_file()):
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest in wanted:
            found.setdefault(digest, file)
    return found


def _passage(document: Document, spans: list[list[int]]) -> Passage | None:
    """Return the passage that holds most of the characters, None if none holds half."""
    wanted = {(page, at) for page, start, end in spans for at in range(start, end)}
    best, most = None, _LEAST_OVERLAP * len(wanted)
    pages = {page for page, _start, _end in spans}
    for passage in document.passages:
        if passage.page not in pages and passage.end_page not in pages:
            continue
        held = sum((run.page, at) in wanted for run in passage.lines for at in run.offsets)
        if held > most:
            best, most = passage, held
    return best


def _row(record: dict[str, Any], document: Document, passage: Passage) -> dict[str, Any]:
    stances = record["adjudicated"] if "adjudicated" in record else _joint(record["codings"])
    return {
        **dict.fromkeys(LABEL_COLUMNS, ""),
        "id": record["id"],
        "document": document.document_id,
        "year": record.get("year"),
        "section": passage.section,
        "heading": passage.heading,
        "kind": passage.kind,
        "text": passage.text,
        "themes": tuple(sorted(stances)),
        "stances": stances,
        "recurrence": (),
        "coder": "adjudicated" if "adjudicated" in record else "+".join(sorted(record["codings"])),
        "codings": record["codings"],
        "area": record.get("area", ""),
        "fold": record.get("fold"),
    }


def _joint(codings: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return every theme that any coder gave, with the stance that outranks the others."""
    stances: dict[str, str] = {}
    for coding in codings.values():
        for theme, stance in coding.items():
            stances[theme] = min(stances.get(theme, stance), stance, key=STANCES.index)
    return stances
