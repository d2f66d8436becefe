from pathlib import Path

import pytest

from oscb_nlp import load_codebook
from oscb_nlp.codebook import STANCES, codebook_from_dict
from oscb_nlp.errors import CodebookError
from oscb_nlp.resources import data_path

SHIPPED = data_path("codebook.toml").read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    assert old in SHIPPED
    path = tmp_path / "own.toml"
    path.write_text(SHIPPED.replace(old, new, 1), encoding="utf-8")
    return path


def test_it_holds_38_themes_in_five_families_and_five_stances() -> None:
    codebook = load_codebook()
    assert len(codebook) == 38
    assert [family.id for family in codebook.families] == [
        "harm", "family", "child", "practice", "system",
    ]  # fmt: skip
    assert {stance.id for stance in codebook.stances} == set(STANCES)


def test_every_theme_says_what_it_is_and_what_it_is_not() -> None:
    for theme in load_codebook():
        assert len(theme.definition.split()) >= 8, theme.id
        assert theme.include, theme.id
        assert theme.exclude, theme.id
        assert len(theme.cues) >= 20, theme.id


def test_no_cue_stands_alone_for_two_themes() -> None:
    owners: dict[str, str] = {}
    for theme in load_codebook():
        for cue in theme.cues:
            assert owners.setdefault(cue, theme.id) == theme.id, cue


def test_its_hash_changes_with_its_content(tmp_path: Path) -> None:
    other = load_codebook(changed(tmp_path, 'label = "Neglect"', 'label = "Neglect of a child"'))
    assert other.hash != load_codebook().hash
    assert load_codebook(data_path("codebook.toml")).hash == load_codebook().hash


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('polarity = "harm"', 'polarity = "bad"', "polarity"),
        ('family = "harm"', 'family = "nowhere"', "family"),
        ('label = "Neglect"', "label = 3", "label"),
    ],
)
def test_a_wrong_field_is_named_with_file_and_theme(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    path = changed(tmp_path, old, new)
    with pytest.raises(CodebookError) as caught:
        load_codebook(path)
    assert str(path) in str(caught.value)
    assert "neglect" in str(caught.value)
    assert field in str(caught.value)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("not toml at all", encoding="utf-8")
    with pytest.raises(CodebookError, match="not valid TOML"):
        load_codebook(path)


OVER = """
[codebook]
extends = "oscb"
remove = ["covid-19"]

[[source]]
id = "LOCAL"
title = "Our own review of reviews"
year = 2024

[[theme]]
id = "neglect"
label = "Neglect of a child"
add_cues = ["bare mattress"]

[[theme]]
id = "dogs"
label = "Dangerous dogs"
family = "harm"
polarity = "harm"
definition = "Dogs in the home that put a child at risk, and what was done about them."
cues = ["dangerous dog", "dog bite*"]
related = ["neglect"]
sources = ["LOCAL"]
"""


def laid_over(tmp_path: Path, text: str = OVER) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_codebook_laid_over_ours_changes_adds_and_removes_themes(tmp_path: Path) -> None:
    ours, shipped = load_codebook(laid_over(tmp_path)), load_codebook()
    assert set(ours.ids) == set(shipped.ids) - {"covid-19"} | {"dogs"}
    assert ours["neglect"].label == "Neglect of a child"
    assert ours["neglect"].definition == shipped["neglect"].definition
    assert ours["neglect"].cues == (*shipped["neglect"].cues, "bare mattress")
    assert ours.id == "oscb+ours"
    assert "covid-19" not in {name for theme in ours for name in theme.related}
    assert ours.sources[-1].year == 2024


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('extends = "oscb"', 'extends = "other"', "other"),
        ('remove = ["covid-19"]', 'remove = ["covid-20"]', "covid-20"),
        ('family = "harm"', 'family = "pets"', "dogs.*family.*pets"),
        ('add_cues = ["bare mattress"]', "add_cues = 3", "neglect.*add_cues"),
        ('related = ["neglect"]', 'related = ["covid-19"]', "dogs.*related|covid-19"),
        ("year = 2024", 'year = "soon"', "LOCAL.*year"),
        ('polarity = "harm"', 'hue = "red"', "dogs.*polarity"),
    ],
)
def test_a_fault_in_a_codebook_laid_over_ours_is_named(
    tmp_path: Path, old: str, new: str, named: str
) -> None:
    assert old in OVER
    path = laid_over(tmp_path, OVER.replace(old, new, 1))
    with pytest.raises(CodebookError, match=named) as caught:
        load_codebook(path)
    assert str(path) in str(caught.value)


def test_a_codebook_comes_back_from_its_plain_values() -> None:
    codebook = load_codebook()
    assert codebook_from_dict(codebook.to_dict(), "model.json") == codebook
