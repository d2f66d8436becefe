from pathlib import Path

import pytest

from oscb_nlp import load_codebook
from oscb_nlp.codebook import STANCES
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
