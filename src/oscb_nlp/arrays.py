"""Numpy arrays in files: read without pickle and within limits, written with the same bytes each time."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Arrays", "read_arrays", "write_arrays"]

Arrays: TypeAlias = dict[str, npt.NDArray[Any]]


def read_arrays(path: Path, most: int) -> Arrays:
    """Return the arrays of an ``.npz`` file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, holds a pickle, or unpacks to more than ``most`` bytes.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no ordinary file")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size <= most:
            with np.load(path, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
    except MemoryError:
        raise ValueError("an array says that it is larger than memory") from None
    except Exception as error:  # zipfile, zlib and numpy's reading of headers have no common base
        raise ValueError(f"{type(error).__name__}: {error}") from None
    raise ValueError(f"it unpacks to more than the {most >> 20} MB that are read")


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write an ``.npz`` file with a fixed time stamp, so that the same arrays have the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as file:
                np.lib.format.write_array(file, arrays[name], allow_pickle=False)
