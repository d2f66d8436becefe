"""Labelled passages: the JSON Lines form that training and evaluation use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.codebook import STANCES, Codebook, load_codebook
from oscb_nlp.errors import LabelError
from oscb_nlp.files import parse_json, read_limited
from oscb_nlp.resources import shipped_path

__all__ = [
    "LABEL_COLUMNS",
    "as_targets",
    "as_texts",
    "codebook_examples",
    "indicator",
    "is_coding",
    "is_unicode",
    "label_lines",
    "label_record",
    "load_labelled",
    "load_wordings",
    "read_labels",
    "reviews_of",
]

_APART = ("contrast", "fresh", "further", "papers", "points", "single")
_MOST_BYTES = 256 << 20

LABEL_COLUMNS = (
    "id", "document", "board", "review_type", "year", "section", "heading", "kind", "text",
    "themes", "stances", "split", "writer", "recurrence", "coder", "codings",
)  # fmt: skip
"""Columns of the frame: ``themes`` is a tuple of ids, ``stances`` a dict of theme to stance and
``codings`` one of coder to such a dict, empty where only one coder read the passage."""


def load_labelled(split: str | None = None) -> pd.DataFrame:
    """Return the labelled passages that ship with the package.

    Parameters
    ----------
    split
        "train", "dev" or "test" of the fictional reviews; None for all three. Beside them stand
        "further" reviews, written later to learn from alone, in which no recurrences are planted;
        board "papers", written later to test alone; and passages of no review: single sentences
        on what stance turns on, "contrast" to learn from and "fresh" to test what was learnt;
        "points", learning points that are each put in several wordings; and "single", passages
        written one by one to learn from.

    Returns
    -------
    DataFrame
        One row per passage with :data:`LABEL_COLUMNS`.

    Examples
    --------
    >>> frame = load_labelled("test")
    >>> set(frame["split"])
    {'test'}
    """
    folder = shipped_path("corpora/labels")
    if split in _APART:
        return read_labels(folder / f"{split}.jsonl")
    frame = read_labels(folder / "fiction.jsonl")
    if split is None:
        return frame
    if split not in set(frame["split"]):
        known = ", ".join([*sorted(set(frame["split"])), *_APART])
        raise LabelError(f"there is no split {split!r}; there are {known}")
    return frame[frame["split"] == split].reset_index(drop=True)


def load_wordings(split: str = "train") -> pd.DataFrame:
    """Load learning points that are each put in several wordings: what says the same.

    Parameters
    ----------
    split
        "train", or "fresh" for points that no model learnt from.

    Returns
    -------
    DataFrame
        One row per wording: ``learning`` (id of the point), ``text``, ``writer``, ``split``. A
        near miss, with the same subject and another lesson, bears the id of its point with
        ``~n1`` or ``~n2``.
    """
    path = shipped_path("corpora/labels") / "wordings.jsonl"
    table = pd.DataFrame([json.loads(line) for line in path.read_text("utf-8").splitlines()])
    return table[table["split"] == split].reset_index(drop=True)


def read_labels(path: str | Path, codebook: Codebook | None = None) -> pd.DataFrame:
    """Read a JSON Lines file of labelled passages.

    ``text`` and ``themes`` are required in each line; ``stance`` (one for the passage) or
    ``stances`` (one for each theme) and the other columns are optional.

    Raises
    ------
    LabelError
        If a line is no record or names an unknown theme or stance; names the line.
    """
    path = Path(path)
    known = set((codebook or load_codebook()).ids)
    lines = label_lines(path)
    records = [
        _record(path, number, line, known) for number, line in enumerate(lines, 1) if line.strip()
    ]
    if not records:
        raise LabelError(f"{path}: holds no labelled passage")
    return pd.DataFrame(records, columns=list(LABEL_COLUMNS))


def label_lines(path: Path) -> list[str]:
    """Return the lines of a file of labels.

    Raises
    ------
    LabelError
        If it is too large, or no text in UTF-8.
    """
    try:
        return read_limited(path, _MOST_BYTES).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def label_record(path: Path, number: int, line: str) -> dict[str, Any]:
    """Return the record in a line of labels; raise :class:`LabelError` where there is none."""
    try:
        record = parse_json(line)
    except ValueError as error:
        raise LabelError(f"{path}:{number}: is not valid JSON: {error}") from None
    if not isinstance(record, dict):
        raise LabelError(f"{path}:{number}: must be a JSON object")
    if not is_unicode(record):
        raise LabelError(f"{path}:{number}: holds half of a character; save it again as UTF-8")
    return record


def is_coding(given: object) -> bool:
    """Whether a value is what one coder gives to a passage: themes with stances, or without.

    >>> is_coding({"neglect": "finding"}), is_coding(["neglect"])
    (True, False)
    """
    return isinstance(given, Mapping) and all(one in ("", *STANCES) for one in given.values())


def read_all_labels(paths: Sequence[str | Path], codebook: Codebook | None = None) -> pd.DataFrame:
    """Read several files of labelled passages as :func:`read_labels` does, one after another."""
    return pd.concat([read_labels(path, codebook) for path in paths], ignore_index=True)


def reviews_of(labelled: pd.DataFrame) -> pd.Series:
    """Return the review of each passage; one that names none counts as a review of its own."""
    named = labelled["document"].astype(str)
    return named.where(named != "", labelled.index.astype(str))


def indicator(themes: Iterable[Iterable[str]], classes: Iterable[str]) -> npt.NDArray[np.int8]:
    """Return a matrix of 0 and 1, one row per passage and one column per class."""
    columns = {theme: column for column, theme in enumerate(classes)}
    rows = [tuple(row) for row in themes]
    matrix = np.zeros((len(rows), len(columns)), dtype=np.int8)
    for index, row in enumerate(rows):
        for theme in row:
            if theme in columns:
                matrix[index, columns[theme]] = 1
    return matrix


def codebook_examples(
    codebook: Codebook, without: Sequence[str] = ()
) -> tuple[list[str], npt.NDArray[np.int8]]:
    """Return definitions and include lines as examples of their themes: texts and indicator."""
    themes = [theme for theme in codebook if theme.id not in without]
    pairs = [(line, theme.id) for theme in themes for line in (theme.definition, *theme.include)]
    return [line for line, _theme in pairs], indicator(([t] for _line, t in pairs), codebook.ids)


def is_unicode(value: object) -> bool:
    r"""Whether text can be stored: half of a UTF-16 pair passes as JSON, and no table can hold it.

    >>> is_unicode({"text": "\ud800"})
    False
    """
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return False
    return True


def as_texts(values: Sequence[str]) -> list[str]:
    """Return texts as a list; raise :class:`LabelError` that names the one that is no text."""
    if isinstance(values, str):
        raise LabelError("give a list of texts, not one text")
    texts = list(values)
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise LabelError(f"text {index} is a {type(text).__name__}, not a str")
    return texts


def as_targets(
    y: Sequence[Sequence[str]] | npt.NDArray[np.int8], classes: npt.NDArray[np.str_]
) -> npt.NDArray[np.int8]:
    """Return themes or an indicator as an indicator; an unknown theme is named with its passage."""
    if isinstance(y, np.ndarray) and y.ndim == 2:
        if y.shape[1] != len(classes):
            raise LabelError(f"the indicator has {y.shape[1]} columns, not {len(classes)}")
        return y.astype(np.int8)
    for index, themes in enumerate(y):
        if unknown := set(themes) - set(classes):
            raise LabelError(f"passage {index}: theme {min(unknown)!r} is not in the codebook")
    return indicator(y, classes)


def _record(path: Path, number: int, line: str, known: set[str]) -> dict[str, Any]:
    record = label_record(path, number, line)
    text, themes = record.get("text"), record.get("themes")
    if not isinstance(text, str) or not text.strip():
        raise LabelError(f"{path}:{number}: 'text' must be a text that is not empty")
    if not isinstance(themes, list) or not all(isinstance(theme, str) for theme in themes):
        raise LabelError(f"{path}:{number}: 'themes' must be a list of theme ids")
    if unknown := set(themes) - known:
        raise LabelError(f"{path}:{number}: theme {min(unknown)!r} is not in the codebook")
    stances = record.get("stances") or {
        theme: record["stance"] for theme in themes if record.get("stance")
    }
    if not isinstance(stances, Mapping):
        raise LabelError(f"{path}:{number}: 'stances' must be an object of theme and stance")
    for theme, stance in stances.items():
        if stance not in STANCES:
            raise LabelError(f"{path}:{number}: stance {stance!r} of {theme!r} is unknown")
        if theme not in themes:
            raise LabelError(f"{path}:{number}: {theme!r} has a stance but is not in 'themes'")
    recurrence, codings = record.get("recurrence") or [], record.get("codings") or {}
    if not isinstance(recurrence, list) or not isinstance(codings, Mapping):
        raise LabelError(f"{path}:{number}: 'recurrence' must be a list and 'codings' an object")
    if not all(coder.strip() and is_coding(given) for coder, given in codings.items()):
        raise LabelError(f"{path}:{number}: 'codings' must hold themes with stances for each coder")
    year = record.get("year")
    if year and not (str(year).isascii() and str(year).isdecimal() and len(str(year)) <= 4):
        raise LabelError(f"{path}:{number}: 'year' must be a number, not {year!r}")
    return {
        **{column: str(record.get(column) or "") for column in LABEL_COLUMNS},
        "text": text,
        "themes": tuple(themes),
        "stances": dict(stances),
        "recurrence": tuple(recurrence),
        "codings": dict(codings),
        "year": int(year) if year else None,
    }
