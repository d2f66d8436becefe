"""The options that several commands share, with their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class ReadFormat(StrEnum):
    """What ``read`` prints."""

    json = "json"
    markdown = "markdown"
    text = "text"


class ThemesFormat(StrEnum):
    """What ``themes`` prints."""

    table = "table"
    json = "json"
    qdc = "qdc"
    skos = "skos"
    csv = "csv"


class EngineName(StrEnum):
    """What reads a PDF."""

    auto = "auto"
    pdfium = "pdfium"
    pdfplumber = "pdfplumber"


class Grade(StrEnum):
    """Which grade of the model codes."""

    auto = "auto"
    fast = "fast"
    best = "best"


class Mode(StrEnum):
    """How sure the model must be."""

    balanced = "balanced"
    recall = "recall"


class ReportFormat(StrEnum):
    """What ``report`` writes."""

    html = "html"
    docx = "docx"
    md = "md"


def on_this_machine(given: str) -> Path:
    """Return a results folder's path; say where an address stands in its place."""
    if "://" in given:
        raise typer.BadParameter(
            f"{given}: this command works on a folder of this machine; copy the results here first"
        )
    return Path(given)


Inputs = Annotated[
    list[str],
    typer.Argument(
        help="PDF files, folders (recursive) or a manifest CSV; also at an address (s3://...)"
    ),
]
Out = Annotated[
    str,
    typer.Option("--out", help="Folder for the tables and the report; also an address (s3://...)"),
]
Folder = Annotated[
    Path,
    typer.Argument(help="A folder that `tag` or `run` has written", parser=on_this_machine),
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="A model folder of your own")]
CodebookOption = Annotated[
    Path | None, typer.Option("--codebook", help="A codebook file of your own")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, help="Worker processes; default: all cores")
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask", help="Work on a Dask cluster: its scheduler's address, or local for one made here"
    ),
]
Timeout = Annotated[float, typer.Option("--timeout", min=1.0, help="Seconds a document may take")]
Engine = Annotated[
    EngineName, typer.Option("--engine", help="auto asks pdfplumber where pdfium fails")
]
Password = Annotated[
    str | None,
    typer.Option("--password", help="Opens files that need one", envvar="OSCB_NLP_PASSWORD"),
]
NoOcr = Annotated[bool, typer.Option("--no-ocr", help="Do not read pages that are pictures")]
GradeOption = Annotated[
    Grade, typer.Option("--grade", help="best is slower; auto takes it where it is installed")
]
ModeOption = Annotated[
    Mode, typer.Option("--mode", help="recall misses little, for a person who checks all of it")
]
Abstain = Annotated[
    float | None,
    typer.Option(
        "--abstain",
        min=0.05,
        max=0.95,
        help="Leave to a person (queue.csv) what would be wrong with this probability or a higher "
        "one; 0.5 holds back tags likelier wrong than right",
    ),
]
Labels = Annotated[
    list[Path], typer.Option("--labels", help="Labelled passages in JSON Lines; may be repeated")
]
Memory = Annotated[
    int, typer.Option("--memory", min=64, help="Megabytes that reading one document may take")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors alone")]
JsonLog = Annotated[
    Path | None,
    typer.Option("--json-log", help="Write what happens to this file, a JSON object a line"),
]
Profile = Annotated[bool, typer.Option("--profile", help="Say at the end where the time went")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Read and code again what earlier runs kept")]
ByOption = Annotated[
    str,
    typer.Option("--by", help="year, april-year, era, or first years such as 2010,2015,2020"),
]
UnitOption = Annotated[
    str, typer.Option("--unit", help="What is counted: review, or board (once a period)")
]
FromYear = Annotated[
    int | None, typer.Option("--from-year", help="First year of the later part in `changed`")
]
