"""Reviews and results at addresses: a real S3 server on this machine, and fsspec's own memory."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fpdf import FPDF

from oscb_nlp.errors import InputError, OutputError
from oscb_nlp.inputs import find_inputs
from oscb_nlp.kept import only_run
from oscb_nlp.remote import Url, copied, create, fingerprint, place
from oscb_nlp.report.passages import link_to

SECRET = "testing-secret"


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small reviews, one of them twice, and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("reviews")
    for number in range(3):
        pdf = FPDF()
        pdf.set_font("Helvetica", size=11)
        for paragraph in (
            f"1.{number} Information about the family was not shared with the school in time.",
            "2.1 The partnership should seek assurance that neglect is named early.",
        ):
            pdf.add_page()
            pdf.multi_cell(0, 6, paragraph)
        pdf.output(str(folder / f"review_{2012 + number}.pdf"))
    (folder / "copy.pdf").write_bytes((folder / "review_2012.pdf").read_bytes())
    (folder / "empty.pdf").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def whole(reviews: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run on this machine makes of the reviews."""
    out = tmp_path_factory.mktemp("whole")
    assert oscb("tag", reviews, "--out", out).returncode == 3
    return {path.name: path.read_bytes() for path in out.glob("[!.]*")}


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An S3 server on this machine; gives the environment in which programs find it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _attempt in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail("the S3 server did not start")
        yield {
            **os.environ,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def bucket(s3: dict[str, str], reviews: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The reviews in a bucket of the server, whose environment is this process's too."""
    for name in s3.keys() - os.environ.keys():
        monkeypatch.setenv(name, s3[name])
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    name = f"bucket-{time.monotonic_ns()}"
    files.mkdir(name)
    files.put(str(reviews), f"{name}/reviews", recursive=True)
    fsspec.filesystem("s3").clear_instance_cache()
    yield f"s3://{name}"
    fsspec.filesystem("s3").clear_instance_cache()


@pytest.fixture
def memory() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    yield "memory://results"
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def command(name: str, *words: object) -> list[str]:
    options = ["--grade", "fast", "--jobs", "2"] if name in {"run", "tag"} else []
    return [sys.executable, "-m", "oscb_nlp", name, *map(str, words), *options]


def oscb(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(name, *words), capture_output=True, text=True, check=False)


def objects(address: str) -> dict[str, bytes]:
    """Every output at an address, without what is kept."""
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    found = {name: files.cat_file(name) for name in files.find(address)}
    return {Path(name).name: data for name, data in found.items() if ".kept" not in name}


def test_a_run_from_and_to_a_bucket_gives_what_one_on_this_machine_gives(
    bucket: str, reviews: Path, whole: dict[str, bytes]
) -> None:
    out = f"{bucket}/results"
    done = oscb("run", f"{bucket}/reviews", "--out", out)
    assert done.returncode == 3, done.stderr
    assert f"{bucket}/reviews/empty.pdf: empty-file" in done.stderr
    assert f"Report: {out}/report.html" in done.stderr
    there = objects(out)
    assert SECRET.encode() not in b"".join(there.values()) + done.stderr.encode()
    assert f"{bucket}/reviews/review_2013.pdf".encode() in there["documents.csv"]
    # The quotes were held against the files in the bucket.
    assert "of them against the passages as read" not in done.stderr

    again = oscb("run", f"{bucket}/reviews", "--out", out)
    assert again.returncode == 3
    assert "Nothing has changed" in again.stderr
    assert objects(out) == there

    # Where a file lies stands in the tables; nothing else tells it from a run on this machine.
    for name in ("tags.parquet", "passages.parquet", "items.csv", "run.json"):
        assert there[name] == whole[name], name
    for name in ("documents.csv", "problems.csv"):
        assert there[name] == whole[name].replace(
            str(reviews).encode(), f"{bucket}/reviews".encode()
        )


def test_a_killed_run_goes_on_from_the_bucket_and_a_living_one_keeps_others_out(
    bucket: str, reviews: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    out = f"{bucket}/results"
    files = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
    number = len(list(reviews.iterdir()))
    run = subprocess.Popen(command("tag", reviews, "--out", out), stderr=subprocess.DEVNULL)
    second = None
    # More is kept than files were read, so that one at least is coded.
    while run.poll() is None and len(files.glob(f"{out}/.kept/??/*")) <= number:
        if second is None and files.exists(f"{out}/.kept/lock"):
            os.kill(run.pid, signal.SIGSTOP)
            second = oscb("tag", reviews, "--out", out)
            os.kill(run.pid, signal.SIGCONT)
    run.kill()
    run.wait()
    assert second is not None
    assert second.returncode == 2
    assert f"{out}: another run is writing into this folder" in second.stderr
    assert files.exists(f"{out}/.kept/lock")

    log = tmp_path / "log"
    end = oscb("tag", reviews, "--out", out, "--json-log", log)
    assert end.returncode == 3, end.stderr
    assert '"before": true' in log.read_text(encoding="utf-8")
    assert not files.exists(f"{out}/.kept/lock")
    assert objects(out) == whole


def test_what_cannot_be_reached_is_named_without_a_secret() -> None:
    with pytest.raises(InputError, match="must not hold a password") as caught:
        place("sftp://ann:hunter2@host/reviews")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(InputError, match="must not hold a password"):
        place("https://host/a.pdf?sv=1&sig=abc")
    with pytest.raises(InputError, match="no such protocol"):
        find_inputs(["nonsense://host/reviews"])
    with pytest.raises(InputError, match="no such file or folder"):
        find_inputs(["memory://nowhere"])
    sheet = oscb("sheet", "s3://bucket/results", "--out", "sheet.xlsx")
    assert sheet.returncode == 2
    assert "copy the results here first" in sheet.stderr


def test_a_manifest_names_files_beside_it_or_at_addresses(memory: str, tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/results/list.csv", b"file,year\nsub/a.pdf,2014\ns3://b/c.pdf,\n")
    first, second = find_inputs([f"{memory}/list.csv"])
    assert (str(first.path), first.manifest["year"]) == ("memory://results/sub/a.pdf", "2014")
    assert str(second.path) == "s3://b/c.pdf"
    files.pipe_file("/results/list.csv", b"file\nfile:///etc/passwd.pdf\n")
    with pytest.raises(InputError, match="cannot name"):
        find_inputs([f"{memory}/list.csv"])
    (tmp_path / "list.csv").write_text("file\nmemory://results/a.pdf\n", encoding="utf-8")
    assert [str(item.path) for item in find_inputs([tmp_path / "list.csv"])] == [
        "memory://results/a.pdf"
    ]


def test_a_copy_has_the_files_name_and_goes_when_it_was_read(memory: str) -> None:
    url = Url(f"{memory}/review_2014.pdf")
    fsspec.filesystem("memory").pipe_file("/results/review_2014.pdf", b"%PDF")
    with copied(url) as path:
        assert (path.name, path.read_bytes()) == ("review_2014.pdf", b"%PDF")
    assert not path.exists()
    before = fingerprint(url)
    fsspec.filesystem("memory").pipe_file("/results/review_2014.pdf", b"%PDF-1.7")
    assert fingerprint(url) != before
    assert link_to(str(url), Path()) == ""


def test_only_one_of_two_makes_a_file_that_is_not_there(memory: str, bucket: str) -> None:
    for folder in (memory, bucket):
        assert create(b"one", Url(folder) / "lock")
        assert not create(b"two", Url(folder) / "lock")


def test_a_lock_of_a_dead_process_or_one_not_renewed_is_taken_over(memory: str) -> None:
    url, files = Url(memory), fsspec.filesystem("memory")
    for held in (
        b'{"run": "x", "machine": "elsewhere", "process": 1, "at": 0}',
        b"cut off",
    ):
        files.pipe_file("/results/.kept/lock", held)
        with only_run(url) as kept:
            kept.put("ab12", {"tags": []})
            with pytest.raises(OutputError, match="another run is writing"), only_run(url):
                pass
        assert not files.exists("/results/.kept/lock")
    with only_run(url) as kept, pytest.raises(OutputError, match="took this folder over"):
        files.pipe_file("/results/.kept/lock", b'{"run": "y"}')
        kept.finish("key", {"said": []})


def test_what_is_kept_at_an_address_is_found_by_the_next_run_and_dropped_unused(
    memory: str,
) -> None:
    url, files = Url(memory), fsspec.filesystem("memory")
    with only_run(url) as kept:
        kept.put("ab12", {"tags": []})
    with only_run(url) as kept:
        assert kept.get("ab12") == {"tags": []}
        kept.put("cd34", {"tags": []})
    # A name that leads out of the copy is never fetched.
    files.pipe_file("/results/.kept/../../escaped", b"x")
    with only_run(url) as kept:
        assert kept.get("cd34") == {"tags": []}
        with kept.publishing() as folder:
            (folder / "tags.csv").write_text("theme", encoding="utf-8")
        kept.finish("first", {"said": ["done"]})
    with only_run(url) as kept:
        assert kept.finished("first") == {"said": ["done"]}
        assert kept.finished("second") is None
        assert kept.get("ab12") is None
    files.pipe_file("/results/tags.csv", b"changed by hand")
    with only_run(url) as kept:
        assert kept.finished("first") is None
