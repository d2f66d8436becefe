"""A batch that is stopped, killed, repeated or run out of space, as a user meets it."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oscb_nlp.inputs import find_inputs
from oscb_nlp.kept import Kept, only_run
from oscb_nlp.running import Settings, jobs_of

FILES = 6


@pytest.fixture
def reviews(make_pdf: Callable[..., Path], tmp_path: Path) -> Path:
    """A folder of small reviews and two that cannot be read."""
    folder = tmp_path / "reviews"
    folder.mkdir()
    for number in range(FILES):
        make_pdf(
            [f"1.{number} Information about the family was not shared with the school in time."],
            ["2.1 The partnership should seek assurance that neglect is named early."],
            name=f"review_{2012 + number}.pdf",
        ).rename(folder / f"review_{2012 + number}.pdf")
    (folder / "page.pdf").write_bytes(b"<html>404</html>")
    (folder / "empty.pdf").write_bytes(b"")
    return folder


def command(reviews: Path, out: Path, *options: object) -> list[str]:
    words = ["tag", reviews, "--out", out, "--grade", "fast", "--jobs", 2, *options]
    return [sys.executable, "-m", "oscb_nlp", *map(str, words)]


def tag(reviews: Path, out: Path, *options: object, **how: Any) -> subprocess.CompletedProcess[str]:
    done = command(reviews, out, *options)
    return subprocess.run(done, capture_output=True, text=True, check=False, **how)


def outputs(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.glob("[!.]*")}


def events(log: Path, name: str) -> list[dict[str, Any]]:
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["event"] == name]


def test_a_second_run_does_only_what_is_new(reviews: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    first = tag(reviews, out)
    assert first.returncode == 3, first.stderr
    assert "8 files: 6 read, 0 in part, 2 failed (problems: 1 empty-file, 1 not-a-pdf)" in (
        first.stderr
    )
    written = outputs(out)

    again = tag(reviews, out, "--json-log", log)
    assert again.returncode == 3
    assert "Nothing has changed" in again.stderr
    assert "page.pdf: not-a-pdf" in again.stderr
    assert events(log, "document") == []
    assert outputs(out) == written

    (reviews / "review_2013.pdf").rename(reviews / "review_2014.pdf")
    log.unlink()
    assert tag(reviews, out, "--json-log", log).returncode == 3
    done = {Path(event["file"]).name: event["before"] for event in events(log, "document")}
    assert len(done) == 7
    assert [name for name, before in done.items() if not before] == ["review_2014.pdf"]
    assert outputs(out) != written


def test_an_output_that_was_changed_by_hand_is_made_again(reviews: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "log"
    tag(reviews, out)
    written = outputs(out)
    (out / "tags.csv").write_text("changed", encoding="utf-8")
    tag(reviews, out, "--json-log", log)
    assert all(event["before"] for event in events(log, "document"))
    assert outputs(out) == written


def test_the_log_holds_no_word_of_a_review(reviews: Path, tmp_path: Path) -> None:
    tag(reviews, tmp_path / "out", "--json-log", tmp_path / "log")
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "review_2012.pdf" in log
    assert "neglect" not in log
    assert events(tmp_path / "log", "closing")[0]["documents"] == FILES


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(reviews: Path, tmp_path: Path) -> None:
    tag(reviews, tmp_path / "whole")
    out = tmp_path / "out"
    for kept in (1, 4, 2 * FILES):
        run = subprocess.Popen(
            command(reviews, out), start_new_session=True, stderr=subprocess.DEVNULL
        )
        while run.poll() is None and len(list(out.glob(".kept/??/*"))) < kept:
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    end = tag(reviews, out)
    assert end.returncode == 3, end.stderr
    assert outputs(out) == outputs(tmp_path / "whole")
    assert not list(out.rglob("*.partial"))


def test_ctrl_c_ends_it_within_two_seconds_and_it_goes_on(
    reviews: Path, make_pdf: Callable[..., Path], tmp_path: Path
) -> None:
    # So many that the signal comes before the end on a busy machine too: 60 were too few.
    for number in range(300):
        make_pdf([f"3.{number} The plan was not reviewed."], name=f"more_{number}.pdf").rename(
            reviews / f"more_{number}.pdf"
        )
    out = tmp_path / "out"
    # What a shell starts in the background, these tests too, has Ctrl-C ignored, and so its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        command(reviews, out), start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    while run.poll() is None and not list(out.glob(".kept/??/*")):
        time.sleep(0.005)
    started = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=30)
    assert time.monotonic() - started < 2
    assert "Traceback" not in said
    assert "the same command goes on" in said
    assert run.returncode == 130
    assert tag(reviews, out).returncode == 3


def test_the_second_of_two_runs_into_a_folder_says_so(reviews: Path, tmp_path: Path) -> None:
    with only_run(tmp_path / "out"):
        second = tag(reviews, tmp_path / "out")
    assert second.returncode == 2
    assert "another run is writing into this folder" in second.stderr
    assert second.stderr.count("\n") == 1


def test_a_full_disk_leaves_the_earlier_output_whole(reviews: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tag(reviews, out)
    written = outputs(out)
    (reviews / "review_2013.pdf").unlink()

    def no_space() -> None:
        # A file that grows beyond this gives an error, as one on a full disk does.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    full = tag(reviews, out, preexec_fn=no_space)
    assert full.returncode == 2, full.stderr
    assert f"{out}: cannot be written" in full.stderr
    assert outputs(out) == written
    assert tag(reviews, out).returncode == 3
    assert outputs(out) != written


def test_limits_decide_what_a_failure_is_kept_for_and_not_what_was_read(reviews: Path) -> None:
    inputs = find_inputs([reviews])
    (short, *_), (long, *_) = (jobs_of(inputs, Settings(timeout=seconds)) for seconds in (1, 60))
    assert (short.read, short.coded) == (long.read, long.coded)
    assert short.failed != long.failed


def test_the_report_of_an_earlier_run_is_no_review(reviews: Path) -> None:
    out = reviews / "results"
    out.mkdir()
    page = "<html><body><main><p>1. The police came late.</p></main></body></html>"
    (out / "report.html").write_text(page, encoding="utf-8")
    assert "8 files" in tag(reviews, out).stderr


def test_what_is_damaged_in_the_store_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    with only_run(tmp_path) as kept:
        kept.put("ab12", {"tags": ["neglect"]})
        assert kept.get("ab12") == {"tags": ["neglect"]}
        (kept.folder / "ab" / "ab12").write_bytes(b"cut off")
        assert kept.get("ab12") is None
        (kept.folder / "done.json").write_text("[1]", encoding="utf-8")
        assert kept.finished("ab12") is None


def test_what_a_run_does_not_use_is_dropped(tmp_path: Path) -> None:
    with only_run(tmp_path) as kept:
        kept.put("ab12", {"tags": []})
        kept.finish("first", {"said": []})
    with only_run(tmp_path) as kept:
        kept.put("cd34", {"tags": []})
        kept.finish("second", {"said": []})
        assert kept.get("ab12") is None
    assert Kept(tmp_path).finished("second") == {"said": []}
