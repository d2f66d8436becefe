"""A tagged corpus as what every format writes: reviews, their passages, and who gave which theme.

Contact details are taken out here, before any format sees a text, and evidence is moved to where
its words stand afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import pandas as pd

from oscb_nlp.codings import MODEL, coded_by
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.redaction import redact, redact_spans

__all__ = ["CodedPassage", "Given", "Review", "reviews"]

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Given:
    """A theme that one coder gave to a passage; an empty theme says that none applies.

    Scores and evidence are the model's; a person's coding has none.
    """

    coder: str
    theme: str
    stance: str
    score: float | None = None
    stance_score: float | None = None
    evidence: tuple[Span, ...] = ()
    coded_at: str = ""


@dataclass(frozen=True, slots=True)
class CodedPassage:
    """A passage with everything that anybody gave to it.

    ``given`` is what each coder gave, the model first; ``standing`` the tags that count, with
    the names of those who gave them as coder, as the table ``tags`` has them.
    """

    id: str
    document_id: str
    page: int
    number: str
    kind: str
    section: str
    heading: str
    text: str
    given: tuple[Given, ...] = ()
    standing: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A review with its passages in reading order."""

    id: str
    file: str
    title: str
    review_type: str
    board: str
    year: int | None
    passages: tuple[CodedPassage, ...]

    def citation(self, passage: CodedPassage) -> str:
        """Return where a passage stands, as one would cite it.

        >>> passage = CodedPassage("d-0001", "d", 4, "3.2", "", "", "", "She was cold.")
        >>> Review("d", "x/adam.pdf", "Review: Adam", "", "Eastmarch", 2017, ()).citation(passage)
        'Eastmarch, Review: Adam (2017), p. 4, 3.2'
        """
        place = f"p. {passage.page}" + (f", {passage.number}" if passage.number else "")
        named = ", ".join(part for part in (self.board, self.title or self.file) if part)
        return f"{named} ({self.year}), {place}" if self.year else f"{named}, {place}"


def reviews(tagged: TaggedCorpus, redacted: bool = True) -> list[Review]:
    """Return a tagged corpus as reviews, in its own order.

    Parameters
    ----------
    tagged
        What ``oscb-nlp tag`` wrote, with what people coded since.
    redacted
        Whether contact details are taken out.

    Examples
    --------
    >>> reviews(TaggedCorpus.load("results"))[0].passages[0].given  # doctest: +SKIP
    (Given(coder='model', theme='neglect', stance='finding', ...),)
    """
    given, standing = _given(tagged), _standing(tagged)
    by_review: dict[str, list[CodedPassage]] = {}
    for row in tagged.passages.to_dict("records"):
        name = row["passage_id"]
        passage = _passage(row, given.get(name, ()), standing.get(name, ()), redacted)
        by_review.setdefault(passage.document_id, []).append(passage)
    return [
        _review(row, by_review.get(row["document_id"], ()), redacted)
        for row in tagged.documents.to_dict("records")
    ]


def _review(row: Mapping[str, Any], passages: Iterable[CodedPassage], redacted: bool) -> Review:
    clean = redact if redacted else str
    return Review(
        id=row["document_id"],
        # A path says who keeps the file where, which is nobody's business elsewhere.
        file=clean(PurePath(row["file"]).name),
        title=clean(row["title"]),
        review_type=row["review_type"],
        board=row["board"],
        year=None if pd.isna(row["year"]) else int(row["year"]),
        passages=tuple(passages),
    )


def _passage(
    row: Mapping[str, Any], given: Iterable[Given], standing: Iterable[Given], redacted: bool
) -> CodedPassage:
    clean = redact if redacted else str
    if redacted:
        given, standing = ([_moved(one, row["text"]) for one in part] for part in (given, standing))
    return CodedPassage(
        id=row["passage_id"],
        document_id=row["document_id"],
        page=0 if pd.isna(row["page"]) else int(row["page"]),
        number=row["number"],
        kind=row["kind"],
        section=row["section"],
        heading=clean(row["heading"]),
        text=clean(row["text"]),
        given=tuple(given),
        standing=tuple(standing),
    )


def _moved(given: Given, text: str) -> Given:
    if not given.evidence:
        return given
    return replace(given, evidence=tuple(redact_spans(text, given.evidence)[1]))


def _standing(tagged: TaggedCorpus) -> dict[str, list[Given]]:
    found: dict[str, list[Given]] = {}
    for row in tagged.tags.sort_values("theme", kind="stable").itertuples():
        found.setdefault(row.passage_id, []).append(_from_tag(row, row.source))
    return found


def _given(tagged: TaggedCorpus) -> dict[str, list[Given]]:
    """Return what each passage got, the model first and then people by name."""
    said = {
        (row.passage_id, row.theme): _from_tag(row, MODEL)
        for table in (tagged.replaced, tagged.tags)
        for row in table.itertuples()
        if row.source == MODEL
    }
    dates = {(row.coder, row.passage_id): row.coded_at for row in tagged.codings.itertuples()}
    found: dict[str, list[Given]] = {}
    for coder, passage, theme, stance in _pairs(tagged):
        by_person = Given(coder, theme, stance, coded_at=dates.get((coder, passage), ""))
        one = said.get((passage, theme), by_person) if coder == MODEL else by_person
        found.setdefault(passage, []).append(one)
    return found


def _from_tag(row: Any, coder: str) -> Given:
    return Given(
        coder=coder,
        theme=row.theme,
        stance=row.stance,
        score=_number(row.score),
        stance_score=_number(row.stance_score),
        evidence=_spans(row.evidence),
    )


def _pairs(tagged: TaggedCorpus) -> Iterator[tuple[str, str, str, str]]:
    coders = coded_by(tagged)
    for coder in sorted(coders, key=lambda name: (name != MODEL, name)):
        for passage, given in coders[coder].items():
            for theme, stance in sorted(given.items()):
                yield coder, passage, theme, stance
            if not given and coder != MODEL:
                yield coder, passage, "", ""
    # Tags that neither the model made nor `codings` explains: tables of somebody's own making.
    known = {MODEL, *tagged.codings["passage_id"]}
    for row in tagged.tags.itertuples():
        if row.source != MODEL and row.passage_id not in known:
            yield row.source or "coder", row.passage_id, row.theme, row.stance


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), 4)


def _spans(evidence: Any) -> tuple[Span, ...]:
    if evidence is None or isinstance(evidence, float):
        return ()
    return tuple((int(span["start"]), int(span["end"])) for span in evidence)
