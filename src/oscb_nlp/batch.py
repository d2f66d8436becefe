"""Many documents: find the inputs, read each in a worker process, gather the tables."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from oscb_nlp.corpus import Corpus, documents_to_corpus
from oscb_nlp.document import Document, MetadataValue, Problem
from oscb_nlp.errors import PROBLEMS, InputError
from oscb_nlp.reading import SUFFIXES
from oscb_nlp.workers import Reading, read_each

__all__ = ["Input", "find_inputs", "read_corpus"]

_OVERRULED = (
    "title", "review_type", "board", "subject", "published", "year", "reporting_year",
    "period", "author",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, with metadata that a manifest gives and that overrule what is found."""

    path: Path
    manifest: Mapping[str, str] = field(default_factory=dict)


def find_inputs(paths: Iterable[str | Path]) -> list[Input]:
    """Return the files that paths stand for: documents, folders (recursive), manifest CSVs.

    In a folder those are the PDF, Word (DOCX) and HTML files.

    A manifest has a column ``file`` (relative to the manifest) and any of the columns
    title, review_type, board, subject, published, year, reporting_year, period, author.

    Raises
    ------
    InputError
        If a path does not exist, a manifest is wrong, or no document is found.
    """
    inputs: list[Input] = []
    for path in map(Path, paths):
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if _is_document(p))
            inputs += [Input(file) for file in files]
        elif not path.exists():
            raise InputError(f"{path}: there is no such file or folder")
        elif path.suffix.lower() == ".csv":
            inputs += _from_manifest(path)
        else:
            inputs.append(Input(path))
    if not inputs:
        raise InputError(
            "no document was found: give PDF, DOCX or HTML files, folders that hold them "
            "or a manifest CSV"
        )
    unique = {item.path.resolve(): item for item in inputs}
    return list(unique.values())


def _is_document(path: Path) -> bool:
    # Word leaves "~$name.docx" beside a file that is open.
    return path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith("~$")


def read_corpus(
    *paths: str | Path,
    jobs: int | None = None,
    reading: Reading | None = None,
    progress: Callable[[Path], None] | None = None,
) -> Corpus:
    """Read many documents, each in a worker process with a time limit.

    Parameters
    ----------
    paths
        Documents, folders or manifest CSVs, as :func:`find_inputs` takes them.
    jobs
        Worker processes; by default as many as there are cores.
    reading
        How each document is read, and the time and memory that it may take.
    progress
        Called with each file when it is done, in the order of the input.

    Returns
    -------
    Corpus
        Documents in the order of the input; every file that failed is in ``problems``.

    Raises
    ------
    InputError
        If a path does not exist or no document is found.
    """
    inputs = find_inputs(paths)
    documents: list[Document] = []
    problems: list[Problem] = []
    workers = jobs or os.cpu_count() or 1
    outcomes = read_each([item.path for item in inputs], workers, reading or Reading())
    for item, outcome in zip(inputs, outcomes, strict=True):
        if isinstance(outcome, Document):
            documents.append(_overrule(outcome, item))
        else:
            problems.append(outcome)
        if progress:
            progress(item.path)
    documents, duplicates = _without_duplicates(documents)
    return documents_to_corpus(documents, [*problems, *duplicates, *_gaps(documents)])


def _from_manifest(path: Path) -> list[Input]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: the manifest cannot be read as CSV: {error}") from None
    if not rows or "file" not in rows[0]:
        raise InputError(
            f"{path}: a manifest needs a header with the column 'file' and rows under it"
        )
    inputs = []
    for number, row in enumerate(rows, 2):
        if not (row.get("file") or "").strip():
            raise InputError(f"{path}:{number}: the column 'file' is empty")
        given = {key: row[key].strip() for key in _OVERRULED if (row.get(key) or "").strip()}
        if "year" in given and not (given["year"].isdigit() and len(given["year"]) == 4):
            raise InputError(f"{path}:{number}: year {given['year']!r} is no year")
        inputs.append(Input(path.parent / row["file"].strip(), given))
    return inputs


def _overrule(document: Document, item: Input) -> Document:
    given = {name: MetadataValue(value, "manifest") for name, value in item.manifest.items()}
    if "published" in given and "year" not in given:
        given["year"] = MetadataValue(given["published"].value[:4], "manifest: published")
    return replace(document, metadata={**document.metadata, **given}) if given else document


def _without_duplicates(documents: list[Document]) -> tuple[list[Document], list[Problem]]:
    first: dict[str, Document] = {}
    problems = []
    for document in documents:
        if document.document_id in first:
            same = first[document.document_id].file
            problems.append(
                Problem(document.file, "duplicate", f"same as {same}; {PROBLEMS['duplicate']}")
            )
        else:
            first[document.document_id] = document
    return list(first.values()), problems


def _gaps(documents: Iterable[Document]) -> Iterable[Problem]:
    for document in documents:
        if not document.passages:
            yield Problem(document.file, "no-passages", PROBLEMS["no-passages"])
        if not document.value("year"):
            yield Problem(document.file, "no-year", PROBLEMS["no-year"])
