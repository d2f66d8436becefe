"""Many documents: read each in a worker process, gather their rows into one corpus."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from oscb_nlp.corpus import Corpus, rows_to_corpus
from oscb_nlp.document import Document, MetadataValue, Problem
from oscb_nlp.errors import PROBLEMS
from oscb_nlp.inputs import Input, find_inputs
from oscb_nlp.progress import ProgressOption, shown_progress
from oscb_nlp.rows import Rows, document_rows, problem_rows
from oscb_nlp.workers import Reading, read_each

__all__ = ["counted_once", "read_corpus", "read_rows"]


def read_corpus(
    *paths: str | Path,
    jobs: int | None = None,
    reading: Reading | None = None,
    progress: ProgressOption = None,
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
        True for a bar, or a function that is called with the number of files done.

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
    parts = []
    with shown_progress(progress, "Reading", len(inputs)) as done:
        for rows in read_rows(inputs, jobs, reading or Reading()):
            parts.append(rows)
            done(len(parts))
    return rows_to_corpus(counted_once(parts))


def read_rows(inputs: Sequence[Input], jobs: int | None, reading: Reading) -> Iterator[Rows]:
    """Yield each input's rows, in order; of a file that cannot be read its problem alone."""
    workers = jobs or os.cpu_count() or 1
    outcomes = read_each([item.path for item in inputs], workers, reading)
    for item, outcome in zip(inputs, outcomes, strict=True):
        if isinstance(outcome, Document):
            yield document_rows(_overrule(outcome, item))
        else:
            yield {"problems": problem_rows([outcome])}


def counted_once(parts: Sequence[Rows]) -> list[Rows]:
    """Return the parts without documents whose bytes an earlier one has, and what is wrong first.

    In front stand the problems of files that were not read, of duplicates, and of documents that
    cannot be counted.
    """
    failed = [row for part in parts if "documents" not in part for row in part["problems"]]
    first: dict[str, Rows] = {}
    duplicates = []
    for part in parts:
        for document in part.get("documents", ()):
            same = first.setdefault(document["document_id"], part)
            if same is not part:
                detail = f"same as {same['documents'][0]['file']}; {PROBLEMS['duplicate']}"
                duplicates.append(Problem(document["file"], "duplicate", detail))
    gaps = [gap for part in first.values() for gap in _gaps(part)]
    found = failed + problem_rows([*duplicates, *gaps])
    return [{"problems": found}, *first.values()]


def _overrule(document: Document, item: Input) -> Document:
    given = {name: MetadataValue(value, "manifest") for name, value in item.manifest.items()}
    if "published" in given and "year" not in given:
        given["year"] = MetadataValue(given["published"].value[:4], "manifest: published")
    return replace(document, metadata={**document.metadata, **given}) if given else document


def _gaps(part: Rows) -> Iterator[Problem]:
    for document in part["documents"]:
        if not document["passages"]:
            yield Problem(document["file"], "no-passages", PROBLEMS["no-passages"])
        if not document["year"]:
            yield Problem(document["file"], "no-year", PROBLEMS["no-year"])
