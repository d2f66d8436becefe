"""The command line: ``oscb-nlp run`` and its parts.

Messages and progress go to standard error, data to standard output. Exit codes: 0 all
done; 3 done, but some documents could not be read; 2 wrong usage; 1 nothing could be done.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from oscb_nlp.cli import account, coding, exchange, loop, models, work
from oscb_nlp.cli.terminal import NOTHING_DONE, WRONG_USAGE, UsageError, app, stderr
from oscb_nlp.errors import OscbError, ReadError

__all__ = ["account", "app", "coding", "exchange", "loop", "main", "models", "work"]


def main() -> None:
    """Run the command line; no traceback reaches a user."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The name of a file need not be Unicode, and a terminal need not know every letter.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except typer.Exit as leave:
        code = leave.exit_code
    except UsageError as error:
        message = getattr(error, "format_message", error.__str__)()
        stderr.print(f"oscb-nlp: {message} (see oscb-nlp --help)", markup=False)
        code = WRONG_USAGE
    except (typer.Abort, KeyboardInterrupt):
        stderr.print("oscb-nlp: stopped; what was written before is whole")
        code = NOTHING_DONE
    except ReadError as error:
        stderr.print(f"oscb-nlp: {error}", markup=False)
        code = NOTHING_DONE
    except OscbError as error:
        stderr.print(f"oscb-nlp: {error}", markup=False)
        code = WRONG_USAGE
    except Exception as error:
        if os.environ.get("OSCB_NLP_DEBUG"):
            raise
        stderr.print(
            f"oscb-nlp: a fault of this program: {type(error).__name__}: {error}; "
            "please report it (OSCB_NLP_DEBUG=1 shows where it happened)",
            markup=False,
        )
        code = NOTHING_DONE
    sys.exit(code or 0)


@app.callback(invoke_without_command=True)
def _top(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    if show_version:
        print(version("oscb-nlp"))
        raise typer.Exit
