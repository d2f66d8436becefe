"""Projects as other programs write them, made in view."""

from __future__ import annotations

import zipfile
from pathlib import Path

NAMESPACE = "urn:QDA-XML:project:1.0"
ANN = "11111111-1111-4111-8111-111111111111"
NEGLECT = "22222222-2222-4222-8222-222222222222"
FINDING = "33333333-3333-4333-8333-333333333333"
OTHER = "44444444-4444-4444-8444-444444444444"
SOURCE = "55555555-5555-4555-8555-555555555555"

CODES = f"""<CodeBook><Codes>
  <Code guid="{NEGLECT}" name="Neglect" isCodable="true"/>
  <Code guid="{FINDING}" name="Finding" isCodable="true"/>
  <Code guid="{OTHER}" name="My own code" isCodable="true"/>
</Codes></CodeBook>"""


def coding(code: str = NEGLECT, user: str = ANN) -> str:
    who = f' creatingUser="{user}"' if user else ""
    return f'<Coding guid="{OTHER}"{who}><CodeRef targetGUID="{code}"/></Coding>'


def selection(start: int, end: int, inside: str = "", name: str = "") -> str:
    return (
        f'<PlainTextSelection guid="{OTHER}" name="{name}" startPosition="{start}" '
        f'endPosition="{end}">{inside or coding()}</PlainTextSelection>'
    )


def source(inside: str, name: str = "adam", where: str = "internal://a.txt") -> str:
    return (
        f'<TextSource guid="{SOURCE}" name="{name}" plainTextPath="{where}">{inside}</TextSource>'
    )


def project(sources: str, rest: str = "", origin: str = "", namespace: str = NAMESPACE) -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="{namespace}" name="p" '
        f'origin="{origin}"><Users><User guid="{ANN}" name="Ann"/></Users>{CODES}'
        f"<Sources>{sources}</Sources>{rest}</Project>"
    )


def qdpx(path: Path, xml: str | bytes, qde: str = "project.qde", **texts: str | bytes) -> Path:
    """Write a project; texts go into `sources` under their names, with ``.txt``."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(qde, xml)
        for name, content in texts.items():
            archive.writestr(f"sources/{name}.txt", content)
    return path
