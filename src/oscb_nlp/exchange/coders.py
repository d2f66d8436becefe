"""Codings from wherever they lie, by passage and coder, so that coders can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from oscb_nlp.codings import MODEL, Given, coded_by
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.exchange.filled import read_sheet
from oscb_nlp.exchange.intake import read_codings
from oscb_nlp.labels import read_labels

__all__ = ["codings_of"]

Coded = dict[str, dict[str, Given]]
"""Coder to passage to themes with stance."""


def codings_of(
    sources: Sequence[Path], tagged: TaggedCorpus | None = None, with_model: bool = False
) -> tuple[dict[str, dict[str, Given]], dict[str, str]]:
    """Return codings by passage and coder, and each passage's review.

    Parameters
    ----------
    sources
        Coding sheets, JSON Lines of labelled passages, tables of codings (CSV), or folders with
        codings by people.
    tagged
        The corpus whose passages the sheets hold.
    with_model
        Whether a folder's model counts as a coder. Where sheets or labels are compared with one
        folder alone, it always does.

    Raises
    ------
    SettingError
        If a sheet is given without a corpus.
    """
    only_model = len(sources) > 1 and sum(path.is_dir() for path in sources) == 1
    found: Coded = {}
    reviews: dict[str, str] = {}
    for path in sources:
        coded, of_review = _read(path, tagged, with_model or only_model)
        reviews |= of_review
        for coder, passages in coded.items():
            name = coder if coder not in found else f"{coder} ({path.stem})"
            found[name] = passages
    by_passage: dict[str, dict[str, Given]] = {}
    for coder, passages in found.items():
        for passage, given in passages.items():
            by_passage.setdefault(passage, {})[coder] = given
    return by_passage, reviews


def _read(
    path: Path, tagged: TaggedCorpus | None, with_model: bool
) -> tuple[Coded, dict[str, str]]:
    if path.is_dir():
        own = TaggedCorpus.load(path)
        coded = coded_by(own)
        if not with_model:
            del coded[MODEL]
        return coded, _reviews(own)
    if path.suffix.lower() == ".xlsx":
        if tagged is None:
            raise SettingError(f"{path}: give the folder whose passages the sheet holds with --in")
        return _of_rows(read_sheet(path, tagged, path.stem).codings), _reviews(tagged)
    if path.suffix.lower() == ".csv":
        rows = read_codings(path)
        return _of_rows(rows), dict(zip(rows["passage_id"], rows["document_id"], strict=True))
    return _of_labels(path)


def _of_rows(rows: pd.DataFrame) -> Coded:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows.itertuples():
        given = found.setdefault(row.coder, {}).setdefault(row.passage_id, {})
        if row.theme:
            given[row.theme] = row.stance
    return {coder: dict(passages) for coder, passages in found.items()}


def _reviews(tagged: TaggedCorpus) -> dict[str, str]:
    passages = tagged.passages
    return dict(zip(passages["passage_id"], passages["document_id"], strict=True))


def _of_labels(path: Path) -> tuple[Coded, dict[str, str]]:
    """Return the codings of a label file: each coder's own, or those of the file as one coder."""
    labels = read_labels(path)
    found: dict[str, dict[str, Given]] = {}
    reviews: dict[str, str] = {}
    for index, row in enumerate(labels.to_dict("records")):
        passage = row["id"] or f"line {index + 1}"
        reviews[passage] = row["document"]
        own: Mapping[str, Given] = row["codings"] or {
            row["coder"] or path.stem: {
                theme: row["stances"].get(theme, "") for theme in row["themes"]
            }
        }
        for coder, given in own.items():
            found.setdefault(coder, {})[passage] = given
    return found, reviews
