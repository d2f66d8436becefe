"""Coding sheets made to do harm: refused with their name, or read as if the harm were not there."""

import re
import zipfile
from pathlib import Path

import pytest

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.filled import read_sheet
from oscb_nlp.exchange.intake import Imported
from oscb_nlp.exchange.sheets import Suggestion, sheet_bytes
from tests.bounds import within
from tests.fuzz.seeds import unpacked

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def parts(by_model: TaggedCorpus) -> dict[str, bytes]:
    """The parts of a sheet whose first passage is coded and checked."""
    ids = by_model.passages["passage_id"].tolist()
    given = {ids[0]: [Suggestion("neglect", "finding", 0.9, ())]}
    parts = unpacked(sheet_bytes(by_model, ids, given, "Ann"))
    yes = b'<c r="W2" t="inlineStr"><is><t>yes</t></is></c>'
    parts[SHEET], changed = re.subn(rb'<c r="W2"[^>]*(/>|></c>)', yes, parts[SHEET])
    assert changed == 1
    return parts


def read(path: Path, parts: dict[str, bytes], tagged: TaggedCorpus) -> Imported:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with within():
        return read_sheet(path, tagged)


def in_sheet(parts: dict[str, bytes], before: bytes, put: bytes) -> dict[str, bytes]:
    assert before in parts[SHEET]
    return parts | {SHEET: parts[SHEET].replace(before, put + before, 1)}


def test_the_sheet_without_harm_is_read(
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    found = read(tmp_path / "a.xlsx", parts, by_model)
    assert found.codings[["coder", "theme"]].to_numpy().tolist() == [["Ann", "neglect"]]


def row(number: int, cells: str) -> bytes:
    return f'<row r="{number}">{cells}</row>'.encode()


def text(place: str, words: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{words}</t></is></c>'


END = b"</sheetData>"
REFUSED = {
    "a row beyond all rows": (END, row(10**12, text("A9", "x")), "workbook|rows"),
    "cells by the million": (END, row(9, "<c/>" * 5_000_001), "more cells"),
    "a cell longer than Excel holds": (END, row(9, text("A9", "x" * 40_000)), "longer than Excel"),
    "a definition of entities": (
        b"<worksheet", b'<!DOCTYPE worksheet [<!ENTITY a "b">]>', "document type definition"
    ),
    "XML that is none": (END, b"<row", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "put", "said"), REFUSED.values(), ids=REFUSED)
def test_a_hostile_sheet_is_refused(
    before: bytes, put: bytes, said: str,
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path,
) -> None:  # fmt: skip
    path = tmp_path / "a.xlsx"
    with pytest.raises(LabelError, match=rf"a\.xlsx: .*({said})"):
        read(path, in_sheet(parts, before, put), by_model)


ALL = b"A1:XFD1048576"
HARMLESS = {
    "a link on all cells": (
        b"<pageMargins", b'<hyperlinks><hyperlink ref="%s" location="A1"/></hyperlinks>' % ALL
    ),
    "a cell in the last column": (END, row(9, text("XFD9", "x"))),
    "a size that it has not": (b"<sheetViews>", b'<dimension ref="A1:A1"/>'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "put"), HARMLESS.values(), ids=HARMLESS)
def test_harm_in_what_is_not_read_is_none(
    before: bytes, put: bytes, parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    found = read(tmp_path / "a.xlsx", in_sheet(parts, before, put), by_model)
    assert found.codings["theme"].tolist() == ["neglect"]


def test_cells_that_are_all_merged_are_told_row_by_row(
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    merged = b'<mergeCells><mergeCell ref="%s"/></mergeCells>' % ALL
    before = b"<dataValidations"
    found = read(tmp_path / "a.xlsx", in_sheet(parts, before, merged), by_model)
    assert set(found.conflicts["what"]) == {"merged-cells"}
    assert len(found.conflicts) == len(by_model.passages)


def test_an_encoding_in_which_harm_would_not_be_seen_is_refused(
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    hidden = b'<?xml version="1.0" encoding="cp037"?>' + parts[SHEET].decode().encode("cp037")
    with pytest.raises(LabelError, match="encoding"):
        read(tmp_path / "a.xlsx", parts | {SHEET: hidden}, by_model)


def test_a_workbook_of_many_parts_is_refused(
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    many = parts | {f"xl/media/{number}.png": b"" for number in range(2_001)}
    with pytest.raises(LabelError, match="unpacks to more"):
        read(tmp_path / "a.xlsx", many, by_model)


def test_a_part_whose_name_leads_out_writes_nothing(
    parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    read(folder / "a.xlsx", parts | {"../evil.txt": b"evil"}, by_model)
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "a.xlsx"]


@pytest.mark.parametrize("name", ["model", "Model "])
def test_nobody_codes_under_the_models_name(
    name: str, parts: dict[str, bytes], by_model: TaggedCorpus, tmp_path: Path
) -> None:
    named = {
        key: part.replace(b"<t>Ann</t>", f"<t>{name}</t>".encode()) for key, part in parts.items()
    }
    found = read(tmp_path / "a.xlsx", named, by_model)
    assert found.conflicts["what"].tolist() == ["no-coder"]
