"""Folders from anywhere - a model, results, what a run kept - with one thing wrong: it is named, soon and in little memory."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from oscb_nlp import kept as store
from oscb_nlp import load_model, load_stance_model, summarise
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import CodebookError, ModelError, OscbError, OutputError
from oscb_nlp.kept import Kept, only_run
from oscb_nlp.persistence import about_model, model_hash
from oscb_nlp.revising import history
from oscb_nlp.summary import CrossYearSummary
from tests.bounds import within
from tests.fuzz.seeds import corpus, seeds, unpacked

Change = Callable[[Any], Any]


@pytest.fixture(scope="module")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return unpacked(seeds("model", tmp_path_factory.mktemp("model"))[0])


@pytest.fixture
def model(model_files: dict[str, bytes], tmp_path: Path) -> Path:
    """A small model, of which a test may damage what it likes."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in model_files.items():
        (folder / name).write_bytes(content)
    return folder


def refused(folder: Path) -> str:
    with within(), pytest.raises((ModelError, CodebookError)) as caught:
        load_stance_model(folder)
        load_model(folder, grade="fast").predict_proba(["The house was cold."])
    assert str(caught.value).startswith(str(folder))
    assert len(str(caught.value)) < 1_000
    return str(caught.value)


def test_the_model_without_harm_is_read(model: Path) -> None:
    with within():
        assert load_model(model, grade="fast").predict_proba(["Cold."]).shape == (1, 38)


def rewritten(path: Path, change: Change) -> None:
    """Put another value in the place of a JSON file's."""
    value = json.loads(path.read_bytes())
    path.write_text(json.dumps(change(value)), encoding="utf-8")


def put(*keys: Any, value: Any) -> Change:
    """Return what sets a value deep inside another one."""

    def change(whole: Any) -> Any:
        inside = whole
        for key in keys[:-1]:
            inside = inside[key]
        inside[keys[-1]] = value
        return whole

    return change


SETTINGS: dict[str, Change] = {
    "a list": lambda value: [value],
    "another format": put("format", value=4),
    "deep nesting": put("about", value=json.loads("[" * 400 + "]" * 400)),
    "a rate beyond all": put("themes", "cue_rate", value=float("inf")),
    "a rate that is no number": put("themes", "cue_rate", value="much"),
    "rates of a review that are words": put("review_rates", "themes", "neglect", value=["a"] * 4),
    "rates that are too few": put("review_rates", "themes", "neglect", value=[1, 2]),
    "a vocabulary of numbers": put("themes", "vocabularies", "words", value=list(range(40))),
    "a codebook that is a list": put("codebook", value=[]),
    "half of a character": put("codebook", "themes", 0, "label", value="\ud800"),
    "a cue of gaps": put("codebook", "themes", 0, "cues", value=["a " + "... " * 30 + "b"]),
    "parameters of another class": put("stance", "parameters", value={"kernel": "x"}),
    "a vocabulary for memory": put("stance", "parameters", "max_features", value="x"),
}


@pytest.mark.parametrize("change", SETTINGS.values(), ids=SETTINGS)
def test_a_model_with_hostile_settings_is_refused(change: Change, model: Path) -> None:
    rewritten(model / "model.json", change)
    refused(model)


def array_of(content: np.ndarray[Any, Any] | None = None, shape: str = "") -> bytes:
    """Return an ``.npy`` file, or one whose head declares a shape that it does not hold."""
    target = io.BytesIO()
    if content is not None:
        np.lib.format.write_array(target, content, allow_pickle=True)
        return target.getvalue()
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + bytes(80)


ARRAYS = {
    "a pickle": array_of(np.array([{"a": 1}], dtype=object)),
    "another shape": array_of(np.zeros((2, 3), np.float16)),
    "words": array_of(np.array(["a"])),
    "no numbers": array_of(np.full((38, 40), np.nan)),
    "as large as a city": array_of(shape="(1000000000000,)"),
    "a shape below nothing": array_of(shape="(-1, -1)"),
    "a shape that runs": array_of(shape="__import__('os').getcwd()"),
    "no array": b"not an array",
}


@pytest.mark.parametrize("content", ARRAYS.values(), ids=ARRAYS)
def test_a_model_with_a_hostile_array_is_refused(content: bytes, model: Path) -> None:
    parts = unpacked((model / "weights.npz").read_bytes())
    with zipfile.ZipFile(model / "weights.npz", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, content if name == "themes_coef.npy" else part)
    refused(model)


def test_weights_that_unpack_to_gigabytes_are_refused_before_they_are(model: Path) -> None:
    path = model / "weights.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("themes_coef.npy", bytes(12_345))
    said = path.read_bytes().replace(struct.pack("<L", 12_345), struct.pack("<L", 2**31))
    path.write_bytes(said)
    assert "unpacks to more than" in refused(model)


@pytest.mark.parametrize("name", ["model.json", "weights.npz"])
def test_a_model_file_without_end_is_refused(name: str, model: Path) -> None:
    (model / name).unlink()
    (model / name).symlink_to("/dev/zero")
    assert "no ordinary file" in refused(model)
    with within(), pytest.raises(ModelError, match="no ordinary file"):
        model_hash(model)


@pytest.mark.parametrize("log", [1, [1], [{}], [{"learnt_reviews": [1]}]])
def test_a_hostile_training_log_is_refused(log: Any, model: Path) -> None:
    rewritten(model / "model.json", put("about", value={"log": log}))
    with pytest.raises(ModelError, match=str(model)):
        about_model(model)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    summary = summarise(corpus())
    summary.tagged.save(folder)
    summary.save(folder)
    return folder


@pytest.fixture
def results(saved: Path, tmp_path: Path) -> Path:
    """A results folder, of which a test may damage what it likes."""
    return Path(shutil.copytree(saved, tmp_path / "results"))


def named(folder: Path, read: Callable[[], Any]) -> str:
    with within(), pytest.raises(OscbError) as caught:
        read()
    assert str(folder) in str(caught.value)
    assert len(str(caught.value)) < 1_000
    return str(caught.value)


def with_column(name: str, values: Callable[[int], Any]) -> Change:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.get_field_index(name), name, values(len(table)))

    return change


TABLES: dict[str, tuple[str, Change, str]] = {
    "a column too few": ("passages", lambda table: table.drop_columns(["text"]), "text"),
    "a column twice": (
        "passages", lambda table: table.append_column("text", table["text"]), "text"
    ),
    "numbers for words": (
        "passages", with_column("page", lambda n: pa.array(["x"] * n)), "passages.parquet"
    ),
    "lists for words": (
        "passages", with_column("text", lambda n: pa.array([["x"]] * n)), "passages.parquet"
    ),
    "no words": (
        "passages", with_column("text", lambda n: pa.nulls(n, pa.string())), "without text"
    ),
    "words that are no Unicode": (
        "passages",
        with_column("text", lambda n: pa.array([b"\xff"] * n).view(pa.string())),
        "passages.parquet",
    ),
    "an id twice": ("passages", lambda table: pa.concat_tables([table, table]), "twice"),
    "a document twice": ("documents", lambda table: pa.concat_tables([table, table]), "twice"),
    "tags of a passage that is not there": (
        "tags", with_column("passage_id", lambda n: pa.array(["none"] * n)), "does not hold"
    ),
    "a number that does not fit": (
        "documents", with_column("year", lambda n: pa.array([2**60] * n)), "documents.parquet"
    ),
    "evidence of words": (
        "tags", with_column("evidence", lambda n: pa.array(["x"] * n)), "tags.parquet"
    ),
    "another table of the summary": (
        "trends", with_column("p", lambda n: pa.array(["x"] * n)), "trends.parquet"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change", "said"), TABLES.values(), ids=TABLES)
def test_a_hostile_table_is_refused(name: str, change: Change, said: str, results: Path) -> None:
    path = results / f"{name}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    assert said in named(results, lambda: CrossYearSummary.load(results))


def test_a_table_that_others_wrote_with_the_same_columns_is_read(results: Path) -> None:
    path = results / "passages.parquet"
    table = pq.read_table(path)
    wide = with_column("page", lambda n: pa.array([1] * n, pa.int64()))(table)
    pq.write_table(wide.append_column("mine", pa.nulls(len(table))), path)
    assert TaggedCorpus.load(results).passages.columns.tolist() == table.column_names


RUN: dict[str, Change] = {
    "a list": lambda value: [value],
    "deep nesting": put("counts", value=json.loads("[" * 400 + "]" * 400)),
    "counts that are words": put("counts", value="many"),
    "coders that are a number": put("coders", value=3),
    "rates that are words": put("review_rates", value={"neglect": "often"}),
    "rates that are not finite": put("review_rates", value={"neglect": [1, 2, 3, float("nan")]}),
    "a codebook of lists": put("codebook_content", value={"themes": [[]]}),
    "a codebook that is a word": put("codebook_content", value="ours"),
}


@pytest.mark.parametrize("change", RUN.values(), ids=RUN)
def test_hostile_settings_of_a_run_are_refused(change: Change, results: Path) -> None:
    rewritten(results / "run.json", change)
    assert "run.json" in named(results, lambda: TaggedCorpus.load(results))


SUMMARY: dict[str, Change] = {
    "a list": lambda value: [value],
    "no quotes": put("quotes", value=None),
    "quotes of words": put("quotes", value={"quotes": "all"}),
    "periods by a number": put("by", value=3),
}


@pytest.mark.parametrize("change", SUMMARY.values(), ids=SUMMARY)
def test_hostile_settings_of_a_summary_are_refused(change: Change, results: Path) -> None:
    rewritten(results / "summary.json", change)
    assert "summary.json" in named(results, lambda: CrossYearSummary.load(results))


@pytest.mark.parametrize("name", ["run.json", "summary.json", "vectors.npz", "history.jsonl"])
def test_a_file_of_results_without_end_or_of_gigabytes_is_refused(name: str, results: Path) -> None:
    def read() -> None:
        CrossYearSummary.load(results)
        history(results)

    path = results / name
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    assert name in named(results, read)
    path.unlink()
    path.touch()
    os.truncate(path, 4 << 30)
    assert name in named(results, read)


VECTORS: dict[str, dict[str, Any]] = {
    "a pickle": {"ids": np.array(["a"]), "vectors": np.array([[{"a": 1}]], dtype=object)},
    "one dimension": {"ids": np.array(["a"]), "vectors": np.zeros(3, np.float16)},
    "words": {"ids": np.array(["a"]), "vectors": np.array([["x"]])},
    "too few ids": {"ids": np.array(["a"]), "vectors": np.zeros((2, 3), np.float16)},
    "nothing": {},
}


@pytest.mark.parametrize("arrays", VECTORS.values(), ids=VECTORS)
def test_hostile_vectors_are_refused(arrays: dict[str, Any], results: Path) -> None:
    np.savez(results / "vectors.npz", **arrays)
    assert "vectors.npz" in named(results, lambda: TaggedCorpus.load(results))
    (results / "vectors.npz").write_bytes(b"PK\x03\x04 cut off")
    assert "vectors.npz" in named(results, lambda: TaggedCorpus.load(results))


@pytest.mark.parametrize(
    "line",
    ["[" * 5_000, '{"a": 1}', '{"codebook_hash": "a", "codebook_content": {"themes": [1]}}', "1e400"],
    ids=["deep", "other keys", "no codebook", "a number"],
)  # fmt: skip
def test_a_hostile_history_is_refused(line: str, results: Path) -> None:
    (results / "history.jsonl").write_text(line + "\n", encoding="utf-8")
    assert "history.jsonl" in named(results, lambda: history(results))


@pytest.mark.parametrize(
    "content",
    [zlib.compress(b"[" * 100_000), zlib.compress(bytes(50 << 20)), zlib.compress(b"1e400"), b"\0"],
    ids=["deep", "a bomb", "a number", "no compressed file"],
)
def test_what_was_kept_by_a_stranger_is_as_if_it_were_not_there(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_MOST_BYTES", 1 << 20)
    kept = Kept(tmp_path)
    kept.folder.mkdir()
    kept.put("abc", {"problems": []})
    (tmp_path / ".kept" / "ab" / "abc").write_bytes(content)
    with within(megabytes=40):
        assert kept.get("abc") is None
        (tmp_path / ".kept" / "done.json").write_bytes(content)
        assert kept.finished("abc") is None


@pytest.mark.parametrize("link", [".kept", ".kept/new", ".kept/ab"])
def test_a_link_in_a_strangers_results_leads_to_nobodys_files(link: str, tmp_path: Path) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    for name in ("new", "ab"):
        (mine / name).mkdir(parents=True)
        (mine / name / "letter").touch()
    (out / link).parent.mkdir(parents=True)
    (out / link).symlink_to(mine if link == ".kept" else mine / "ab")
    with pytest.raises(OutputError, match=f"{link}: is a link"), only_run(out) as kept:
        kept.forget()
    assert len(list(mine.rglob("letter"))) == 2


def test_a_folder_that_is_no_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.touch()
    with pytest.raises(OutputError, match=str(path)):
        TaggedCorpus.load(path)
    with pytest.raises(ModelError, match=str(path)):
        load_model(path)
