"""What reads a stranger's file of each kind, and what counts as a crash."""

from __future__ import annotations

import tempfile
import traceback
import warnings
from contextlib import suppress
from pathlib import Path

from oscb_nlp import load_codebook, load_model, load_stance_model, read_document
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import InputError, OscbError
from oscb_nlp.exchange import read_exchange
from oscb_nlp.exchange.filled import read_sheet
from oscb_nlp.exchange.intake import read_codings
from oscb_nlp.inputs import find_inputs
from oscb_nlp.labels import read_labels
from oscb_nlp.standoff import join_labels
from oscb_nlp.summary import CrossYearSummary
from tests.fuzz.seeds import corpus, unpacked

FOLDERS = {"model", "results"}
SUFFIX = {
    "codebook": "toml", "labels": "jsonl", "manifest": "csv", "records": "json", "codings": "csv",
    "standoff": "jsonl",
}  # fmt: skip
_tagged: list[TaggedCorpus] = []


def crash(kind: str, content: bytes, folder: Path) -> str:
    """Read a file and return where an error that the project does not name came from, or nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(kind, content, folder)
    except OscbError:
        return ""
    except Exception as error:
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "oscb_nlp" in f.filename]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
        return f"{type(error).__name__} at {place}: {error}"[:300]
    return ""


def case(kind: str, content: bytes) -> str:
    """Read one case in a folder of its own; say what escaped, or what was written there."""
    with tempfile.TemporaryDirectory() as folder:
        said = crash(kind, content, Path(folder))
        left = sorted(path.name for path in Path(folder).iterdir())
        written = [name for name in left if not name.startswith("case.")]
        return said or (f"wrote {written}" if written and kind not in FOLDERS else "")


def read(kind: str, content: bytes, folder: Path) -> None:
    """Read a file as the program would; whatever is wrong with it is raised."""
    path = folder / f"case.{SUFFIX.get(kind, kind)}"
    if kind in FOLDERS:
        # A folder's files come as one, so that a case is one file.
        try:
            parts = unpacked(content)
        except Exception:  # the zip is this test's own, not a thing that the program reads
            return
        for name, part in parts.items():
            (folder / name).write_bytes(part)
        if kind == "results":
            CrossYearSummary.load(folder)._repr_html_()
            return
        load_stance_model(folder)
        load_model(folder, grade="fast").predict_proba(["The house was cold."])
        return
    path.write_bytes(content)
    if kind in {"pdf", "docx", "html"}:
        read_document(path, ocr=False)
    elif kind == "codebook":
        load_codebook(path)
    elif kind == "labels":
        read_labels(path)
    elif kind == "manifest":
        find_inputs([path])
    elif kind == "codings":
        read_codings(path)
    elif kind == "standoff":
        with suppress(InputError):  # its PDF is not there
            join_labels(folder, path)
    else:
        if not _tagged:
            _tagged.append(corpus())
        read = read_sheet if kind == "xlsx" else read_exchange
        read(path, _tagged[0], "Ann")
