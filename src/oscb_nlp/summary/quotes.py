"""Every quoted passage, held against the file that it is cited from before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import OutputError
from oscb_nlp.remote import Url, place
from oscb_nlp.workers import check_quotes

__all__ = ["QuoteCheck", "check_all"]


@dataclass(frozen=True)
class QuoteCheck:
    """How many quotes were held against their sources.

    Attributes
    ----------
    quotes
        Passages, sentences and evidence spans that the tables quote.
    in_files
        Those found again in the file that they cite.
    in_store
        The others, which could only be held against the passages as they were read: the file
        is gone, has changed, or its page is a picture read by OCR.
    """

    quotes: int = 0
    in_files: int = 0
    in_store: int = 0

    def __str__(self) -> str:
        verified = self.in_files + self.in_store
        told = f"{verified} of {self.quotes} quotes verified"
        if self.in_store:
            told += f", {self.in_store} of them against the passages as read, not the file"
        return told

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return asdict(self)


def check_all(tables: dict[str, pd.DataFrame], tagged: TaggedCorpus) -> QuoteCheck:
    """Hold all that the tables quote against passages and files.

    Raises
    ------
    OutputError
        If a quote is not what was read, or does not stand in its file; it names the source.
    """
    passages = tagged.passages.set_index("passage_id")
    _check_spans(tagged, passages["text"])
    spans = tagged.tags["evidence"].map(len).astype(int).groupby(tagged.tags["passage_id"]).sum()
    cited: dict[str, int] = {}
    for passage_id, quote in _quotes(tables):
        if quote not in passages["text"].get(passage_id, ""):
            raise OutputError(
                f"passage {passage_id} is quoted otherwise than it was read: {quote[:60]!r}"
            )
        # The evidence of a quoted passage is quoted with it.
        cited[passage_id] = cited.get(passage_id, int(spans.get(passage_id, 0))) + 1
    witnessed = _in_files(passages.loc[list(cited)], tagged.documents)
    in_files = sum(cited[passage_id] for passage_id in witnessed)
    return QuoteCheck(sum(cited.values()), in_files, sum(cited.values()) - in_files)


def _quotes(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    for table in tables.values():
        for column in ("text", "sentence"):
            if column in table and "passage_id" in table:
                yield from zip(table["passage_id"], table[column], strict=True)
    recurring = tables["recurring"]
    yield from zip(recurring["representative"], recurring["learning"], strict=True)


def _check_spans(tagged: TaggedCorpus, texts: pd.Series) -> None:
    length = tagged.tags["passage_id"].map(texts.str.len())
    for passage_id, spans, end in zip(
        tagged.tags["passage_id"], tagged.tags["evidence"], length, strict=True
    ):
        for span in spans:
            if not 0 <= span["start"] < span["end"] <= end:
                raise OutputError(f"passage {passage_id}: evidence {span} lies outside its text")


def _in_files(cited: pd.DataFrame, documents: pd.DataFrame) -> set[str]:
    """Return the passages that stand in their files; raise for one that does not."""
    scanned = documents["ocr_pages"].fillna(0) > 0
    files = documents[~scanned].set_index("document_id")["file"]
    groups = [
        (str(files[document]), document, own)
        for document, own in cited.groupby("document_id")
        if document in files.index and _may_be_there(place(files[document]))
    ]
    tasks = [
        (place(file), str(document), [_citation(row) for row in own.to_dict("records")])
        for file, document, own in groups
    ]
    found: set[str] = set()
    outcomes = check_quotes(tasks, os.cpu_count() or 1) if tasks else iter(())
    for (file, _document, own), missing in zip(groups, outcomes, strict=True):
        if missing is None:
            continue
        for passage_id, page, text, lost in zip(
            own.index, own["page"], own["text"], missing, strict=True
        ):
            if lost:
                raise OutputError(
                    f"{file}, page {page}: passage {passage_id} does not stand there as it is "
                    f"quoted: {text[:80]!r}; read the file again (oscb-nlp tag)"
                )
            found.add(str(passage_id))
    return found


def _may_be_there(file: Path | Url) -> bool:
    return isinstance(file, Url) or file.is_file()


def _citation(row: dict[str, Any]) -> tuple[str, int, int]:
    first = int(row["page"])
    last = row.get("end_page")
    return str(row["text"]), first, int(last) if last == last and last else first
