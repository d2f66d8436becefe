"""Files that once made an error escape: each is read, or refused with an error that the project names."""

from pathlib import Path

import pytest

from tests.fuzz.seeds import KINDS, seeds
from tests.fuzz.targets import case, read

KEPT = sorted((Path(__file__).parent / "kept").iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_that_are_mutated_are_valid(kind: str, tmp_path: Path) -> None:
    for index, content in enumerate(seeds(kind, tmp_path / "made")):
        folder = tmp_path / str(index)
        folder.mkdir()
        for name in ("a.pdf", "b.pdf"):  # what the manifest names
            (folder / name).touch()
        read(kind, content, folder)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_file_that_once_hurt_is_read_or_refused(path: Path) -> None:
    assert case(path.name.split("-")[0], path.read_bytes()) == ""
