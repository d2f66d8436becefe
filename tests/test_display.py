"""What a notebook shows of documents, corpora, passages and summaries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import html

from oscb_nlp import demo_files, explain_passage, read_pdf
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.display import card, table
from oscb_nlp.summary import CrossYearSummary

HOSTILE = "<script>alert(1)</script>"


def words(text: str) -> str:
    return " ".join(html.fromstring(text).itertext())


def test_a_document_shows_its_metadata_with_sources_and_its_first_passages() -> None:
    document = read_pdf(demo_files()[1])
    shown = words(document._repr_html_())
    assert document.value("title") in shown
    assert document.metadata["year"].source in shown
    assert document.passages[0].text[:60] in shown


def test_a_tagged_corpus_shows_its_size_and_commonest_themes(demo_tagged: TaggedCorpus) -> None:
    shown = words(demo_tagged._repr_html_())
    assert "documents: 16" in shown
    assert "the model alone" in shown
    assert "information-sharing" in shown
    named = replace(demo_tagged, settings={**demo_tagged.settings, "coders": ["Ann"]})
    assert "coders: Ann" in words(named._repr_html_())


def test_a_summary_shows_each_theme_with_its_verdict(demo_summary: CrossYearSummary) -> None:
    shown = words(demo_summary._repr_html_())
    assert "Information sharing and recording" in shown
    assert "persistent" in shown


def test_what_a_review_wrote_is_shown_as_text() -> None:
    shown = card(HOSTILE, {HOSTILE: HOSTILE}, table(HOSTILE, (HOSTILE,), [(HOSTILE,)]))
    assert "<script" not in shown
    assert words(shown).count(HOSTILE) == 6


def test_a_table_without_rows_is_not_shown() -> None:
    assert table("Problems", ("problem",), []) == ""


def test_a_passage_explains_itself_from_its_tags(demo_tagged: TaggedCorpus) -> None:
    tag = demo_tagged.tags.iloc[0]
    found = explain_passage(demo_tagged, tag["passage_id"])
    assert tag["theme"] in {reading.theme for reading in found.themes}
    assert all(e.text in found.text for reading in found.themes for e in reading.evidence)
    assert f"{found.themes[0].theme} ({found.themes[0].stance})" in found._repr_html_()
    with pytest.raises(KeyError, match="no passage"):
        explain_passage(demo_tagged, "nothing")


def test_a_passage_is_shown_on_its_page(demo_tagged: TaggedCorpus) -> None:
    passage = demo_tagged.passages.iloc[30]
    image = demo_tagged.picture(passage["passage_id"])
    height = (passage["bbox"][3] - passage["bbox"][1]) * 2
    assert image.height >= height
    orange = (np.asarray(image) == (182, 92, 0)).all(axis=2).sum()
    assert orange > 2 * image.width * 0.5
    with pytest.raises(KeyError, match="no passage"):
        demo_tagged.picture("nothing")


def test_a_page_that_is_not_there_is_named(demo_tagged: TaggedCorpus) -> None:
    from oscb_nlp import draw_passage

    with pytest.raises(ValueError, match="has no page 99"):
        draw_passage(Path(demo_files()[0]), 99, (0, 0, 10, 10))
