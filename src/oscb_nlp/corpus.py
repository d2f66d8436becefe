"""Corpora: documents, passages, items and problems as tables, with tags once they are coded."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.codebook import Codebook, codebook_from_dict, load_codebook
from oscb_nlp.display import bar, card, table
from oscb_nlp.document import Document, Problem
from oscb_nlp.errors import OutputError
from oscb_nlp.files import writing
from oscb_nlp.rows import Rows, document_rows, problem_rows
from oscb_nlp.stored import VECTORS, check_ids, read_settings, read_vectors, write_vectors
from oscb_nlp.tables import (
    CODING_SCHEMAS,
    SCHEMAS,
    TableWriter,
    frame,
    read_table,
    write_json,
    write_table,
)

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "Corpus",
    "TaggedCorpus",
    "by_people",
    "documents_to_corpus",
    "rows_to_corpus",
    "save_parts",
]

_SHOWN = 12  # themes that a notebook shows


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

    def picture(self, passage_id: str, scale: float = 2.0) -> Image:
        """Return the strip of the page on which a passage stands, with the passage framed.

        The passage's file is opened again, in a worker process with limits of time and memory, at
        ``scale`` pixels for each point.

        Raises
        ------
        KeyError
            If the corpus holds no such passage.
        ReadError
            If its file is gone or no PDF, or drawing it takes too long or crashes.
        """
        from oscb_nlp.drawing import draw_passage

        mine = self.passages[self.passages["passage_id"] == passage_id]
        if mine.empty:
            raise KeyError(f"{passage_id!r} is no passage of this corpus")
        row = mine.iloc[0]
        files = self.documents.set_index("document_id")["file"]
        return draw_passage(files[row["document_id"]], int(row["page"]), row["bbox"], scale=scale)

    def _repr_html_(self) -> str:
        return card(type(self).__name__, self._facts(), *self._shown())

    def _facts(self) -> dict[str, object]:
        years = self.documents["year"].dropna()
        return {
            "documents": len(self.documents),
            "years": f"{years.min()} to {years.max()}" if len(years) else "none",
            "passages": len(self.passages),
            "items": len(self.items),
            "problems": len(self.problems),
        }

    def _shown(self) -> list[str]:
        """Return the tables that a notebook shows."""
        kinds = self.documents.groupby(["year", "review_type"], dropna=False).size()
        problems = self.problems["problem"].value_counts()
        return [
            table(
                "Documents by year and type",
                ("year", "type", "documents"),
                [("none" if pd.isna(year) else year, kind, n) for (year, kind), n in kinds.items()],
            ),
            table("Problems", ("problem", "times"), problems.items()),
        ]


def _empty(name: str) -> pd.DataFrame:
    return frame([], CODING_SCHEMAS[name])


@dataclass(frozen=True, repr=False)
class TaggedCorpus(Corpus):
    """A corpus with its theme tags; ``settings`` says what made them.

    ``vectors`` holds, where the better grade made the tags, its encoder's vector of each passage
    with a finding or recommendation, indexed by passage id; else None. ``codings``, ``replaced`` and
    ``samples`` hold what people coded and ``queue`` what the model left to them, as
    :data:`oscb_nlp.tables.CODING_SCHEMAS` says.
    """

    tags: pd.DataFrame = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    vectors: pd.DataFrame | None = field(default=None, repr=False)
    codings: pd.DataFrame = field(default_factory=partial(_empty, "codings"), repr=False)
    replaced: pd.DataFrame = field(default_factory=partial(_empty, "replaced"), repr=False)
    samples: pd.DataFrame = field(default_factory=partial(_empty, "samples"), repr=False)
    queue: pd.DataFrame = field(default_factory=partial(_empty, "queue"), repr=False)

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

    def _facts(self) -> dict[str, object]:
        coders = self.settings.get("coders")
        counts = {"tags": len(self.tags), "model": self.settings.get("grade", "")}
        return {**super()._facts(), **counts, "coders": ", ".join(coders or ["the model alone"])}

    def _shown(self) -> list[str]:
        documents = self.passages.set_index("passage_id")["document_id"]
        held = self.tags.assign(document=self.tags["passage_id"].map(documents))
        counts = held.groupby("theme").agg(
            passages=("passage_id", "nunique"), documents=("document", "nunique")
        )
        rows = [
            (theme, bar(row.documents / len(self), str(row.documents)), row.passages)
            for theme, row in counts.sort_values("documents", ascending=False)
            .head(_SHOWN)
            .iterrows()
        ]
        shown = table("Commonest themes", ("theme", "documents", "passages"), rows)
        return [shown, *super()._shown()]

    def save(self, folder: str | Path) -> None:
        """Write the tables, vectors and ``run.json`` into ``folder``, each whole or not at all.

        Tables of what people coded are written once there is any.

        Raises
        ------
        OutputError
            If the folder cannot be written, or holds codings that this corpus does not.
        """
        with writing(Path(folder)) as out:
            _refuse_to_lose(self.codings, out)
            for name in SCHEMAS:
                write_table(getattr(self, name), SCHEMAS[name], out, name)
            for name, schema in CODING_SCHEMAS.items():
                if len(getattr(self, name)) or (out / f"{name}.parquet").exists():
                    write_table(getattr(self, name), schema, out, name)
            if self.vectors is None:
                (out / VECTORS).unlink(missing_ok=True)
            else:
                ids = self.vectors.index.to_numpy(dtype=str)
                write_vectors(ids, self.vectors.to_numpy(np.float16), out)
            write_json(out / "run.json", self.settings)

    @classmethod
    def load(cls, folder: str | Path) -> TaggedCorpus:
        """Read what :meth:`save` wrote.

        Raises
        ------
        OutputError, CodebookError
            If a file is missing, damaged or of another form; names the file.
        """
        folder = Path(folder)
        tables = {name: read_table(folder, name) for name in SCHEMAS}
        check_ids(tables, folder)
        settings = read_settings(folder / "run.json")
        if settings.get("codebook_content"):
            codebook_from_dict(settings["codebook_content"], folder / "run.json")
        tables |= by_people(folder)
        return cls(**tables, settings=settings, vectors=read_vectors(folder / VECTORS))


def save_parts(parts: Iterable[TaggedCorpus], folder: str | Path) -> dict[str, Any]:
    """Write a corpus that comes in parts, holding one at a time, as :meth:`TaggedCorpus.save` does.

    The folder holds no codings by people yet.

    Returns
    -------
    dict
        The settings of the whole: those of the parts, with their counts added up.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    settings: dict[str, Any] = {}
    names: list[str] = []
    vectors: list[npt.NDArray[np.float16]] = []
    with writing(Path(folder)) as out, ExitStack() as files:
        writers = {
            name: files.enter_context(TableWriter(schema, out, name))
            for name, schema in SCHEMAS.items()
        }
        for part in parts:
            settings = _added(settings, part.settings)
            if len(part.queue) and "queue" not in writers:
                queue = TableWriter(CODING_SCHEMAS["queue"], out, "queue")
                writers["queue"] = files.enter_context(queue)
            for name, writer in writers.items():
                writer.append(getattr(part, name))
            if part.vectors is not None:
                names += part.vectors.index.tolist()
                vectors.append(part.vectors.to_numpy(np.float16))
        if vectors:
            write_vectors(np.array(names, dtype=str), np.concatenate(vectors), out)
        write_json(out / "run.json", settings)
    return settings


def _added(settings: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the counts of both; rates of error hold where they hold for both."""
    if not settings:
        return more
    added = {
        of: {name: count + more[of][name] for name, count in settings[of].items()}
        for of in ("counts", "contact_details")
    }
    rates = settings["review_rates"] if more["review_rates"] else {}
    return {**settings, **added, "review_rates": rates}


def documents_to_corpus(documents: Iterable[Document], problems: Iterable[Problem]) -> Corpus:
    """Turn documents into tables, in the order given."""
    return rows_to_corpus([{"problems": problem_rows(problems)}, *map(document_rows, documents)])


def rows_to_corpus(parts: Iterable[Rows]) -> Corpus:
    """Return the rows of many documents, in the order given, as one corpus."""
    rows: Rows = {name: [] for name in ("documents", "passages", "items", "problems")}
    for part in parts:
        for name, found in part.items():
            rows[name] += found
    return Corpus(**{name: frame(found, SCHEMAS[name]) for name, found in rows.items()})


def by_people(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of :data:`CODING_SCHEMAS` that a folder has."""
    return {
        name: read_table(folder, name)
        for name in CODING_SCHEMAS
        if (folder / f"{name}.parquet").exists()
    }


def _refuse_to_lose(codings: pd.DataFrame, folder: Path) -> None:
    """Raise where a folder holds codings by people that would be overwritten."""
    stored = by_people(folder).get("codings")
    if stored is None:
        return
    keys = ["document_id", "text_key", "coder"]
    both = (
        stored[keys]
        .drop_duplicates()
        .merge(codings[keys].drop_duplicates(), "left", indicator=True)
    )
    lost = both[both["_merge"] == "left_only"]
    if len(lost):
        raise OutputError(
            f"{folder}: holds {len(lost)} codings by {', '.join(sorted(set(lost['coder'])))} that "
            "would be lost; put them over the tags first (oscb_nlp.codings.with_codings), or give "
            "another folder"
        )
