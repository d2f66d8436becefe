"""The command that hands a coded corpus to other programs: export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from oscb_nlp.cli.options import Folder, Quiet
from oscb_nlp.cli.terminal import app, say

__all__ = ["ExportFormat", "export"]


class ExportFormat(StrEnum):
    """What ``export`` writes; the writers are imported when they are needed."""

    qdpx = "qdpx"
    jsonl = "jsonl"
    label_studio = "label-studio"
    label_studio_config = "label-studio-config"
    doccano = "doccano"
    prodigy = "prodigy"
    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    docbin = "docbin"
    taguette = "taguette"
    qualcoder = "qualcoder"


@app.command()
def export(
    folder: Folder,
    format: Annotated[ExportFormat, typer.Option("--format", help="Which program it is for")],
    out: Annotated[Path, typer.Option("--out", help="The file to write")],
    redact: Annotated[
        bool,
        typer.Option("--redact/--no-redact", help="Take contact details out of the texts"),
    ] = True,
    quiet: Quiet = False,
) -> None:
    """Write what was coded for another program: NVivo, MAXQDA, ATLAS.ti, Label Studio, a sheet.

    Example: oscb-nlp export results/ --format qdpx --out reviews.qdpx
    """
    from oscb_nlp.corpus import TaggedCorpus
    from oscb_nlp.exchange import export as as_bytes
    from oscb_nlp.files import write_whole, writing
    from oscb_nlp.redaction import counted, redaction_counts

    tagged = TaggedCorpus.load(folder)
    content = as_bytes(tagged, format.value, redact)
    with writing(out.parent):
        write_whole(out, lambda path: path.write_bytes(content))
    say(f"{format.value}: {out}", quiet)
    if redact and (taken := counted(redaction_counts(tagged.passages["text"]))):
        say(f"taken out: {taken}", quiet)
