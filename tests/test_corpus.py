from pathlib import Path

import pandas as pd
import pytest
from fpdf import FPDF

from oscb_nlp import TaggedCorpus, read_corpus, tag
from oscb_nlp.errors import OutputError
from oscb_nlp.tables import SCHEMAS, frame, read_table, write_table

LISTS = ["evidence", "bbox", "contact"]


def passage(text: str) -> dict[str, object]:
    return {"passage_id": "a-0001", "document_id": "a", "page": 1, "text": text, "bbox": [1.0, 2.0]}


def test_tables_come_back_as_they_were_saved(demo_tagged: TaggedCorpus, tmp_path: Path) -> None:
    demo_tagged.save(tmp_path)
    again = TaggedCorpus.load(tmp_path)
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(
            getattr(again, name).drop(columns=LISTS, errors="ignore"),
            getattr(demo_tagged, name).drop(columns=LISTS, errors="ignore"),
        )
    assert again.settings == demo_tagged.settings


def test_the_same_corpus_gives_the_same_bytes(demo_tagged: TaggedCorpus, tmp_path: Path) -> None:
    demo_tagged.save(tmp_path / "a")
    demo_tagged.save(tmp_path / "b")
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("start", ["=1+1", "+44", "-1", "@SUM(A1)"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(tmp_path: Path, start: str) -> None:
    table = frame([passage(start + " and more")], SCHEMAS["passages"])
    write_table(table, SCHEMAS["passages"], tmp_path, "passages")
    cell = pd.read_csv(tmp_path / "passages.csv")["text"][0]
    assert cell.startswith("'" + start[0])


def test_the_csv_is_redacted_and_the_parquet_is_not(tmp_path: Path) -> None:
    table = frame([passage("Write to pat@example.org")], SCHEMAS["passages"])
    write_table(table, SCHEMAS["passages"], tmp_path, "passages")
    assert "pat@example.org" not in (tmp_path / "passages.csv").read_text(encoding="utf-8")
    assert pd.read_parquet(tmp_path / "passages.parquet")["text"][0] == "Write to pat@example.org"


def test_the_tables_say_which_passages_hold_contact_details(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=11)
    pdf.add_page()
    for text in (
        "1.1 Information about the family was not shared with the school in time.",
        "1.2 Comments go to Pat Example, Business Manager, on 01632 960123 or 01632 960124.",
    ):
        pdf.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(tmp_path / "review.pdf"))
    tagged = tag(read_corpus(tmp_path / "review.pdf"), grade="fast")
    assert tagged.passages["contact"].map(list).tolist() == [[], ["name", "telephone"]]
    assert "Pat Example" in tagged.passages["text"][1]
    details = tagged.settings["contact_details"]
    assert {kind: number for kind, number in details.items() if number} == {
        "name": 1,
        "telephone": 2,
    }


def test_tables_of_an_earlier_version_gain_the_column_of_contact_details(tmp_path: Path) -> None:
    table = frame([passage("Write to pat@example.org"), passage("The house")], SCHEMAS["passages"])
    table.drop(columns="contact").to_parquet(tmp_path / "passages.parquet")
    assert read_table(tmp_path, "passages")["contact"].map(list).tolist() == [["e-mail"], []]


def test_a_folder_without_tables_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="oscb-nlp tag"):
        TaggedCorpus.load(tmp_path)


def test_nothing_partial_is_left_beside_the_tables(
    demo_tagged: TaggedCorpus, tmp_path: Path
) -> None:
    demo_tagged.save(tmp_path)
    assert not [file for file in tmp_path.iterdir() if "partial" in file.name]
