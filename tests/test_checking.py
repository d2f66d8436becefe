from dataclasses import replace

import pandas as pd
import pytest
from scipy.stats import hypergeom

from oscb_nlp.checking import check, people_say, still_to_read, time_saved
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import OutputError
from oscb_nlp.sampling import draw
from oscb_nlp.tables import CODING_SCHEMAS, frame


def truth_of(passage: str) -> dict[str, str]:
    """Return what a person says: of every tenth passage neglect, of no other."""
    return {"neglect": "finding"} if int(passage[-4:]) % 10 == 0 else {}


def read(corpus: TaggedCorpus, sample: pd.DataFrame) -> TaggedCorpus:
    rows = []
    passages = corpus.passages.set_index("passage_id")
    for passage in sample["passage_id"]:
        row = {"passage_id": passage, **passages.loc[passage].to_dict()}
        rows += coding_rows(row, "Ann", truth_of(passage), "2026-03-01")
    return with_codings(replace(corpus, samples=sample), frame(rows, CODING_SCHEMAS["codings"]))


def test_checking_a_random_sample_tells_precision_recall_and_the_true_share(
    half_neglect: TaggedCorpus,
) -> None:
    found = (
        check(read(half_neglect, draw(half_neglect, "random", 300)))
        .set_index("theme")
        .loc["neglect"]
    )
    # The model gave neglect to 300 of 600 passages; 60 have it, all of them among the 300.
    assert found["precision_low"] < 0.2 < found["precision_high"]
    assert found["recall"] == 1.0
    assert found["corrected_low"] < 0.1 < found["corrected_high"]
    assert found["found_share"] == 0.5
    assert found["right"] + found["wrong"] > found["right"] > 0


def test_estimates_do_not_lean_though_rare_themes_are_drawn_more_densely(
    half_neglect: TaggedCorpus,
) -> None:
    shares = [
        check(read(half_neglect, draw(half_neglect, "random", 60, seed=seed)), draws=1)
        .set_index("theme")
        .loc["neglect", "corrected_share"]
        for seed in range(40)
    ]
    assert sum(shares) / len(shares) == pytest.approx(0.1, abs=0.02)


def test_a_sample_read_in_part_stands_for_the_whole(half_neglect: TaggedCorpus) -> None:
    sample = draw(half_neglect, "random", 120)
    part = read(half_neglect, sample.head(60))
    found = check(replace(part, samples=sample)).set_index("theme").loc["neglect"]
    assert found["checked"] == 60
    assert found["corrected_low"] < 0.1 < found["corrected_high"]


def test_without_a_random_sample_nothing_is_estimated(half_neglect: TaggedCorpus) -> None:
    with pytest.raises(OutputError, match="--sample random"):
        check(read(half_neglect, draw(half_neglect, "positives", 50)))


def test_what_is_still_to_read_follows_the_hypergeometric_distribution() -> None:
    more = still_to_read(found=40, unread=500)
    # 40 found and 3 missing would be a recall of 93%.
    assert hypergeom.pmf(0, 500, 3, more) <= 0.05 < hypergeom.pmf(0, 500, 3, more - 1)


def test_little_is_left_to_read_where_few_are_unread() -> None:
    assert still_to_read(found=40, unread=2) == 0
    assert still_to_read(found=0, unread=500) == 475


def test_time_saved_counts_what_nobody_had_to_read(half_neglect: TaggedCorpus) -> None:
    found = time_saved(read(half_neglect, draw(half_neglect, "random", 60)), seconds=60)
    assert found == {"passages": 600, "read": 60, "share_saved": 0.9, "hours_saved": 9.0}


def test_people_say_what_stands_after_adjudication(half_neglect: TaggedCorpus) -> None:
    coded = read(half_neglect, draw(half_neglect, "random", 60))
    passage = coded.samples["passage_id"].iloc[0]
    row = {"passage_id": passage, **coded.passages.set_index("passage_id").loc[passage].to_dict()}
    settled = coding_rows(row, "adjudicated", {"covid-19": "finding"}, "2026-03-02")
    again = with_codings(coded, frame(settled, CODING_SCHEMAS["codings"]))
    assert people_say(again)[passage] == {"covid-19": "finding"}
