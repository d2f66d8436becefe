"""What every command shares: the application, messages, progress and exit codes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

__all__ = [
    "NOTHING_DONE",
    "SOME_FAILED",
    "STOPPED",
    "WRONG_USAGE",
    "UsageError",
    "app",
    "plain",
    "progress",
    "say",
    "stderr",
    "today",
]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Code published child-safeguarding reviews by theme and show what they keep saying.",
)

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    r"""Return a text that cannot steer the terminal, as one of a document or a file's name may.

    >>> plain("a\x1b[2Jb")
    'a\ufffd[2Jb'
    """
    return _UNSEEN.sub("\ufffd", text)


class _Plain(Console):
    """A console on which text is but text."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(plain(one) if isinstance(one, str) else one for one in objects), **how)


stderr = _Plain(stderr=True, highlight=False, soft_wrap=True)

# Newer typers carry click inside, where its classes have another address.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

SOME_FAILED = 3
WRONG_USAGE = 2
NOTHING_DONE = 1
STOPPED = 130  # as a shell says it of what Ctrl-C ended


def today() -> str:
    """Return the day, or that of ``SOURCE_DATE_EPOCH`` so that a run can give its bytes again."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = datetime.fromtimestamp(int(given), UTC) if given.isdigit() else datetime.now(UTC)
    return moment.date().isoformat()


def say(message: str, quiet: bool) -> None:
    """Print a message on standard error."""
    if not quiet:
        stderr.print(message, markup=False)


class _Rate(ProgressColumn):
    """How many were done a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "")


@contextmanager
def progress(label: str, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error; yields what moves it on."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr, transient=True, disable=quiet) as bar:
        task = bar.add_task(label, total=total)
        yield lambda count: bar.advance(task, count)
