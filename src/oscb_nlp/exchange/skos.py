"""SKOS, the W3C's form for vocabularies, as JSON-LD: libraries and linked-data tools read it."""

from __future__ import annotations

from typing import Any

from oscb_nlp.codebook import Codebook, Source, Theme

__all__ = ["codebook_to_skos"]

_CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def codebook_to_skos(codebook: Codebook) -> dict[str, Any]:
    """Return the codebook as a SKOS concept scheme in JSON-LD.

    Families are the top concepts and themes the narrower ones; include and exclude lines are
    scope notes, cues without wildcards hidden labels, frameworks ``dct:source``. Stances form
    a scheme of their own, since they say something about a theme and are none.
    """
    base = f"urn:oscb-nlp:{codebook.id}"
    scheme, stances = f"{base}:themes", f"{base}:stances"
    families = {theme.family for theme in codebook}
    sources = {source.id: source for source in codebook.sources}
    graph: list[dict[str, Any]] = [
        {
            "@id": scheme,
            "@type": "skos:ConceptScheme",
            "dct:title": _english(codebook.title),
            "dct:description": _english(codebook.description),
            "dct:license": codebook.licence,
            "owl:versionInfo": codebook.version,
            "skos:hasTopConcept": [_id(f"{base}:family:{name}") for name in sorted(families)],
        }
    ]
    graph += [
        {
            "@id": f"{base}:family:{family.id}",
            "@type": "skos:Concept",
            "skos:prefLabel": _english(family.label),
            "skos:notation": family.id,
            "skos:topConceptOf": _id(scheme),
            "skos:inScheme": _id(scheme),
        }
        for family in codebook.families
        if family.id in families
    ]
    graph += [_theme(theme, base, scheme, sources) for theme in codebook]
    if codebook.stances:
        graph.append({"@id": stances, "@type": "skos:ConceptScheme", "dct:title": "Stance"})
    graph += [
        {
            "@id": f"{base}:stance:{stance.id}",
            "@type": "skos:Concept",
            "skos:prefLabel": _english(stance.label),
            "skos:notation": stance.id,
            "skos:definition": _english(stance.definition),
            "skos:scopeNote": _notes(stance.include, stance.exclude),
            "skos:inScheme": _id(stances),
        }
        for stance in codebook.stances
    ]
    return {"@context": _CONTEXT, "@graph": graph}


def _theme(theme: Theme, base: str, scheme: str, sources: dict[str, Source]) -> dict[str, Any]:
    return {
        "@id": f"{base}:{theme.id}",
        "@type": "skos:Concept",
        "skos:prefLabel": _english(theme.label),
        "skos:notation": theme.id,
        "skos:definition": _english(theme.definition),
        "skos:scopeNote": _notes(theme.include, theme.exclude),
        "skos:hiddenLabel": [
            _english(cue) for cue in theme.cues if "*" not in cue and "..." not in cue
        ],
        "skos:broader": _id(f"{base}:family:{theme.family}"),
        "skos:related": [_id(f"{base}:{other}") for other in theme.related],
        "skos:inScheme": _id(scheme),
        "dct:source": [f"{sources[name].title} ({sources[name].year})" for name in theme.sources],
    }


def _notes(include: tuple[str, ...], exclude: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        *(_english(f"Include: {line}") for line in include),
        *(_english(f"Exclude: {line}") for line in exclude),
    ]


def _english(text: str) -> dict[str, str]:
    return {"@value": text, "@language": "en-GB"}


def _id(name: str) -> dict[str, str]:
    return {"@id": name}
