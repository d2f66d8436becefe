"""What the model is unsure of goes to a queue for a person, and a person's code takes it out."""

from pathlib import Path

import pytest

from oscb_nlp import demo_files, read_corpus, tag
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import Corpus, TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.sampling import draw
from oscb_nlp.tables import CODING_SCHEMAS, frame


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus(demo_files()[0])


@pytest.fixture(scope="module")
def decided(corpus: Corpus) -> TaggedCorpus:
    return tag(corpus, grade="fast")


@pytest.fixture(scope="module")
def abstaining(corpus: Corpus) -> TaggedCorpus:
    return tag(corpus, grade="fast", abstain=0.3)


def pairs(table: object) -> set[tuple[str, str]]:
    return {(row.passage_id, row.theme) for row in table.itertuples()}  # type: ignore[attr-defined]


def test_no_tag_is_lost_and_none_is_given_that_is_likelier_wrong_than_allowed(
    decided: TaggedCorpus, abstaining: TaggedCorpus
) -> None:
    held = abstaining.queue[abstaining.queue["given"]]
    assert len(held) > 0
    assert pairs(decided.tags) == pairs(abstaining.tags) | pairs(held)
    assert not pairs(abstaining.tags) & pairs(held)
    assert abstaining.tags["score"].min() >= 0.7 - 1e-6
    assert (abstaining.queue["expected_error"] > 0.3).all()
    assert abstaining.settings["counts"]["tags_held_back"] == len(held)


def test_what_was_nearly_given_waits_too(decided: TaggedCorpus, abstaining: TaggedCorpus) -> None:
    nearly = abstaining.queue[~abstaining.queue["given"]]
    thresholds = nearly["theme"].map(decided.settings["thresholds"])
    assert len(nearly) > 0
    assert ((nearly["score"] > 0.3) & (nearly["score"] < thresholds)).all()
    assert not pairs(nearly) & pairs(decided.tags)


def test_it_decides_always_unless_it_is_asked_to_abstain(decided: TaggedCorpus) -> None:
    assert decided.queue.empty
    assert "abstain" not in decided.settings


def test_the_likeliest_errors_are_read_first_and_what_was_read_leaves_the_queue(
    abstaining: TaggedCorpus, tmp_path: Path
) -> None:
    worst = draw(abstaining, "doubt")["passage_id"].tolist()
    assert set(worst) == set(abstaining.queue["passage_id"])
    errors = abstaining.queue.groupby("passage_id")["expected_error"].max()
    assert errors[worst].is_monotonic_decreasing
    passage = abstaining.passages.set_index("passage_id", drop=False).loc[worst[0]].to_dict()
    by_machine = frame(coding_rows(passage, "llm:x", {}, ""), CODING_SCHEMAS["codings"])
    assert len(with_codings(abstaining, by_machine).queue) == len(abstaining.queue)
    by_person = frame(coding_rows(passage, "Ann", {}, ""), CODING_SCHEMAS["codings"])
    with_codings(abstaining, by_person).save(tmp_path)
    settled = TaggedCorpus.load(tmp_path)
    assert set(settled.queue["passage_id"]) == set(worst[1:])
    assert settled.settings["counts"]["passages_in_queue"] == len(worst) - 1
    assert worst[0] not in draw(settled, "doubt")["passage_id"].tolist()


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_an_error_that_is_no_share_is_refused(corpus: Corpus, level: float) -> None:
    with pytest.raises(SettingError, match="between 0 and 1"):
        tag(corpus, abstain=level)
