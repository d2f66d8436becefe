"""Which files a run reads: documents, folders and manifests, as paths with what is known of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oscb_nlp.document import SUFFIXES
from oscb_nlp.errors import InputError

__all__ = ["Input", "find_inputs"]

_OVERRULED = (
    "title", "review_type", "board", "subject", "published", "year", "reporting_year",
    "period", "author",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, with metadata that a manifest gives and that overrule what is found."""

    path: Path
    manifest: Mapping[str, str] = field(default_factory=dict)


def find_inputs(paths: Iterable[str | Path], leave_out: Path | None = None) -> list[Input]:
    """Return the files that paths stand for: documents, folders (recursive), manifest CSVs.

    In a folder those are the PDF, Word (DOCX) and HTML files, but for those under ``leave_out``:
    a report that an earlier run wrote is no review.

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
            inputs += [Input(file) for file in files if not _lies_in(file, leave_out)]
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


def _lies_in(file: Path, folder: Path | None) -> bool:
    return folder is not None and file.resolve().is_relative_to(folder.resolve())


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
        if "\0" in row["file"]:
            raise InputError(f"{path}:{number}: the file name holds a null byte")
        given = {key: row[key].strip() for key in _OVERRULED if (row.get(key) or "").strip()}
        if "year" in given and not (given["year"].isdigit() and len(given["year"]) == 4):
            raise InputError(f"{path}:{number}: year {given['year']!r} is no year")
        inputs.append(Input(path.parent / row["file"].strip(), given))
    return inputs
