"""Codings by people out of the JSON that annotation programs export.

Label Studio (JSON), doccano (JSON Lines), Prodigy (JSON Lines of ``db-out``) and our own labelled
passages are told apart by their fields. A passage is known by its id where its words are the
same, and else by its words. Labels are theme ids, the codebook's labels, or ``theme:stance``.

In Label Studio themes come from taxonomies, choices and labelled spans of any name; spans named
"evidence", as ours are, only support them. In doccano a passage without label may not have been
read: it counts as read with the label "No theme applies" alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from oscb_nlp.codebook import Codebook
from oscb_nlp.errors import InputError, LabelError
from oscb_nlp.exchange.archive import decoded
from oscb_nlp.exchange.finding import Meaning, Meanings, Passages
from oscb_nlp.exchange.intake import Intake, strongest
from oscb_nlp.exchange.lines import annotation_guid
from oscb_nlp.files import parse_json, read_limited
from oscb_nlp.labels import is_unicode

__all__ = ["take_records"]

Record: TypeAlias = Mapping[str, Any]

_MOST_BYTES = 256 << 20
_A_TIME = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")  # what Prodigy names a session without name


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one coder gave to a record: labels that belong together, and stances kept beside."""

    coder: str
    groups: Sequence[Sequence[str]]
    kept: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    skipped: bool = False


def take_records(path: Path, codebook: Codebook, passages: Passages, intake: Intake) -> None:
    """Take what people coded in a JSON or JSON Lines file; what cannot be taken is a conflict.

    Raises
    ------
    LabelError
        If the file is no JSON, or a record of it has the fields of no known form.
    """
    meanings = Meanings(codebook)
    # All records are read first: a file that is wrong at its end gives nothing.
    read = [
        (where, _flat(record), list(_answers(path, where, record)))
        for where, record in _records(path)
    ]
    for where, record, answers in read:
        for answer in answers:
            _take(where, record, answer, meanings, passages, intake)


def _records(path: Path) -> Iterator[tuple[str, Record]]:
    try:
        text = decoded(read_limited(path, _MOST_BYTES), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be opened: {error.strerror or error}") from None
    whole = _whole(text)
    if whole is not None:
        for index, record in enumerate(whole, 1):
            yield f"{path.name}, task {index}", _object(record, f"{path}: task {index}")
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield (
                f"{path.name}:{number}",
                _object(_json(line, f"{path}:{number}"), f"{path}:{number}"),
            )


def _whole(text: str) -> list[Any] | None:
    """Return the records of a file that is one JSON list, or None where it has one a line."""
    if not text.lstrip().startswith("["):
        return None
    try:
        whole = parse_json(text)
    except ValueError:
        return None
    return whole if isinstance(whole, list) else None


def _json(line: str, where: str) -> Any:
    try:
        return parse_json(line)
    except ValueError as error:
        raise LabelError(f"{where}: is not valid JSON: {error}") from None


def _object(record: Any, where: str) -> Record:
    if not isinstance(record, Mapping):
        raise LabelError(f"{where}: must be a JSON object, not {type(record).__name__}")
    if not is_unicode(record):
        raise LabelError(f"{where}: holds half of a character; export it again")
    return record


def _answers(path: Path, where: str, record: Record) -> Iterator[_Answer]:
    reader = next((reader for name, reader in _READERS.items() if name in record), None)
    if reader is not None:
        try:
            answers = list(reader(record))
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise LabelError(f"{path}: {where}: has a field of another form: {error}") from None
        if not all(isinstance(answer.kept, Mapping) for answer in answers):
            raise LabelError(f"{path}: {where}: stances must be an object of theme and stance")
        yield from answers
        return
    raise LabelError(
        f"{path}: {where}: has the fields of no known form ({', '.join(list(record)[:6])[:200]}); Label "
        "Studio (JSON), doccano and Prodigy (JSON Lines) and labelled passages can be read"
    )


def _label_studio(record: Record) -> Iterator[_Answer]:
    data = record.get("data") or {}
    known = {
        annotation_guid(str(data.get("passage_id", "")), name): name
        for name in data.get("coders") or ()
    }
    for annotation in record["annotations"]:
        by_region: dict[str, list[list[str]]] = {}
        for result in annotation.get("result") or ():
            if result.get("from_name") != "evidence":
                found = by_region.setdefault(str(result.get("id", "")), [])
                found += _paths(result.get("value") or {})
        coder = known.get(str(annotation.get("unique_id"))) or _user(annotation.get("completed_by"))
        yield _Answer(
            coder=coder,
            groups=[group for paths in by_region.values() for group in _joined(paths)],
            date=str(annotation.get("created_at") or ""),
            skipped=bool(annotation.get("was_cancelled")),
        )


def _paths(value: Record) -> list[list[str]]:
    """Return a result's labels: a taxonomy's paths each, choices and labels one by one."""
    paths = [list(map(str, path)) for path in value.get("taxonomy") or ()]
    return paths + [[str(one)] for name in ("choices", "labels") for one in value.get(name) or ()]


def _joined(paths: list[list[str]]) -> list[list[str]]:
    """Return paths as they are, and labels of one region together: a theme with its stance."""
    alone = [path[0] for path in paths if len(path) == 1]
    return [path for path in paths if len(path) > 1] + ([alone] if alone else [])


def _user(who: Any) -> str:
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("username") or who.get("id") or ""
    return "" if who is None else str(who)


def _doccano(record: Record) -> Iterator[_Answer]:
    labels = [
        label[2]
        if isinstance(label, list)
        else label["label"]
        if isinstance(label, Mapping)
        else label
        for name in ("label", "labels", "cats", "entities")
        for label in record.get(name) or ()
    ]
    yield _Answer(
        coder=str(record.get("annotator") or record.get("username") or ""),
        groups=[[str(label)] for label in labels],
        kept=record.get("stances") or {},
        skipped=not labels,
    )


def _prodigy(record: Record) -> Iterator[_Answer]:
    coder = str(record.get("_annotator_id") or record.get("_session_id") or "")
    labels = [*(record.get("accept") or ())]
    if "accept" not in record:
        labels = [span["label"] for span in record.get("spans") or ()]
    if "label" in record and record.get("answer") == "accept":
        labels.append(record["label"])
    yield _Answer(
        coder="" if _A_TIME.search(coder) else coder,
        groups=[[str(label)] for label in labels],
        kept=record.get("stances") or {},
        skipped=record.get("answer") != "accept",
    )


def _own(record: Record) -> Iterator[_Answer]:
    codings = record.get("codings") or {}
    for coder, given in codings.items():
        yield _Answer(coder, [[theme] for theme in given], kept=given)
    if not codings:
        kept = record.get("stances") or dict.fromkeys(record["themes"], record.get("stance") or "")
        yield _Answer(str(record.get("coder") or ""), [[t] for t in record["themes"]], kept=kept)


# By the field that only this form has, in the order in which they are looked for.
_READERS: dict[str, Callable[[Record], Iterator[_Answer]]] = {
    "annotations": _label_studio,
    "themes": _own,
    "accept": _prodigy,
    "answer": _prodigy,
    "label": _doccano,
    "labels": _doccano,
    "cats": _doccano,
}


def _flat(record: Record) -> Record:
    """Return a record with what it has in ``data`` or ``meta`` beside the rest."""
    inside = [part for name in ("meta", "data") if isinstance(part := record.get(name), Mapping)]
    return {key: value for part in (*inside, record) for key, value in part.items()}


def _take(
    where: str,
    record: Record,
    answer: _Answer,
    meanings: Meanings,
    passages: Passages,
    intake: Intake,
) -> None:
    if answer.skipped:
        intake.conflict(where, "not-answered")
        return
    coder = intake.who(answer.coder, where)
    if not coder:
        return
    passage, problem = _passage(record, passages)
    if problem:
        intake.conflict(where, problem, " ".join(str(record.get("text", "")).split())[:60])
        return
    groups = [_meant(group, meanings, where, intake) for group in answer.groups]
    if any(answer.groups) and not any(groups):
        return  # all of its labels are conflicts, so nothing says that the passage was read
    intake.read(passage, coder, answer.date)
    loose = {
        one.id
        for group in groups
        if not _ids(group, "theme")
        for one in group
        if one.kind == "stance"
    }
    for group in groups:
        own = _ids(group, "stance") or (sorted(loose) if len(loose) == 1 else [])
        if len(own) > 1:
            intake.conflict(where, "two-stances", ", ".join(own))
        for theme in _ids(group, "theme"):
            kept = str(answer.kept.get(theme) or "")
            stance = strongest(own) if own else kept if meanings.is_stance(kept) else ""
            intake.give(where, passage, coder, theme, stance)


def _passage(record: Record, passages: Passages) -> tuple[str, str]:
    text = str(record.get("text") or "")
    named = str(record.get("passage_id") or record.get("id") or "")
    if passages.has_words(named, text):
        return named, ""
    document = str(record.get("document_id") or record.get("document") or "")
    known = document if document in passages.documents else ""
    found, problem = passages.find(text, known)
    if problem and named in passages.rows:
        return "", "other-words"
    return found, problem


def _meant(group: Sequence[str], meanings: Meanings, where: str, intake: Intake) -> list[Meaning]:
    found: list[Meaning] = []
    for label in group:
        meant = meanings.of_label(label)
        if not meant:
            intake.conflict(where, "unknown-code", repr(label))
        found += meant
    return found


def _ids(meanings: Sequence[Meaning], kind: str) -> list[str]:
    return [one.id for one in meanings if one.kind == kind]
