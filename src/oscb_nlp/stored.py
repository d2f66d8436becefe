"""What stands beside the tables of a results folder, and what must hold among them, for folders from anywhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from oscb_nlp.arrays import read_arrays, write_arrays
from oscb_nlp.errors import OutputError
from oscb_nlp.files import parse_json, read_limited, whole

__all__ = ["VECTORS", "check_ids", "read_settings", "read_vectors", "write_vectors"]

VECTORS = "vectors.npz"
_MOST_SETTINGS = 16 << 20  # bytes
_MOST_VECTORS = 16 << 30  # bytes that they unpack to: a million passages take less than one
_RATES = 4  # numbers that say how often whole reviews were coded rightly
_KINDS: dict[str, type] = {
    "counts": dict, "contact_details": dict, "review_rates": dict, "thresholds": dict, "codebook_content": dict,
    "coders": list, "by_cues_alone": list, "redefined": list, "grade": str, "mode": str,
    "codebook_hash": str, "model_hash": str, "unit": str,
}  # fmt: skip


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings that ``run.json`` or ``summary.json`` holds.

    Raises
    ------
    OutputError
        If it is damaged, or a setting is of another kind than this program writes.
    """
    try:
        settings = parse_json(read_limited(path, _MOST_SETTINGS))
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None
    if not isinstance(settings, dict):
        raise OutputError(f"{path}: must be a JSON object; run the command that made it again")
    for name, kind in _KINDS.items():
        if not isinstance(settings.get(name) or kind(), kind):
            raise OutputError(f"{path}: {name!r} is no {kind.__name__}; was it changed by hand?")
        if kind is list and not all(isinstance(one, str) for one in settings.get(name) or ()):
            raise OutputError(f"{path}: {name!r} must hold texts alone; was it changed by hand?")
    if not all(map(_are_rates, (settings.get("review_rates") or {}).values())):
        raise OutputError(f"{path}: 'review_rates' must be four numbers a theme")
    return settings


def _are_rates(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == _RATES
        and all(isinstance(one, (int, float)) and math.isfinite(one) for one in value)
    )


def check_ids(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Raise :class:`OutputError` where an id stands twice, or a row belongs to none that is there."""
    for name, key in (("documents", "document_id"), ("passages", "passage_id")):
        ids = tables[name][key]
        if ids.duplicated().any():
            twice = ids[ids.duplicated()].iloc[0]
            raise OutputError(f"{folder}: {name}.parquet holds {key} {twice[:60]!r} twice")
        for other, table in tables.items():
            if key in table and not (known := table[key].isin(ids)).all():
                lost = table.loc[~known, key].iloc[0]
                raise OutputError(
                    f"{folder}: {other}.parquet has a row of {key} {lost[:60]!r}, which "
                    f"{name}.parquet does not hold"
                )


def write_vectors(ids: npt.NDArray[np.str_], matrix: npt.NDArray[np.float16], folder: Path) -> None:
    """Write the passages' vectors, shape (n_passages, size), with their ids."""
    with whole(folder / VECTORS) as path:
        write_arrays(path, {"ids": ids, "vectors": matrix})


def read_vectors(path: Path) -> pd.DataFrame | None:
    """Return the passages' vectors, indexed by passage id; None where there are none.

    Raises
    ------
    OutputError
        If the file holds something else.
    """
    if not path.exists():
        return None
    try:
        arrays = read_arrays(path, _MOST_VECTORS)
        vectors, ids = arrays["vectors"], arrays["ids"]
    except (OSError, ValueError, KeyError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None
    if vectors.dtype.kind != "f" or ids.dtype.kind != "U" or vectors.shape[:-1] != ids.shape:
        raise OutputError(f"{path}: holds no vectors of passages")
    return pd.DataFrame(vectors, index=ids)
