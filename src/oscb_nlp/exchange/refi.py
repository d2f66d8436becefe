"""REFI-QDA, the exchange format of NVivo, ATLAS.ti, MAXQDA, QualCoder and others.

The codebook format is REFI-QDA Codebook 1.0 (2019): codes nested in codes, each with a
name, a description and an identifier that stays the same from one export to the next.
"""

from __future__ import annotations

import re
from uuid import UUID, uuid5

from lxml import etree

from oscb_nlp.codebook import Codebook, Theme

__all__ = ["add_child", "add_codes", "codebook_to_qdc", "guid", "theme_text", "to_xml", "xml_text"]

_CODEBOOK = "urn:QDA-XML:codebook:1.0"
_UNHOLDABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAMESPACE = UUID("6f1cf1d8-52a5-5c3b-9a4b-7d1d3c0e8a11")


def guid(*names: str) -> str:
    """Return an identifier that depends on the names alone, so that exports can be compared."""
    return str(uuid5(_NAMESPACE, "/".join(names)))


def codebook_to_qdc(codebook: Codebook) -> bytes:
    """Return the codebook as a REFI-QDA codebook (``.qdc``).

    Families and the word "Stance" become codes that cannot be applied themselves; themes
    and stances are the codes below them. Cues, sources and related themes have no place of
    their own in the format and stand in the description.
    """
    root = etree.Element(f"{{{_CODEBOOK}}}CodeBook", nsmap={None: _CODEBOOK}, origin="oscb_nlp")
    add_codes(add_child(root, "Codes"), codebook)
    return to_xml(root)


def add_codes(codes: etree._Element, codebook: Codebook) -> None:
    """Add families with their themes, and the stances, to an element ``Codes``.

    >>> codes = etree.Element("{urn:QDA-XML:project:1.0}Codes")
    >>> from oscb_nlp.codebook import load_codebook
    >>> add_codes(codes, load_codebook())
    >>> codes[0].get("name")
    'Harm to the child'
    """
    for family in codebook.families:
        themes = [theme for theme in codebook if theme.family == family.id]
        if themes:
            parent = _code(codes, guid("family", family.id), family.label, codable=False)
            for theme in themes:
                code = _code(parent, guid("theme", theme.id), theme.label)
                add_child(code, "Description").text = xml_text(theme_text(codebook, theme))
    if codebook.stances:
        parent = _code(codes, guid("stances"), "Stance", codable=False)
        for stance in codebook.stances:
            code = _code(parent, guid("stance", stance.id), stance.label)
            add_child(code, "Description").text = xml_text(
                _paragraphs(
                    f"id: {stance.id}", stance.definition, *stance.include, *_not(stance.exclude)
                )
            )


def to_xml(root: etree._Element) -> bytes:
    """Return a whole document as bytes in UTF-8.

    >>> to_xml(etree.Element("Codes")).splitlines()[0]
    b"<?xml version='1.0' encoding='UTF-8'?>"
    """
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def add_child(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    """Add an element of the parent's own namespace; empty attributes are left out.

    >>> add_child(etree.Element("{urn:x}Codes"), "Code", name="Neglect", color="").attrib
    {'name': 'Neglect'}
    """
    named = {name: xml_text(value) for name, value in attributes.items() if value}
    return etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{tag}", named)


def xml_text(text: str) -> str:
    r"""Return a text without the control characters that XML cannot hold.

    >>> xml_text("form feed: \f")
    'form feed: '
    """
    return _UNHOLDABLE.sub("", text)


def theme_text(codebook: Codebook, theme: Theme) -> str:
    """Return all that a codebook says of a theme as one text, for programs with one field for it.

    >>> from oscb_nlp.codebook import load_codebook
    >>> theme_text(load_codebook(), load_codebook()["neglect"]).splitlines()[0]
    'id: neglect'
    """
    titles = {source.id: source.title for source in codebook.sources}
    return _paragraphs(
        f"id: {theme.id}",
        theme.definition,
        *theme.include,
        *_not(theme.exclude),
        f"Cues: {'; '.join(theme.cues)}" if theme.cues else "",
        f"Related: {', '.join(theme.related)}" if theme.related else "",
        f"Sources: {'; '.join(titles[source] for source in theme.sources)}"
        if theme.sources
        else "",
    )


def _not(lines: tuple[str, ...]) -> list[str]:
    return [f"Not: {line}" for line in lines]


def _paragraphs(*lines: str) -> str:
    return "\n".join(line for line in lines if line)


def _code(
    parent: etree._Element, identifier: str, name: str, codable: bool = True
) -> etree._Element:
    return add_child(parent, "Code", guid=identifier, name=name, isCodable=str(codable).lower())
