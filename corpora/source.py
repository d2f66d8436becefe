"""Parse the Markdown-like sources of the fictional reviews and check them.

A source is a front matter of ``key: value`` lines between two ``---`` lines and
then one block a line (``corpora/FORMAT.md`` describes it). Every passage line
ends with its labels in braces: ``{neglect:f, supervision-oversight:r, @R03}``.

Run ``python corpora/source.py FILE...`` to check sources and count their labels.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

STANCES = {
    "f": "finding",
    "g": "good-practice",
    "r": "recommendation",
    "n": "narrative",
    "x": "not-a-factor",
}

THEMES = frozenset(
    [
        "neglect",
        "physical-abuse",
        "child-sexual-abuse",
        "child-exploitation",
        "domestic-abuse",
        "emotional-abuse",
        "online-harm",
        "suicide-self-harm",
        "infant-death",
        "parental-mental-health",
        "parental-substance-misuse",
        "fathers-hidden-men",
        "parental-engagement",
        "poverty-housing",
        "voice-of-the-child",
        "child-mental-health",
        "children-in-care",
        "health-needs",
        "disability-send",
        "education-safety",
        "transitions",
        "culture-identity-racism",
        "early-help",
        "trauma-informed-practice",
        "professional-curiosity",
        "assessment-planning",
        "thresholds-referral",
        "escalation-challenge",
        "pre-birth",
        "information-sharing",
        "multi-agency-working",
        "supervision-oversight",
        "workforce-capacity",
        "training-guidance",
        "commissioning-quality-assurance",
        "leadership-governance",
        "allegations",
        "covid-19",
    ]
)

REQUIRED = ("id", "title", "board", "review_type", "published", "year", "writer", "style")

_LABELS = re.compile(r"\s*\{([^{}]*)\}\s*$")
_HEADING = re.compile(r"^(#{1,3}) +(.+)$")
_FOOTNOTE = re.compile(r"^\[\^(\d+)\]: +(.+)$")
_FOOTNOTE_MARK = re.compile(r"\[\^\d+\]")
_NAMED = re.compile(
    r"^((?:Key )?(?:[Ff]inding|Recommendation|Learning [Pp]oint|Learning|Action|Question"
    r"|Practice [Ee]pisode|Strategic [Mm]essage) \d+(?:\.\d+)?)[:.] +(.+)$"
)
_NUMBERED = re.compile(r"^(\d+(?:\.\d+)+|\d+\.|\([a-z]\)|\([ivx]+\)) +(.+)$")
_BULLET = re.compile(r"^( *)- +(.+)$")
_CAPTION = re.compile(r"^(?:Table|Figure) \d+[:.] ")


class SourceError(ValueError):
    """A source breaks the format; the message names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a source: a heading, passage, footnote, caption or table header."""

    line: int
    kind: str
    text: str
    number: str = ""
    level: int = 0
    cells: tuple[str, ...] = ()
    themes: tuple[tuple[str, str], ...] = ()
    recurrence: tuple[str, ...] = ()

    @property
    def is_passage(self) -> bool:
        """Whether the block is a unit of coding."""
        return self.kind in {"paragraph", "numbered", "bullet", "quote", "table-row"}


@dataclass(frozen=True, slots=True)
class Source:
    """A fictional review as written: metadata and blocks in order."""

    path: Path
    metadata: dict[str, str]
    blocks: tuple[Block, ...] = field(repr=False)

    @property
    def id(self) -> str:
        """The review's short name, which is also the stem of its file."""
        return self.metadata["id"]

    @property
    def passages(self) -> tuple[Block, ...]:
        """The blocks that are coded."""
        return tuple(b for b in self.blocks if b.is_passage)


def read_source(path: Path) -> Source:
    """Read and validate one source; raise :class:`SourceError` on the first fault."""
    lines = path.read_text(encoding="utf-8").splitlines()
    metadata, start = _front_matter(path, lines)
    blocks = []
    in_table = False
    for offset, line in enumerate(lines[start:], start + 1):
        if not line.strip():
            in_table = False
            continue
        block = _block(path, offset, line, header=line.startswith("|") and not in_table)
        in_table = block.kind in {"table-header", "table-row"}
        blocks.append(block)
    return Source(path, metadata, tuple(blocks))


def plain(text: str) -> str:
    """Return ``text`` as a reader of the page sees it, without footnote marks."""
    return _FOOTNOTE_MARK.sub("", text)


def _front_matter(path: Path, lines: list[str]) -> tuple[dict[str, str], int]:
    if not lines or lines[0] != "---" or "---" not in lines[1:]:
        raise SourceError(f"{path}:1: front matter between two '---' lines is missing")
    end = lines.index("---", 1)
    metadata = {}
    for number, line in enumerate(lines[1:end], 2):
        key, colon, value = line.partition(": ")
        if not colon:
            raise SourceError(f"{path}:{number}: expected 'key: value', found {line!r}")
        metadata[key.strip()] = value.strip()
    missing = [key for key in REQUIRED if not metadata.get(key)]
    if missing:
        raise SourceError(f"{path}: front matter lacks {', '.join(missing)}")
    if metadata["id"] != path.stem:
        raise SourceError(f"{path}: id {metadata['id']!r} is not the file's name")
    return metadata, end + 1


def _block(path: Path, number: int, line: str, *, header: bool) -> Block:
    if match := _HEADING.match(line):
        return Block(number, "heading", match[2].strip(), level=len(match[1]))
    if match := _FOOTNOTE.match(line):
        return Block(number, "footnote", match[2].strip(), number=match[1])
    if _CAPTION.match(line):
        return Block(number, "caption", _LABELS.sub("", line).strip())
    if header:
        return Block(number, "table-header", "", cells=_cells(line))
    labels = _LABELS.search(line)
    if not labels:
        raise SourceError(
            f"{path}:{number}: a passage must end with its labels in braces: {line[:60]!r}"
        )
    themes, recurrence = _parse_labels(path, number, labels[1])
    body = line[: labels.start()]
    if "{" in body or "}" in body:
        raise SourceError(f"{path}:{number}: braces inside the text")
    common = {"themes": themes, "recurrence": recurrence}
    if body.startswith("|"):
        cells = _cells(body)
        return Block(number, "table-row", " | ".join(cells), cells=cells, **common)
    if body.startswith("> "):
        return Block(number, "quote", body[2:].strip(), **common)
    if match := _BULLET.match(body):
        return Block(number, "bullet", match[2].strip(), level=len(match[1]) // 2, **common)
    if match := _NAMED.match(body) or _NUMBERED.match(body):
        return Block(number, "numbered", match[2].strip(), number=match[1], **common)
    return Block(number, "paragraph", body.strip(), **common)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


def _parse_labels(
    path: Path, line: int, text: str
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    themes: dict[str, str] = {}
    recurrence = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        if item.startswith("@"):
            recurrence.append(item[1:])
            continue
        theme, _, stance = item.partition(":")
        if theme not in THEMES:
            raise SourceError(f"{path}:{line}: unknown theme {theme!r}")
        if stance not in STANCES:
            raise SourceError(
                f"{path}:{line}: stance of {theme!r} must be one of f g r n x, not {stance!r}"
            )
        if theme in themes:
            raise SourceError(f"{path}:{line}: theme {theme!r} is given twice")
        themes[theme] = STANCES[stance]
    return tuple(themes.items()), tuple(recurrence)


def _report(paths: list[Path]) -> int:
    failed = 0
    totals: Counter[str] = Counter()
    for path in paths:
        try:
            source = read_source(path)
        except SourceError as error:
            print(error)
            failed += 1
            continue
        themes = Counter(theme for block in source.passages for theme, _ in block.themes)
        stances = Counter(stance for block in source.passages for _, stance in block.themes)
        totals += themes
        empty = sum(not block.themes for block in source.passages)
        several = sum(len(block.themes) > 1 for block in source.passages)
        words = sum(len(block.text.split()) for block in source.blocks)
        print(
            f"{path.name}: {words} words, {len(source.passages)} passages"
            f" ({empty} without a theme, {several} with several);"
            f" stances {dict(stances)}; recurrences"
            f" {sorted({r for b in source.passages for r in b.recurrence})}"
        )
        print("   ", ", ".join(f"{theme} {count}" for theme, count in themes.most_common()))
    if len(paths) > 1:
        print("all:", ", ".join(f"{theme} {totals[theme]}" for theme in sorted(THEMES)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(_report([Path(arg) for arg in sys.argv[1:]]))
