"""How far long work has come: a bar in a terminal or notebook, or a function of the caller's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

__all__ = ["ProgressOption", "shown_progress"]

ProgressOption: TypeAlias = bool | Callable[[int], None] | None
"""True for a bar, a function that is called with how much is done, None or False for nothing."""


@contextmanager
def shown_progress(
    progress: ProgressOption, label: str, total: int
) -> Iterator[Callable[[int], None]]:
    """Show how far work has come; yields what is called with how much is done so far.

    Parameters
    ----------
    progress
        True for a bar: on standard error, or under the cell of a notebook. A function is called
        in its place; None or False show nothing.
    label
        What is done, in a word or two.
    total
        How much there is to do.

    Examples
    --------
    >>> seen = []
    >>> with shown_progress(seen.append, "Counting", 2) as done:
    ...     done(1)
    ...     done(2)
    >>> seen
    [1, 2]
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield lambda _done: None
    else:
        with warnings.catch_warnings():
            # A notebook without ipywidgets gets the bar in text, which needs no warning.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
        with tqdm(total=total, desc=label) as bar:
            yield lambda done: bar.update(done - bar.n)
