"""What a change of the codebook does: to its themes, and to the passages coded with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from oscb_nlp.codebook import Codebook, Theme, codebook_from_dict
from oscb_nlp.codings import model_tags
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import CodebookError, OutputError
from oscb_nlp.files import parse_json, read_limited, write_whole

__all__ = ["CHANGES", "changes", "coded_differently", "history", "note_codebook", "without_theme"]

CHANGES: dict[str, str] = {
    "added": "a theme that the old codebook does not have",
    "removed": "a theme that the new codebook does not have, and whose cues are gone too",
    "renamed": "a theme that goes on under another id",
    "merged": "a theme that is gone, its cues in another one",
    "split": "a theme whose cues now stand in several, itself perhaps among them",
    "redefined": "definition, rules or polarity differ",
    "cues": "only cues, label, family or references differ",
}
"""The vocabulary of changes."""

_MOSTLY = 0.5  # share of a theme's cues that say where it went
_PART = 0.2  # share from which a second theme has part of it
_LEAST_CUES = 2
_NAME = "history.jsonl"
_MOST_BYTES = 256 << 20


def changes(old: Codebook, new: Codebook) -> pd.DataFrame:
    """Return what differs between two codebooks.

    Returns
    -------
    DataFrame
        A row per change: ``change`` (a word of :data:`CHANGES`), ``old`` and ``new`` (ids of
        themes, several joined by "; ") and ``detail``.

    Notes
    -----
    A codebook does not say where a theme went, so its cues do: one half of them or more in one
    other theme is that theme, a fifth or more in each of several is a split. A theme without
    cues can only be added or removed. It is for a person to judge.

    Examples
    --------
    >>> from oscb_nlp.codebook import load_codebook
    >>> changes(load_codebook(), load_codebook()).empty
    True
    """
    rows: list[dict[str, str]] = []
    explained: set[str] = set()
    by_target: dict[str, list[str]] = {}
    for theme in old:
        targets = _targets(theme, old, new)
        kept = theme.id in new.ids
        if kept and targets:
            rows.append(
                _row("split", [theme.id], [theme.id, *targets], _moved(theme, new, targets))
            )
        elif len(targets) > 1:
            rows.append(_row("split", [theme.id], targets, _moved(theme, new, targets)))
        elif targets:
            by_target.setdefault(targets[0], []).append(theme.id)
        elif not kept:
            rows.append(_row("removed", [theme.id], [], theme.label))
        explained |= set(targets)
    for target, sources in by_target.items():
        renamed = len(sources) == 1 and target not in old.ids
        into = sources if renamed else [*sources, *([target] if target in old.ids else [])]
        detail = "; ".join(_moved(old[source], new, [target]) for source in sources)
        rows.append(_row("renamed" if renamed else "merged", into, [target], detail))
    rows += [
        _row("added", [], [theme.id], theme.label)
        for theme in new
        if theme.id not in old.ids and theme.id not in explained
    ]
    rows += [row for theme in old if theme.id in new.ids for row in _edited(theme, new[theme.id])]
    order = list(CHANGES)
    rows.sort(key=lambda row: (order.index(row["change"]), row["old"], row["new"]))
    return pd.DataFrame(rows, columns=["change", "old", "new", "detail"])


def coded_differently(
    tagged: TaggedCorpus, old: Codebook, new: Codebook, model: str | Path | None = None
) -> pd.DataFrame:
    """Return the passages that the model codes differently with another codebook.

    Parameters
    ----------
    tagged
        A coded corpus; its own tags are used for the codebook that it was coded with.
    old, new
        The codebooks.
    model
        A model folder; None for the shipped model.

    Returns
    -------
    DataFrame
        A row per passage and theme: ``passage_id``, ``document_id``, ``page``, ``number``,
        ``theme``, ``change`` ("gained", "lost" or "stance"), ``old_stance``, ``new_stance``,
        ``text``. What people coded is not asked: their codes stand either way.
    """
    before, after = (_given(tagged, book, model) for book in (old, new))
    rows: list[dict[str, Any]] = []
    for passage in tagged.passages.itertuples():
        name = passage.passage_id
        then, now = before.get(name, {}), after.get(name, {})
        for theme in sorted(then.keys() | now.keys()):
            if then.get(theme) == now.get(theme):
                continue
            change = "gained" if theme not in then else "lost" if theme not in now else "stance"
            rows.append(
                {
                    "passage_id": name,
                    "document_id": passage.document_id,
                    "page": passage.page,
                    "number": passage.number,
                    "theme": theme,
                    "change": change,
                    "old_stance": then.get(theme, ""),
                    "new_stance": now.get(theme, ""),
                    "text": passage.text,
                }
            )
    names = (
        "passage_id", "document_id", "page", "number", "theme", "change", "old_stance",
        "new_stance", "text",
    )  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def without_theme(tagged: TaggedCorpus, new: Codebook) -> pd.DataFrame:
    """Return how many passages people gave themes that a codebook does not have: theme, passages."""
    codings = tagged.codings[~tagged.codings["theme"].isin(["", *new.ids])]
    counts = codings.groupby("theme")["passage_id"].nunique()
    return counts.rename("passages").reset_index()


def note_codebook(folder: Path, settings: Mapping[str, Any], date: str) -> bool:
    """Add a run's codebook to the folder's history where it is not the one before it.

    Parameters
    ----------
    folder
        A results folder; the history is its ``history.jsonl``.
    settings
        The run's settings, as ``run.json`` holds them.
    date
        The day of the run. The tables bear none: the same input gives the same bytes.
    """
    known = history(folder)
    if known and known[-1]["codebook_hash"] == settings["codebook_hash"]:
        return False
    new = codebook_from_dict(settings["codebook_content"], folder / _NAME)
    made = []
    if known:
        old = codebook_from_dict(known[-1]["codebook_content"], folder / _NAME)
        made = changes(old, new).to_dict("records")
    entry = {
        "date": date,
        **{name: settings[name] for name in ("codebook", "codebook_hash", "model_hash")},
        "changes": made,
        "codebook_content": settings["codebook_content"],
    }
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in [*known, entry])
    write_whole(folder / _NAME, lambda path: path.write_text(lines, encoding="utf-8"))
    return True


def history(folder: Path) -> list[dict[str, Any]]:
    """Return the codebooks that a results folder was coded with, the first one first.

    Raises
    ------
    OutputError
        If ``history.jsonl`` is damaged.
    """
    path = folder / _NAME
    if not path.exists():
        return []
    try:
        entries = [
            parse_json(line)
            for line in read_limited(path, _MOST_BYTES).decode().split("\n")
            if line
        ]
        for entry in entries:
            entry["codebook_hash"], codebook_from_dict(entry["codebook_content"], path)
    except (OSError, ValueError, LookupError, TypeError, CodebookError) as error:
        raise OutputError(f"{path}: is damaged ({error}); put it aside to begin anew") from None
    return entries


def _row(change: str, old: Iterable[str], new: Iterable[str], detail: str) -> dict[str, str]:
    return {"change": change, "old": "; ".join(old), "new": "; ".join(new), "detail": detail}


def _cues(theme: Theme) -> set[str]:
    return {" ".join(cue.lower().split()) for cue in (*theme.cues, *theme.weak_cues)}


def _targets(theme: Theme, old: Codebook, new: Codebook) -> list[str]:
    """Return the themes to which a theme's cues went, which did not have them before."""
    own = _cues(theme)
    gone = own - _cues(new[theme.id]) if theme.id in new.ids else own
    shares: dict[str, float] = {}
    for other in new:
        had = _cues(old[other.id]) if other.id in old.ids else set()
        moved = gone & (_cues(other) - had)
        if other.id != theme.id and len(moved) >= min(_LEAST_CUES, len(own)) and moved:
            shares[other.id] = len(moved) / len(own)
    parts = [name for name, share in shares.items() if share >= _PART]
    if theme.id in new.ids or len(parts) > 1:
        return parts
    return [name for name, share in shares.items() if share >= _MOSTLY]


def _moved(theme: Theme, new: Codebook, targets: Iterable[str]) -> str:
    own = _cues(theme)
    counts = [f"{len(own & _cues(new[name]))} of {len(own)} cues in {name}" for name in targets]
    return ", ".join(counts)


def _edited(old: Theme, new: Theme) -> list[dict[str, str]]:
    """Return how a theme differs that both codebooks have; nothing where it does not."""
    differing = [
        name
        for name in Theme.__dataclass_fields__
        if name != "sources" and getattr(old, name) != getattr(new, name)
    ]
    if not differing:
        return []
    meaning = {"definition", "include", "exclude", "polarity"} & set(differing)
    return [_row("redefined" if meaning else "cues", [old.id], [new.id], ", ".join(differing))]


def _given(
    tagged: TaggedCorpus, book: Codebook, model: str | Path | None
) -> dict[str, dict[str, str]]:
    """Return what the model gives with a codebook: passage to theme to stance."""
    settings = tagged.settings
    if settings.get("codebook_hash") == book.hash:
        tags = model_tags(tagged)
    else:
        # Slow to load, and a run that notes its codebook needs none of it.
        from oscb_nlp.tagging import tag

        # The same grade and mode, or the difference would be theirs.
        grade, mode = settings.get("grade", "auto"), settings.get("mode", "balanced")
        tags = tag(tagged, model, book, None, grade, mode, settings.get("abstain")).tags
    found: dict[str, dict[str, str]] = {}
    for row in tags.itertuples():
        found.setdefault(row.passage_id, {})[row.theme] = row.stance
    return found
