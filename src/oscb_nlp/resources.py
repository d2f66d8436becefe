"""Where the files lie that ship with the package: model, demo corpus, labels."""

from __future__ import annotations

from pathlib import Path

__all__ = ["data_path", "shipped_path"]

_PACKAGE = Path(__file__).parent


def data_path(name: str) -> Path:
    """Return the path of a data file of the package, such as ``codebook.toml``."""
    return _PACKAGE / "data" / name


def shipped_path(name: str) -> Path:
    """Return the path of a shipped artefact, such as ``models/default``.

    A wheel carries them inside the package; in a checkout they lie in the
    project's top folders of the same names.
    """
    installed = _PACKAGE / "shipped" / name
    return installed if installed.exists() else _PACKAGE.parents[1] / name
