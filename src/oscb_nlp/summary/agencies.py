"""Which agencies are asked to act on which theme."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

import pandas as pd

from oscb_nlp.summary.schemas import columns_of

__all__ = ["agencies", "agencies_in", "asked"]

# Who is asked stands before the modal verb: "The CCG and the police should ...".
_MODAL = re.compile(
    r"\b(?:should|must|shall|will|ought|needs? to|(?:is|are) (?:asked|to)|to)\b", re.IGNORECASE
)


def agencies(learning: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Count the recommendations that ask an agency to act on a theme.

    The agency is the one that the document names for the item (a table's column, "Agency: ...");
    else those named before the modal verb of the recommendation.

    Returns
    -------
    DataFrame
        One row per agency and theme: ``label``, ``reviews`` and ``recommendations`` that ask,
        ``first_year``, ``last_year``, and the ids of the ``passages``.
    """
    asks = learning[learning["stance"] == "recommendation"]
    named = items[items["agency"].fillna("") != ""].groupby("passage_id")["agency"].agg("; ".join)
    once = asks.drop_duplicates("passage_id")
    found = {
        passage: asked(text, named.get(passage, ""))
        for passage, text in zip(once["passage_id"], once["text"], strict=True)
    }
    rows = asks[["passage_id", "theme", "unit", "year"]]
    rows = rows.assign(agency=rows["passage_id"].map(found)).explode("agency")
    rows = rows[rows["agency"].notna()]
    if rows.empty:
        return pd.DataFrame(columns=columns_of("agencies"))
    table = (
        rows.groupby(["agency", "theme"])
        .agg(
            reviews=("unit", "nunique"),
            recommendations=("passage_id", "nunique"),
            first_year=("year", "min"),
            last_year=("year", "max"),
            passages=("passage_id", lambda ids: sorted(set(ids))),
        )
        .reset_index()
    )
    table["label"] = table["agency"].map(lambda agency: _lexicon()[0][agency])
    return table.sort_values(
        ["reviews", "recommendations", "agency", "theme"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )[columns_of("agencies")]


def asked(text: str, named: str = "") -> list[str]:
    """Return the ids of the agencies that a recommendation asks.

    Examples
    --------
    >>> asked("The CCG and the police should meet each week to discuss children in hospital.")
    ['health-commissioners', 'police']
    """
    found = agencies_in(named)
    if not found:
        modal = _MODAL.search(text)
        found = agencies_in(text[: modal.start()] if modal else "")
    return found


def agencies_in(text: str) -> list[str]:
    """Return the ids of the agencies named in a text, in order, each once.

    "The board" and "agencies" count only where nothing more definite is named.
    """
    _labels, pattern, owners = _lexicon()
    found = dict.fromkeys(owners[str(match.lastgroup)] for match in pattern.finditer(text.lower()))
    vague = [agency for agency in ("all-agencies", "local-authority") if agency in found]
    if len(found) > len(vague):
        return [agency for agency in found if agency not in vague]
    return list(found)


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, str], re.Pattern[str], dict[str, str]]:
    """Return labels by agency, one pattern of all names, and the agency of each of its groups."""
    source = files("oscb_nlp") / "data" / "agencies.toml"
    content = tomllib.loads(source.read_text(encoding="utf-8"))
    names = [(name, agency) for agency, entry in content.items() for name in entry["patterns"]]
    names.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    parts = [
        f"(?P<g{i}>{re.escape(name.removesuffix('*'))}{r'[a-z]*' if name.endswith('*') else ''})"
        for i, (name, _agency) in enumerate(names)
    ]
    return (
        {agency: entry["label"] for agency, entry in content.items()},
        re.compile(rf"(?<![a-z])(?:{'|'.join(parts)})(?![a-z])"),
        {f"g{i}": agency for i, (_name, agency) in enumerate(names)},
    )
