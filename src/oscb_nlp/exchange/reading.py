"""Codings by people, read from whatever file another program wrote."""

from __future__ import annotations

from pathlib import Path

from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import LabelError
from oscb_nlp.exchange.annotated import take_records
from oscb_nlp.exchange.finding import Passages
from oscb_nlp.exchange.foreign import read_project
from oscb_nlp.exchange.intake import Imported, Intake
from oscb_nlp.exchange.returned import take_project

__all__ = ["read_exchange"]


def read_exchange(path: str | Path, tagged: TaggedCorpus, coder: str | None = None) -> Imported:
    """Read what people coded with another program.

    Parameters
    ----------
    path
        A REFI-QDA project (``.qdpx``), or what Label Studio (``.json``), doccano, Prodigy or
        this program (``.jsonl``) exported.
    tagged
        The corpus whose passages were coded.
    coder
        Who coded what the file gives no name for. With it the model's codings that are still in
        the file count as this coder's too: the project as it stands is what they say. Without
        it the model's codings are left.

    Returns
    -------
    Imported
        Codings for :func:`oscb_nlp.codings.with_codings`, and everything that could not be
        taken as it was.

    Raises
    ------
    InputError
        If there is no such file.
    LabelError
        If the file is damaged, of no known form, or made to do harm.

    Examples
    --------
    >>> found = read_exchange("coded.qdpx", TaggedCorpus.load("results"))  # doctest: +SKIP
    >>> found.codings[["coder", "theme", "stance"]]  # doctest: +SKIP
    """
    path = Path(path)
    passages = Passages(tagged)
    intake = Intake(passages.rows, (coder or "").strip())
    if path.suffix.lower() == ".qdpx":
        take_project(read_project(path), tagged, passages, intake)
    elif path.suffix.lower() in (".json", ".jsonl", ".ndjson"):
        take_records(path, tagged.codebook, passages, intake)
    else:
        raise LabelError(f"{path}: is of no known form; .qdpx, .jsonl and .json can be read")
    return intake.imported(path.name)
