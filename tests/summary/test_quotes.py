"""Quotes held against the files that they cite."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp import CrossYearSummary, TaggedCorpus, demo_files, read_corpus, summarise, tag
from oscb_nlp.errors import OutputError
from oscb_nlp.reading.quoted import stands_in

PAGE = (
    "3.4 The health visitor told nobody at the school what she had seen. The agencies did not "
    "share it, and the child was not seen alone for seven weeks.12 A review should have been "
    "called, and there was time enough to call it before the summer."
)
WORDS = PAGE.replace(".12 ", ". ").split()


@given(st.integers(0, len(WORDS) - 8), st.data())
def test_what_stands_on_the_page_is_found(start: int, data: st.DataObject) -> None:
    end = data.draw(st.integers(start + 6, len(WORDS)))
    assert stands_in(" ".join(WORDS[start:end]), PAGE)


@given(
    st.integers(4, len(WORDS) - 5).filter(lambda i: WORDS[i] != "it"),
    st.sampled_from(["always", "never", "school", "not"]),
)
def test_a_word_changed_added_or_lost_is_noticed(place: int, word: str) -> None:
    quote = [*WORDS]
    if word == WORDS[place].strip(",."):
        return
    assert not stands_in(" ".join([*quote[:place], word, *quote[place:]]), PAGE)
    assert not stands_in(" ".join([*quote[:place], *quote[place + 1 :]]), PAGE)
    quote[place] = word
    assert not stands_in(" ".join(quote), PAGE)


def test_layout_parts_a_quote_and_changes_nothing() -> None:
    page = "The ofﬁcer asked for a multi-\nagency plan.\n7\nIt was drawn up by the school nurse"
    assert stands_in("The officer asked for a multi-agency plan. It was drawn up", page)


def test_every_quote_of_the_demo_stands_in_its_file(demo_summary: CrossYearSummary) -> None:
    check = demo_summary.verify()
    assert check.quotes > 500
    assert check.in_files == check.quotes
    assert str(check) == f"{check.quotes} of {check.quotes} quotes verified"


@pytest.fixture
def coded(tmp_path: Path) -> TaggedCorpus:
    """A review of its own folder, read and coded."""
    (source,) = (path for path in demo_files() if "rr-child-p" in path.name)
    copy = tmp_path / "review.pdf"
    shutil.copyfile(source, copy)
    return tag(read_corpus(copy, jobs=1), grade="fast")


def test_a_quote_that_its_file_does_not_hold_stops_the_write(
    coded: TaggedCorpus, tmp_path: Path
) -> None:
    quoted = summarise(coded).exemplars.iloc[0]
    altered = quoted["text"].replace(" ", " quite ", 1)  # a word that it does not have there
    texts = coded.passages["text"].where(coded.passages["text"] != quoted["text"], altered)
    with pytest.raises(
        OutputError, match=r"review\.pdf, page \d+: passage .* does not stand there"
    ):
        summarise(replace(coded, passages=coded.passages.assign(text=texts))).save(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_gone_or_changed_is_said_to_bear_no_witness(
    coded: TaggedCorpus, tmp_path: Path
) -> None:
    summary = summarise(coded)
    assert summary.verify().in_store == 0
    (tmp_path / "review.pdf").write_bytes(demo_files()[0].read_bytes())
    assert summary.verify().in_files == 0
    (tmp_path / "review.pdf").unlink()
    check = summary.save(tmp_path / "out")
    assert check.in_store == check.quotes > 0
    assert "against the passages as read" in str(check)
