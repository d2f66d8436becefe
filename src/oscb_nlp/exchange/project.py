"""A tagged corpus as a REFI-QDA project (``.qdpx``) for NVivo, ATLAS.ti, MAXQDA and others.

What becomes what:

- A review is a plain-text source (:mod:`oscb_nlp.exchange.layout`), with year, board and type as
  variables. The text lies in a file beside ``project.qde``, as NVivo and MAXQDA write it: some
  programs read no text that is inside the XML.
- A coder is a user, and so is the model.
- A theme that a coder gave to a passage is a selection of that passage with two codings: the
  theme, and the stance as a second code. So "Neglect" and "Finding" can be queried together, as
  the programs' own crossing of codes does it, with 43 codes in the list and not 43 times five.
  There is a selection for each theme, and not one for the passage: where two themes of a passage
  have different stances, it stays clear which belongs to which.
- A passage that a person read and found no theme in has the code "No theme applies".
- Score, page, number, file and evidence are the selection's note. Its first line is the
  selection's description too, since MAXQDA, ATLAS.ti and QualCoder show that as comment.

Positions are code points from 0; the end is the first character no longer in the selection, as
programs write it (the standard's own words, "the first and the last character", can be read
otherwise). Not held: passages that nobody coded can be read but not told apart from their
neighbours; the page image; samples; which of several coders' codes stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from lxml import etree

from oscb_nlp.codebook import Codebook
from oscb_nlp.exchange.coded import CodedPassage, Given, Review
from oscb_nlp.exchange.layout import Layout, Place, lay_out
from oscb_nlp.exchange.refi import add_child, add_codes, guid, to_xml, xml_text
from oscb_nlp.tables import pack

__all__ = ["LONG_AGO", "NO_THEME", "PROJECT", "project_to_qdpx", "source_names"]

PROJECT = "urn:QDA-XML:project:1.0"
NO_THEME = "No theme applies"
LONG_AGO = "1980-01-01T00:00:00Z"
"""The date of what has none: QualCoder stops at a note without one."""

_PREVIEW = 60
_VARIABLES = (("Year", "Integer"), ("Board", "Text"), ("Type of review", "Text"))


def project_to_qdpx(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    """Return reviews with what everybody coded as a REFI-QDA project.

    Parameters
    ----------
    reviews
        As :func:`oscb_nlp.exchange.coded.reviews` gives them.
    codebook
        The codebook that they were coded with.

    Returns
    -------
    bytes
        The ``.qdpx`` file: the same for the same reviews.

    Examples
    --------
    >>> from oscb_nlp.codebook import load_codebook
    >>> project_to_qdpx([], load_codebook())[:2]
    b'PK'
    """
    layouts = [lay_out(review) for review in reviews]
    root = etree.Element(f"{{{PROJECT}}}Project", nsmap={None: PROJECT})
    root.set("name", xml_text(f"Reviews coded with {codebook.title}"))
    root.set("origin", "oscb_nlp")
    _add_users(root, reviews)
    _add_codebook(root, reviews, codebook)
    _add_variables(root)
    _add_sources(root, reviews, layouts)
    _add_notes(root, reviews)
    add_child(root, "Description").text = xml_text(f"{codebook.title} {codebook.version}")
    texts = {
        f"sources/{_source(review)}.txt": layout.text.encode()
        for review, layout in zip(reviews, layouts, strict=True)
    }
    return pack({"project.qde": to_xml(root), **texts})


def source_names(reviews: Sequence[Review]) -> list[str]:
    """Return the reviews' names in the project: their files', without the ending, each once.

    >>> source_names([Review(i, "adam.pdf", "", "", "", None, ()) for i in ("a1", "b2")])
    ['adam', 'adam (b2)']
    """
    found: list[str] = []
    for review in reviews:
        name = review.file.rsplit(".", 1)[0] or review.id
        found.append(name if name not in found else f"{name} ({review.id})")
    return found


def _source(review: Review) -> str:
    return guid("document", review.id)


def _coder(name: str) -> str:
    return guid("coder", name)


def _everything(reviews: Sequence[Review]) -> Iterator[tuple[Review, CodedPassage, Given]]:
    for review in reviews:
        for passage in review.passages:
            for given in passage.given:
                yield review, passage, given


def _add_users(root: etree._Element, reviews: Sequence[Review]) -> None:
    coders = dict.fromkeys(given.coder for _review, _passage, given in _everything(reviews))
    if coders:
        users = add_child(root, "Users")
        for coder in coders:
            add_child(users, "User", guid=_coder(coder), name=coder)


def _add_variables(root: etree._Element) -> None:
    variables = add_child(root, "Variables")
    for name, kind in _VARIABLES:
        add_child(
            variables, "Variable", guid=guid("variable", name), name=name, typeOfVariable=kind
        )


def _add_codebook(root: etree._Element, reviews: Sequence[Review], codebook: Codebook) -> None:
    codes = add_child(add_child(root, "CodeBook"), "Codes")
    add_codes(codes, codebook)
    add_child(codes, "Code", guid=guid("no-theme"), name=NO_THEME, isCodable="true")
    coded = {given.theme for _review, _passage, given in _everything(reviews) if given.theme}
    for theme in sorted(coded - set(codebook.ids)):  # coded with an earlier codebook
        add_child(codes, "Code", guid=guid("theme", theme), name=theme, isCodable="true")


def _add_sources(
    root: etree._Element, reviews: Sequence[Review], layouts: Sequence[Layout]
) -> None:
    sources = None
    for review, name, layout in zip(reviews, source_names(reviews), layouts, strict=True):
        sources = add_child(root, "Sources") if sources is None else sources
        _add_source(sources, review, name, layout)


def _add_source(sources: etree._Element, review: Review, name: str, layout: Layout) -> None:
    source = add_child(
        sources,
        "TextSource",
        guid=_source(review),
        name=name,
        plainTextPath=f"internal://{_source(review)}.txt",
    )
    about = (review.title, review.board, review.file, f"document: {review.id}")
    add_child(source, "Description").text = xml_text("\n".join(line for line in about if line))
    for place in layout.places:
        for given in place.passage.given:
            _add_selection(source, review, place, given)
    values = (str(review.year or ""), review.board, review.review_type)
    for (variable, kind), value in zip(_VARIABLES, values, strict=True):
        if value:
            element = add_child(source, "VariableValue")
            add_child(element, "VariableRef", targetGUID=guid("variable", variable))
            add_child(element, f"{kind}Value").text = xml_text(value)


def _add_selection(source: etree._Element, review: Review, place: Place, given: Given) -> None:
    passage = place.passage
    key = (passage.id, given.coder, given.theme)
    who = {"creatingUser": _coder(given.coder), "creationDateTime": xml_date(given.coded_at)}
    selection = add_child(
        source,
        "PlainTextSelection",
        guid=guid("selection", *key),
        name=_preview(passage.text),
        startPosition=str(place.start),
        endPosition=str(place.end),
        **who,
    )
    add_child(selection, "Description").text = xml_text(_note(review, passage, given)[0])
    codes = [guid("theme", given.theme) if given.theme else guid("no-theme")]
    if given.stance:
        codes.append(guid("stance", given.stance))
    for code in codes:
        coding = add_child(selection, "Coding", guid=guid("coding", *key, code), **who)
        add_child(coding, "CodeRef", targetGUID=code)
    add_child(selection, "NoteRef", targetGUID=guid("note", *key))


def _add_notes(root: etree._Element, reviews: Sequence[Review]) -> None:
    notes = None
    for review, passage, given in _everything(reviews):
        notes = add_child(root, "Notes") if notes is None else notes
        note = add_child(
            notes,
            "Note",
            guid=guid("note", passage.id, given.coder, given.theme),
            name=f"{given.theme or NO_THEME}, {passage.id}",
            creatingUser=_coder(given.coder),
            creationDateTime=xml_date(given.coded_at),
        )
        lines = _note(review, passage, given)
        add_child(note, "PlainTextContent").text = xml_text("\n".join(lines))


def _note(review: Review, passage: CodedPassage, given: Given) -> list[str]:
    """Return what the codes themselves do not say; the first line says the most needed."""
    stance, score = given.stance or "none", f"; score: {given.score:.2f}" if given.score else ""
    place = f"page: {passage.page}" + (f"; number: {passage.number}" if passage.number else "")
    words = [
        f"{start}-{end} {' '.join(passage.text[start:end].split())!r}"
        for start, end in given.evidence
    ]
    return [
        f"stance: {stance}{score}; {place}; file: {review.file}",
        f"theme: {given.theme or 'none'}; coder: {given.coder}",
        *([f"score of the stance: {given.stance_score:.2f}"] if given.stance_score else []),
        f"passage: {passage.id}",
        *([f"evidence: {'; '.join(words)}"] if words else []),
        review.citation(passage),
    ]


def _preview(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _PREVIEW else f"{words[:_PREVIEW]}..."


def xml_date(text: str) -> str:
    """Return when a passage was coded as XML has dates, or the date of what has none.

    >>> xml_date("2026-03-01T10:00:00"), xml_date("in March")
    ('2026-03-01T10:00:00', '1980-01-01T00:00:00Z')
    """
    try:
        date = datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return LONG_AGO
    return date.replace("+00:00", "Z")
