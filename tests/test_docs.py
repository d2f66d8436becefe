"""What the documentation tells its readers to type does what it says."""

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from oscb_nlp import demo_files, read_corpus, summarise, tag
from oscb_nlp.cli import app

ROOT = Path(__file__).parents[1]
EVERY_PAGE = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, kind: str) -> list[str]:
    return [text for name, text in BLOCK.findall(page.read_text("utf-8")) if name == kind]


WITH_EXAMPLES = [
    page for page in EVERY_PAGE if any(">>>" in text for text in blocks(page, "python"))
]


@pytest.fixture(scope="module")
def demo_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` makes, which is the fast grade's where the extra is not installed."""
    folder = tmp_path_factory.mktemp("docs") / "demo-report"
    tagged = tag(read_corpus(demo_files()[0].parent), grade="fast")
    tagged.save(folder)
    summarise(tagged).save(folder)
    return folder


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_the_examples_of_a_page_give_what_it_shows(
    page: Path, demo_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("demo-report", "results"):
        shutil.copytree(demo_results, tmp_path / name)
    (tmp_path / "reviews").mkdir()
    for file in demo_files()[:4]:
        shutil.copy(file, tmp_path / "reviews")
    for text in blocks(page, "toml"):
        (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shown = [text for text in blocks(page, "python") if ">>>" in text]
    test = doctest.DocTestParser().get_doctest("\n".join(shown), {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.stem)
def test_every_command_that_a_page_shows_is_one_with_these_options(page: Path) -> None:
    commands = get_command(app).commands
    for block in blocks(page, "console"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if not words or Path(words[0]).name != "oscb-nlp":
                continue
            options = {name for param in commands[words[1]].params for name in param.opts}
            asked = {word for word in words[2:] if word.startswith("--")}
            assert asked <= options | {"--help"}, f"{line}: {asked - options}"
