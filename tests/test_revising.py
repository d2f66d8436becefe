"""What a change of the codebook does, and the history of those that a folder was coded with."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from oscb_nlp import demo_files, load_codebook, read_corpus, tag
from oscb_nlp.cli import app
from oscb_nlp.codebook import Codebook, codebook_from_dict
from oscb_nlp.codings import coding_rows, with_codings
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import OutputError
from oscb_nlp.revising import changes, coded_differently, history, note_codebook, without_theme
from oscb_nlp.tables import CODING_SCHEMAS, frame


def theme(name: str, *cues: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": name, "label": name.title(), "family": "harm", "polarity": "harm",
        "definition": f"About {name}.", "cues": list(cues), **fields,
    }  # fmt: skip


def book(*themes: dict[str, Any]) -> Codebook:
    values = {
        "id": "own", "version": "1", "title": "Own", "themes": list(themes),
        "families": [{"id": "harm", "label": "Harm"}],
    }  # fmt: skip
    return codebook_from_dict(values, "own.toml")


COLD = theme("cold", "cold", "no heating", "damp", "mould")
HUNGER = theme("hunger", "hungry", "no food", "empty fridge")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([COLD], [COLD, HUNGER], [("added", "", "hunger")]),
        ([COLD, HUNGER], [COLD], [("removed", "hunger", "")]),
        ([COLD], [{**COLD, "id": "chill"}], [("renamed", "cold", "chill")]),
        (
            [COLD, HUNGER],
            [theme("want", *COLD["cues"], *HUNGER["cues"])],
            [("merged", "cold; hunger", "want")],
        ),
        (
            [COLD, HUNGER],
            [theme("hunger", *HUNGER["cues"], *COLD["cues"])],
            [("merged", "cold; hunger", "hunger"), ("cues", "hunger", "hunger")],
        ),
        (
            [COLD],
            [theme("heating", "cold", "no heating"), theme("repair", "damp", "mould")],
            [("split", "cold", "heating; repair")],
        ),
        (
            [COLD],
            [theme("cold", "cold", "no heating"), theme("repair", "damp", "mould")],
            [("split", "cold", "cold; repair"), ("cues", "cold", "cold")],
        ),
        ([COLD], [{**COLD, "definition": "Other."}], [("redefined", "cold", "cold")]),
        ([COLD], [{**COLD, "cues": [*COLD["cues"], "icy"]}], [("cues", "cold", "cold")]),
        ([COLD, HUNGER], [HUNGER, COLD], []),
    ],
    ids=[
        "added", "removed", "renamed", "two made one", "one taken into another", "split in new ones",
        "a part split off", "redefined", "a cue more", "another order",
    ],
)  # fmt: skip
def test_a_change_is_told_by_where_the_cues_went(
    old: list[Any], new: list[Any], expected: list[tuple[str, str, str]]
) -> None:
    found = changes(book(*old), book(*new))
    assert [(row.change, row.old, row.new) for row in found.itertuples()] == expected


@pytest.fixture(scope="module")
def tagged() -> TaggedCorpus:
    return tag(read_corpus(demo_files()[0]), grade="fast")


def without(*names: str) -> Codebook:
    plain = load_codebook().to_dict()
    themes = [
        {**one, "related": [r for r in one["related"] if r not in names]}
        for one in plain["themes"]
        if one["id"] not in names
    ]
    return codebook_from_dict({**plain, "themes": themes}, "x")


def test_passages_are_shown_whose_codes_the_change_takes_away(tagged: TaggedCorpus) -> None:
    common = tagged.tags["theme"].value_counts().index[0]
    found = coded_differently(tagged, tagged.codebook, without(common))
    lost = found[found["theme"] == common]
    assert set(lost["change"]) == {"lost"}
    assert set(lost["passage_id"]) == set(
        tagged.tags.loc[tagged.tags["theme"] == common, "passage_id"]
    )
    assert set(found["theme"]) == {common}  # and nothing else moved
    assert coded_differently(tagged, tagged.codebook, tagged.codebook).empty


def test_codes_by_people_that_the_new_codebook_does_not_have_are_counted(
    tagged: TaggedCorpus,
) -> None:
    passage = tagged.passages.iloc[0].to_dict()
    rows = coding_rows(passage, "Ann", {"neglect": "finding"}, "")
    read = with_codings(tagged, frame(rows, CODING_SCHEMAS["codings"]))
    found = without_theme(read, without("neglect"))
    assert found.to_numpy().tolist() == [["neglect", 1]]
    assert without_theme(read, load_codebook()).empty


def test_the_history_grows_with_each_change_and_not_with_each_run(
    tagged: TaggedCorpus, tmp_path: Path
) -> None:
    assert note_codebook(tmp_path, tagged.settings, "2026-01-02")
    first = (tmp_path / "history.jsonl").read_bytes()
    assert not note_codebook(tmp_path, tagged.settings, "2026-02-03")
    assert (tmp_path / "history.jsonl").read_bytes() == first
    new = without("neglect")
    settings = {
        **tagged.settings, "codebook_hash": new.hash, "codebook_content": new.to_dict(),
    }  # fmt: skip
    assert note_codebook(tmp_path, settings, "2026-03-04")
    entries = history(tmp_path)
    assert [entry["date"] for entry in entries] == ["2026-01-02", "2026-03-04"]
    assert entries[0]["changes"] == []
    assert ("removed", "neglect") in [(c["change"], c["old"]) for c in entries[1]["changes"]]
    assert entries[0]["codebook_content"] == tagged.settings["codebook_content"]


def test_a_damaged_history_is_not_written_over(tagged: TaggedCorpus, tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text("{}\n")
    with pytest.raises(OutputError, match="is damaged"):
        note_codebook(tmp_path, tagged.settings, "2026-01-02")
    assert (tmp_path / "history.jsonl").read_text() == "{}\n"


def test_the_commands_keep_a_history_suggest_and_compare_codebooks(tmp_path: Path) -> None:
    folder, own = tmp_path / "results", tmp_path / "own.toml"
    own.write_text('[codebook]\nextends = "oscb"\nremove = ["neglect"]\n', encoding="utf-8")

    def command(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(each) for each in arguments])
        assert done.exit_code == 0, done.output
        return done.output

    said = command("tag", demo_files()[0], "--grade", "fast", "--out", folder, "--abstain", 0.4)
    assert "--sample doubt" in said
    waiting = json.loads((folder / "run.json").read_text())["counts"]["passages_in_queue"]
    sheet = command("sheet", folder, "--sample", "doubt", "--out", tmp_path / "s.xlsx")
    assert f"{waiting} passages to code" in sheet
    assert [entry["changes"] for entry in history(folder)] == [[]]
    said = command("codebook-diff", folder, own, "--results", folder, "--out", tmp_path / "d.csv")
    assert "| removed | neglect |" in said
    assert "passages differ" in said
    assert "lost" in (tmp_path / "d.csv").read_text()
    command("suggest", folder)
    assert (folder / "suggestions.csv").exists()


def test_folders_of_other_codebooks_are_coded_again_for_both(tagged: TaggedCorpus) -> None:
    other = replace(tagged, settings={**tagged.settings, "codebook_hash": "of another"})
    assert coded_differently(other, load_codebook(), load_codebook()).empty
