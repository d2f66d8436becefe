r"""Any REFI-QDA project as plain data, whatever program wrote it.

What is taken: users, codes with their nesting, text sources with their selections and codings,
the text of a PDF (its "representation"), transcripts, and notes. What has no text - places on a
page's image, pictures, sound, film, links, graphs, sets, cases and variables - is counted in
``Project.unread`` where it was coded, and else left.

Dialects that are read:

- NVivo: texts beside the XML with ``\r\n`` and a byte-order mark, a folder ``Sources`` with a
  capital letter, names of sources without ending, ``.docx`` beside ``.txt``.
- ATLAS.ti: the XML under the project's name and not ``project.qde``; upper-case identifiers;
  comments as descriptions.
- MAXQDA: a selection for each code, with its comment as description; sources of the same name.
- Quirkos, QualCoder and earlier drafts of the standard: namespaces of other versions, identifiers
  in braces, texts inside the XML.

A source that lies outside the project (``relative://``, ``absolute://``) is named and never
opened.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import docx
from lxml import etree

from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.archive import Archive, decoded, opened, parse_xml
from oscb_nlp.exchange.counting import Marked, counting_of, one_line_end

__all__ = ["Code", "Coding", "Note", "Project", "Selection", "Source", "read_project"]

_MOST_SELECTED = 100_000_000  # characters: selections may lie over one another


@dataclass(frozen=True, slots=True)
class Code:
    """A code; ``parent`` is the guid of the code above it, or empty."""

    guid: str
    name: str
    description: str
    parent: str
    codable: bool


@dataclass(frozen=True, slots=True)
class Coding:
    """A code given to a selection: the code's guid, the coder's name and the date, or empty."""

    code: str
    coder: str
    coded_at: str


@dataclass(frozen=True, slots=True)
class Selection:
    """A marked place: characters ``[start, end)`` of its source's text, and these words."""

    guid: str
    name: str
    start: int
    end: int
    text: str
    description: str
    codings: tuple[Coding, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A source; ``text`` has single line feeds, and ``missing`` says why there is none."""

    guid: str
    name: str
    description: str
    text: str
    missing: str
    codings: tuple[Coding, ...]
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A note: its guid, name, words and writer."""

    guid: str
    name: str
    text: str
    coder: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project: who wrote it with which program, and what it holds."""

    name: str
    origin: str
    coders: tuple[str, ...]
    codes: tuple[Code, ...]
    sources: tuple[Source, ...]
    notes: tuple[Note, ...]
    unread: tuple[str, ...]


def read_project(path: str | Path) -> Project:
    """Read a REFI-QDA project of any program.

    Parameters
    ----------
    path
        The ``.qdpx`` file.

    Returns
    -------
    Project
        With the positions of selections in code points of ``Source.text``.

    Raises
    ------
    InputError
        If there is no such file.
    LabelError
        If it is no project, damaged, or made to do harm; nothing of it is used then.

    Examples
    --------
    >>> read_project("reviews.qdpx").sources[0].selections[0].text  # doctest: +SKIP
    'The house was cold.'
    """
    path = Path(path)
    with opened(path, str(path)) as archive:
        entry = _project_entry(archive)
        root = parse_xml(archive.read(entry), f"{path}: {entry}")
        if _tag(root) != "Project":
            raise LabelError(f"{path}: {entry} holds a <{_tag(root)}>, not a <Project>")
        return _Reader(archive, root).project()


def _project_entry(archive: Archive) -> str:
    if "project.qde" in archive:
        return "project.qde"
    # ATLAS.ti names it after the project.
    found = [name for name in archive.names(".qde") if "/" not in name.replace("\\", "/")]
    if len(found) != 1:
        raise LabelError(
            f"{archive.name}: must hold one project.qde, but holds "
            f"{', '.join(found) or 'none'}; is it a REFI-QDA project (.qdpx)?"
        )
    return found[0]


class _Reader:
    """What is known while one project is read: its archive, users and the sources as stored."""

    def __init__(self, archive: Archive, root: etree._Element) -> None:
        self.archive = archive
        self.root = root
        self.users = {
            key(user.get("guid")): (user.get("name") or user.get("id") or "").strip()
            for users in _children(root, "Users")
            for user in _children(users, "User")
        }
        self.unread: list[str] = []
        self.stored: list[str] = []  # in the order of the sources, whose guids may be missing

    def project(self) -> Project:
        elements = [one for part in _children(self.root, "Sources") for one in _children(part)]
        sources = [source for element in elements for source in self._sources(element)]
        origin = self.root.get("origin") or ""
        return Project(
            name=self.root.get("name") or "",
            origin=origin,
            coders=tuple(dict.fromkeys(name for name in self.users.values() if name)),
            codes=tuple(
                code
                for book in _children(self.root, "CodeBook")
                for codes in _children(book, "Codes")
                for code in _codes(codes, "")
            ),
            sources=tuple(self._counted(sources, origin)),
            notes=tuple(
                Note(
                    key(one.get("guid")), one.get("name") or "", self._text(one)[0], self._who(one)
                )
                for notes in _children(self.root, "Notes")
                for one in _children(notes, "Note")
            ),
            unread=tuple(self.unread),
        )

    def _sources(self, element: etree._Element) -> Iterator[Source]:
        """Give the texts of a source: itself, its PDF's text, or its transcripts."""
        kind, name = _tag(element), element.get("name") or ""
        if kind == "TextSource":
            yield self._source(element, name)
            return
        texts = [*_children(element, "Representation"), *_children(element, "Transcript")]
        for text in texts:
            # Codes of the whole PDF stand on the PDF, not on its text.
            source = self._source(text, name or text.get("name") or "")
            yield replace(source, codings=source.codings + self._codings(element))
        for one in _children(element):
            if _tag(one).endswith("Selection") and _children(one, "Coding"):
                self.unread.append(f"{name}: {_tag(one)} {one.get('name') or ''}".strip())
        if not texts and _children(element, "Coding"):
            self.unread.append(f"{name}: {kind} coded as a whole")

    def _source(self, element: etree._Element, name: str) -> Source:
        stored, missing = self._text(element)
        self.stored.append(stored)
        times = {
            key(one.get("guid")): one.get("position") for one in _children(element, "SyncPoint")
        }
        selections = [
            self._selection(one, one.get("startPosition"), one.get("endPosition"))
            for one in _children(element, "PlainTextSelection")
        ] + [
            self._selection(
                one,
                times.get(key(one.get("fromSyncPoint"))),
                times.get(key(one.get("toSyncPoint"))),
            )
            for one in _children(element, "TranscriptSelection")
        ]
        return Source(
            guid=key(element.get("guid")),
            name=name,
            description=_words(element, "Description"),
            text=one_line_end(stored),
            missing=missing,
            codings=self._codings(element),
            selections=tuple(selections),
        )

    def _selection(self, element: etree._Element, start: str | None, end: str | None) -> Selection:
        first, last = self._position(element, start), self._position(element, end)
        return Selection(
            guid=key(element.get("guid")),
            name=element.get("name") or "",
            start=first,
            end=last,
            text="",
            description=_words(element, "Description"),
            codings=self._codings(element),
            notes=tuple(key(one.get("targetGUID")) for one in _children(element, "NoteRef")),
        )

    def _position(self, element: etree._Element, value: str | None) -> int:
        try:
            return int(value or "")
        except ValueError:
            shown = value and value[:60]
            raise LabelError(
                f"{self.archive.name}: a {_tag(element)} has {shown!r} for a position; "
                "export the project again"
            ) from None

    def _codings(self, element: etree._Element) -> tuple[Coding, ...]:
        return tuple(
            Coding(
                code=key(ref.get("targetGUID")),
                coder=self._who(coding) or self._who(element),
                coded_at=coding.get("creationDateTime") or "",
            )
            for coding in _children(element, "Coding")
            for ref in _children(coding, "CodeRef")
        )

    def _who(self, element: etree._Element) -> str:
        return self.users.get(key(element.get("creatingUser")), "")

    def _counted(self, sources: list[Source], origin: str) -> Iterator[Source]:
        """Give the sources with positions as we count, and the words that stand there."""
        both = list(zip(sources, self.stored, strict=True))
        marked = [
            Marked(stored, one.start, one.end, one.name)
            for source, stored in both
            for one in source.selections
        ]
        way = counting_of(marked, origin)
        selected = 0
        for source, stored in both:
            found = []
            for one in source.selections:
                start, end = way.span(stored, one.start, one.end)
                selected += max(end - start, 0)
                if selected > _MOST_SELECTED:
                    raise LabelError(
                        f"{self.archive.name}: its selections hold more than {_MOST_SELECTED:,} "
                        "characters together; export fewer sources at once"
                    )
                found.append(replace(one, start=start, end=end, text=source.text[start:end]))
            yield replace(source, selections=tuple(found))

    def _text(self, element: etree._Element) -> tuple[str, str]:
        """Return a text as stored, or why there is none."""
        inside = _children(element, "PlainTextContent")
        if inside:
            return "".join(inside[0].itertext()), ""
        outside = ""
        for attribute in ("plainTextPath", "richTextPath"):
            if not (path := element.get(attribute)):
                continue
            if entry := self._entry(path):
                return self._file(entry), ""
            outside = outside or path
        return "", f"its text is not in the project: {outside}" if outside else "it has no text"

    def _entry(self, path: str) -> str:
        scheme, _, name = path.rpartition("://")
        if scheme not in ("", "internal"):
            return ""
        name = PurePosixPath(name.replace("\\", "/")).name
        return next((one for one in (f"sources/{name}", name) if one in self.archive), "")

    def _file(self, entry: str) -> str:
        content, name = self.archive.read(entry), f"{self.archive.name}: {entry}"
        return _word(content, name) if entry.lower().endswith(".docx") else decoded(content, name)


def _word(content: bytes, name: str) -> str:
    """Return a Word file's paragraphs, for sources that have no plain text beside it."""
    with opened(io.BytesIO(content), name, whole=True):  # its own limits: a zip inside the zip
        pass
    try:
        return "\n".join(
            paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs
        )
    except Exception as error:  # python-docx has no base for what a broken file makes it raise
        raise LabelError(f"{name}: is no Word file: {error}") from None


def key(guid: str | None) -> str:
    """Return an identifier as it is compared: programs write it in braces, or in capitals.

    >>> key("{6F1CF1D8-52A5-5C3B-9A4B-7D1D3C0E8A11}")
    '6f1cf1d8-52a5-5c3b-9a4b-7d1d3c0e8a11'
    """
    return (guid or "").strip().strip("{}").lower()


def _codes(parent: etree._Element, above: str) -> Iterator[Code]:
    for element in _children(parent, "Code"):
        code = Code(
            guid=key(element.get("guid")),
            name=(element.get("name") or "").strip(),
            description=_words(element, "Description"),
            parent=above,
            codable=element.get("isCodable", "true").lower() not in ("false", "0"),
        )
        yield code
        yield from _codes(element, code.guid)


def _words(element: etree._Element, tag: str) -> str:
    return "".join("".join(one.itertext()) for one in _children(element, tag)[:1]).strip()


def _children(element: etree._Element, tag: str = "") -> list[etree._Element]:
    """Return the elements right below, of any namespace: drafts and versions have others."""
    return [one for one in element if isinstance(one.tag, str) and tag in ("", _tag(one))]


def _tag(element: etree._Element) -> str:
    return str(etree.QName(element).localname)
