"""Ruled tables: cells as drawn, rows over page ends, what is no table."""

from collections.abc import Callable
from pathlib import Path

from fpdf import FPDF

from oscb_nlp import read_pdf
from oscb_nlp.reading.engines.page import Segment
from oscb_nlp.reading.engines.ruling import find_frames

HEADER = ("No.", "Recommendation", "Lead agency", "Timescale")
ROWS = [
    (str(n), f"The board should test whether lesson {n} has changed what workers do each day.",
     "Police" if n % 2 else "Health visiting", "June 2017")
    for n in range(1, 9)
]  # fmt: skip


def table_pdf(path: Path, rows: list[tuple[str, ...]], before: int = 0) -> Path:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    for _ in range(before):
        pdf.multi_cell(0, 6, "A paragraph before the table.", new_x="LMARGIN", new_y="NEXT")
    with pdf.table(col_widths=(12, 90, 40, 30)) as table:
        for cells in [HEADER, *rows]:
            row = table.row()
            for cell in cells:
                row.cell(cell)
    pdf.output(str(path))
    return path


def test_the_cells_of_a_ruled_table_are_read_as_drawn(tmp_path: Path) -> None:
    document = read_pdf(table_pdf(tmp_path / "table.pdf", ROWS))
    assert document.tables[0].rows == (HEADER, *ROWS)
    assert [p.number for p in document.passages] == [row[0] for row in ROWS]
    assert document.passages[0].text.endswith("each day. | Police | June 2017")


def test_a_table_over_a_page_end_is_one_table_with_one_header(tmp_path: Path) -> None:
    document = read_pdf(table_pdf(tmp_path / "long.pdf", ROWS * 2, before=30))
    assert len(document.tables) == 1
    assert len(document.tables[0].rows) == 1 + len(ROWS) * 2
    assert set(document.tables[0].row_pages) == {1, 2}


def test_a_row_of_a_table_is_an_item_with_agency_and_timescale(tmp_path: Path) -> None:
    items = read_pdf(table_pdf(tmp_path / "table.pdf", ROWS)).items
    assert [(i.kind, i.number, i.agency, i.timescale, i.source) for i in items[:2]] == [
        ("recommendation", "1", "Police", "June 2017", "table"),
        ("recommendation", "2", "Health visiting", "June 2017", "table"),
    ]


def test_a_box_around_a_paragraph_is_no_table(make_pdf: Callable[..., Path]) -> None:
    box = [Segment(50, 50, 300, 50), Segment(50, 90, 300, 90),
           Segment(50, 50, 50, 90), Segment(300, 50, 300, 90)]  # fmt: skip
    assert find_frames(box) == []


def test_cells_that_span_columns_leave_their_neighbours_empty() -> None:
    # Two rows of two cells, above them one cell over both columns.
    level = [Segment(0, y, 200, y) for y in (0, 20, 40, 60)]
    upright = [Segment(0, 0, 0, 60), Segment(200, 0, 200, 60), Segment(100, 20, 100, 60)]
    (frame,) = find_frames(level + upright)
    assert [sum(cell is not None for cell in row) for row in frame.rows] == [1, 2, 2]


def test_lines_drawn_in_pieces_make_the_same_table_as_whole_ones() -> None:
    whole = [Segment(0, y, 200, y) for y in (0, 20, 40)] + [
        Segment(x, 0, x, 40) for x in (0, 100, 200)
    ]
    pieces = [Segment(x, y, x + 100, y) for y in (0.4, 20, 40) for x in (0, 100)] + [
        Segment(x, y, x, y + 20) for x in (0, 100.5, 200) for y in (0, 20)
    ]
    shapes = [[len(f.rows) for f in find_frames(segments)] for segments in (whole, pieces)]
    assert shapes == [[2], [2]]
