"""Valid files made invalid, the same way for the same seed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from oscb_nlp.tables import pack
from tests.fuzz.seeds import as_json, unpacked

_TOKENS = [
    b"\x00", b"\xff\xfe", b"-1", b"0", b"99999999999999999999", b"1e999", b"NaN", b"null", b"[]", b"{}",
    b'"', b"'", b"<", b">", b"&amp;", b"/Kids [1 0 R]", b"/Count 1000000", b"/Length -1",
    b"/Width 100000", b"/Filter /FlateDecode", b"<<", b">>", b"endobj", b"stream\n", b"[[", b"]]",
    b"\n", b",", b"=1+1", b"\xed\xa0\x80", "\u202e\U0001f9ca".encode(),
]  # fmt: skip
_VALUES: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", [], {}, [None], {"a": 1}, [[1]], float("nan"), "\ud800"]  # fmt: skip


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Return a file with one to six things wrong, inside its zip or its JSON where it has one."""
    if content[:2] == b"PK" and chance.random() < 0.85:
        parts = unpacked(content)
        name = chance.choice(sorted(parts))
        if chance.random() < 0.05:
            del parts[name]
        else:
            parts[name] = mutated(parts[name], chance)
        return pack(parts)
    if content[:1] in b"[{" and chance.random() < 0.7:
        lines = content.splitlines() if content[:1] == b"{" else [content]
        place = chance.randrange(len(lines))
        value = as_json(lines[place])
        if not isinstance(value, bytes):
            lines[place] = json.dumps(_wrong(value, chance)).encode()
            return b"\n".join(lines)
    for _ in range(chance.randint(1, 6)):
        content = _damaged(content, chance)
    return content


def _damaged(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice((1, 2, 8, 40, 400)))
    token = chance.choice(_TOKENS)
    way = chance.randrange(6)
    if way == 0:
        return content[:start] + content[end:]
    if way == 1:
        return content[:start] + content[start:end] * chance.choice((2, 30)) + content[end:]
    if way == 2:
        return content[:start] + token + content[start:]
    if way == 3:
        return content[:start] + token + content[start + len(token) :]
    if way == 4 and content:
        return content[:start] + bytes([chance.randrange(256)]) + content[start + 1 :]
    return content[:start] if chance.random() < 0.2 else content[:start] + content[end:] + token


def _wrong(value: Any, chance: random.Random) -> Any:
    """Return the value with another one somewhere inside it."""
    whole = {"": copy.deepcopy(value)}
    inside: Any = whole
    key: Any = ""
    while chance.random() < 0.85 and isinstance(inside[key], dict | list) and inside[key]:
        inside = inside[key]
        key = chance.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
    if isinstance(inside, dict) and key and chance.random() < 0.3:
        del inside[key]
    else:
        inside[key] = chance.choice(_VALUES)
    return whole[""]
