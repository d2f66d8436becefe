"""List the licences of everything that the package and its extras install: ``python docs/licences.py``."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = "oscb-nlp"
INTRO = """# Licences of the dependencies

Made by `python docs/licences.py` from what the packages say of themselves, on Linux with CPython 3.11.
"direct" are those that `pyproject.toml` names; the others come with them.

| package | licence | needed by |
|---|---|---|
"""


def licence(found: Distribution) -> str:
    """Return a licence in one line: the expression, the classifiers, or the first line of the text."""
    about = found.metadata
    classes = [
        one.rsplit(" :: ", 1)[-1]
        for one in about.get_all("Classifier") or ()
        if one.startswith("License ::") and one != "License :: OSI Approved"
    ]
    text = (about.get("License") or "").strip().splitlines()
    said = about.get("License-Expression") or ", ".join(classes) or (text[0] if text else "")
    return said[:80].replace("|", "/") or "not said: see its files"


def main() -> None:
    """Walk the requirements from the package outwards and write ``licences.md``."""
    rows: dict[str, str] = {}
    todo = [(ROOT, extra, "") for extra in ("", "encoder", "llm", "ocr", "corpus", "docs", "dev")]
    seen: set[tuple[str, str]] = set()
    while todo:
        name, extra, parent = todo.pop(0)
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        try:
            found = distribution(name)
        except PackageNotFoundError:
            rows.setdefault(name, f"| {name} | not installed here | {parent} |")
            continue
        if name != ROOT:
            rows.setdefault(name, f"| {name} | {licence(found)} | {parent} |")
        for line in found.requires or ():
            need = Requirement(line)
            if need.marker and not need.marker.evaluate({"extra": extra}):
                continue
            origin = "direct" if name == ROOT else name
            if name == ROOT and re.search(r"extra == ['\"](\w+)", line):
                origin = f"direct, extra {extra}"
            child = canonicalize_name(need.name)
            todo += [(child, wanted, origin) for wanted in ("", *sorted(need.extras))]
    table = "\n".join(rows[name] for name in sorted(rows))
    Path(__file__).with_suffix(".md").write_text(INTRO + table + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
