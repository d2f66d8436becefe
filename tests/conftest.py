"""What several tests need: small PDFs made in view, the demo corpus and its truth."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF

from oscb_nlp import demo_files, load_labelled, read_corpus, summarise, tag
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.resources import shipped_path
from oscb_nlp.summary import CrossYearSummary
from oscb_nlp.tables import SCHEMAS, frame
from tests.coded import coded_corpus

SHARED = Path(__file__).parents[2] / "shared"


def pytest_configure() -> None:
    """Give each process one thread for linear algebra.

    The processes share the cores; threads that wait for one another take a third of the time.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


# The files that take longest, begun first: begun last, one process would work on alone.
SLOWEST = (
    "test_cli.py",
    "test_training.py",
    "test_notebooks.py",
    "test_running.py",
    "test_cli_coding.py",
    "test_report_passages.py",
    "test_cluster.py",
    "test_remote.py",
    "test_evaluate.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in SLOWEST)


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a PDF of paragraphs, one list of them a page."""

    def make(*pages: list[str], name: str = "review.pdf", password: str = "") -> Path:
        pdf = FPDF()
        pdf.set_font("Helvetica", size=11)
        if password:
            pdf.set_encryption(owner_password="owner", user_password=password)
        for paragraphs in pages:
            pdf.add_page()
            for paragraph in paragraphs:
                pdf.multi_cell(0, 6, paragraph, new_x="LMARGIN", new_y="NEXT", align="L")
                pdf.ln(4)
        path = tmp_path / name
        pdf.output(str(path))
        return path

    return make


@pytest.fixture(scope="session")
def seed_paper() -> Path:
    path = SHARED / "seed" / "cabinet-paper-oscb-2020-21.pdf"
    if not path.exists():
        pytest.skip("the real board paper is not beside this checkout")
    return path


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    """What a reader should take from each demo review."""
    path = shipped_path("corpora/demo") / "truth.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def demo_tagged() -> TaggedCorpus:
    return tag(read_corpus(demo_files()[0].parent))


@pytest.fixture(scope="session")
def demo_summary(demo_tagged: TaggedCorpus) -> CrossYearSummary:
    return summarise(demo_tagged)


@pytest.fixture(scope="session")
def corpus_as_coded() -> TaggedCorpus:
    """The 62 fictional reviews as their coders coded them, not as a model does."""
    return coded_corpus(load_labelled())


@pytest.fixture
def half_neglect() -> TaggedCorpus:
    """600 passages over three years: 300 of neglect, 12 of Covid-19 as well, the rest of none."""
    passages = [
        {"passage_id": f"d{year}-{index:04d}", "document_id": f"d{year}", "section": "body",
         "text": f"A passage of so many words, number {index}."}
        for year in (2016, 2017, 2018) for index in range(200)
    ]  # fmt: skip
    tags = [
        {"passage_id": row["passage_id"], "theme": theme, "stance": "finding", "source": "model"}
        for at, row in enumerate(passages)
        for theme, every in (("neglect", 2), ("covid-19", 50))
        if at % every == 0
    ]
    return TaggedCorpus(
        documents=frame(
            [{"document_id": f"d{year}", "file": "x.pdf", "year": year} for year in (2016, 2017, 2018)],
            SCHEMAS["documents"],
        ),
        passages=frame(passages, SCHEMAS["passages"]),
        items=frame([], SCHEMAS["items"]),
        problems=frame([], SCHEMAS["problems"]),
        tags=frame(tags, SCHEMAS["tags"]),
        settings={},
    )  # fmt: skip
