import pytest

from oscb_nlp import SeenBefore, TaggedCorpus
from oscb_nlp.errors import SettingError
from tests.summary.test_summary import LIKE, SAME, tagged

OTHER = "Nobody had looked into the room in which the twins slept for seven months before that"


@pytest.fixture
def earlier() -> SeenBefore:
    theme = "information-sharing"
    rows = [("a", 2018, theme, "recommendation", SAME), ("b", 2012, theme, "finding", LIKE),
            ("c", 2015, "neglect", "finding", OTHER), ("d", 2016, "neglect", "narrative", SAME)]  # fmt: skip
    return SeenBefore(tagged(rows))


def test_what_was_said_before_comes_by_year_with_its_citation(earlier: SeenBefore) -> None:
    found = earlier.search(SAME)
    assert found["year"].tolist() == [2012, 2018]
    assert found["file"].tolist() == ["b.pdf", "a.pdf"]
    assert found["same"].all()
    assert found["text"].tolist() == [LIKE, SAME]


def test_a_draft_of_one_year_is_held_against_earlier_ones_alone(earlier: SeenBefore) -> None:
    assert earlier.search(SAME, before=2018)["year"].tolist() == [2012]


def test_nothing_like_it_gives_an_empty_table(earlier: SeenBefore) -> None:
    found = earlier.search("The budget for 2019 was agreed by the finance committee in March")
    assert found.empty
    assert "similarity" in found


def test_a_word_or_two_are_refused_with_the_way_out(earlier: SeenBefore) -> None:
    with pytest.raises(SettingError, match="whole sentence"):
        earlier.search("neglect")


def test_a_corpus_without_learning_has_said_nothing() -> None:
    assert SeenBefore(tagged([("a", 2016, "neglect", "narrative", SAME)])).search(SAME).empty


def test_the_better_grade_is_searched_by_meaning(demo_tagged: TaggedCorpus) -> None:
    pytest.importorskip("onnxruntime")
    earlier = SeenBefore(demo_tagged)
    assert earlier.source == "encoder"
    found = earlier.search(
        "A man who lives with a baby must be named, checked and included by every service."
    )
    assert found["themes"].map(lambda themes: "fathers-hidden-men" in themes).any()


def test_another_encoder_is_not_mixed_with_the_vectors_held(demo_tagged: TaggedCorpus) -> None:
    assert demo_tagged.vectors is not None
    settings = {**demo_tagged.settings, "encoder": {"sha256": "of another", "alike": 0.5}}
    other = TaggedCorpus(
        **{
            name: getattr(demo_tagged, name)
            for name in ("documents", "passages", "items", "problems", "tags")
        },
        settings=settings,
        vectors=demo_tagged.vectors,
    )
    assert SeenBefore(other).source == "words"
