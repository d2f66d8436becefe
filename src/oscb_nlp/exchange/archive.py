"""Zip archives and XML from anywhere: what is read of them is limited, and nothing is unpacked to disk.

A ``.qdpx`` comes by e-mail from another team. It may be damaged, or made to do harm: a few
kilobytes that unpack to gigabytes, names that climb out of a folder, XML whose entities grow or
fetch a file. Whatever is wrong is said before anything is taken from it.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from lxml import etree

from oscb_nlp.errors import InputError, LabelError

__all__ = ["Archive", "decoded", "opened", "parse_xml"]

MAX_ENTRIES = 20_000
MAX_ENTRY = 64 * 2**20
MAX_TOTAL = 256 * 2**20
# Only these are ever read; pictures, sound and film may be as large as they like.
_READ = (".qde", ".txt", ".docx", ".xml", ".rels")
_ROOT = re.compile("/|[A-Za-z]:")  # of Linux, or a drive of Windows


class Archive:
    """The entries of a zip archive that passed the checks, read one at a time."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self.name = name
        self._archive = archive
        self._read = 0
        self._entries = {info.filename.lower(): info for info in archive.infolist()}

    def __contains__(self, entry: str) -> bool:
        return entry.lower() in self._entries

    def names(self, suffix: str) -> list[str]:
        """Return the entries whose name ends so, in the archive's order.

        >>> from oscb_nlp.tables import pack
        >>> with opened(io.BytesIO(pack({"project.qde": b""})), "p.qdpx") as archive:
        ...     archive.names(".qde")
        ['project.qde']
        """
        return [info.filename for name, info in self._entries.items() if name.endswith(suffix)]

    def read(self, entry: str) -> bytes:
        """Return an entry's bytes; upper and lower case are the same, as where they were written.

        >>> from oscb_nlp.tables import pack
        >>> with opened(io.BytesIO(pack({"Sources/a.txt": b"Hello"})), "p.qdpx") as archive:
        ...     archive.read("sources/A.txt")
        b'Hello'
        """
        if entry.lower() not in self._entries:
            raise LabelError(f"{self.name}: holds no {entry}")
        info = self._entries[entry.lower()]
        # An entry of any ending may be asked for, and one of them many times.
        self._read += info.file_size
        if info.file_size > MAX_ENTRY or self._read > MAX_TOTAL:
            raise _too_large(self.name, info)
        try:
            return self._archive.read(info)
        except (OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
            raise LabelError(f"{self.name}: {entry} cannot be unpacked: {error}") from None
        except Exception as error:  # zlib and lzma have errors of their own, with no common base
            raise LabelError(f"{self.name}: {entry} is damaged: {error}") from None


@contextmanager
def opened(file: Path | io.BytesIO, name: str, whole: bool = False) -> Iterator[Archive]:
    """Open a zip archive once its table of contents is found harmless.

    ``whole`` says that all of its entries will be read, pictures too.

    Raises
    ------
    InputError
        If there is no such file, or it cannot be opened.
    LabelError
        If it is no zip archive, has too many or too large entries, or names that lead out of it.

    Examples
    --------
    >>> with opened(io.BytesIO(b"PDF"), "p.qdpx") as archive:
    ...     pass
    Traceback (most recent call last):
    oscb_nlp.errors.LabelError: p.qdpx: is no zip archive, as a REFI-QDA project must be; export it again
    """
    try:
        if isinstance(file, Path) and not stat.S_ISREG(file.stat().st_mode):
            raise InputError(f"{name}: cannot be opened: it is no ordinary file")
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise LabelError(
            f"{name}: is no zip archive, as a REFI-QDA project must be; export it again"
        ) from None
    except OSError as error:
        raise InputError(f"{name}: cannot be opened: {error.strerror or error}") from None
    with archive:
        _check(name, archive.infolist(), whole)
        yield Archive(name, archive)


def _check(name: str, entries: list[zipfile.ZipInfo], whole: bool) -> None:
    if len(entries) > MAX_ENTRIES:
        raise LabelError(f"{name}: holds {len(entries)} entries, more than {MAX_ENTRIES}")
    total = 0
    for entry in entries:
        if _leads_out(entry.filename):
            raise LabelError(
                f"{name}: its entry {entry.filename[:200]!r} leads out of the archive; do not open it"
            )
        if not whole and not entry.filename.lower().endswith(_READ):
            continue
        total += entry.file_size
        if entry.file_size > MAX_ENTRY or total > MAX_TOTAL:
            raise _too_large(name, entry)


def _too_large(name: str, entry: zipfile.ZipInfo) -> LabelError:
    return LabelError(
        f"{name}: unpacks to more than the {MAX_TOTAL // 2**20} MB that are read "
        f"({entry.filename[:200]}: {entry.file_size // 2**20} MB); export fewer sources at once"
    )


def _leads_out(entry: str) -> bool:
    path = entry.replace("\\", "/")
    return bool(_ROOT.match(path)) or ".." in PurePosixPath(path).parts


def parse_xml(content: bytes, name: str) -> etree._Element:
    """Return the root of an XML document that needs nothing from outside it.

    Raises
    ------
    LabelError
        If it is not well formed, or has a document type definition, in which entities hide.

    Examples
    --------
    >>> parse_xml(b"<Project name='p'/>", "p.qde").get("name")
    'p'
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        tree = etree.parse(io.BytesIO(content), parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise LabelError(f"{name}: is not well-formed XML: {str(error)[:200]}") from None
    if tree.docinfo.doctype:
        raise LabelError(
            f"{name}: has a document type definition ({tree.docinfo.doctype[:60]}), which no "
            "REFI-QDA project needs and which can do harm; it is not read"
        )
    return tree.getroot()


def decoded(content: bytes, name: str) -> str:
    r"""Return a text file's words: UTF-8, as the standard has it, or UTF-16 with its mark.

    Raises
    ------
    LabelError
        If it is in another encoding: a wrong guess would shift every position.

    Examples
    --------
    >>> decoded("\ufeffShe asked".encode(), "a.txt")
    'She asked'
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(
            f"{name}: is not text in UTF-8, as REFI-QDA has it ({error.reason} at byte "
            f"{error.start}); export it again"
        ) from None
