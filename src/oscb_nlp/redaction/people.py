"""Find the names of staff: those who sign, who wrote or chaired, and who are named with their job.

A run of capitalised words is a name when it holds no word of an organisation or a job and its
neighbours say that a worker is meant: a title, a rank, a job before or after it, a signature.
Children and families are known by first names, letters and relations, which none of these makes
a name; who is cited is known by the year, "et al." or the research that is spoken of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from oscb_nlp.resources import data_path

__all__ = ["names"]

Found = tuple[int, int, str]

_TOKEN = r"(?:[A-Z]\.|(?:Drs?|Mrs?|Ms|Prof|Rev)\.|[A-ZÀ-Þ][\w’'-]*)"  # noqa: S105
_RUN = re.compile(rf"(?<![\w@.-])(?:{_TOKEN})(?: {_TOKEN})*")
_TOKENS = re.compile(_TOKEN)
_LETTERS = re.compile(r"[^\W\d_][\w’'-]*")

_TITLES = frozenset(["Dr", "Drs", "Professor", "Prof", "Sir", "Dame", "Rev", "Reverend"])
_POLITE = frozenset(["Mr", "Mrs", "Ms", "Miss", "Mx", "Lord", "Lady"])
_RANKS = frozenset(
    ["PC", "DC", "DS", "DI", "DCI", "DCS", "DSU", "PS", "Constable", "Sergeant", "Inspector",
     "Superintendent", "Cllr", "Councillor", "Judge"]
)  # fmt: skip

# Words of jobs, organisations, papers and sentences, none of which stands in a name.
_NO_NAME = frozenset(data_path("no_names.txt").read_text(encoding="utf-8").split())

_FILL = (
    r"(?:(?:the|an?|our|its|their|independent|allocated|former|then|freelance|lead|overview|report|newly|"
    r"specialist|senior|named|designated|school|acting|interim|local|principal|both|accredited|"
    r"[A-Z][\w’'&-]*) ){0,4}"
)
_JOB = (
    r"(?:[Cc]hair(?:person|man|woman)?|[Rr]eviewers?|[Aa]uthors?|[Cc]onsultants?|[Ss]ocial [Ww]orkers?|"
    r"[Yy]outh [Ww]orker|[Ss]upport [Ww]orker|[Hh]ealth [Vv]isitors?|[Nn]urse|[Dd]octor|[Mm]idwife|GPs?|"
    r"[Pp]aediatrician|[Pp]sychiatrist|[Pp]sychologist|[Tt]herapist|[Hh]ead ?[Tt]eacher|[Tt]eacher|[Mm]atron|"
    r"[Hh]ead of(?: [\w’'&]+){1,4}|[Dd]irector(?: of(?: [\w’'&]+){1,4})?|[Mm]anager|[Oo]fficer|[Gg]uardian|"
    r"[Aa]dministrator|[Cc]hief [Ee]xecutive|[Ff]oster [Cc]arer|[Ss]olicitor|[Cc]oordinator|[Cc]oroner|"
    r"[Pp]ractitioner|[Aa]dvis[eo]r|[Cc]ouncillor|[Rr]egistrar|[Cc]lerk|IRO|LADO|[Ll]ead|[Ss]upervisor|"
    r"Business Support|Probation|Police)"
)
_JOB_BEFORE = re.compile(
    rf"\b{_JOB}(?: of(?: [\w’'&]+){{1,5}})?(?: |,? \(|, |: ?| [-–|] |:?\n+| (?:is|was) )$"
)
_MADE_BY = re.compile(
    r"(?:[Ww]ritten|[Pp]repared|[Cc]ompiled|[Uu]ndertaken|[Cc]arried out|[Ll]ed|[Cc]haired|[Pp]resented|"
    r"[Aa]pproved|[Cc]hecked|[Cc]ommissioned|[Aa]uthored|[Cc]onducted|[Cc]ompleted|[Ss]igned|[Rr]eviewed|"
    r"[Ff]oreword) (?:by|from|By):? $"
    r"|(?:[Aa]uthors?|[Rr]eviewers?|[Cc]hair) [^.\n]{0,60}(?:is|was|were|are) $"
    r"|(?:[Cc]ontact(?: name)?|[Ee]nquiries(?: to)?|[Oo]wner|[Ll]ead|[Ww]rite to|[Ll]etter to"
    r"|thanks (?:go )?to|grateful to|Panel members(?: were)?):? $"
)
_SIGNED = re.compile(
    r"(?:Yours (?:sincerely|faithfully|truly)|[Rr]egards|[Ww]ishes|Signed(?: (?:on behalf of|for) [^\n]{1,60})?)"
    r"[,:]?[ \t]*\n\s*$|Signed:? $"
)
_JOB_AFTER = re.compile(
    rf"(?:,? \(|, | ?[|] ?| [-–] ){_FILL}{_JOB}\b"
    r"|,? (?:was|is|has been) (?:commissioned|appointed|the (?:independent )?(?:author|chair|reviewer))"
)
_JOB_BELOW = re.compile(rf"[ \t]*\n{_FILL}{_JOB}\b")
_IN_PANEL = re.compile(
    r"(?:, | \()(?:Police|Health|Education|Housing|Probation|Social Care|Early Help|Public Health)\b"
)
_TO_CONTACT = re.compile(
    r"(?:,[^@.\n]{0,60})?[\s,:(–-]*(?:(?:on|at|or|[Tt]el(?:ephone)?|[Ee]-?mail|T|E)\b[\s.:]*)*$"
)
_CITED_AFTER = re.compile(
    r",? (?:et al|and (?:colleagues|others)|\(?(?:19|20)\d\d\b)"
    r"|['’]s? (?:\w+ ){0,2}(?:review|work|report|research|theory|model|study|inquiry)"
    r"|(?: and [A-Z][\w’'-]+)? \((?:19|20)\d\d|,? \(a pseudonym|,? \(not (?:her|his|their) real"
)
_CITED_BEFORE = re.compile(
    r"(?:[Rr]esearch|[Ss]tud(?:y|ies)|[Ww]ork|[Cc]ited|[Tt]heory) (?:by|of|in) $"
)
_AND = re.compile(r" and $|, $| & $")


def names(text: str, contacts: Sequence[Found]) -> list[Found]:
    """Return the names of staff, without their titles, that overlap none of ``contacts``.

    >>> names("Child R and Jacob met Ms Thompson, the social worker.", [])
    [(25, 33, 'name')]
    """
    found: list[Found] = []
    for match in _RUN.finditer(text):
        name = _name(text, match.start(), match.end(), found, contacts)
        if name and all(name[1] <= start or name[0] >= end for start, end, _kind in contacts):
            found.append((*name, "name"))
    return _again(text, found, contacts)


def _name(
    text: str, start: int, end: int, found: Sequence[Found], contacts: Sequence[Found]
) -> tuple[int, int] | None:
    """Return where in a run of capitalised words a worker's name stands."""
    tokens = list(_TOKENS.finditer(text, start, end))
    title = ""
    while tokens:
        word = tokens[0].group().rstrip(".")
        if word in _TITLES or word in _POLITE or word in _RANKS:
            title = word
        elif title or not _no_name(word):
            break
        tokens.pop(0)
    if not tokens or any(_no_name(token.group()) for token in tokens):
        return None
    first, last = tokens[0].start(), tokens[-1].end()
    own = text[first:last]
    if own.endswith(("'s", "’s")):
        own, last = own[:-2], last - 2
    if len(own.split()[-1].rstrip(".")) < 2:
        return None
    before = text[max(0, first - 100) : first]
    if title:
        before = (
            before.rstrip()[: -len(title)].rstrip(".")
            if before.rstrip().endswith(title)
            else before
        )
    if _CITED_AFTER.match(text, last) or _CITED_BEFORE.search(before):
        return None
    if title in _RANKS or title in _TITLES:
        return first, last
    whole_line = first == 0 or text[first - 1] == "\n"
    if _SIGNED.search(before) and (title or len(tokens) > 1 or text[last : last + 1] in {"\n", ""}):
        return first, last
    if not title and len(tokens) < 2:
        return None
    known = (
        _JOB_BEFORE.search(before)
        or _MADE_BY.search(before)
        or _JOB_AFTER.match(text, last)
        or (whole_line and _JOB_BELOW.match(text, last))
        or (_IN_PANEL.match(text, last) and re.search(r"[Pp]anel|[Tt]hank", text))
        or (found and _AND.fullmatch(text, found[-1][1], first))
        or any(
            kind in {"e-mail", "telephone"}
            and 0 <= at - last < 90
            and _TO_CONTACT.match(text[last:at])
            for at, _end, kind in contacts
        )
    )
    return (first, last) if known else None


def _no_name(word: str) -> bool:
    """Whether a word of a run stands in no name of a person."""
    if len(word) == 2 and word.endswith("."):
        return False  # an initial
    bare = word.rstrip(".").removesuffix("'s").removesuffix("’s")
    return (
        bare.lower() in _NO_NAME
        or word.lower() in _NO_NAME
        or (len(bare) > 1 and bare.isupper())
        or any(letter.isdigit() for letter in bare)
    )


def _again(text: str, found: list[Found], contacts: Sequence[Found]) -> list[Found]:
    """Add the same names where they stand again in the text."""
    for name in {text[start:end] for start, end, _kind in found if " " in text[start:end]}:
        for match in re.finditer(rf"\b{re.escape(name)}\b", text):
            start, end = match.span()
            if all(end <= other or start >= until for other, until, _k in [*found, *contacts]):
                found.append((start, end, "name"))
    return found
