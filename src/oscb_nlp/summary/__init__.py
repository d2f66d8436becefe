"""The cross-year account: tables in, tables out, each number traceable to its passages."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import LEARNING, Codebook, load_codebook
from oscb_nlp.codings import is_machine
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.display import bar, card, table
from oscb_nlp.errors import OutputError
from oscb_nlp.files import writing
from oscb_nlp.progress import ProgressOption, shown_progress
from oscb_nlp.stored import read_settings
from oscb_nlp.summary.activity import activity
from oscb_nlp.summary.agencies import agencies
from oscb_nlp.summary.changed import changed
from oscb_nlp.summary.duplicates import duplicates
from oscb_nlp.summary.meaning import meaning_of
from oscb_nlp.summary.periods import By, placed
from oscb_nlp.summary.prevalence import breakdown, counted, prevalence, unanswered
from oscb_nlp.summary.quotes import QuoteCheck, check_all
from oscb_nlp.summary.recurrence import candidates, recurring_learning, repeats
from oscb_nlp.summary.schemas import SUMMARY_SCHEMAS
from oscb_nlp.summary.seen import SeenBefore
from oscb_nlp.summary.statistics import Rates
from oscb_nlp.summary.together import co_occurrence
from oscb_nlp.summary.top import exemplars, top_learning
from oscb_nlp.summary.trends import VERDICTS, trends
from oscb_nlp.tables import read_table, write_json, write_table

__all__ = [
    "SUMMARY_SCHEMAS",
    "VERDICTS",
    "CrossYearSummary",
    "QuoteCheck",
    "SeenBefore",
    "summarise",
]

_SHOWN = 15  # themes that a notebook shows
_SOURCE_COLUMNS = [
    "passage_id", "file", "year", "page", "number", "stance", "score", "text", "evidence",
]  # fmt: skip


@dataclass(frozen=True)
class CrossYearSummary:
    """The cross-year account of a tagged corpus.

    Each table's columns are in :data:`SUMMARY_SCHEMAS`; what they mean stands with the function
    that makes the table. Reviews are counted, never passages.

    Attributes
    ----------
    prevalence, breakdown
        Reviews with each theme by period; the same within each review type and board.
    trends
        Whether each theme rises, falls, persists, is new or has faded.
    recurring, recurring_members
        Learning that several reviews say, and every passage that says it.
    repeats
        How many recommendations of a period an earlier review had already made.
    top_learning, exemplars
        The most frequent learning points of each period in sentences that reviews wrote; for
        each theme the passages that say it most clearly.
    changed, co_occurrence
        Terms and themes that later reviews use more or less; themes raised together.
    agencies, unanswered
        Who is asked to act on what; themes found at fault without a recommendation.
    activity
        Reviews and training as annual reports state them.
    counted, duplicates, undated
        The documents counted, with period and unit; those left out: the same review twice, and
        those that fall into no period.
    settings
        How it was made: ``by`` and ``unit``.
    tagged
        The corpus that was summarised, to which every number can be followed.
    """

    prevalence: pd.DataFrame = field(repr=False)
    breakdown: pd.DataFrame = field(repr=False)
    trends: pd.DataFrame = field(repr=False)
    recurring: pd.DataFrame = field(repr=False)
    recurring_members: pd.DataFrame = field(repr=False)
    repeats: pd.DataFrame = field(repr=False)
    top_learning: pd.DataFrame = field(repr=False)
    exemplars: pd.DataFrame = field(repr=False)
    changed: pd.DataFrame = field(repr=False)
    co_occurrence: pd.DataFrame = field(repr=False)
    agencies: pd.DataFrame = field(repr=False)
    unanswered: pd.DataFrame = field(repr=False)
    activity: pd.DataFrame = field(repr=False)
    counted: pd.DataFrame = field(repr=False)
    duplicates: pd.DataFrame = field(repr=False)
    undated: pd.DataFrame = field(repr=False)
    settings: dict[str, Any]
    tagged: TaggedCorpus
    codebook: Codebook = field(repr=False)
    quotes: QuoteCheck = field(default_factory=QuoteCheck)

    def sources(
        self,
        theme: str,
        year: int | None = None,
        period: str | None = None,
        stance: str | None = None,
    ) -> pd.DataFrame:
        """Return the passages behind a number, with score, evidence and citation.

        Parameters
        ----------
        theme
            A theme of the codebook.
        year, period
            A period by its first year or by its name; None for all.
        stance
            One stance; None for findings and recommendations.

        Raises
        ------
        KeyError
            If the codebook has no such theme.

        Examples
        --------
        >>> from oscb_nlp import demo_files, read_corpus, summarise, tag
        >>> summary = summarise(tag(read_corpus(demo_files()[0]), grade="fast"))
        >>> list(summary.sources("neglect").columns)[:4]
        ['passage_id', 'file', 'year', 'page']
        """
        if theme not in self.codebook.ids:
            raise KeyError(f"{theme!r} is no theme of {self.codebook.id}")
        rows = _counted_tags(self.tagged, self.counted)
        rows = rows[rows["theme"] == theme]
        rows = rows[rows["stance"].isin(LEARNING) if stance is None else rows["stance"] == stance]
        if year is not None:
            rows = rows[rows["year"] == year]
        if period is not None:
            rows = rows[rows["period"] == period]
        return rows.sort_values(["year", "passage_id"])[_SOURCE_COLUMNS].reset_index(drop=True)

    def _repr_html_(self) -> str:
        labels = {theme.id: theme.label for theme in self.codebook}
        told = self.trends[self.trends["with_learning"] > 0]
        told = told.sort_values(["with_learning", "theme"], ascending=[False, True])
        rows = [
            (
                labels[row.theme],
                bar(row.with_learning / row.reviews, f"{row.with_learning} of {row.reviews}"),
                row.verdict,
            )
            for row in told.head(_SHOWN).itertuples()
        ]
        facts = {
            "documents counted": len(self.counted),
            "periods": self.prevalence["period"].nunique(),
            "by": self.settings["by"],
            "unit": self.settings["unit"],
            "groups of recurring learning": len(self.recurring),
        }
        header = ("theme", "reviews with it as learning", "verdict")
        return card(
            "CrossYearSummary",
            facts,
            table(f"The commonest {len(rows)} of {len(told)} themes", header, rows),
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in SUMMARY_SCHEMAS}

    def verify(self) -> QuoteCheck:
        """Hold every quoted passage, sentence and evidence span against its source.

        Raises
        ------
        OutputError
            If one does not stand in the file that it cites; it names the source.
        """
        return check_all(self.tables(), self.tagged)

    def save(self, folder: str | Path) -> QuoteCheck:
        """Write the summary's tables into ``folder``, once every quote has been verified.

        Raises
        ------
        OutputError
            If a quote does not stand in its source, or the folder cannot be written.
        """
        quotes = self.verify()
        with writing(Path(folder)) as out:
            for name, schema in SUMMARY_SCHEMAS.items():
                write_table(getattr(self, name), schema, out, name)
            settings = {**self.settings, "quotes": quotes.to_dict()}
            write_json(out / "summary.json", settings)
        return quotes

    @classmethod
    def load(cls, folder: str | Path, codebook: str | Path | None = None) -> CrossYearSummary:
        """Read what :meth:`save` wrote beside the tables of the tagged corpus."""
        folder = Path(folder)
        tagged = TaggedCorpus.load(folder)
        path = folder / "summary.json"
        if not path.exists():
            raise OutputError(
                f"{folder}: has no summary yet; run `oscb-nlp summarise {folder}` first"
            )
        try:
            settings = read_settings(path)
            quotes = QuoteCheck(**settings.pop("quotes"))
            by, _unit = settings["by"], settings["unit"]
        except (KeyError, TypeError) as error:
            raise OutputError(f"{path}: cannot be read: {error}") from None
        if not isinstance(by, (str, list)):
            raise OutputError(f"{path}: 'by' must name the periods")
        if not all(type(count) is int for count in astuple(quotes)):
            raise OutputError(f"{path}: 'quotes' must be whole numbers")
        tables = {name: read_table(folder, name, of) for name, of in SUMMARY_SCHEMAS.items()}
        book = load_codebook(codebook) if codebook else tagged.codebook
        return cls(**tables, settings=settings, tagged=tagged, codebook=book, quotes=quotes)

    def to_html(self, path: str | Path, *, pictures: bool = False) -> Path:
        """Write the report as one self-contained HTML file and return its path.

        ``pictures`` sets in crops of the pages that quoted passages stand on, up to 5 MB in all.
        """
        return self._report(path, "html", pictures)

    def to_word(self, path: str | Path) -> Path:
        """Write the report as a Word document (.docx) and return its path."""
        return self._report(path, "docx")

    def to_markdown(self, path: str | Path) -> Path:
        """Write the report as Markdown and return its path."""
        return self._report(path, "md")

    def _report(self, path: str | Path, form: str, pictures: bool = False) -> Path:
        from oscb_nlp.report import write_report

        return write_report(self, Path(path), form, pictures=pictures)


def summarise(
    tagged: TaggedCorpus,
    codebook: str | Path | None = None,
    by: By = "year",
    unit: str = "review",
    from_year: int | None = None,
    progress: ProgressOption = None,
) -> CrossYearSummary:
    """Summarise a tagged corpus across years.

    Parameters
    ----------
    tagged
        What :func:`oscb_nlp.tag` returned. Documents that fall into no period, and those that
        are another's duplicate, are left out of all counts; ``undated`` and ``duplicates``
        list them.
    codebook
        A codebook file; None for the one that the passages were coded with.
    by
        "year", "april-year", "era", or the first years of one's own periods; see
        :func:`oscb_nlp.summary.periods.placed`.
    unit
        What is counted: "review", or "board", however many reviews it published in a period.
    from_year
        First year of the later part in ``changed``; None for the year after the change from
        serious case reviews to practice reviews, or the middle where all lie on one side.
    progress
        True for a bar, or a function that is called with the number of steps done.

    Raises
    ------
    SettingError
        If ``by`` or ``unit`` is none of those.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_corpus, tag
    >>> summary = summarise(tag(read_corpus(demo_files()[0]), grade="fast"))
    >>> int(summary.prevalence["reviews"].max())
    1
    """
    book = load_codebook(codebook) if codebook else tagged.codebook
    twice = duplicates(tagged.documents, tagged.passages)
    once = tagged.documents[~tagged.documents["document_id"].isin(twice["document_id"])]
    documents = counted(placed(once, by), unit)
    undated = once[~once["document_id"].isin(documents["document_id"])]
    tags = _counted_tags(tagged, documents)
    learning = tags[tags["stance"].isin(LEARNING)].reset_index(drop=True)
    rates = {
        theme: Rates(*counts) for theme, counts in tagged.settings.get("review_rates", {}).items()
    }
    read = _read_by_people(tagged)
    tables: dict[str, pd.DataFrame] = {}
    with shown_progress(progress, "Summarising", 4) as done:
        counts = prevalence(documents, tags, book.ids, rates)
        tables["prevalence"] = _uncorrected(counts, documents, read)
        tables["breakdown"] = _uncorrected(
            breakdown(documents, tags, book.ids, rates), documents, read
        )
        tables["trends"] = trends(counts)
        done(1)
        del tags
        tables |= _recurring(learning, tagged)
        done(2)
        tables["top_learning"] = top_learning(documents, learning)
        tables["exemplars"] = exemplars(learning, book.ids)
        done(3)
        tables["changed"] = changed(documents, learning, from_year)
        tables["co_occurrence"] = co_occurrence(documents, learning)
        tables["agencies"] = agencies(learning, tagged.items)
        tables["unanswered"] = unanswered(counts)
        tables["activity"] = activity(documents, tagged.passages)
        done(4)
    return CrossYearSummary(
        **tables,
        counted=documents[["document_id", "file", "period", "year", "unit"]],
        duplicates=twice,
        undated=undated[["document_id", "file", "title"]].reset_index(drop=True),
        settings={"by": by if isinstance(by, str) else list(by), "unit": unit},
        tagged=tagged,
        codebook=book,
    )


def _read_by_people(tagged: TaggedCorpus) -> set[str]:
    """Return the documents of which people read as many passages as the model alone tagged, or more."""
    people = tagged.codings[~tagged.codings["coder"].map(is_machine).astype(bool)]
    owner = dict(zip(tagged.passages["passage_id"], tagged.passages["document_id"], strict=True))
    read = Counter(owner[p] for p in set(people["passage_id"]) if p in owner)
    by_model = set(tagged.tags["passage_id"]) - set(people["passage_id"]) if read else set()
    left = Counter(owner[passage] for passage in by_model)
    return {document for document, count in read.items() if count >= left[document]}


def _uncorrected(table: pd.DataFrame, documents: pd.DataFrame, read: set[str]) -> pd.DataFrame:
    """Return counts without a corrected share where people's codes, not the model's, were counted."""
    mixed = documents.loc[documents["document_id"].isin(read), "period"]
    columns = ["corrected", "corrected_low", "corrected_high"]
    table.loc[table["period"].isin(mixed), columns] = float("nan")
    return table


def _recurring(learning: pd.DataFrame, tagged: TaggedCorpus) -> dict[str, pd.DataFrame]:
    """Return the tables of recurring learning; the vectors are gone when they are made."""
    said = candidates(learning)
    groups, members = recurring_learning(said, meaning_of(said, tagged))
    return {
        "recurring": groups,
        "recurring_members": members,
        "repeats": repeats(said, members),
    }


def _counted_tags(tagged: TaggedCorpus, documents: pd.DataFrame) -> pd.DataFrame:
    """Return the tags of the documents counted, with passage, document, period and unit."""
    # Without what no table of the summary shows: a row here is a tag, and a passage has several.
    slim = replace(tagged, passages=tagged.passages.drop(columns="bbox", errors="ignore"))
    return (
        slim.to_frame()
        .drop(columns="year")
        .merge(documents[["document_id", "year", "period", "unit"]], on="document_id")
    )
