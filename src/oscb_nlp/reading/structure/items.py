"""Findings, learning points, recommendations and actions as items, from prose, lists and tables.

An item keeps the review's own words; agency, owner, timescale and status are filled where the
review gives them, in a column of a table or in the sentence that asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from oscb_nlp.document import Item, Passage

__all__ = ["TableRow", "find_items"]

_NAMED_KINDS = (
    ("learning-point", re.compile(r"learning", re.IGNORECASE)),
    ("recommendation", re.compile(r"recommendation|strategic message", re.IGNORECASE)),
    ("finding", re.compile(r"finding", re.IGNORECASE)),
    ("action", re.compile(r"action", re.IGNORECASE)),
    ("question", re.compile(r"question", re.IGNORECASE)),
)
_ANNOUNCED_KINDS = (
    ("recommendation", re.compile(r"recommend|strategic message|\bshould\b|asked to|\bactions?\b", re.IGNORECASE)),
    ("learning-point", re.compile(r"\blearning\b|\blessons?\b|\blearnt\b|key messages?", re.IGNORECASE)),
    ("finding", re.compile(r"\bfindings?\b|areas? for improvement|needs? to improve|\bweaknesses\b", re.IGNORECASE)),
)  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
_SECTION_KINDS = {
    "recommendations": "recommendation",
    "action-plan": "action",
    "findings": "finding",
    "learning": "learning-point",
}
# A chronology has dates and actions taken, which nobody is asked for.
_NO_ITEMS = frozenset({"narrative", "terms-of-reference", "family-voice", "references", "contents"})
_COLUMNS = (
    ("timescale", r"time|when\b|date|deadline|target|completion|due\b|by end"),
    ("status", r"status|progress|\brag\b|complete|update|position"),
    ("owner", r"owner|officer|named|accountable|lead (?:person|professional|name)"),
    ("agency", r"agenc|organi[sz]ation|lead|responsib|who\b|whom|partner|service"),
    ("number", r"^(?:no\.?|number|ref\.?|reference|#|item|rec\.? no\.?)$"),
    ("text", r"recommendation|action|task|learning|finding|issue|improve|what\b|objective|priority|step"),
)  # fmt: skip
_COLUMN_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _COLUMNS)
_ASKS = re.compile(
    r"\b(?:should|must|needs? to|is asked to|are asked to|is to|are to|ought to|will need to|recommend(?:s|ed)? (?:that|to)"
    r"|seeks? assurance|to (?:ensure|consider|review|develop|agree))\b(?! have\b)", re.IGNORECASE
)  # fmt: skip
_IMPERATIVE = re.compile(
    r"^(?:to )?(?:ensure|improve|review|develop|make|agree|audit|embed|consider|strengthen|provide|seek|establish|revise"
    r"|publish|test|write|hold|give|set|put|ask|require|share|check|report|work|build|introduce|train|remind|promote"
    r"|commission|add|include|use|bring|end|stop|start|tell|name|increase|reduce|address|complete|undertake|implement"
    r"|update|clarify|secure|support|extend|monitor|accelerate|take|raise|create|draw|run|prepare)\b",
    re.IGNORECASE,
)
_RECOMMENDS = re.compile(
    r"\b(?:recommends?|recommended|asks?) (?:to |that )|\bthe recommendation is\b", re.IGNORECASE
)
_AGENCY_WORDS = (
    r"board|partnership|partners|council|trust|police|constabulary|service|services|school|schools|camhs|gps?|icb|ccg"
    r"|probation|nhs|health|education|housing|department|government|panel|agencies|agency|social care|midwifery|lscb"
    r"|hospital|hospitals|team|teams|authority|authorities|mash|practices|practitioners|commissioners?|providers?|college"
    r"|managers?|chair|scrutineer|cafcass|colleges?|nurser(?:y|ies)|charity|group|sub-?group"
)
_ASKED = re.compile(
    r"^(?:(?:it is |we |the review |the panel )?recommend(?:s|ed)? that )?(?:that )?"
    rf"(?P<agency>(?:[^.;:,]|, (?=[a-z]+ and )){{2,110}}?\b(?:{_AGENCY_WORDS})\b[^.;:]{{0,40}}?),? "
    r"(?:should|must|needs? to|is asked to|are asked to|is to|are to|ought to|will|to seek|to ensure)\b",
    re.IGNORECASE,
)
_TIMESCALE = re.compile(
    r"\b(?:by (?:the end of )?(?:(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)(?: 20\d\d)?|20\d\d|spring|summer|autumn|winter)|within (?:the next )?(?:\w+|\d+) (?:days?|weeks?"
    r"|months?|years?)|immediately|forthwith)\b"
)  # fmt: skip


class TableRow(NamedTuple):
    """A table row that is a passage: its table's header (empty if it has none) and its cells."""

    header: tuple[str, ...]
    cells: tuple[str, ...]


def find_items(passages: Sequence[Passage], rows: Mapping[int, TableRow]) -> list[Item]:
    """Return the items of a review in reading order.

    Parameters
    ----------
    passages
        The document's passages.
    rows
        For each passage that is a table row, by its index, the row.
    """
    items: list[Item] = []
    index = 0
    announced = ""
    while index < len(passages):
        passage = passages[index]
        if passage.kind not in {"bullet", "quote"}:
            announced = _announced(passage)
        item = _from_row(index, passage, rows[index]) if index in rows else None
        if item is None and announced and passage.kind in {"bullet", "quote"}:
            item = _item(announced, "", passage, index, "list")
        elif item is None and passage.kind != "table-row":
            item = _from_text(index, passage)
        if item is None:
            index += 1
            continue
        length = _length(passages, index)
        if length > 1:
            texts = [passages[i].text for i in range(index, index + length)]
            item = _with_text(item, " ".join(texts), length)
        items.append(item)
        index += length
    return items


def _from_text(index: int, passage: Passage) -> Item | None:
    named = _named_kind(passage)
    if named:
        return _item(named, _bare(passage.number), passage, index, "numbered")
    kind = _SECTION_KINDS.get(passage.section, "")
    if kind in {"recommendation", "action"}:
        asks = _ASKS.search(passage.text) or _IMPERATIVE.match(passage.text)
        if passage.kind in {"numbered", "bullet"} and asks:
            return _item(kind, passage.number, passage, index, "list")
        if passage.kind == "paragraph" and _ASKS.search(passage.text):
            return _item(kind, "", passage, index, "prose")
        return None
    # Numbered paragraphs under "Findings" are the analysis itself; its bullets are the findings.
    if kind and passage.kind == "bullet" and not passage.text.endswith(":"):
        return _item(kind, "", passage, index, "list")
    if passage.kind in {"paragraph", "numbered"} and _RECOMMENDS.search(passage.text[:160]):
        return _item("recommendation", passage.number, passage, index, "prose")
    return None


def _announced(passage: Passage) -> str:
    """Return the kind of the list that a passage announces ("The recommendations are:")."""
    if not passage.text.endswith(":") or _named_kind(passage):
        return ""
    last = _SENTENCE_END.split(passage.text)[-1]
    return next((kind for kind, pattern in _ANNOUNCED_KINDS if pattern.search(last)), "")


def _named_kind(passage: Passage) -> str:
    """Return the kind that the printed number names ("Finding 3")."""
    if not passage.number[:1].isalpha() or " " not in passage.number:
        return ""
    return next((kind for kind, pattern in _NAMED_KINDS if pattern.search(passage.number)), "")


def _bare(number: str) -> str:
    return number.rsplit(" ", 1)[-1]


def _from_row(index: int, passage: Passage, row: TableRow) -> Item | None:
    columns = [_column(cell) for cell in row.header]
    kind = _row_kind(passage, row, columns)
    if not kind:
        return None
    fields: dict[str, list[str]] = {}
    for name, cell in zip(columns or ["text"] * len(row.cells), row.cells, strict=False):
        if cell:
            fields.setdefault(name or "other", []).append(cell)
    texts = fields.get("text") or fields.get("other") or []
    if not texts:
        return None
    number = passage.number or " ".join(fields.get("number", []))
    text = " | ".join(texts)
    return Item(
        kind=kind,
        number=number,
        text=text,
        agency=" ".join(fields.get("agency", [])) or _agency(text),
        owner=" ".join(fields.get("owner", [])),
        timescale=" ".join(fields.get("timescale", [])) or _timescale(text),
        status=" ".join(fields.get("status", [])),
        page=passage.page,
        passage=index,
        passages=1,
        source="table",
    )


def _column(header: str) -> str:
    return next((name for name, pattern in _COLUMN_PATTERNS if pattern.search(header.strip())), "")


def _row_kind(passage: Passage, row: TableRow, columns: Sequence[str]) -> str:
    """Return a row's kind: by the header of its text, else by the section it stands in."""
    if passage.section in _NO_ITEMS:
        return ""
    by_section = _SECTION_KINDS.get(passage.section, "")
    for name, header in zip(columns, row.header, strict=True):
        if name == "text":
            for kind, pattern in _NAMED_KINDS:
                if pattern.search(header):
                    return kind
    asked = {"agency", "owner", "timescale", "status"} & set(columns)
    if "text" in columns and asked:
        return by_section or "action"
    return by_section if by_section in {"recommendation", "action"} else ""


def _item(kind: str, number: str, passage: Passage, index: int, source: str) -> Item:
    asked = kind in {"recommendation", "action"}
    return Item(
        kind=kind,
        number=number,
        text=passage.text,
        agency=_agency(passage.text) if asked else "",
        owner="",
        timescale=_timescale(passage.text) if asked else "",
        status="",
        page=passage.page,
        passage=index,
        passages=1,
        source=source,
    )


def _agency(text: str) -> str:
    match = _ASKED.match(text)
    return match["agency"].strip() if match and len(match["agency"].split()) <= 16 else ""


def _timescale(text: str) -> str:
    match = _TIMESCALE.search(text)
    return match[0] if match else ""


def _length(passages: Sequence[Passage], index: int) -> int:
    """Count an item's passages: one that ends in a colon has the bullets that follow."""
    if not passages[index].text.endswith(":") or passages[index].kind == "table-row":
        return 1
    return 1 + sum(1 for _ in _bullets_after(passages, index))


def _bullets_after(passages: Sequence[Passage], index: int) -> Iterator[Passage]:
    for passage in passages[index + 1 :]:
        if passage.kind != "bullet" and not passage.number.startswith("("):
            return
        yield passage


def _with_text(item: Item, text: str, passages: int) -> Item:
    return replace(item, text=text, passages=passages)
