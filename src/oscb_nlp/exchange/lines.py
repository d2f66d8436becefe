"""Coded passages as the JSON that annotation programs import.

What each cannot hold:

- ``jsonl``, our own form for training and measuring: evidence and scores.
- ``label-studio``: the coder's name where Label Studio has no user of that name. It refuses
  tasks with users that it does not know, so a person's annotation is known by its ``unique_id``
  and by the names in ``data.coders``. Themes with stance are a taxonomy, evidence are labelled
  spans; ``label-studio-config`` is the project's labelling interface.
- ``doccano``, for a project of text classification: who coded; stances and evidence ride along
  as data that its screen does not show.
- ``prodigy``, for the ``choice`` interface: the stance rides along; evidence is shown as spans.

Positions are code points, as all of them count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lxml import etree

from oscb_nlp.codebook import Codebook
from oscb_nlp.codings import MODEL, is_machine
from oscb_nlp.exchange.coded import CodedPassage, Given, Review
from oscb_nlp.exchange.project import NO_THEME
from oscb_nlp.exchange.refi import guid

__all__ = [
    "annotation_guid",
    "to_doccano",
    "to_jsonl",
    "to_label_studio",
    "to_label_studio_config",
    "to_prodigy",
]

# JSON may hold these as they are, but they end a line for `str.splitlines`.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def to_jsonl(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return labelled passages that :func:`oscb_nlp.labels.read_labels` reads.

    ``themes`` and ``stances`` are those that stand; ``codings`` what each person gave, where
    there are several.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_jsonl([], load_codebook())
    b''
    """
    return _lines(
        {
            "id": passage.id,
            "document": review.id,
            "board": review.board,
            "review_type": review.review_type,
            "year": review.year,
            "section": passage.section,
            "heading": passage.heading,
            "kind": passage.kind,
            "text": passage.text,
            "themes": [given.theme for given in passage.standing],
            "stances": _stances(passage.standing),
            "coder": "+".join(people) or MODEL,
            **({"codings": people} if len(people) > 1 else {}),
            **_place(review, passage),
        }
        for review, passage in _passages(reviews)
        for people in [_by_people(passage)]
    )


def to_doccano(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return JSON Lines for a doccano project of text classification.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_doccano([], load_codebook())
    b''
    """
    return _lines(
        {
            "text": passage.text,
            "label": [given.theme for given in passage.standing] or _none(passage),
            "stances": _stances(passage.standing),
            "evidence": [list(span) for span in _spans(passage.standing)],
            "coders": sorted(_by_people(passage)) or [MODEL],
            "passage_id": passage.id,
            "document_id": review.id,
            **_place(review, passage),
        }
        for review, passage in _passages(reviews)
    )


def to_prodigy(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return JSON Lines for Prodigy's ``choice`` interface.

    The model's themes are chosen beforehand; what a person coded is an answered task of its
    own, under the person's name.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_prodigy([], load_codebook())
    b''
    """
    options = [{"id": theme.id, "text": theme.label} for theme in codebook]
    return _lines(
        {
            "text": passage.text,
            "options": options,
            "accept": [one.theme for one in given if one.theme],
            "spans": [
                {"start": start, "end": end, "label": theme} for start, end, theme in _spans(given)
            ],
            "stances": _stances(given),
            "passage_id": passage.id,
            "document_id": review.id,
            "meta": {"cited": review.citation(passage), "file": review.file},
            **({"answer": "accept", "_annotator_id": coder} if not is_machine(coder) else {}),
        }
        for review, passage in _passages(reviews)
        for coder, given in _by_coder(passage).items()
    )


def to_label_studio(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    r"""Return Label Studio's JSON: the model's codes as predictions, people's as annotations.

    >>> from oscb_nlp.codebook import load_codebook
    >>> to_label_studio([], load_codebook())
    b'[]\n'
    """
    tasks = [_task(review, passage) for review, passage in _passages(reviews)]
    return (json.dumps(tasks, ensure_ascii=False, indent=1) + "\n").encode()


def to_label_studio_config(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return the labelling interface that :func:`to_label_studio` belongs to, as XML.

    >>> from oscb_nlp.codebook import load_codebook
    >>> b'<Choice value="neglect"' in to_label_studio_config([], load_codebook())
    True
    """
    view = etree.Element("View")
    etree.SubElement(view, "Header", value="$cited")
    labels = etree.SubElement(view, "Labels", name="evidence", toName="text")
    etree.SubElement(view, "Text", name="text", value="$text")
    taxonomy = etree.SubElement(view, "Taxonomy", name="coding", toName="text", leafsOnly="false")
    for theme in codebook:
        etree.SubElement(labels, "Label", value=theme.id, hint=theme.label)
        choice = etree.SubElement(taxonomy, "Choice", value=theme.id, hint=theme.label)
        for stance in codebook.stances:
            etree.SubElement(choice, "Choice", value=stance.id, hint=stance.label)
    etree.SubElement(taxonomy, "Choice", value=NO_THEME)
    return bytes(etree.tostring(view, encoding="UTF-8", pretty_print=True))


def annotation_guid(passage: str, coder: str) -> str:
    """Return what a person's annotation of a passage is known by in Label Studio.

    >>> annotation_guid("d-0001", "Ann") == annotation_guid("d-0001", "Ann")
    True
    """
    return guid("annotation", passage, coder)


def _task(review: Review, passage: CodedPassage) -> dict[str, Any]:
    coders = _by_coder(passage)
    people = {coder: given for coder, given in coders.items() if not is_machine(coder)}
    return {
        "data": {
            "text": passage.text,
            "passage_id": passage.id,
            "document_id": review.id,
            "coders": list(people),
            "cited": review.citation(passage),
            **_place(review, passage),
        },
        "predictions": [
            {
                "model_version": coder,
                "score": max((one.score or 0.0 for one in given), default=0.0),
                "result": _result(passage, given),
            }
            for coder, given in coders.items()
            if is_machine(coder)
        ],
        "annotations": [
            {
                "unique_id": annotation_guid(passage.id, coder),
                "result": _result(passage, given),
            }
            for coder, given in people.items()
        ],
    }


def _result(passage: CodedPassage, given: Sequence[Given]) -> list[dict[str, Any]]:
    """Return what was given as a taxonomy's paths, and its evidence as labelled spans."""
    if not given:
        return []
    paths = [[part for part in (one.theme or NO_THEME, one.stance) if part] for one in given]
    about = {"from_name": "coding", "to_name": "text", "type": "taxonomy"}
    found: list[dict[str, Any]] = [{"id": "coding", **about, "value": {"taxonomy": paths}}]
    for index, (start, end, theme) in enumerate(_spans(given)):
        value = {"start": start, "end": end, "text": passage.text[start:end], "labels": [theme]}
        about = {"from_name": "evidence", "to_name": "text", "type": "labels"}
        found.append({"id": f"evidence-{index}", **about, "value": value})
    return found


def _passages(reviews: Iterable[Review]) -> Iterator[tuple[Review, CodedPassage]]:
    """Give the passages that have words: no program takes an empty text."""
    for review in reviews:
        for passage in review.passages:
            if passage.text.strip():
                yield review, passage


def _by_coder(passage: CodedPassage) -> dict[str, list[Given]]:
    """Return what each coder gave; the model read every passage, whatever it gave."""
    found: dict[str, list[Given]] = {MODEL: []}
    for given in passage.given:
        found.setdefault(given.coder, []).append(given)
    return found


def _by_people(passage: CodedPassage) -> dict[str, dict[str, str]]:
    return {
        coder: {one.theme: one.stance for one in given if one.theme}
        for coder, given in _by_coder(passage).items()
        if not is_machine(coder)
    }


def _none(passage: CodedPassage) -> list[str]:
    return [NO_THEME] if _by_people(passage) else []


def _stances(given: Iterable[Given]) -> dict[str, str]:
    return {one.theme: one.stance for one in given if one.theme and one.stance}


def _spans(given: Iterable[Given]) -> list[tuple[int, int, str]]:
    return sorted((start, end, one.theme) for one in given for start, end in one.evidence)


def _place(review: Review, passage: CodedPassage) -> dict[str, Any]:
    return {"file": review.file, "page": passage.page, "number": passage.number}


def _lines(records: Iterable[dict[str, Any]]) -> bytes:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    whole = "".join(f"{line}\n" for line in lines)
    return _LINE_ENDS.sub(lambda match: f"\\u{ord(match.group()):04x}", whole).encode()
