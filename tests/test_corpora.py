"""The labelled corpus is what its datasheet says: size, balance, splits, second coding."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from oscb_nlp import load_codebook, load_labelled
from oscb_nlp.agreement import agreement
from oscb_nlp.codebook import STANCES
from oscb_nlp.cues import CueFinder
from oscb_nlp.resources import shipped_path


@pytest.fixture(scope="module")
def fiction() -> pd.DataFrame:
    return load_labelled()


@pytest.fixture(scope="module")
def further() -> pd.DataFrame:
    return load_labelled("further")


@pytest.fixture(scope="module")
def real() -> list[dict[str, object]]:
    path = shipped_path("corpora/real") / "labels.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def every(fiction: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    others = [load_labelled(name) for name in ("papers", "single")]
    return pd.concat([fiction, further, *others], ignore_index=True)


@pytest.fixture(scope="module")
def alike(every: pd.DataFrame) -> list[tuple[int, int, float]]:
    """Pairs of passages of six words and more that share half of their three-word runs."""
    texts = every["text"].where(every["text"].str.split().str.len() >= 6, "")
    counter = CountVectorizer(ngram_range=(3, 3), binary=True, dtype=np.int32)
    runs = counter.fit_transform(texts)
    size = np.asarray(runs.sum(axis=1)).ravel()
    shared = sparse.triu(runs @ runs.T, k=1).tocoo()
    jaccard = shared.data / (size[shared.row] + size[shared.col] - shared.data)
    near = jaccard >= 0.5
    columns = (shared.row[near], shared.col[near], jaccard[near])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_it_has_sixty_reviews_over_sixteen_years(fiction: pd.DataFrame) -> None:
    reviews = fiction.drop_duplicates("document")
    assert len(reviews) >= 60
    assert set(reviews["year"]) == set(range(2010, 2026))
    assert reviews["document"].str.split("-").str[0].nunique() >= 8  # boards
    kinds = reviews["document"].str.extract(r"-(scr|lcspr|rr|annual-report|board-paper)")[0]
    assert (kinds.value_counts() >= 2).sum() == 5


def test_every_theme_has_its_passages(fiction: pd.DataFrame) -> None:
    counts = fiction["themes"].explode().value_counts().reindex(load_codebook().ids, fill_value=0)
    assert len(fiction) >= 4500
    assert counts.min() >= 60
    assert (counts < 120).sum() <= 5


def test_many_passages_have_no_theme_and_many_have_several(
    fiction: pd.DataFrame, every: pd.DataFrame
) -> None:
    assert (fiction["themes"].map(len) == 0).sum() >= 1000
    sizes = every["themes"].map(len)
    assert (sizes == 0).sum() >= 2500
    assert (sizes >= 2).mean() >= 0.25


def test_many_passages_of_a_theme_lack_its_obvious_words(fiction: pd.DataFrame) -> None:
    finder = CueFinder(load_codebook())
    given, without = Counter[str](), Counter[str]()
    for themes, cues in zip(fiction["themes"], finder.find_all(fiction["text"]), strict=True):
        given.update(themes)
        without.update(set(themes) - {cue.theme for cue in cues if cue.strong})
    share = {theme: without[theme] / given[theme] for theme in given}
    # Early help is mostly named; settling the labels took away what was stretched to it.
    assert share.pop("early-help") >= 0.38
    assert min(share.values()) >= 0.45


def test_every_stance_stands_in_every_family(fiction: pd.DataFrame) -> None:
    family = {theme.id: theme.family for theme in load_codebook()}
    found = {(family[t], s) for stances in fiction["stances"] for t, s in stances.items()}
    assert found == {(f, s) for f in set(family.values()) for s in STANCES}


def test_few_passages_are_nearly_the_same(
    every: pd.DataFrame, alike: list[tuple[int, int, float]]
) -> None:
    assert len({row for pair in alike for row in pair[:2]}) <= 0.08 * len(every)


def test_no_passage_stands_on_both_sides_of_a_split(
    every: pd.DataFrame, alike: list[tuple[int, int, float]]
) -> None:
    split, text = every["split"], every["text"]
    crossing = [(text[a], text[b]) for a, b, _share in alike if split[a] != split[b]]
    assert not crossing


def test_no_review_and_no_test_writer_stands_on_two_sides(fiction: pd.DataFrame) -> None:
    assert (fiction.groupby("document")["split"].nunique() == 1).all()
    writers = fiction.groupby("split")["writer"].agg(set)
    assert not writers["train"] & writers["test"]


def test_the_further_reviews_have_writers_and_boards_of_their_own(
    fiction: pd.DataFrame, further: pd.DataFrame
) -> None:
    assert further["document"].nunique() == 413
    assert not set(further["writer"]) & set(fiction["writer"])
    assert not set(further["board"].str.split().str[0]) & set(fiction["board"].str.split().str[0])
    counts = further["themes"].explode().value_counts().reindex(load_codebook().ids, fill_value=0)
    assert counts.min() >= 100


def test_the_board_papers_to_test_with_have_writers_and_boards_of_their_own(
    fiction: pd.DataFrame, further: pd.DataFrame
) -> None:
    papers = load_labelled("papers")
    assert (papers["document"].nunique(), len(papers)) == (14, 487)
    for others in (fiction, further, load_labelled("single")):
        assert not set(papers["writer"]) & set(others["writer"])
        assert not set(papers["document"]) & set(others["document"])
    boards = set(papers["board"].str.split().str[0])
    for others in (fiction, further):
        assert not boards & set(others["board"].str.split().str[0])
    counts = papers["themes"].explode().value_counts().reindex(load_codebook().ids, fill_value=0)
    assert counts.min() >= 3


def test_the_splits_have_every_theme_and_the_sizes_meant(fiction: pd.DataFrame) -> None:
    shares = fiction["split"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.60, abs=0.06)
    assert shares["dev"] == pytest.approx(0.15, abs=0.04)
    assert shares["test"] == pytest.approx(0.25, abs=0.06)
    counts = fiction.explode("themes").groupby(["split", "themes"]).size().unstack(fill_value=0)
    assert (counts.loc["test"] >= 10).all()
    assert (counts.loc["dev"] >= 3).all()


def test_every_passage_of_a_review_was_coded_twice_and_adjudicated(
    fiction: pd.DataFrame, further: pd.DataFrame
) -> None:
    for reviews in (fiction, further, load_labelled("papers")):
        assert (reviews["codings"].map(len) >= 2).all()
        assert set(reviews["coder"]) == {"adjudicated"}


def test_the_passages_written_one_by_one_have_every_theme_and_writers_of_their_own(
    fiction: pd.DataFrame, further: pd.DataFrame
) -> None:
    single = load_labelled("single")
    assert len(single) == 22_378
    assert not set(single["writer"]) & (set(fiction["writer"]) | set(further["writer"]))
    counts = single["themes"].explode().value_counts().reindex(load_codebook().ids, fill_value=0)
    assert counts.min() >= 60
    assert (single["codings"].map(len) == 2).sum() == 1_060


def test_the_second_coders_agree_as_the_datasheet_says(fiction: pd.DataFrame) -> None:
    # Whoever wrote a review is one role here, the first coder, and whoever coded blind the second.
    codings = [
        {("first" if coder.startswith("writer") else "second"): c for coder, c in given.items()}
        for given in fiction["codings"]
    ]
    found = agreement(codings, load_codebook().ids, draws=0).set_index("theme")
    sheet = (Path(__file__).parents[1] / "corpora" / "figures.md").read_text(encoding="utf-8")
    rows = dict(
        line.strip("| ").split(" | ", 1)
        for line in sheet.split("### Fictional reviews")[1].split("### Published")[0].splitlines()
        if line.startswith("| ") and "-" * 3 not in line
    )
    for theme in ("neglect", "information-sharing", "professional-curiosity"):
        assert f"{found.loc[theme, 'alpha']:.2f}" in rows[theme]


def test_published_passages_are_coded_twice_and_adjudicated(
    real: list[dict[str, object]],
) -> None:
    assert all(set(record["codings"]) == {"A", "B"} for record in real)  # type: ignore[call-overload]
    assert all("adjudicated" in record for record in real)
    assert len({record["sha256"] for record in real}) >= 70
    fold = pd.DataFrame(real).groupby("area")["fold"].nunique()
    assert (fold == 1).all()
