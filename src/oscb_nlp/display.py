"""How documents, corpora and summaries show in a notebook: facts and tables as plain HTML.

All text is escaped, and nothing but markup is used, so that a notebook shows it trusted or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

__all__ = ["bar", "card", "table"]


class _Markup(str):
    """HTML that was made here and needs no escaping."""

    __slots__ = ()


def card(title: str, facts: Mapping[str, object], *parts: str) -> str:
    """Return a title, facts in a line, and tables beneath.

    >>> card("Corpus", {"documents": 2})
    '<div><strong>Corpus</strong><p>documents: 2</p></div>'
    """
    line = " · ".join(f"{escape(name)}: {escape(str(value))}" for name, value in facts.items())
    return f"<div><strong>{escape(title)}</strong><p>{line}</p>{''.join(parts)}</div>"


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; empty where it has no row."""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f'<th scope="col" style="text-align:left">{escape(n)}</th>' for n in header)
    return (
        f'<table><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def bar(share: float, words: str) -> str:
    """Return a bar as long as a share, with the words beside it, for a cell of a table."""
    width = round(100 * max(0.0, min(1.0, share)))
    return _Markup(
        f'<span aria-hidden="true" style="display:inline-block;background:#457b9d;height:.7em;'
        f'width:{width}px;margin-right:.4em"></span>{escape(words)}'
    )


def _cell(value: object) -> str:
    text = value if isinstance(value, _Markup) else escape("" if value is None else str(value))
    return f'<td style="text-align:left">{text}</td>'
