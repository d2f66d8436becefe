"""The demo corpus: fictional reviews that ship with the package as PDFs."""

from __future__ import annotations

from pathlib import Path

from oscb_nlp.errors import InputError
from oscb_nlp.resources import shipped_path

__all__ = ["demo_files"]


def demo_files() -> list[Path]:
    """Return the PDFs of the demo corpus, sorted by name.

    They are fictional and held out: no passage of theirs trained the shipped model.

    Examples
    --------
    >>> len(demo_files()) >= 16
    True
    """
    files = sorted(shipped_path("corpora/demo").glob("*.pdf"))
    if not files:
        raise InputError("the demo corpus is missing from this installation: install it again")
    return files
