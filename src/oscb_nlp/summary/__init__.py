"""The cross-year account: tables in, tables out, each number traceable to its passages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa

from oscb_nlp.codebook import Codebook, load_codebook
from oscb_nlp.corpus import TaggedCorpus, read_table, write_table, writing
from oscb_nlp.errors import OutputError
from oscb_nlp.summary.prevalence import learning_tags, prevalence
from oscb_nlp.summary.recurrence import recurring_learning
from oscb_nlp.summary.top import top_learning

__all__ = ["SUMMARY_SCHEMAS", "CrossYearSummary", "summarise"]

SUMMARY_SCHEMAS: dict[str, pa.Schema] = {
    "prevalence": pa.schema(
        [
            ("theme", pa.string()),
            ("year", pa.int32()),
            ("reviews", pa.int32()),
            ("with_learning", pa.int32()),
            ("with_good_practice", pa.int32()),
            ("with_narrative", pa.int32()),
            ("share", pa.float64()),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("few_reviews", pa.bool_()),
        ]
    ),
    "recurring": pa.schema(
        [
            ("group", pa.int32()),
            ("learning", pa.string()),
            ("representative", pa.string()),
            ("themes", pa.list_(pa.string())),
            ("reviews", pa.int32()),
            ("times", pa.int32()),
            ("years", pa.list_(pa.int32())),
            ("first_year", pa.int32()),
            ("last_year", pa.int32()),
            ("longest_gap", pa.int32()),
        ]
    ),
    "recurring_members": pa.schema(
        [
            ("group", pa.int32()),
            ("passage_id", pa.string()),
            ("document_id", pa.string()),
            ("file", pa.string()),
            ("title", pa.string()),
            ("year", pa.int32()),
            ("page", pa.int32()),
            ("number", pa.string()),
            ("stance", pa.string()),
            ("text", pa.string()),
        ]
    ),
    "top_learning": pa.schema(
        [
            ("theme", pa.string()),
            ("rank", pa.int32()),
            ("passage_id", pa.string()),
            ("file", pa.string()),
            ("year", pa.int32()),
            ("page", pa.int32()),
            ("number", pa.string()),
            ("stance", pa.string()),
            ("score", pa.float64()),
            ("text", pa.string()),
        ]
    ),
}
"""Columns and types of the summary's tables."""


@dataclass(frozen=True)
class CrossYearSummary:
    """The cross-year account of a tagged corpus.

    Attributes
    ----------
    prevalence
        Reviews with each theme by year; see :func:`oscb_nlp.summary.prevalence.prevalence`.
    recurring, recurring_members
        Learning that several reviews say, and every passage that says it.
    top_learning
        For each theme the passages that say it most clearly, from different reviews.
    tagged
        The corpus that was summarised, to which every number can be followed.
    """

    prevalence: pd.DataFrame = field(repr=False)
    recurring: pd.DataFrame = field(repr=False)
    recurring_members: pd.DataFrame = field(repr=False)
    top_learning: pd.DataFrame = field(repr=False)
    tagged: TaggedCorpus
    codebook: Codebook = field(repr=False)

    def sources(self, theme: str, year: int | None = None) -> pd.DataFrame:
        """Return the passages behind a number: findings and recommendations with the theme.

        Examples
        --------
        >>> from oscb_nlp import demo_files, read_corpus, summarise, tag
        >>> summary = summarise(tag(read_corpus(demo_files()[0])))
        >>> list(summary.sources("neglect").columns)[:4]
        ['passage_id', 'file', 'year', 'page']
        """
        if theme not in self.codebook.ids:
            raise KeyError(f"{theme!r} is no theme of {self.codebook.id}")
        rows = learning_tags(self.tagged)
        rows = rows[rows["theme"] == theme]
        if year is not None:
            rows = rows[rows["year"] == year]
        columns = [
            "passage_id",
            "file",
            "year",
            "page",
            "number",
            "stance",
            "score",
            "text",
            "evidence",
        ]
        return rows.sort_values(["year", "passage_id"])[columns].reset_index(drop=True)

    def save(self, folder: str | Path) -> None:
        """Write the summary's tables into ``folder``."""
        with writing(Path(folder)) as out:
            for name, schema in SUMMARY_SCHEMAS.items():
                write_table(getattr(self, name), schema, out, name)

    @classmethod
    def load(cls, folder: str | Path, codebook: str | Path | None = None) -> CrossYearSummary:
        """Read what :meth:`save` wrote beside the tables of the tagged corpus."""
        folder = Path(folder)
        tagged = TaggedCorpus.load(folder)
        if not (folder / "prevalence.parquet").exists():
            raise OutputError(
                f"{folder}: has no summary yet; run `oscb-nlp summarise {folder}` first"
            )
        tables = {name: read_table(folder, name) for name in SUMMARY_SCHEMAS}
        book = load_codebook(codebook) if codebook else tagged.codebook
        return cls(**tables, tagged=tagged, codebook=book)

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one self-contained HTML file and return its path."""
        from oscb_nlp.report import write_html

        return write_html(self, Path(path))


def summarise(tagged: TaggedCorpus, codebook: str | Path | None = None) -> CrossYearSummary:
    """Summarise a tagged corpus across years.

    Parameters
    ----------
    tagged
        What :func:`oscb_nlp.tag` returned. Documents without a year are left out of all
        counts; ``tagged.problems`` lists them.
    codebook
        A codebook file; None for the one that the passages were coded with.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_corpus, tag
    >>> summary = summarise(tag(read_corpus(demo_files()[0])))
    >>> int(summary.prevalence["reviews"].max())
    1
    """
    book = load_codebook(codebook) if codebook else tagged.codebook
    learning = learning_tags(tagged)
    recurring, members = recurring_learning(learning)
    return CrossYearSummary(
        prevalence=prevalence(tagged, book.ids),
        recurring=recurring,
        recurring_members=members,
        top_learning=top_learning(learning, book.ids),
        tagged=tagged,
        codebook=book,
    )
