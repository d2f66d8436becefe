"""The installed program opens no network connection, in no process that it starts."""

import os
import subprocess
import sys
from pathlib import Path

# Python runs a module of this name in every process at its start, so in the workers too.
WATCH = """
import os, sys

def _watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        # Workers speak to their parent over sockets of the machine itself, which have a path.
        where = args[1] if event in ("socket.connect", "socket.sendto") else args[0]
        if not isinstance(where, (str, bytes)) or "addr" in event or "host" in event:
            with open(os.environ["WATCHED"], "a") as file:
                file.write(f"{event} {where!r}\\n")

sys.addaudithook(_watch)
with open(os.environ["WATCHED"] + ".processes", "a") as file:
    file.write("one\\n")
"""


def run(folder: Path, *command: str) -> tuple[str, int]:
    """Run a command under the watch; return what it connected to and in how many processes it ran."""
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    log = folder / "watched"
    environment = {**os.environ, "PYTHONPATH": str(folder), "WATCHED": str(log)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    processes = Path(f"{log}.processes").read_text(encoding="utf-8").count("one")
    return (log.read_text(encoding="utf-8") if log.exists() else ""), processes


def test_the_watch_sees_a_connection(tmp_path: Path) -> None:
    attempt = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
    seen, _processes = run(tmp_path, sys.executable, "-c", attempt)
    assert "socket.connect ('127.0.0.1', 9)" in seen


def test_the_main_job_connects_to_nothing_in_any_process(tmp_path: Path, make_pdf) -> None:  # type: ignore[no-untyped-def]
    review = make_pdf(["1. Findings", "1.1 In 2015 the house was cold and nobody asked the child."])
    program = Path(sys.executable).with_name("oscb-nlp")
    seen, processes = run(
        tmp_path, str(program), "run", str(review), "--out", str(tmp_path / "out")
    )
    assert (tmp_path / "out" / "report.html").exists()
    assert processes > 1  # the workers were watched too
    assert seen == ""
