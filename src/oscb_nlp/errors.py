"""The exceptions that oscb_nlp raises.

Every message names the file or field, says what was found and what to do about it.
"""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "PROBLEMS",
    "ClusterError",
    "CodebookError",
    "DamagedError",
    "EndpointError",
    "EngineCrashError",
    "InputError",
    "LabelError",
    "ModelError",
    "NoTextError",
    "NotADocumentError",
    "OscbError",
    "OutputError",
    "PasswordNeededError",
    "ReadError",
    "SettingError",
    "TimeOutError",
    "TooLargeError",
]


class OscbError(Exception):
    """Base of all errors that oscb_nlp raises on purpose."""


class InputError(OscbError):
    """The input names nothing that can be read (no such path, no PDF in a folder)."""


class SettingError(OscbError, ValueError):
    """A setting has a value that it cannot take; the message names those that it can."""


class OutputError(OscbError):
    """The output folder or file cannot be written or does not hold what is needed."""


class ClusterError(OscbError):
    """A cluster cannot be reached, has another version, or was lost."""


class CodebookError(OscbError):
    """A codebook file is invalid; the message names file, theme and field."""


class LabelError(OscbError):
    """A file of labelled passages is invalid; the message names file and line."""


class EndpointError(OscbError):
    """A language model's address refuses or does not answer."""


class ModelError(OscbError):
    """A model file is missing, damaged or does not fit its codebook."""


class ReadError(OscbError):
    """A document could not be read; the problem decides which of the types below is raised.

    Attributes
    ----------
    file
        The document.
    problem
        A word of the fixed vocabulary of ``problems.csv`` (:data:`PROBLEMS`).
    detail
        What was found and what to do, in one line.
    """

    def __new__(cls, file: str | Path, problem: str, detail: str = "") -> ReadError:
        """Make the type that goes with the problem."""
        return super().__new__(_TYPES.get(problem, cls) if cls is ReadError else cls)

    def __init__(self, file: str | Path, problem: str, detail: str = "") -> None:
        advice = PROBLEMS[problem]
        self.file = str(file)
        self.problem = problem
        self.detail = f"{detail}; {advice}" if detail else advice
        super().__init__(f"{self.file}: {problem}: {self.detail}")

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes send errors home by pickling them between our own processes;
        # the default would call __init__ with the message alone.
        return (_rebuild, (self.file, self.problem, self.detail))


class NotADocumentError(ReadError):
    """The file is of another kind than its name says, or empty."""


class DamagedError(ReadError):
    """The file ends early or is damaged."""


class PasswordNeededError(ReadError):
    """The file opens only with a password, and none or a wrong one was given."""


class NoTextError(ReadError):
    """The file opens but holds no words, as a scan does without OCR."""


class TooLargeError(ReadError):
    """The file is larger, or unpacks to more, than the limits allow."""


class TimeOutError(ReadError):
    """Reading took longer than it may."""


class EngineCrashError(ReadError):
    """The PDF engine or its worker process gave up on the file."""


_TYPES: dict[str, type[ReadError]] = {
    "not-a-pdf": NotADocumentError,
    "empty-file": NotADocumentError,
    "truncated": DamagedError,
    "unreadable": DamagedError,
    "password-needed": PasswordNeededError,
    "no-text": NoTextError,
    "too-large": TooLargeError,
    "time-out": TimeOutError,
    "crashed": EngineCrashError,
}


def _rebuild(file: str, problem: str, detail: str) -> ReadError:
    error = ReadError(file, problem)
    error.detail = detail
    error.args = (f"{file}: {problem}: {detail}",)
    return error


PROBLEMS: dict[str, str] = {
    "not-a-pdf": "give the PDF itself; a web page is read under the name .html, Word under .docx",
    "empty-file": "download or copy the file again",
    "truncated": "the file ends early: download or copy it again",
    "password-needed": "give it with --password, or save a copy without one",
    "no-text": "it holds no words; pages that are pictures are read with Tesseract (Debian: apt-get "
    'install tesseract-ocr) and pip install "oscb-nlp[ocr]", or run the file through ocrmypdf',
    "unreadable": "the file is damaged: open it in a PDF viewer and save it again",
    "too-large": "split the file into parts",
    "time-out": "raise --timeout or leave the file out",
    "crashed": "the PDF engine gave up on this file: open it in a viewer and save it again",
    "cannot-open": "check the path and its permissions",
    "no-year": "give its year in a manifest CSV (columns file,year) to count it across years",
    "duplicate": "the same bytes stand under another name, which is counted instead",
    "no-passages": "no paragraph was found: check that the file is a report",
}
"""The fixed vocabulary of problems and the advice that goes with each."""
