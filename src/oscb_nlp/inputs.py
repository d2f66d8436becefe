"""Which files a run reads: documents, folders and manifests, as paths with what is known of them."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from oscb_nlp.document import SUFFIXES
from oscb_nlp.errors import InputError
from oscb_nlp.files import read_limited
from oscb_nlp.remote import Url, files_in, is_folder, place, read_bytes

__all__ = ["Input", "find_inputs"]

_OVERRULED = (
    "title", "review_type", "board", "subject", "published", "year", "reporting_year",
    "period", "author",
)  # fmt: skip


_MOST_BYTES = 32 << 20
_MOST_ROWS = 200_000
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, with metadata that a manifest gives and that overrule what is found."""

    path: Path | Url
    manifest: Mapping[str, str] = field(default_factory=dict)


def find_inputs(
    paths: Iterable[str | Path | Url], leave_out: Path | Url | None = None
) -> list[Input]:
    """Return the files that paths stand for: documents, folders (recursive), manifest CSVs.

    In a folder those are the PDF, Word (DOCX) and HTML files, but for those under ``leave_out``:
    a report that an earlier run wrote is no review. Each path may be an address that fsspec opens
    (``s3://bucket/reviews``).

    A manifest has a column ``file`` (relative to the manifest, or an address) and any of the
    columns title, review_type, board, subject, published, year, reporting_year, period, author.

    Raises
    ------
    InputError
        If a path does not exist, a manifest is wrong, or no document is found.
    """
    inputs: list[Input] = []
    for path in map(place, paths):
        if _is_folder(path):
            inputs += [Input(file) for file in _under(path) if not _lies_in(file, leave_out)]
        elif path.suffix.lower() == ".csv":
            inputs += _from_manifest(path)
        else:
            inputs.append(Input(path))
    if not inputs:
        raise InputError(
            "no document was found: give PDF, DOCX or HTML files, folders that hold them "
            "or a manifest CSV"
        )
    return list({_resolved(item.path): item for item in inputs}.values())


def _resolved(path: Path | Url) -> Path | Url:
    if isinstance(path, Url):
        return path
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links that lead in a circle: reading it says so
        return path.absolute()


def _is_folder(path: Path | Url) -> bool:
    if isinstance(path, Url):
        return is_folder(path)
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: there is no such file or folder") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be opened: {error}") from None


def _under(folder: Path | Url) -> Sequence[Path | Url]:
    """Return the documents under a folder, in the order of their names."""
    if isinstance(folder, Url):
        return [file for file in files_in(folder) if _is_document(file.name)]
    # A folder that cannot be listed is said: reviews left out in silence would be missed by nobody.
    walk = os.walk(folder, onerror=_unlisted)
    found = (Path(above) / name for above, _folders, names in walk for name in names)
    return sorted(path for path in found if _is_document(path.name) and path.is_file())


def _unlisted(error: OSError) -> None:
    raise InputError(f"{error.filename}: the folder cannot be listed: {error.strerror}")


def _is_document(name: str) -> bool:
    # Word leaves "~$name.docx" beside a file that is open.
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not name.startswith("~$")


def _lies_in(file: Path | Url, folder: Path | Url | None) -> bool:
    if isinstance(file, Url) or isinstance(folder, Url):
        return folder is not None and str(file).startswith(f"{folder}/")
    return folder is not None and file.resolve().is_relative_to(folder.resolve())


def _from_manifest(path: Path | Url) -> list[Input]:
    try:
        content = read_bytes(path) if isinstance(path, Url) else read_limited(path, _MOST_BYTES)
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        rows = list(islice(table, _MOST_ROWS + 1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: the manifest cannot be read as CSV: {error}") from None
    if len(rows) > _MOST_ROWS:
        raise InputError(f"{path}: has more than {_MOST_ROWS:,} rows; divide it")
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
        if unseen := [key for key in given if _UNSEEN.search(given[key])]:
            raise InputError(f"{path}:{number}: {unseen[0]} holds a control character; take it out")
        if "year" in given and not re.fullmatch("[0-9]{4}", given["year"]):
            raise InputError(f"{path}:{number}: year {given['year'][:60]!r} is no year")
        inputs.append(Input(_named(row["file"].strip(), path), given))
    return inputs


def _named(name: str, manifest: Path | Url) -> Path | Url:
    """Return the file that a manifest names; one from elsewhere names none of this machine."""
    named = place(name)
    if isinstance(named, Url):
        return named
    if isinstance(manifest, Url):
        if named != Path(name):
            raise InputError(f"{manifest}: a manifest at an address cannot name {name}")
        return manifest.parent / name
    return manifest.parent / named
