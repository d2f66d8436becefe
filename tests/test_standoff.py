"""Stand-off labels find their passages again, and hold no word of them."""

import hashlib
import json
from pathlib import Path

import pytest

from oscb_nlp import demo_files, read_pdf
from oscb_nlp.errors import InputError, LabelError
from oscb_nlp.resources import shipped_path
from oscb_nlp.standoff import join_labels


def test_labels_lead_back_to_the_passage_that_holds_their_characters(tmp_path: Path) -> None:
    path = demo_files()[0]
    document = read_pdf(path)
    passage = document.passages[5]
    places = [(run.page, at) for run in passage.lines for at in run.offsets]
    page = places[0][0]
    on_page = [at for p, at in places if p == page]
    labels = tmp_path / "labels.jsonl"
    record = {
        "id": "x",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "spans": [[page, min(on_page), max(on_page) + 1]],
        "codings": {"A": {"neglect": "good-practice"}, "B": {"neglect": "finding"}},
    }
    labels.write_text(json.dumps(record) + "\n", encoding="utf-8")
    (row,) = join_labels(path.parent, labels).to_dict("records")
    assert row["text"] == passage.text
    assert row["themes"] == ("neglect",)
    assert row["stances"] == {"neglect": "finding"}
    assert row["coder"] == "A+B"


def test_a_folder_without_the_labelled_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=str(tmp_path)):
        join_labels(tmp_path)


def test_a_bad_record_is_named_with_its_line(tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"
    labels.write_text('{"id": "x", "sha256": "0", "spans": []}\n', encoding="utf-8")
    with pytest.raises(LabelError, match=r"labels\.jsonl:1: 'codings'"):
        join_labels(tmp_path, labels)


def test_the_labels_hold_no_text_of_the_reports() -> None:
    lines = (shipped_path("corpora/real") / "labels.jsonl").read_text(encoding="utf-8")
    allowed = {"id", "sha256", "spans", "area", "year", "series", "fold", "codings", "adjudicated"}
    records = [json.loads(line) for line in lines.splitlines()]
    assert all(set(record) <= allowed for record in records)
    assert max(len(str(value)) for r in records for k, value in r.items() if k == "area") < 40


def test_most_labels_find_their_passage_in_the_reports() -> None:
    folder = Path(__file__).parents[2] / "shared" / "real" / "focused"
    if not folder.exists():
        pytest.skip("the published reports are not beside this checkout")
    digests = {hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()}
    lines = (shipped_path("corpora/real") / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = sum(json.loads(line)["sha256"] in digests for line in lines)
    assert len(join_labels(folder)) >= 0.98 * wanted
