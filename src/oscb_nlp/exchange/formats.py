"""The forms that a tagged corpus can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oscb_nlp.codebook import Codebook
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.errors import SettingError
from oscb_nlp.exchange.coded import Review, reviews
from oscb_nlp.exchange.flat import to_csv, to_parquet, to_xlsx
from oscb_nlp.exchange.lines import (
    to_doccano,
    to_jsonl,
    to_label_studio,
    to_label_studio_config,
    to_prodigy,
)
from oscb_nlp.exchange.lists import to_qualcoder, to_taguette
from oscb_nlp.exchange.project import project_to_qdpx

__all__ = ["EXPORT_FORMATS", "export"]


def _docbin(reviews: Sequence[Review], codebook: Codebook) -> bytes:
    # Here, since spaCy takes half a second, for which a user of another format need not wait.
    from oscb_nlp.exchange.docbin import to_docbin

    return to_docbin(reviews, codebook)


_WRITERS: dict[str, Callable[[Sequence[Review], Codebook], bytes]] = {
    "qdpx": project_to_qdpx,
    "jsonl": to_jsonl,
    "label-studio": to_label_studio,
    "label-studio-config": to_label_studio_config,
    "doccano": to_doccano,
    "prodigy": to_prodigy,
    "csv": to_csv,
    "xlsx": to_xlsx,
    "parquet": to_parquet,
    "docbin": _docbin,
    "taguette": to_taguette,
    "qualcoder": to_qualcoder,
}
EXPORT_FORMATS = tuple(_WRITERS)
"""What :func:`export` can write."""


def export(tagged: TaggedCorpus, form: str, redacted: bool = True) -> bytes:
    """Return a tagged corpus in the form that another program reads.

    Parameters
    ----------
    tagged
        What ``oscb-nlp tag`` wrote, with what people coded since.
    form
        One of :data:`EXPORT_FORMATS`.
    redacted
        Whether contact details are taken out of the texts.

    Returns
    -------
    bytes
        The file; the same for the same corpus.

    Raises
    ------
    SettingError
        If there is no such form.

    Examples
    --------
    >>> export(TaggedCorpus.load("results"), "qdpx")[:2]  # doctest: +SKIP
    b'PK'
    """
    if form not in _WRITERS:
        raise SettingError(f"there is no format {form!r}; there are {', '.join(EXPORT_FORMATS)}")
    return _WRITERS[form](reviews(tagged, redacted), tagged.codebook)
