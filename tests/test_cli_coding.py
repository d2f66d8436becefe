"""The researcher's loop as a user goes through it: sheet, import, agree, check, run again."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from oscb_nlp import demo_files
from oscb_nlp.corpus import TaggedCorpus
from tests.test_cli import oscb


@pytest.fixture(scope="module")
def tagged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coded")
    done = oscb("tag", *demo_files()[:2], "--out", folder, "--grade", "fast")
    assert done.returncode == 0, done.stderr
    return folder


def fill(path: Path, **codes: str) -> None:
    """Check every row of a sheet, with the given codes in place of what it suggests."""
    book = load_workbook(path)
    tab = book["Coding"]
    columns = {cell.value: cell.column for cell in tab[1]}
    for row in range(2, tab.max_row + 1):
        tab.cell(row, columns["checked"]).value = "yes"
        for name, value in codes.items():
            tab.cell(row, columns[name.replace("_", " ")]).value = value
    book.save(path)


def test_a_sheet_is_coded_imported_checked_and_kept_over_a_later_run(
    tagged_folder: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "ann.xlsx"
    done = oscb("sheet", tagged_folder, "--size", 60, "--coder", "Ann", "--out", sheet)
    assert done.returncode == 0, done.stderr
    fill(sheet)
    done = oscb("import", sheet, "--into", tagged_folder)
    assert done.returncode == 0, done.stderr
    assert "60 passages by Ann taken in, 0 conflicts listed" in done.stderr

    done = oscb("check", tagged_folder, "--out", tmp_path / "check.csv")
    assert done.returncode == 0, done.stderr
    assert "Callaghan" in done.stdout
    table = pd.read_csv(tmp_path / "check.csv").dropna(subset=["precision"])
    # Everything was left as suggested, up to the six themes that a sheet holds.
    assert table["precision"].min() == 1.0

    done = oscb("agree", tagged_folder, "--with-model", "--out", tmp_path / "agree.json")
    assert done.returncode == 0, done.stderr
    assert "# Agreement on 60 passages" in done.stdout

    again = oscb("tag", *demo_files()[:2], "--out", tagged_folder, "--grade", "fast")
    assert again.returncode == 0, again.stderr
    assert set(TaggedCorpus.load(tagged_folder).tags["source"]) == {"model", "Ann"}
    assert oscb("summarise", tagged_folder).returncode == 0


def test_two_coders_differ_and_a_third_sheet_settles_it(
    tagged_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    shutil.copytree(tagged_folder, folder)
    sheets = [tmp_path / "cat.xlsx", tmp_path / "ben.xlsx"]
    for sheet, theme in zip(sheets, ("neglect", "covid-19"), strict=True):
        done = oscb(
            "sheet", folder, "--sample", "uncertain", "--size", 12, "--blind",
            "--coder", sheet.stem, "--grade", "fast", "--out", sheet,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        fill(sheet, theme_1=theme, stance_1="finding")
    settle = tmp_path / "settle.xlsx"
    done = oscb("agree", *sheets, "--in", folder, "--adjudicate", settle)
    assert done.returncode == 0, done.stderr
    assert "12 passages are coded differently" in done.stdout
    for sheet in sheets:
        assert oscb("import", sheet, "--into", folder).returncode == 0
    tab = load_workbook(settle)["Coding"]
    columns = {cell.value: cell.column for cell in tab[1]}
    said = tab.cell(2, columns["suggested"]).value
    assert said == "ben: covid-19 (finding) | cat: neglect (finding)"
    fill(settle, theme_1="neglect", stance_1="narrative")
    assert oscb("import", settle, "--into", folder).returncode == 0
    tags = TaggedCorpus.load(folder).tags
    settled = tags[tags["source"] == "adjudicated"]
    assert settled[["theme", "stance"]].drop_duplicates().to_numpy().tolist() == [
        ["neglect", "narrative"]
    ]
    assert len(settled) == 12


def test_conflicts_are_printed_with_their_row_and_the_rest_is_taken(
    tagged_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "results"
    shutil.copytree(tagged_folder, folder)
    sheet = tmp_path / "dan.xlsx"
    oscb("sheet", folder, "--sample", "positives", "--size", 3, "--coder", "Dan", "--out", sheet)
    fill(sheet)
    book = load_workbook(sheet)
    tab = book["Coding"]
    columns = {cell.value: cell.column for cell in tab[1]}
    tab.cell(3, columns["theme 1"]).value = "weather"
    book.save(sheet)
    done = oscb("import", sheet, "--into", folder)
    assert done.returncode == 3
    assert "dan.xlsx, row 3: unknown-theme: 'weather'" in done.stderr
    assert "2 passages by Dan taken in, 1 conflicts listed" in done.stderr


def test_what_is_missing_is_said_in_one_line(tagged_folder: Path, tmp_path: Path) -> None:
    for arguments, message in (
        (("check", tmp_path), "holds no documents.parquet"),
        (("import", tmp_path / "gone.xlsx", "--into", tagged_folder), "there is no such file"),
        (("agree", tmp_path / "gone.xlsx"), "--in"),
        (("sheet", tagged_folder, "--size", "2", "--out", tmp_path / "s.xlsx"), "larger --size"),
    ):
        done = oscb(*arguments)
        assert done.returncode == 2
        assert message in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_sheet_saved_by_libreoffice_comes_back(tagged_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(tagged_folder, folder)
    sheet = tmp_path / "eve.xlsx"
    oscb("sheet", folder, "--sample", "positives", "--size", 5, "--coder", "Eve", "--out", sheet)
    fill(sheet)
    saved = tmp_path / "saved"
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/office",
         "--convert-to", "xlsx", "--outdir", str(saved), str(sheet)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    done = oscb("import", saved / "eve.xlsx", "--into", folder)
    assert done.returncode == 0, done.stderr
    assert "5 passages by Eve taken in" in done.stderr
