"""Codings by people out of a REFI-QDA project: ours that comes back, or another program's.

Sources are matched to reviews by identifier, name or text, selections to passages by position
where the text is ours and else by the selected words, codes by identifier, then by the id in
their description, then by label. What cannot be matched is a conflict.

Programs keep a stance in different ways: as second coding of the same selection, as we write it;
as a selection of its own over the same passage (MAXQDA writes a selection for each code); or only
in the description. They are taken in this order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oscb_nlp.codebook import STANCES
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange.coded import Review, reviews
from oscb_nlp.exchange.finding import Found, Meaning, Meanings, Passages, plain
from oscb_nlp.exchange.foreign import Coding, Project, Selection, Source
from oscb_nlp.exchange.intake import Intake, strongest
from oscb_nlp.exchange.layout import Layout, lay_out
from oscb_nlp.exchange.project import source_names
from oscb_nlp.exchange.refi import guid

__all__ = ["take_project"]

_SAID = re.compile(rf"^stance: ({'|'.join(STANCES)})\b", re.MULTILINE)
_DOCUMENT = re.compile(r"^document: (\S+)$", re.MULTILINE)


def take_project(
    project: Project, tagged: TaggedCorpus, passages: Passages, intake: Intake
) -> None:
    """Take what people coded in a project; what cannot be taken becomes a conflict of ``intake``."""
    meanings = Meanings(tagged.codebook, project.codes)
    home = _Reviews(tagged)
    notes = {note.guid: note.text for note in project.notes}
    for what in project.unread:
        intake.conflict(what, "not-text")
    marks: list[_Mark] = []
    for source in project.sources:
        if source.codings:
            intake.conflict(source.name, "whole-source", _names(source.codings, meanings))
        if any(selection.codings for selection in source.selections):
            marks += _marks(source, home, passages, meanings, notes, intake)
    for (passage, coder), group in _grouped(marks).items():
        _take(passage, coder, group, intake)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What one coder gave in one selection, found here: themes, stances, or that none applies."""

    where: str
    passage: str
    coder: str
    themes: tuple[str, ...]
    stances: tuple[str, ...]
    none: bool
    said: str
    date: str


class _Reviews:
    """The reviews with every name and text that a source of theirs may have."""

    def __init__(self, tagged: TaggedCorpus) -> None:
        self._names: dict[str, set[str]] = {}
        self._texts: dict[str, tuple[str, Layout]] = {}
        self._layouts: dict[str, list[Layout]] = {}
        for redacted in (False, True):
            found = reviews(tagged, redacted)
            for review, name in zip(found, source_names(found), strict=True):
                self._add(review, name)

    def _add(self, review: Review, name: str) -> None:
        layout = lay_out(review)
        self._texts.setdefault(layout.text.rstrip(), (review.id, layout))
        self._layouts.setdefault(review.id, []).append(layout)
        stem = review.file.rsplit(".", 1)[0]
        for one in (name, review.file, stem, review.title, review.id, guid("document", review.id)):
            if one:
                self._names.setdefault(plain(one), set()).add(review.id)

    def of(self, source: Source) -> tuple[str, Layout | None]:
        """Return a source's review, or empty, and its layout where the text is ours."""
        if ours := self._texts.get(source.text.rstrip()):
            # Two reviews of the same words are told apart by name.
            named = self._named(source)
            if named in ("", ours[0]):
                return ours
            same = (
                one for one in self._layouts[named] if one.text.rstrip() == source.text.rstrip()
            )
            return named, next(same, None)
        return self._named(source), None

    def _named(self, source: Source) -> str:
        said = _DOCUMENT.search(source.description)
        stem = source.name.rsplit(".", 1)[0]
        for name in (source.guid, said.group(1) if said else "", source.name, stem):
            found = self._names.get(plain(name), set()) if name else set()
            if len(found) == 1:
                return next(iter(found))
        return ""


def _marks(
    source: Source,
    home: _Reviews,
    passages: Passages,
    meanings: Meanings,
    notes: dict[str, str],
    intake: Intake,
) -> Iterator[_Mark]:
    review, layout = home.of(source)
    for selection in source.selections:
        where = f"{source.name}, {selection.start}-{selection.end}"
        for name, codings in _by_coder(selection.codings).items():
            coder = intake.who(name, where)
            if not coder:
                continue
            found = list(_meant(codings, meanings, where, intake))
            if not found:
                continue
            if source.missing:
                intake.conflict(where, "source-without-text", source.missing)
                continue
            passage, problem = _place(selection, review, layout, passages)
            if problem:
                unknown = problem == "text-not-found" and not review
                what = "unknown-source" if unknown else problem
                words = " ".join(selection.text.split())[:60]
                intake.conflict(where, what, f"{_names(codings, meanings)} on {words!r}")
                continue
            said = [selection.description, *(notes.get(note, "") for note in selection.notes)]
            yield _Mark(
                where=where,
                passage=passage,
                coder=coder,
                themes=_ids(found, "theme"),
                stances=_ids(found, "stance"),
                none=any(one.kind == "none" for one in found),
                said=next((hit.group(1) for text in said if (hit := _SAID.search(text))), ""),
                date=max(coding.coded_at for coding in codings),
            )


def _place(selection: Selection, review: str, layout: Layout | None, passages: Passages) -> Found:
    if layout is None:
        return passages.find(selection.text, review)
    touched = layout.touched(selection.start, selection.end)
    if len(touched) == 1:
        return touched[0].passage.id, ""
    return "", "over-two-passages" if touched else "text-not-found"


def _meant(
    codings: Iterable[Coding], meanings: Meanings, where: str, intake: Intake
) -> Iterator[Meaning]:
    for coding in codings:
        meaning = meanings.of_code(coding.code)
        if meaning:
            yield meaning
        else:
            intake.conflict(where, "unknown-code", meanings.name(coding.code))


def _take(passage: str, coder: str, marks: list[_Mark], intake: Intake) -> None:
    """Take what a coder gave to a passage in all selections together."""
    loose = {stance for mark in marks if not mark.themes for stance in mark.stances}
    themes = [(mark, theme) for mark in marks for theme in mark.themes]
    none = any(mark.none for mark in marks)
    if loose and not themes:
        intake.conflict(marks[0].where, "stance-without-theme", ", ".join(sorted(loose)))
        if not none:
            return
    for mark in marks:
        intake.read(passage, coder, mark.date)
    if none and themes:
        intake.conflict(marks[0].where, "theme-beside-none")
    for mark, theme in themes:
        intake.give(mark.where, passage, coder, theme, _stance(mark, theme, loose, intake))


def _stance(mark: _Mark, theme: str, loose: set[str], intake: Intake) -> str:
    """Return the stance of a theme: in its selection, over its passage, or in the description."""
    if len(mark.stances) > 1:
        # Themes side by side with stances side by side: a program made one selection of several.
        unclear = "stance-unclear" if len(mark.themes) > 1 else "two-stances"
        intake.conflict(mark.where, unclear, f"{theme}: {', '.join(mark.stances)}")
        return "" if len(mark.themes) > 1 else strongest(mark.stances)
    if mark.stances or len(loose) == 1:
        return (*mark.stances, *loose)[0]
    if mark.said and (not loose or mark.said in loose):
        return mark.said
    if loose:
        intake.conflict(mark.where, "stance-unclear", f"{theme}: {', '.join(sorted(loose))}")
    return ""


def _by_coder(codings: Iterable[Coding]) -> dict[str, list[Coding]]:
    found: dict[str, list[Coding]] = {}
    for coding in codings:
        found.setdefault(coding.coder, []).append(coding)
    return found


def _grouped(marks: Iterable[_Mark]) -> dict[tuple[str, str], list[_Mark]]:
    found: dict[tuple[str, str], list[_Mark]] = {}
    for mark in marks:
        found.setdefault((mark.passage, mark.coder), []).append(mark)
    return found


def _ids(meanings: Iterable[Meaning], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.id for one in meanings if one.kind == kind))


def _names(codings: Iterable[Coding], meanings: Meanings) -> str:
    return ", ".join(meanings.name(coding.code) for coding in codings)
