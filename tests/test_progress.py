"""Long work shows how far it has come, with one argument."""

import pandas as pd
import pytest

from oscb_nlp import demo_files, read_corpus, summarise, tag
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.progress import shown_progress


@pytest.fixture(scope="module")
def one_review() -> TaggedCorpus:
    return tag(read_corpus(demo_files()[0]), grade="fast")


def test_true_draws_a_bar_that_ends_full(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(True, "Counting", 3) as done:
        done(1)
        done(3)
    drawn = capsys.readouterr().err
    assert "Counting: 100%" in drawn
    assert "3/3" in drawn


def test_reading_draws_a_bar_or_tells_how_many_are_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[int] = []
    read_corpus(*demo_files()[:2], jobs=1, progress=told.append)
    assert told == [1, 2]
    read_corpus(demo_files()[0], progress=True)
    assert "Reading: 100%" in capsys.readouterr().err


@pytest.mark.parametrize("nothing", [None, False])
def test_nothing_is_shown_unless_it_is_asked_for(
    nothing: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with shown_progress(nothing, "Counting", 1) as done:
        done(1)
    assert capsys.readouterr() == ("", "")


def test_coding_and_summarising_draw_a_bar(
    one_review: TaggedCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    again = tag(one_review, grade="fast", progress=True)
    pd.testing.assert_frame_equal(again.tags, one_review.tags)
    summarise(again, progress=True)
    drawn = capsys.readouterr().err
    assert "Coding: 100%" in drawn
    assert "Summarising: 100%" in drawn
