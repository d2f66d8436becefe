"""The codebook: themes, families and stances as data, loaded from TOML and validated."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.errors import CodebookError
from oscb_nlp.files import read_limited
from oscb_nlp.resources import data_path

__all__ = [
    "LEARNING", "STANCES", "Codebook", "Family", "Source", "Stance", "Theme", "codebook_from_dict",
    "load_codebook",
]  # fmt: skip

STANCES = ("finding", "good-practice", "recommendation", "narrative", "not-a-factor")
LEARNING = ("finding", "recommendation")  # the stances that make a theme learning of a review
"""The stances, strongest first: where one theme has two, the first of them stands."""

POLARITIES = ("harm", "practice")

# A codebook may come from anywhere. These are many times what one that people use has.
_MOST_BYTES = 2 << 20
_MOST_DOTS = 300  # in a line: reading a key of n parts takes n * n steps
_MOST_THEMES = 1_000
_MOST_GAPS = 4  # in a cue: each is tried in four lengths
_LONGEST, _SHORT = 20_000, {"id": 100, "cues": 200, "weak_cues": 200}  # letters, by field
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Theme:
    """One code of the codebook.

    ``polarity`` is "harm" where the absence of the theme is no finding ("no evidence of
    neglect") and "practice" where its absence is one ("no evidence that the child's
    voice was sought"). ``cues`` may stand alone as evidence, ``weak_cues`` may not.
    """

    id: str
    label: str
    family: str
    polarity: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    weak_cues: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """A group of themes."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Stance:
    """What a passage does with a theme."""

    id: str
    label: str
    definition: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A published framework that a theme was taken from."""

    id: str
    title: str
    year: int = 0


@dataclass(frozen=True, slots=True)
class Codebook:
    """Themes in order, with their families, stances and sources.

    Iterating gives the themes; ``codebook["neglect"]`` gives one of them.
    """

    id: str
    version: str
    title: str
    themes: tuple[Theme, ...] = field(repr=False)
    families: tuple[Family, ...] = field(repr=False)
    stances: tuple[Stance, ...] = field(repr=False)
    sources: tuple[Source, ...] = field(repr=False, default=())
    description: str = field(repr=False, default="")
    licence: str = field(repr=False, default="")

    def __iter__(self) -> Iterator[Theme]:
        return iter(self.themes)

    def __len__(self) -> int:
        return len(self.themes)

    def __getitem__(self, theme_id: str) -> Theme:
        for theme in self.themes:
            if theme.id == theme_id:
                return theme
        raise KeyError(theme_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """The themes' ids in the codebook's order."""
        return tuple(theme.id for theme in self.themes)

    @property
    def hash(self) -> str:
        """SHA-256 over the content, so that a model knows its codebook again."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the codebook as plain values, lists in place of tuples, as JSON has them."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values

    def to_frame(self) -> pd.DataFrame:
        """Return one row per theme: id, label, family, polarity, definition, include, exclude ..."""
        return pd.DataFrame(
            {
                "theme": [theme.id for theme in self],
                "label": [theme.label for theme in self],
                "family": [theme.family for theme in self],
                "polarity": [theme.polarity for theme in self],
                "definition": [theme.definition for theme in self],
                "include": ["; ".join(theme.include) for theme in self],
                "exclude": ["; ".join(theme.exclude) for theme in self],
                "cues": ["; ".join(theme.cues) for theme in self],
                "weak_cues": ["; ".join(theme.weak_cues) for theme in self],
                "related": ["; ".join(theme.related) for theme in self],
                "sources": ["; ".join(theme.sources) for theme in self],
            }
        )


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Load a codebook file, or the one that ships with the package.

    A file whose ``[codebook]`` table says ``extends = "oscb"`` is laid over the shipped
    codebook: a ``[[theme]]`` with a known id replaces the fields that it gives (``add_cues``
    and the like add to a list instead), one with a new id is a new theme, and
    ``remove = [...]`` in ``[codebook]`` leaves themes out.

    Parameters
    ----------
    path
        A TOML file in the form of ``oscb_nlp/data/codebook.toml``, or one laid over it;
        None for that one.

    Raises
    ------
    CodebookError
        If the file cannot be read or a field is wrong; names file, theme and field.

    Examples
    --------
    >>> codebook = load_codebook()
    >>> codebook["neglect"].family
    'harm'
    """
    if path is None:
        return _shipped()
    try:
        return _load(Path(path))
    except RecursionError:
        raise CodebookError(f"{path}: is nested too deeply") from None


@lru_cache(maxsize=1)
def _shipped() -> Codebook:
    return _load(data_path("codebook.toml"))


def _load(path: Path) -> Codebook:
    data = _toml(path)
    extends = _table(path, data, "codebook").get("extends")
    if extends is not None:
        base = _toml(data_path("codebook.toml"))
        if extends != base["codebook"]["id"]:
            raise CodebookError(
                f"{path}: [codebook] extends {extends!r}, but only {base['codebook']['id']!r}, "
                "the codebook that ships, can be extended"
            )
        data = _laid_over(path, base, data)
    return _codebook(path, data)


def codebook_from_dict(values: Mapping[str, Any], path: str | Path) -> Codebook:
    """Return the codebook that :meth:`Codebook.to_dict` gave; errors name ``path``."""
    tables = {"themes": "theme", "families": "family", "stances": "stance", "sources": "source"}
    if not isinstance(values, Mapping):
        raise CodebookError(f"{path}: the codebook in it must be an object")
    data = {
        "codebook": {key: value for key, value in values.items() if key not in tables},
        **{table: values.get(name, []) for name, table in tables.items()},
    }
    return _codebook(Path(path), data)


def _codebook(path: Path, data: Mapping[str, Any]) -> Codebook:
    head = _table(path, data, "codebook")
    codebook = Codebook(
        id=_text(path, "codebook", head, "id"),
        version=_text(path, "codebook", head, "version"),
        title=_text(path, "codebook", head, "title"),
        description=_text(path, "codebook", head, "description") if head.get("description") else "",
        licence=_text(path, "codebook", head, "licence") if head.get("licence") else "",
        themes=tuple(_theme(path, entry) for entry in _entries(path, data, "theme")),
        families=tuple(
            Family(_text(path, "family", entry, "id"), _text(path, "family", entry, "label"))
            for entry in _entries(path, data, "family")
        ),
        stances=tuple(_stance(path, entry) for entry in _entries(path, data, "stance", least=0)),
        sources=tuple(_source(path, entry) for entry in _entries(path, data, "source", least=0)),
    )
    _check_references(path, codebook)
    return codebook


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = read_limited(path, _MOST_BYTES).decode("utf-8-sig")
        if any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
            raise CodebookError(f"{path}: has a line with more than {_MOST_DOTS} dots; divide it")
        return tomllib.loads(text)
    except OSError as error:
        raise CodebookError(f"{path}: cannot be opened: {error.strerror or error}") from None
    except ValueError as error:
        raise CodebookError(f"{path}: is not valid TOML: {error}") from None


def _laid_over(path: Path, base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base's values with those of ``over`` in their place or added."""
    head = {key: value for key, value in over["codebook"].items() if key != "extends"}
    removed = set(_texts(path, "codebook", head, "remove"))
    themes = {
        entry["id"]: entry | {"related": [t for t in entry["related"] if t not in removed]}
        for entry in base["theme"]
        if entry["id"] not in removed
    }
    if unknown := removed - {entry["id"] for entry in base["theme"]}:
        raise _wrong(path, "codebook", "remove", f"{min(unknown)!r} is not in the codebook")
    for entry in _entries(path, over, "theme", least=0):
        name = _text(path, str(entry.get("id", "?")), entry, "id")
        theme = themes.setdefault(name, {})
        for key, value in entry.items():
            field_name = key.removeprefix("add_")
            if key != field_name:
                had = _texts(path, name, theme, field_name)
                value = [*had, *_texts(path, name, entry, key)]
            theme[field_name] = value
    return {
        "codebook": {
            **base["codebook"],
            "id": f"{base['codebook']['id']}+{path.stem}",
            **{key: value for key, value in head.items() if key != "remove"},
        },
        "theme": list(themes.values()),
        **{
            table: list(
                {
                    str(entry.get("id", "?")): entry
                    for entry in [*base[table], *_entries(path, over, table, least=0)]
                }.values()
            )
            for table in ("family", "stance", "source")
        },
    }


def _theme(path: Path, entry: Mapping[str, Any]) -> Theme:
    name = str(entry.get("id", "?"))
    theme = Theme(
        id=_text(path, name, entry, "id"),
        label=_text(path, name, entry, "label"),
        family=_text(path, name, entry, "family"),
        polarity=_text(path, name, entry, "polarity"),
        definition=_text(path, name, entry, "definition"),
        include=_texts(path, name, entry, "include"),
        exclude=_texts(path, name, entry, "exclude"),
        cues=_texts(path, name, entry, "cues"),
        weak_cues=_texts(path, name, entry, "weak_cues"),
        related=_texts(path, name, entry, "related"),
        sources=_texts(path, name, entry, "sources"),
    )
    if any(cue.count("...") > _MOST_GAPS for cue in (*theme.cues, *theme.weak_cues)):
        raise _wrong(path, name, "cues", f"a cue has more than {_MOST_GAPS} gaps (...)")
    if theme.polarity not in POLARITIES:
        raise _wrong(path, name, "polarity", f"must be one of {', '.join(POLARITIES)}")
    if unknown := set(entry) - set(Theme.__dataclass_fields__):
        raise _wrong(path, name, min(unknown), "is no field of a theme")
    return theme


def _stance(path: Path, entry: Mapping[str, Any]) -> Stance:
    name = str(entry.get("id", "?"))
    stance = Stance(
        id=_text(path, name, entry, "id"),
        label=_text(path, name, entry, "label"),
        definition=_text(path, name, entry, "definition"),
        include=_texts(path, name, entry, "include"),
        exclude=_texts(path, name, entry, "exclude"),
    )
    if stance.id not in STANCES:
        raise _wrong(path, name, "id", f"must be one of {', '.join(STANCES)}")
    return stance


def _source(path: Path, entry: Mapping[str, Any]) -> Source:
    name = _text(path, "source", entry, "id")
    year = entry.get("year", 0)
    if not isinstance(year, int):
        raise _wrong(path, name, "year", "must be a whole number")
    return Source(name, _text(path, name, entry, "title"), year)


def _check_references(path: Path, codebook: Codebook) -> None:
    families = {family.id for family in codebook.families}
    sources = {source.id for source in codebook.sources}
    times = Counter(theme.id for theme in codebook)
    for theme in codebook:
        if times[theme.id] > 1:
            raise _wrong(path, theme.id, "id", "is given twice")
        if theme.family not in families:
            raise _wrong(path, theme.id, "family", f"{theme.family!r} is not among the families")
        for field_name, values, known in (
            ("related", theme.related, times.keys()),
            ("sources", theme.sources, sources),
        ):
            if missing := set(values) - known:
                raise _wrong(path, theme.id, field_name, f"{min(missing)!r} is not in the codebook")


def _table(path: Path, data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = data.get(name)
    if not isinstance(table, Mapping):
        raise CodebookError(f"{path}: the table [{name}] is missing")
    return table


def _entries(
    path: Path, data: Mapping[str, Any], name: str, least: int = 1
) -> list[Mapping[str, Any]]:
    entries = data.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise CodebookError(f"{path}: {name} must be written as [[{name}]] entries")
    if len(entries) > _MOST_THEMES:
        raise CodebookError(f"{path}: there are more than {_MOST_THEMES} [[{name}]] entries")
    if len(entries) < least:
        raise CodebookError(f"{path}: there is no [[{name}]] entry")
    return entries


def _text(path: Path, name: str, entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(path, name, key, "must be a text that is not empty")
    return _fit(path, name, key, value)


def _texts(path: Path, name: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = entry.get(key, [])
    if not isinstance(values, list | tuple) or not all(
        isinstance(v, str) and v.strip() for v in values
    ):
        raise _wrong(path, name, key, "must be a list of texts")
    return tuple(_fit(path, name, key, value) for value in values)


def _fit(path: Path, name: str, key: str, value: str) -> str:
    if len(value) > _SHORT.get(key, _LONGEST) or _UNSEEN.search(value):
        raise _wrong(path, name, key, "has a text that is too long, or holds a control character")
    return value.strip()


def _wrong(path: Path, name: str, key: str, problem: str) -> CodebookError:
    return CodebookError(f"{path}: theme {name[:60]!r}, field {key[:60]!r}: {problem[:300]}")
