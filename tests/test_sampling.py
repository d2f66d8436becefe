import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.sampling import allocate, draw


def test_a_random_sample_holds_rare_themes_and_every_year(half_neglect: TaggedCorpus) -> None:
    sample = draw(half_neglect, "random", 60)
    assert len(sample) == 60
    assert sample["stratum"].value_counts().to_dict() == {"neglect": 28, "": 20, "covid-19": 12}
    years = sample["passage_id"].str[1:5].value_counts()
    assert years.min() >= 18


def test_the_weights_of_a_random_sample_add_up_to_the_corpus(half_neglect: TaggedCorpus) -> None:
    assert draw(half_neglect, "random", 60)["weight"].sum() == pytest.approx(600)


def test_over_many_draws_every_passage_is_drawn_as_often_as_its_weight_says(
    half_neglect: TaggedCorpus,
) -> None:
    counts = np.zeros(600)
    place = {passage: i for i, passage in enumerate(half_neglect.passages["passage_id"])}
    for seed in range(400):
        sample = draw(half_neglect, "random", 60, seed=seed)
        counts[sample["passage_id"].map(place)] += sample["weight"]
    assert counts.mean() / 400 == pytest.approx(1.0)
    assert counts.std() / 400 < 0.2


def test_the_same_seed_draws_the_same_sample_under_the_same_name(
    half_neglect: TaggedCorpus,
) -> None:
    assert draw(half_neglect, "random", 40, seed=3).equals(draw(half_neglect, "random", 40, seed=3))
    assert not draw(half_neglect, "random", 40, seed=3).equals(
        draw(half_neglect, "random", 40, seed=4)
    )


def test_all_positives_of_a_theme_are_drawn_without_weights(half_neglect: TaggedCorpus) -> None:
    sample = draw(half_neglect, "positives", themes=["covid-19"])
    assert len(sample) == 12
    assert sample["weight"].isna().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "best"}, "there are random, positives"),
        ({"method": "random", "size": 2}, "larger --size"),
        ({"method": "positives", "themes": ["weather"]}, "'weather' is not in the codebook"),
    ],
)
def test_what_cannot_be_drawn_is_named(
    half_neglect: TaggedCorpus, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        draw(half_neglect, **settings)  # type: ignore[arg-type]


@given(
    st.dictionaries(st.sampled_from(["", "a", "b", "c"]), st.integers(1, 50), min_size=1),
    st.integers(4, 120),
)
def test_no_stratum_gives_more_than_it_holds_or_nothing(sizes: dict[str, int], size: int) -> None:
    chosen = allocate(sizes, size)
    assert sum(chosen.values()) == min(size, sum(sizes.values()))
    assert all(1 <= chosen[name] <= sizes[name] for name in sizes)
