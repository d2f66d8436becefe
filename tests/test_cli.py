"""The commands as a user calls them, in a process of their own."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp import demo_files, load_labelled
from oscb_nlp.corpus import TaggedCorpus


def oscb(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oscb_nlp", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three demo reviews and a broken file, run once."""
    folder = tmp_path_factory.mktemp("reviews")
    for file in demo_files()[:3]:
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "broken.pdf").write_bytes(b"<html>404</html>")
    done = oscb("run", folder, "--out", folder / "out")
    assert done.returncode == 3, done.stderr
    assert "broken.pdf: not-a-pdf" in done.stderr
    assert "Traceback" not in done.stderr
    return folder / "out"


def test_run_writes_tables_summary_and_report(results: Path) -> None:
    names = {file.name for file in results.iterdir()}
    for table in ("documents", "passages", "tags", "problems", "prevalence", "recurring"):
        assert {f"{table}.parquet", f"{table}.csv"} <= names
    assert {"run.json", "report.html"} <= names
    settings = json.loads((results / "run.json").read_text(encoding="utf-8"))
    assert settings["counts"]["documents"] == 3
    account = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    assert account["quotes"]["in_files"] == account["quotes"]["quotes"] > 0
    assert len(settings["model_hash"]) == len(settings["codebook_hash"]) == 64


def test_summarise_and_report_give_the_same_again(results: Path) -> None:
    before = {f.name: f.read_bytes() for f in results.glob("[!.]*")}
    assert oscb("summarise", results).returncode == 0
    assert oscb("report", results).returncode == 0
    assert {f.name: f.read_bytes() for f in results.glob("[!.]*")} == before


def test_summarise_by_other_periods_and_units(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "copy")
    done = oscb("summarise", tmp_path / "copy", "--by", "2010,2017", "--unit", "board")
    assert done.returncode == 0, done.stderr
    assert "quotes verified" in done.stderr
    table = pd.read_parquet(tmp_path / "copy" / "prevalence.parquet")
    assert set(table["period"]) == {"2010-2016", "from 2017"}


def test_seen_before_prints_what_was_said_with_its_citation(results: Path) -> None:
    text = "Children who are at home must be seen alone, and heard, by the same worker each time."
    done = oscb("seen-before", text, "--in", results)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^20\d\d  .+\(.+\.pdf, page \d+", done.stdout, re.MULTILINE)
    table = oscb("seen-before", text, "--in", results, "--csv", "--limit", 2).stdout
    assert table.startswith("year,similarity,same,text")
    years = [line[:4] for line in done.stdout.splitlines() if line.startswith("20")]
    assert years == sorted(years)


def test_read_prints_json_markdown_and_text(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf(["1. The school wrote to the family and had no answer."])
    document = json.loads(oscb("read", path).stdout)
    assert set(document) >= {"file", "metadata", "passages", "headings", "tables", "problems"}
    assert document["passages"][0]["number"] == "1"
    assert "**1** The school" in oscb("read", path, "--format", "markdown").stdout
    assert oscb("read", path, "--format", "text").stdout.startswith("1 The school")


def test_read_draws_the_pages_with_their_passages(
    make_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    path = make_pdf(["1. The school wrote twice."], ["2. The police came late."])
    done = oscb("read", path, "--overlay", tmp_path / "pages", "--engine", "pdfium")
    assert done.returncode == 0
    pages = sorted(file.name for file in (tmp_path / "pages").iterdir())
    assert pages == ["page-0001.png", "page-0002.png"]


def test_a_password_may_be_given(make_pdf: Callable[..., Path]) -> None:
    path = make_pdf(["1. The school wrote twice."], password="sesame")
    assert oscb("read", path).returncode == 1
    assert "The school" in oscb("read", path, "--password", "sesame").stdout


def test_read_of_a_bad_file_is_one_line_and_exit_1(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    done = oscb("read", tmp_path / "a.pdf")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "empty-file" in done.stderr


def test_a_folder_of_bad_files_alone_is_exit_1(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    assert oscb("run", tmp_path, "--out", tmp_path / "out").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "nowhere", "--out", "out"], "no such file"),
        (["run", ".", "--out", "out", "--wrong"], "--wrong"),
        (["run"], "Missing"),
        (["nonsense"], "nonsense"),
        (["summarise", "nowhere"], "oscb-nlp tag"),
        (["run", ".", "--out", "out", "--by", "month"], "april-year"),
        (["run", ".", "--out", "out", "--by", "2015,2010"], "april-year"),
        (["run", ".", "--out", "out", "--by", "2015,x"], "2010,2015"),
        (["run", ".", "--out", "out", "--unit", "child"], "review, board"),
        (["seen-before", "a whole sentence of words", "--in", "nowhere"], "oscb-nlp tag"),
        (["themes", "--codebook", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_wrong_usage_is_one_clear_line_and_exit_2(arguments: list[str], reason: str) -> None:
    done = oscb(*arguments)
    assert done.returncode == 2
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_an_output_folder_that_cannot_be_made_is_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = oscb("run", demo_files()[0], "--out", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_themes_prints_the_codebook() -> None:
    assert "information-sharing" in oscb("themes").stdout
    assert len(json.loads(oscb("themes", "--format", "json").stdout)["themes"]) == 38
    assert oscb("themes", "--format", "csv").stdout.startswith("theme,label,family")
    assert "urn:QDA-XML:codebook:1.0" in oscb("themes", "--format", "qdc").stdout
    assert "@graph" in json.loads(oscb("themes", "--format", "skos").stdout)


def test_a_codebook_of_ones_own_stays_with_its_results(tmp_path: Path) -> None:
    codebook = tmp_path / "ours.toml"
    codebook.write_text(
        '[codebook]\nextends = "oscb"\nremove = ["covid-19"]\n'
        '[[theme]]\nid = "health-visitors"\nlabel = "Health visitors"\nfamily = "system"\n'
        'polarity = "practice"\ndefinition = "What health visitors saw and did."\n'
        'cues = ["health visitor*"]\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    done = oscb("tag", *demo_files()[:2], "--out", out, "--codebook", codebook)
    assert done.returncode == 0, done.stderr
    assert "their cues alone give them: health-visitors" in done.stderr
    assert oscb("summarise", out).returncode == 0
    assert oscb("report", out).returncode == 0
    tagged = TaggedCorpus.load(out)
    assert "health-visitors" in set(tagged.tags["theme"])
    assert "covid-19" not in set(tagged.tags["theme"])
    assert "Health visitors" in (out / "report.html").read_text(encoding="utf-8")
    assert "health-visitors" in oscb("themes", "--codebook", codebook).stdout


def test_every_command_shows_an_example() -> None:
    commands = "run tag read summarise report themes demo evaluate train"
    for command in commands.split():
        assert "Example: oscb-nlp" in oscb(command, "--help").stdout, command


def labels_file(path: Path, passages: pd.DataFrame) -> Path:
    keep = ["id", "document", "year", "heading", "text", "themes", "stances"]
    lines = [json.dumps(record) for record in passages[keep].to_dict("records")]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_model_of_ones_own_is_trained_used_and_measured(tmp_path: Path) -> None:
    dev = load_labelled("dev")
    labels = labels_file(tmp_path / "own.jsonl", dev.groupby("document").head(8))
    done = oscb("train", "--labels", labels, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert "## Learning curve" in done.stdout
    figures = tmp_path / "figures.json"
    fresh = labels_file(tmp_path / "fresh.jsonl", dev.tail(100))
    done = oscb("evaluate", "--labels", fresh, "--model", tmp_path / "model", "--out", figures)
    assert done.returncode == 0, done.stderr
    assert "| keyword list |" in done.stdout
    assert json.loads(figures.read_text())["about"]["passages"] == 100


def test_too_few_labels_are_refused_with_the_way_out(tmp_path: Path) -> None:
    labels = labels_file(tmp_path / "few.jsonl", load_labelled("dev").head(20))
    done = oscb("train", "--labels", labels, "--out", tmp_path / "model")
    assert done.returncode == 2
    assert "at least 50" in done.stderr
    assert not (tmp_path / "model" / "model.json").exists()


def test_a_bad_label_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "A text.", "themes": ["neglekt"]}\n')
    done = oscb("evaluate", "--labels", tmp_path / "bad.jsonl")
    assert done.returncode == 2
    assert "bad.jsonl:1: theme 'neglekt'" in done.stderr


@pytest.mark.parametrize("grade", ["fast", "auto"])
def test_the_board_paper_is_coded_as_a_careful_reader_codes_it(
    seed_paper: Path, tmp_path: Path, grade: str
) -> None:
    done = oscb("run", seed_paper, "--grade", grade, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    tags = pd.read_parquet(tmp_path / "tags.parquet")
    passages = pd.read_parquet(tmp_path / "passages.parquet").set_index("passage_id")
    themes = tags.groupby("passage_id")["theme"].agg(set)
    bullets = passages[passages["kind"] == "bullet"].index
    expected = [
        {"voice-of-the-child", "covid-19"}, {"early-help"}, {"trauma-informed-practice"},
        {"children-in-care"}, {"commissioning-quality-assurance"}, {"information-sharing"},
        {"child-mental-health"},
    ]  # fmt: skip
    assert len(bullets) == 7
    for passage_id, wanted in zip(bullets, expected, strict=True):
        assert wanted & themes.get(passage_id, set()), passages.loc[passage_id, "text"]
        stances = set(
            tags[(tags["passage_id"] == passage_id) & tags["theme"].isin(wanted)]["stance"]
        )
        assert stances == {"recommendation"}, passages.loc[passage_id, "text"]
    signature = passages[
        passages["text"].str.contains("Corporate Director|budget contributions")
    ].index
    assert not set(signature) & set(themes.index)
