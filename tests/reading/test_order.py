"""Columns, bullets within bullets, quotes, footnotes: what a reader sees beyond lines."""

from pathlib import Path

import pytest
from fpdf import FPDF

from oscb_nlp import read_pdf

LEFT = ("The health visitor wrote in March that the home was cold and that the baby lay in a pram by the door, "
        "and she came back in May to find that nothing at all had changed there. ") * 4  # fmt: skip
RIGHT = ("Nobody asked the older brother what he had seen on the nights when his mother was away, though a teacher "
         "had noted twice that he slept in class and that he hid bread. ") * 4  # fmt: skip


@pytest.fixture
def two_columns(tmp_path: Path) -> Path:
    """A page whose lines are drawn across both columns by turns, as some programs do."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=10)
    columns = [
        pdf.multi_cell(80, 5, text, dry_run=True, output="LINES", align="L")
        for text in (LEFT.strip(), RIGHT.strip())
    ]
    for row in range(max(map(len, columns))):
        for column, lines in enumerate(columns):
            if row < len(lines):
                pdf.text(15 + 95 * column, 30 + 5 * row, lines[row].strip())
    pdf.output(str(tmp_path / "columns.pdf"))
    return tmp_path / "columns.pdf"


def test_columns_drawn_by_turns_are_read_one_after_the_other(two_columns: Path) -> None:
    text = " ".join(p.text for p in read_pdf(two_columns).passages)
    assert text == f"{LEFT.strip()} {RIGHT.strip()}"


def test_bullets_within_bullets_have_their_depth(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for indent, text in ((10, "visits"), (20, "by night"), (20, "by day"), (10, "letters")):
        pdf.set_x(10 + indent)
        pdf.cell(0, 8, f"\xb7 {text} that nobody answered", new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(tmp_path / "nested.pdf"))
    passages = read_pdf(tmp_path / "nested.pdf").passages
    assert [(p.kind, p.level) for p in passages] == [
        ("bullet", 1), ("bullet", 2), ("bullet", 2), ("bullet", 1),
    ]  # fmt: skip


def test_a_footnote_is_kept_apart_and_tied_to_its_mark(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.write(6, "1. The conference was told nothing of the injury")
    pdf.set_font("Helvetica", size=7)
    pdf.char_vpos = "SUP"
    pdf.write(6, "3")
    pdf.char_vpos = "LINE"
    pdf.set_font("Helvetica", size=12)
    pdf.write(6, " and it made no plan for the baby.")
    pdf.set_y(265)
    pdf.set_font("Helvetica", size=8)
    pdf.set_auto_page_break(False)
    pdf.cell(0, 5, "3 The letter arrived on the following day.")
    pdf.output(str(tmp_path / "note.pdf"))
    document = read_pdf(tmp_path / "note.pdf")
    (passage,) = document.passages
    assert passage.text == (
        "The conference was told nothing of the injury and it made no plan for the baby."
    )
    assert [(m.number, passage.text[: m.at].split()[-1]) for m in passage.marks] == [
        ("3", "injury")
    ]
    assert [(n.number, n.text) for n in document.notes] == [
        ("3", "The letter arrived on the following day.")
    ]
