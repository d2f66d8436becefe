"""Passages without a theme become candidates for new ones."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from oscb_nlp import load_labelled
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.suggesting import suggest
from oscb_nlp.tables import CODING_SCHEMAS, frame
from tests.coded import coded_corpus

HIDDEN = "domestic-abuse"


@pytest.fixture(scope="module")
def without_one_theme() -> TaggedCorpus:
    """The fictional reviews, coded with a codebook that lacks one theme."""
    whole = coded_corpus(load_labelled())
    return replace(whole, tags=whole.tags[whole.tags["theme"] != HIDDEN])


@pytest.fixture(scope="module")
def found(without_one_theme: TaggedCorpus) -> pd.DataFrame:
    return suggest(without_one_theme)


def test_a_theme_that_the_codebook_lacks_is_found_again(
    found: pd.DataFrame, without_one_theme: TaggedCorpus
) -> None:
    """One candidate is mostly of what was hidden."""
    labelled = load_labelled()
    hidden = {row.id for row in labelled.itertuples() if list(row.themes) == [HIDDEN]}
    shares = [
        len(set(ids.split("; ")) & hidden) / len(ids.split("; ")) for ids in found["passage_ids"]
    ]
    assert max(shares) > 0.6
    assert "violence" in found["terms"][int(np.argmax(shares))]


def test_each_candidate_has_terms_reviews_and_cited_examples(
    found: pd.DataFrame, without_one_theme: TaggedCorpus
) -> None:
    assert len(found) >= 5
    assert found["candidate"].tolist() == list(range(1, len(found) + 1))
    assert (found["reviews"] >= 2).all()
    assert (found["passages"] >= 5).all()
    texts = set(without_one_theme.passages["text"])
    for row in found.itertuples():
        examples = json.loads(row.examples)
        assert 1 <= len(examples) <= 3
        assert {example["text"] for example in examples} <= texts
        assert all(", p. 1" in example["citation"] for example in examples)


def test_nothing_with_a_theme_and_nothing_that_is_no_learning_is_in_a_candidate(
    found: pd.DataFrame, without_one_theme: TaggedCorpus
) -> None:
    ids = {one for row in found["passage_ids"] for one in row.split("; ")}
    assert not ids & set(without_one_theme.tags["passage_id"])
    sections = without_one_theme.passages.set_index("passage_id")["section"]
    assert not set(sections[list(ids)]) & {"terms-of-reference", "references", "narrative"}


def test_the_same_corpus_gives_the_same_candidates(
    found: pd.DataFrame, without_one_theme: TaggedCorpus
) -> None:
    pd.testing.assert_frame_equal(suggest(without_one_theme), found)


def test_what_a_person_read_and_gave_no_theme_is_counted(
    found: pd.DataFrame, without_one_theme: TaggedCorpus
) -> None:
    first = found["passage_ids"][0].split("; ")[0]
    passage = without_one_theme.passages.set_index("passage_id", drop=False).loc[first].to_dict()
    codings = frame(coding_rows(passage, "Ann", {}, ""), CODING_SCHEMAS["codings"])
    again = suggest(with_codings(without_one_theme, codings))
    assert found["read_by_people"].sum() == 0
    assert again["read_by_people"].sum() == 1


def test_too_little_left_over_suggests_nothing(without_one_theme: TaggedCorpus) -> None:
    few = replace(without_one_theme, passages=without_one_theme.passages.head(8))
    assert suggest(few).empty
