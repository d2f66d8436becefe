"""Review activity as annual reports and board papers state it: reviews and people trained.

A figure is taken only where one sentence gives the number, what was counted and what became
of it; each row cites that sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from oscb_nlp.summary.schemas import columns_of
from oscb_nlp.summary.sentences import sentences

__all__ = ["Figure", "activity", "figures_in"]

_REPORTS = ("annual report", "board paper")

_WORDS = {
    word: value
    for value, word in enumerate(
        [
            "no",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
_NUMBER = rf"\d{{1,3}}(?:,\d{{3}})+|\d+|{'|'.join(_WORDS)}"
_KINDS = {
    "serious case reviews": r"serious case reviews?|SCRs?",
    "rapid reviews": r"rapid reviews?",
    "practice reviews": r"(?:local )?(?:child )?(?:safeguarding )?practice reviews?|L?CSPRs?",
    "learning reviews": r"(?:learning|partnership|thematic) reviews?",
    "serious incident notifications": r"(?:serious )?incident notifications?",
    "reviews": r"reviews",
}
_OUTCOMES = {
    "published": r"published",
    "completed": r"completed|concluded|finished",
    "undertaken": r"undertaken|carried out|conducted|held|took place|made|taken forward",
    "begun": r"begun|started|commissioned|initiated|opened",
}
_KIND = "|".join(f"(?P<k{i}>{kind})" for i, kind in enumerate(_KINDS.values()))
_MENTION = re.compile(
    rf"\b(?:(?P<number>{_NUMBER})|(?P<single>the|a|an))\s+(?:\w+\s+){{0,2}}?(?:{_KIND})\b"
    rf"(?:\s*\([^)]*\))?",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    r"\b(?:" + "|".join(f"(?P<o{i}>{outcome})" for i, outcome in enumerate(_OUTCOMES.values())) + r")\b",
    re.IGNORECASE,
)  # fmt: skip
_ONE_DID = re.compile(r"^[^;]{0,60}\b(?:was|has been|is)\s+$", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"\s+or\s+(\w+)")
_FUTURE = re.compile(r"\b(?:will|to) be\b|\bshould\b", re.IGNORECASE)
_PEOPLE = re.compile(
    rf"\b(?P<number>{_NUMBER})\s+(?:[\w’'-]+\s+){{0,3}}?"
    r"(?:people|staff|workers|practitioners|professionals|delegates|volunteers|participants)\b",
    re.IGNORECASE,
)
_TRAINING = re.compile(r"\b(?:train(?:ed|ing)|courses?|workshops?)\b", re.IGNORECASE)
_PLACES = re.compile(rf"\b(?P<number>{_NUMBER})\s+(?:places )?(?:were )?filled\b", re.IGNORECASE)
_REACHED = re.compile(
    r"\b(?:attended|reached|trained|training (?:programme )?for|took part)\b", re.I
)


class Figure(NamedTuple):
    """A number that a sentence gives: what was counted, and how many."""

    measure: str
    number: int


def activity(documents: pd.DataFrame, passages: pd.DataFrame) -> pd.DataFrame:
    """Collect what annual reports and board papers say was done.

    Returns
    -------
    DataFrame
        One row per figure: ``period``, ``year``, ``board``, ``measure`` (such as "rapid reviews
        completed" or "people trained"), ``count``, the ``sentence``, and its citation.
    """
    reports = documents[documents["review_type"].isin(_REPORTS)]
    text = passages[passages["document_id"].isin(reports["document_id"])]
    told = text["text"].str.contains(
        r"review|SCR|notification|train|course|workshop|filled", case=False
    )
    keep = ["document_id", "file", "board", "period", "year"]
    rows = []
    for row in text[told].merge(reports[keep], on="document_id").to_dict("records"):
        for sentence in sentences(row["text"]):
            for measure, count in figures_in(sentence):
                rows.append({**row, "measure": measure, "count": count, "sentence": sentence})
    table = pd.DataFrame(rows, columns=columns_of("activity"))
    # A foreword says again what a chapter says.
    table = table.drop_duplicates(["document_id", "measure", "count"])
    return table.sort_values(["year", "board", "measure", "passage_id"], ignore_index=True)


def figures_in(sentence: str) -> list[Figure]:
    """Return the figures of review activity in one sentence.

    Examples
    --------
    >>> figures_in("One serious case review was published and two rapid reviews were completed.")
    [Figure(measure='serious case reviews published', number=1), Figure(measure='rapid reviews completed', number=2)]
    """
    return [*_reviews(sentence), *_people(sentence)]


def _reviews(sentence: str) -> Iterator[Figure]:
    mentions = list(_MENTION.finditer(sentence))
    for place, mention in enumerate(mentions):
        end = mentions[place + 1].start() if place + 1 < len(mentions) else len(sentence)
        outcome = _OUTCOME.search(sentence, mention.end(), end)
        if outcome is None and not mention["single"]:
            # "two rapid reviews and one practice review were completed" says it once for both.
            outcome = _OUTCOME.search(sentence, mention.end())
        if outcome is None or _FUTURE.search(sentence, mention.end(), outcome.start()):
            continue
        kind = _named(mention, "k", _KINDS)
        between = sentence[mention.end() : outcome.start()]
        if mention["single"] and (outcome["o0"] is None or not _ONE_DID.search(between)):
            continue  # "a rapid review was held" tells of one case and counts nothing
        count = _value(mention["number"]) if mention["number"] else 1
        done = _named(outcome, "o", _OUTCOMES)
        yield Figure(f"{kind} {'made' if 'notification' in kind else done}", count)
        other = _ALTERNATIVE.match(sentence, outcome.end())
        second = _OUTCOME.fullmatch(other[1]) if other else None
        if second:
            yield Figure(f"{kind} {_named(second, 'o', _OUTCOMES)}", count)


def _people(sentence: str) -> Iterator[Figure]:
    if not _TRAINING.search(sentence) or _FUTURE.search(sentence):
        return
    people = _PEOPLE.search(sentence)
    if people and _REACHED.search(sentence):
        yield Figure("people trained", _value(people["number"]))
        return
    places = _PLACES.search(sentence)
    if places:
        yield Figure("training places filled", _value(places["number"]))


def _named(match: re.Match[str], prefix: str, names: dict[str, str]) -> str:
    return next(name for i, name in enumerate(names) if match[f"{prefix}{i}"])


def _value(number: str) -> int:
    return (
        _WORDS.get(number.lower(), -1) if not number[0].isdigit() else int(number.replace(",", ""))
    )
