"""What the documentation site makes as it is built, called by MkDocs as a hook.

Pages from what the program itself uses (commands, tables' columns, codebook), pages that stand
elsewhere in the repository (model card, datasheets), and MathML from formulas, so that the site
needs no script from elsewhere.
"""

from __future__ import annotations

import html
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import latex2mathml.converter
import pyarrow as pa

from oscb_nlp.codebook import Codebook, Stance, Theme, load_codebook
from oscb_nlp.summary.schemas import SUMMARY_SCHEMAS
from oscb_nlp.tables import CODING_SCHEMAS, SCHEMAS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]

ELSEWHERE = {
    "model-card.md": "models/README.md",
    "datasheet.md": "corpora/README.md",
    "datasheet-reports.md": "corpora/real/README.md",
    "corpus-figures.md": "corpora/figures.md",
}
"""Pages of the site by the file of the repository that they show."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
_ROLE = re.compile(r":(?:func|class|data|meth|mod|attr|exc):<code[^>]*>([^<]+)</code>")
_RAW = re.compile(r":(?:func|class|data|meth|mod|attr|exc):(?=[`<])\S{0,60}")
_FORMULA = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.+?)\\[)\]]\s*</\1>', re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that no file of docs/ holds."""
    from mkdocs.structure.files import File

    made: dict[str, Callable[[], str]] = {
        "command-line.md": commands,
        "tables.md": tables,
        "codebook.md": lambda: codebook(load_codebook()),
    }
    for name, make in made.items():
        files.append(File.generated(config, name, content=make()))
    for name, source in ELSEWHERE.items():
        files.append(
            File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8"))
        )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links between files of the repository at the pages that show them."""
    name = page.file.src_uri
    return relinked(markdown, name, ELSEWHERE.get(name, f"docs/{name}"))


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Make MathML of formulas, and links of the names that docstrings refer to."""
    return crossed(_FORMULA.sub(_mathml, content), documented())


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Stop where a docstring's reference is left as it was written."""
    from mkdocs.exceptions import PluginError

    left = _RAW.search(output)
    if left:
        raise PluginError(f"{page.file.src_uri}: {left[0]!r} is left as it was written")
    return output


def crossed(content: str, known: Mapping[str, str]) -> str:
    """Return a page in which references of docstrings lead to where the site has the name.

    A name that the site does not describe is set as code alone.

    >>> crossed(":func:<code>~a.tag</code>, :data:<code>X</code>", {"tag": "a.tagging.tag"})
    '<autoref identifier="a.tagging.tag"><code>tag</code></autoref>, <code>X</code>'
    """

    def linked(match: re.Match[str]) -> str:
        name = match[1].lstrip("~.")
        shown = name.rsplit(".", 1)[-1] if match[1].startswith("~") else name
        home = known.get(name.rsplit(".", 1)[-1])
        code = f"<code>{shown}</code>"
        return f'<autoref identifier="{home}">{code}</autoref>' if home else code

    return _ROLE.sub(linked, content)


@lru_cache(maxsize=1)
def documented() -> Mapping[str, str]:
    """Return where the site describes each public name."""
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    modules = [
        name
        for page in pages
        for name in re.findall(r"^::: (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    return {name: f"{home}.{name}" for home in modules for name in import_module(home).__all__}


def relinked(markdown: str, page: str, source: str) -> str:
    """Return a page's text with links to where the site has them.

    A link to a file that no page shows keeps its words alone.

    >>> relinked("[card](../models/README.md), [code](../src/x.py)", "models.md", "docs/models.md")
    '[card](model-card.md), code'
    """
    pages = {file: name for name, file in ELSEWHERE.items()}

    def moved(match: re.Match[str]) -> str:
        words, target, anchor = match[1], match[2], match[3] or ""
        if re.match(r"[a-z]+:", target):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        shown = pages.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
        if shown is None:
            return words
        return f"[{words}]({posixpath.relpath(shown, posixpath.dirname(page) or '.')}{anchor})"

    return _LINK.sub(moved, markdown)


def commands() -> str:
    """Return the commands with their options, as typer describes them."""
    run = subprocess.run(
        [sys.executable, "-m", "typer", "oscb_nlp.cli", "utils", "docs", "--name", "oscb-nlp"],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    text = re.sub(r"^Example: (.+)$", r"```console\n\1\n```", run.stdout, flags=re.MULTILINE)
    return text.replace("# `oscb-nlp`", "# The command line", 1) + (
        "\n## Exit codes\n\n0: all was done. 1: nothing was. 2: the command was used wrongly. "
        "3: done, but a file could not be read; `problems.csv` names it.\n"
    )


def tables() -> str:
    """Return the columns and types of all tables."""
    parts = [
        "# Tables",
        "Each table is stored as Parquet, which holds the truth, and as CSV for people, in which contact "
        "details are redacted. In Python they are pandas DataFrames of the same names: "
        "`corpus.documents`, `tagged.tags`, `summary.trends`. What a column of the summary means "
        "stands with the function that makes the table ([across years](reference/summary.md)).",
    ]
    groups: Mapping[str, Mapping[str, pa.Schema]] = {
        "Corpus and tags (`tag`, `run`)": SCHEMAS,
        "What people coded (`import`)": CODING_SCHEMAS,
        "The cross-year account (`summarise`, `run`)": SUMMARY_SCHEMAS,
    }
    for title, schemas in groups.items():
        parts.append(f"## {title}")
        for name, schema in schemas.items():
            rows = [f"| `{field.name}` | {_type(field.type)} |" for field in schema]
            parts.append("\n".join([f"### `{name}`\n", "| column | type |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def codebook(book: Codebook) -> str:
    """Return the whole codebook: stances, then themes by family."""
    parts = [
        f"# The codebook\n\n{book.title}. Version {book.version}, {book.licence}. Coders read what the "
        "model was taught from: this text.",
        book.description,
        "## Stances",
    ]
    parts += [_described(stance, []) for stance in book.stances]
    sources = {source.id: source.title for source in book.sources}
    labels = {theme.id: theme.label for theme in book}
    for family in book.families:
        parts.append(f"## {family.label}")
        parts += [_described(t, _about(t, labels, sources)) for t in book if t.family == family.id]
    parts.append("## Sources")
    parts.append("\n".join(f"- {s.title}{f' ({s.year})' if s.year else ''}" for s in book.sources))
    return "\n\n".join(parts)


def _about(theme: Theme, labels: Mapping[str, str], sources: Mapping[str, str]) -> list[str]:
    facts = {
        "Absence of it is": "not a factor" if theme.polarity == "harm" else "a finding",
        "Cues": ", ".join(f"`{cue}`" for cue in theme.cues),
        "Weak cues": ", ".join(f"`{cue}`" for cue in theme.weak_cues),
        "Neighbours": ", ".join(f"[{labels[name]}](#{name})" for name in theme.related),
        "From": "; ".join(sources[name] for name in theme.sources),
    }
    return [f"**{name}:** {value}." for name, value in facts.items() if value]


def _described(entry: Theme | Stance, about: Iterable[str]) -> str:
    parts = [f"### {entry.label} {{ #{entry.id} }}", f"`{entry.id}`: {entry.definition}"]
    for title, lines in (("Include", entry.include), ("Exclude", entry.exclude)):
        if lines:
            parts.append("\n".join([f"{title}:\n", *(f"- {line}" for line in lines)]))
    return "\n\n".join([*parts, *about])


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "; ".join(f"`{field.name}` {_type(field.type)}" for field in kind)
    names = {"string": "text", "int32": "whole number", "bool": "true or false"}
    return names.get(str(kind), "number" if pa.types.is_floating(kind) else str(kind))


def _mathml(match: re.Match[str]) -> str:
    display = "block" if match[1] == "div" else "inline"
    formula = latex2mathml.converter.convert(html.unescape(match[2]).strip(), display=display)
    # The theme lets this block scroll by itself where a formula is wider than a telephone.
    return f'<div class="arithmatex">{formula}</div>' if display == "block" else formula
