"""Coded passages as flat tables, as spaCy documents, and codebooks as lists."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import spacy
from openpyxl import load_workbook
from spacy.tokens import DocBin

from oscb_nlp import load_codebook
from oscb_nlp.codings import with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.exchange import EXPORT_FORMATS, export
from tests.exchange.conftest import coded

FORMULA = [("adam-0003", "Ann", {"neglect": "finding"})]


def as_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def as_excel(content: bytes) -> list[dict[str, object]]:
    head, *rows = load_workbook(io.BytesIO(content)).active.values
    return [dict(zip(head, row, strict=True)) for row in rows]


def as_parquet(content: bytes) -> list[dict[str, object]]:
    return pd.read_parquet(io.BytesIO(content)).to_dict("records")


READERS = {"csv": as_csv, "xlsx": as_excel, "parquet": as_parquet}


@pytest.mark.parametrize("form", READERS)
def test_a_table_has_a_row_for_each_theme_that_stands_with_its_citation(
    tagged: TaggedCorpus, form: str
) -> None:
    rows = READERS[form](export(tagged, form))
    assert [(row["passage_id"], row["theme"], row["stance"], row["coder"]) for row in rows] == [
        (tag.passage_id, tag.theme, tag.stance, tag.source)
        for tag in tagged.tags.sort_values(["passage_id", "theme"]).itertuples()
    ]
    assert rows[0]["citation"] == "Eastmarch, Review: Adam (2017), p. 1, 3.1"
    assert rows[0]["label"] == "Neglect"
    assert rows[0]["evidence_words"] == "was cold"
    assert float(str(rows[0]["score"])) == 1.0
    assert rows[0]["file"] == "adam.pdf"  # and not where somebody keeps it
    assert "pat@example.org" not in str(rows)
    assert "pat@example.org" in str(READERS[form](export(tagged, form, redacted=False)))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("redacted", [True, False])
def test_no_cell_is_a_formula(by_model: TaggedCorpus, form: str, redacted: bool) -> None:
    by_model.documents["title"] = ["@SUM(A1)", "+1"]
    tagged = with_codings(by_model, coded(by_model, FORMULA))
    rows = READERS[form](export(tagged, form, redacted))
    values = [value for row in rows for value in row.values() if isinstance(value, str)]
    assert any(value.startswith("'=HYPERLINK") for value in values)
    assert not [value for value in values if value.startswith(("=", "+", "-", "@"))]


def test_excel_takes_what_it_cannot_hold_in_part(by_model: TaggedCorpus) -> None:
    by_model.passages["text"] = ["a form feed \f", "x" * 40_000, "", "One.", "Two."]
    rows = as_excel(export(by_model, "xlsx"))
    assert rows[0]["text"] == "a form feed "
    assert len(str(rows[2]["text"])) == 32_767


def test_parquet_has_evidence_as_spans_of_the_words_beside_it(tagged: TaggedCorpus) -> None:
    row = as_parquet(export(tagged, "parquet"))[2]
    assert row["theme"] == "physical-abuse"
    [span] = row["evidence"]
    assert row["text"][span["start"] : span["end"]] == "bruising"


def test_spacy_reads_themes_stances_and_scores_back(tagged: TaggedCorpus) -> None:
    content = export(tagged, "docbin")
    docs = list(DocBin(store_user_data=True).from_bytes(content).get_docs(spacy.blank("en").vocab))
    assert len(docs) == len(tagged.passages)
    found = [(span.text, span.label_, span.id_) for span in docs[1].spans["oscb_themes"]]
    assert found == [
        ("Nobody asked", "voice-of-the-child", "finding"),
        ("bruising", "physical-abuse", "finding"),
    ]
    assert docs[1].user_data["themes"]["physical-abuse"] == {
        "stance": "finding", "score": 0.75, "coder": "model",
    }  # fmt: skip
    assert docs[1].user_data["citation"] == "Eastmarch, Review: Adam (2017), p. 2, 3.2"
    assert {theme for theme, value in docs[1].cats.items() if value} == {
        "physical-abuse",
        "voice-of-the-child",
    }
    assert list(docs[1].cats) == list(load_codebook().ids)


def test_a_theme_without_evidence_spans_its_passage(tagged: TaggedCorpus) -> None:
    docs = DocBin().from_bytes(export(tagged, "docbin")).get_docs(spacy.blank("en").vocab)
    spans = {span.label_: span.text for span in next(docs).spans["oscb_themes"]}
    assert spans["neglect"] == "was cold"
    assert spans["parental-engagement"].startswith("The house was cold")


def test_taguette_gets_families_as_levels_of_its_tags(tagged: TaggedCorpus) -> None:
    rows = list(csv.DictReader(io.StringIO(export(tagged, "taguette").decode())))
    assert len(rows) == 38 + 5 + 1
    assert rows[0]["tag"] == "Harm to the child.Neglect"
    assert load_codebook()["neglect"].definition in rows[0]["description"]
    assert all(row["tag"].count(".") <= 1 for row in rows)


def test_taguette_itself_imports_the_list(tagged: TaggedCorpus) -> None:
    module = pytest.importorskip("taguette.import_codebook", reason="Taguette is not installed")
    tags = module.list_tags(io.BytesIO(export(tagged, "taguette")))
    assert {"path": "No theme applies"}.items() <= tags[-1].items()
    assert len(tags) == 38 + 5 + 1


def test_qualcoder_gets_categories_before_codes_and_no_header(tagged: TaggedCorpus) -> None:
    rows = list(csv.reader(io.StringIO(export(tagged, "qualcoder").decode())))
    assert rows[0][0] == "Harm to the child>>Neglect"
    assert {len(row) for row in rows} == {2}
    names = [row[0].rsplit(">>", 1)[-1] for row in rows]
    assert len(set(names)) == len(names) == 38 + 5 + 1  # QualCoder wants each name once


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_every_format_has_the_same_bytes_each_time_and_from_the_command(
    tagged: TaggedCorpus, stored: Path, tmp_path: Path, form: str
) -> None:
    command = [sys.executable, "-m", "oscb_nlp", "export", str(stored), "--format", form]
    out = tmp_path / "file"
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == export(tagged, form)


@pytest.mark.parametrize("form", EXPORT_FORMATS)
def test_a_corpus_with_nothing_in_it_is_written_too(by_model: TaggedCorpus, form: str) -> None:
    empty = TaggedCorpus(
        *(
            getattr(by_model, name).head(0)
            for name in ("documents", "passages", "items", "problems")
        ),
        tags=by_model.tags.head(0),
    )
    assert isinstance(export(empty, form), bytes)
