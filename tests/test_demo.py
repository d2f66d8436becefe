"""What the program takes from the demo corpus, held against its written truth."""

from pathlib import Path
from typing import Any

import pytest

from oscb_nlp import Document, demo_files, read_pdf
from oscb_nlp.corpus import TaggedCorpus


@pytest.fixture(scope="module")
def documents(truth: dict[str, Any]) -> dict[str, Document]:
    return {file.stem: read_pdf(file) for file in demo_files()}


def test_it_has_sixteen_reviews_of_eight_years_and_three_kinds(truth: dict[str, Any]) -> None:
    years = {entry["metadata"]["year"] for entry in truth.values()}
    kinds = {kind_of(entry["metadata"]["review_type"]) for entry in truth.values()}
    assert len(demo_files()) == len(truth) >= 16
    assert len(years) >= 8
    assert kinds == {"case review", "learning summary", "annual report"}


def kind_of(review_type: str) -> str:
    lowered = review_type.lower()
    if "annual" in lowered:
        return "annual report"
    return "learning summary" if "summary" in lowered or "rapid" in lowered else "case review"


def test_each_has_8_to_20_pages(documents: dict[str, Document]) -> None:
    assert all(8 <= document.pages <= 20 for document in documents.values())


def test_passages_come_out_verbatim_with_number_and_kind(
    documents: dict[str, Document], truth: dict[str, Any]
) -> None:
    expected = found = 0
    for name, entry in truth.items():
        read = {(p.kind, p.number, p.text) for p in documents[name].passages}
        for passage in entry["passages"]:
            expected += 1
            found += (passage["kind"], passage["number"], passage["text"]) in read
    assert found / expected >= 0.98


def test_headings_are_found_and_none_is_made_up(
    documents: dict[str, Document], truth: dict[str, Any]
) -> None:
    for name, entry in truth.items():
        assert [h.text for h in documents[name].headings] == entry["headings"], name


def test_footnotes_stand_apart_from_the_passages(
    documents: dict[str, Document], truth: dict[str, Any]
) -> None:
    for name, entry in truth.items():
        assert {note.text for note in documents[name].notes} == set(entry["notes"]), name


def test_a_recommendations_table_over_a_page_end_is_one_table(
    documents: dict[str, Document],
) -> None:
    over = [t for d in documents.values() for t in d.tables if len(set(t.row_pages)) > 1]
    assert len(over) >= 8
    assert all(t.rows[0] not in t.rows[1:] for t in over)


def test_no_running_header_or_footer_stands_in_a_passage(documents: dict[str, Document]) -> None:
    for document in documents.values():
        for line in document.furniture:
            if len(line.split()) > 2:
                assert not any(p.text.endswith(line) for p in document.passages), line


def test_metadata_are_right_and_say_where_they_come_from(
    documents: dict[str, Document], truth: dict[str, Any]
) -> None:
    right = total = 0
    for name, entry in truth.items():
        document, metadata = documents[name], entry["metadata"]
        checks = [
            document.value("year") == str(metadata["year"]),
            document.value("board") == metadata["board"],
            document.value("title") == metadata["title"],
            not metadata["subject"] or document.value("subject").strip("“”") in metadata["subject"],
        ]
        right, total = right + sum(checks), total + len(checks)
        assert all(value.source for value in document.metadata.values())
    assert right / total >= 0.97


def test_evidence_spans_lie_within_their_passages(demo_tagged: TaggedCorpus) -> None:
    frame = demo_tagged.to_frame()
    lengths = frame["text"].str.len()
    for spans, length in zip(frame["evidence"], lengths, strict=True):
        assert len(spans)
        assert all(0 <= span["start"] < span["end"] <= length for span in spans)


def test_every_tag_has_a_calibrated_score_and_a_known_stance(demo_tagged: TaggedCorpus) -> None:
    tags = demo_tagged.tags
    assert tags["score"].between(0, 1).all()
    assert set(tags["stance"]) <= {
        "finding", "good-practice", "recommendation", "narrative", "not-a-factor",
    }  # fmt: skip
    assert set(tags["source"]) == {"model"}


def test_the_demo_is_no_part_of_what_the_model_learnt_from(truth: dict[str, Any]) -> None:
    from oscb_nlp import load_labelled

    assert not set(load_labelled("train")["document"]) & set(truth)
    assert {Path(file).stem for file in demo_files()} == set(truth)
