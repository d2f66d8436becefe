"""Coding sheets, written, filled in and read back as files."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.worksheet.worksheet import Worksheet

from oscb_nlp.codings import coded_by, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.filled import read_sheet
from oscb_nlp.exchange.intake import Imported
from oscb_nlp.exchange.sheets import Suggestion, sheet_bytes
from oscb_nlp.tables import SCHEMAS, frame

TEXTS = (
    "The house was cold and there was no food.",
    '=HYPERLINK("http://x") was printed in the report by mistake.',
    "Write to pat@example.org about the review.",
)
IDS = ("d-0001", "d-0002", "d-0003")
SUGGESTED = {"d-0001": [Suggestion("neglect", "finding", 0.91, ((4, 18),))]}


@pytest.fixture
def tagged() -> TaggedCorpus:
    return TaggedCorpus(
        documents=frame(
            [{"document_id": "d", "file": "d.pdf", "title": "Child R", "year": 2018}],
            SCHEMAS["documents"],
        ),
        passages=frame(
            [
                {"passage_id": name, "document_id": "d", "page": 3, "number": "3.1", "text": text}
                for name, text in zip(IDS, TEXTS, strict=True)
            ],
            SCHEMAS["passages"],
        ),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame([], SCHEMAS["tags"]),
        settings={},
    )


Edit = Callable[[Worksheet, Callable[[int, str, Any], None]], None]


@pytest.fixture
def returned(tagged: TaggedCorpus, tmp_path: Path) -> Callable[..., Imported]:
    """Return a function that writes a sheet, lets somebody edit it, and reads it back."""

    def give_back(edit: Edit, coder: str | None = "Ann", sheet_coder: str = "Ann") -> Imported:
        path = tmp_path / "sheet.xlsx"
        path.write_bytes(sheet_bytes(tagged, IDS, SUGGESTED, sheet_coder))
        book = load_workbook(path, rich_text=True)
        tab = book["Coding"]
        columns = {cell.value: cell.column for cell in tab[1]}

        def put(row: int, header: str, value: Any) -> None:
            tab.cell(row, columns[header]).value = value

        edit(tab, put)
        book.save(path)
        return read_sheet(path, tagged, coder)

    return give_back


def words(imported: Imported) -> list[tuple[str, str]]:
    return [(row.where, row.what) for row in imported.conflicts.itertuples()]


def test_a_sheet_shows_passages_with_suggestions_and_evidence_in_bold(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(sheet_bytes(tagged, IDS, SUGGESTED, "Ann"))
    book = load_workbook(path, rich_text=True)
    assert book.sheetnames == ["Coding", "Codebook", "Instructions", "Progress"]
    row = dict(zip([c.value for c in book["Coding"][1]], book["Coding"][2], strict=True))
    assert row["suggested"].value == "neglect: finding (0.91)"
    assert (row["theme 1"].value, row["stance 1"].value) == ("neglect", "finding")
    passage = row["passage"].value
    assert isinstance(passage, CellRichText)
    assert [part.text for part in passage if isinstance(part, TextBlock)] == ["house was cold"]
    assert str(passage) == TEXTS[0]


def test_a_blind_sheet_shows_no_suggestion(tagged: TaggedCorpus, tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(sheet_bytes(tagged, IDS, None))
    tab = load_workbook(path)["Coding"]
    columns = {cell.value: cell.column for cell in tab[1]}
    assert {tab.cell(2, columns[name]).value for name in ("suggested", "theme 1", "stance 1")} == {
        None
    }


def test_themes_and_stances_are_chosen_from_the_codebook_and_the_rest_is_locked(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(sheet_bytes(tagged, IDS, None))
    book = load_workbook(path)
    tab, codebook = book["Coding"], book["Codebook"]
    columns = {cell.value: cell.column_letter for cell in tab[1]}
    lists = {rule.formula1: str(rule.sqref) for rule in tab.data_validations.dataValidation}
    assert f"{columns['theme 2']}2:{columns['theme 2']}4" in lists["Codebook!$A$2:$A$39"]
    assert f"{columns['stance 1']}2" in lists["Codebook!$G$2:$G$6"]
    assert codebook["A39"].value and not codebook["A40"].value
    assert codebook["G6"].value and not codebook["G7"].value
    assert tab.protection.sheet
    assert tab["A2"].protection.locked
    assert not tab[f"{columns['theme 1']}2"].protection.locked


def test_text_that_looks_like_a_formula_stays_text_and_addresses_are_left_out(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(sheet_bytes(tagged, IDS, None))
    tab = load_workbook(path)["Coding"]
    cells = {cell.value: cell for row in tab.iter_rows() for cell in row if cell.value}
    assert cells[TEXTS[1]].data_type == "s"
    assert cells[TEXTS[1]].quotePrefix
    assert not any("pat@example.org" in str(value) for value in cells)


def test_the_same_sheet_has_the_same_bytes(tagged: TaggedCorpus) -> None:
    assert sheet_bytes(tagged, IDS, SUGGESTED) == sheet_bytes(tagged, IDS, SUGGESTED)


def test_a_row_counts_once_it_is_checked(
    returned: Callable[..., Imported], tagged: TaggedCorpus
) -> None:
    def fill(_tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "stance 1", "narrative")
        put(2, "checked", "yes")
        put(3, "checked", "Yes ")

    found = returned(fill)
    assert found.conflicts.empty
    assert found.unread == 1
    assert coded_by(with_codings(tagged, found.codings))["Ann"] == {
        "d-0001": {"neglect": "narrative"},
        "d-0002": {},
    }
    assert set(found.codings["origin"]) == {"sheet.xlsx"}
    assert found.codings["coded_at"].str.startswith("20").all()


def test_a_sheet_sorted_anew_gives_the_same_codes(returned: Callable[..., Imported]) -> None:
    def turn_round(tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")
        rows = [[cell.value for cell in row] for row in tab.iter_rows(min_row=2)]
        for at, row in enumerate(reversed(rows), 2):
            for column, value in enumerate(row, 1):
                tab.cell(at, column).value = value

    found = returned(turn_round)
    assert found.codings[["passage_id", "theme"]].to_numpy().tolist() == [["d-0001", "neglect"]]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"theme 1": "negelct"}, "unknown-theme"),
        ({"stance 1": "findings"}, "unknown-stance"),
        ({"stance 1": None}, "no-stance"),
        ({"theme 1": None}, "stance-without-theme"),
        ({"theme 2": "neglect", "stance 2": "narrative"}, "theme-twice"),
        ({"theme 1": "=A1"}, "formula"),
        ({"coder": "Ann, Ben"}, "two-coders"),
        ({"coder": "Ann and Ben"}, "two-coders"),
        ({"passage_id": "d-0099"}, "unknown-passage"),
        ({"key": "other"}, "changed-text"),
        ({"checked": "perhaps"}, "not-checked"),
        ({"checked": None, "theme 2": "covid-19", "stance 2": "finding"}, "not-checked"),
    ],
)
def test_what_cannot_be_taken_is_listed_with_its_row(
    returned: Callable[..., Imported], changes: dict[str, Any], what: str
) -> None:
    def fill(_tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")
        put(3, "checked", "yes")
        for header, value in changes.items():
            put(2, header, value)

    found = returned(fill)
    assert words(found) == [("row 2", what)]
    assert set(found.codings["passage_id"]) == {"d-0002"}


def test_a_misspelt_theme_is_met_with_the_likely_one(returned: Callable[..., Imported]) -> None:
    def fill(_tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")
        put(2, "theme 1", "Neglekt")

    assert "did you mean 'neglect'?" in returned(fill).conflicts["detail"].iloc[0]


def test_rows_need_a_coder(returned: Callable[..., Imported]) -> None:
    def fill(_tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")

    assert words(returned(fill, coder=None, sheet_coder="")) == [("row 2", "no-coder")]
    assert returned(fill, coder="Ben", sheet_coder="").codings["coder"].tolist() == ["Ben"]


def test_merged_cells_and_a_passage_coded_twice_are_listed(
    returned: Callable[..., Imported],
) -> None:
    def merge(tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        for row in (2, 3):
            put(row, "checked", "yes")
        tab.merge_cells(start_row=3, end_row=4, start_column=12, end_column=12)

    def twice(tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")
        tab.append([cell.value for cell in tab[2]])
        put(5, "stance 1", "narrative")

    assert ("row 3", "merged-cells") in words(returned(merge))
    assert words(returned(twice)) == [("row 5", "coded-twice")]


def test_a_renamed_header_or_tab_is_named(
    tagged: TaggedCorpus, returned: Callable[..., Imported]
) -> None:
    def rename(tab: Worksheet, _put: Callable[[int, str, Any], None]) -> None:
        for cell in tab[1]:
            if cell.value == "stance 2":
                cell.value = "Haltung"

    def retitle(tab: Worksheet, _put: Callable[[int, str, Any], None]) -> None:
        tab.title = "Tabelle1"

    with pytest.raises(LabelError, match="lacks the header 'stance 2'"):
        returned(rename)
    with pytest.raises(LabelError, match="no tab 'Coding' but Tabelle1"):
        returned(retitle)


def bad_files(folder: Path) -> Iterator[tuple[str, Path]]:
    no_zip = folder / "no.xlsx"
    no_zip.write_bytes(b"passage_id;theme")
    yield "cannot be read as an Excel workbook", no_zip
    bomb = folder / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 250_000_000)
    yield "unpacks to more", bomb
    yield "no such file", folder / "gone.xlsx"


def test_a_file_that_is_no_sheet_is_named(tagged: TaggedCorpus, tmp_path: Path) -> None:
    for message, path in bad_files(tmp_path):
        with pytest.raises(LabelError, match=rf"{path.name}: .*{message}"):
            read_sheet(path, tagged)


def test_an_xml_bomb_in_a_workbook_does_not_go_off(tagged: TaggedCorpus, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(sheet_bytes(tagged, IDS, None))
    bomb = tmp_path / "again.xlsx"
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(
                    b"<worksheet",
                    f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{entities}]><worksheet'.encode(),
                    1,
                ).replace(b"passage_id", b"&l9;", 1)
            new.writestr(name, part)
    with pytest.raises(LabelError, match=r"again\.xlsx"):
        read_sheet(bomb, tagged)


def test_codings_outlive_a_later_sheet_of_another_coder(
    returned: Callable[..., Imported], tagged: TaggedCorpus
) -> None:
    def fill(_tab: Worksheet, put: Callable[[int, str, Any], None]) -> None:
        put(2, "checked", "yes")

    once = with_codings(replace(tagged), returned(fill).codings)
    both = with_codings(once, returned(fill, coder="Ben", sheet_coder="").codings)
    assert set(coded_by(both)) == {"model", "Ann", "Ben"}
    assert both.tags["source"].tolist() == ["Ann+Ben"]
