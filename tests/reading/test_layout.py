from collections.abc import Callable
from pathlib import Path

from fpdf import FPDF

from oscb_nlp import read_pdf

LONG = (
    "The health visitor who saw the family in March did not know that the school had written to the "
    "parents four times, and nobody in either agency asked what the other had seen in the home. "
)


def test_a_paragraph_over_a_page_end_is_one_passage(make_pdf: Callable[..., Path]) -> None:
    first = "1.1 " + (LONG * 2).strip()
    cut = len(LONG) + 60
    pages = [[first[:cut].rsplit(" ", 1)[0]], [first[len(first[:cut].rsplit(" ", 1)[0]) :].strip()]]
    document = read_pdf(make_pdf(pages[0], [*pages[1], "1.2 Another paragraph of the review."]))
    assert [p.number for p in document.passages] == ["1.1", "1.2"]
    assert document.passages[0].text == (LONG * 2).strip()
    assert (document.passages[0].page, document.passages[0].end_page) == (1, 2)


def test_a_running_footer_is_dropped_and_kept_apart(tmp_path: Path) -> None:
    class Footed(FPDF):
        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Helvetica", size=8)
            self.cell(0, 10, f"Larkshire Board - Child J - Page {self.page_no()} of 4")

    pdf = Footed()
    for number, agency in enumerate(("School", "Police", "Midwives", "Housing"), 1):
        pdf.add_page()
        pdf.set_font("Helvetica", size=11)
        pdf.multi_cell(
            0, 6, f"{number}. {agency} wrote to the family and had no answer.", align="L"
        )
    pdf.output(str(tmp_path / "footed.pdf"))
    document = read_pdf(tmp_path / "footed.pdf")
    assert [p.number for p in document.passages] == ["1", "2", "3", "4"]
    assert not any("Larkshire" in p.text for p in document.passages)
    assert len(document.furniture) == 4


def test_bullets_are_passages_of_their_own(make_pdf: Callable[..., Path]) -> None:
    document = read_pdf(make_pdf([f"The panel found: {LONG}", "- visits were missed", "- no plan"]))
    assert [p.text for p in document.passages if p.kind == "bullet"] == [
        "visits were missed",
        "no plan",
    ]
