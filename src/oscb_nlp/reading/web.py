"""Web pages (HTML), read with lxml: the main part's headings, paragraphs, lists and tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from oscb_nlp.errors import ReadError
from oscb_nlp.reading.flow import FlowBlock, FlowDocument

__all__ = ["read_web"]

_LEFT_OUT = [
    "script",
    "style",
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "noscript",
    "template",
    "svg",
    "iframe",
    "button",
]
_DATES = (
    "article:published_time", "dcterms.issued", "dc.date.issued", "dcterms.created", "date",
    "citation_publication_date",
)  # fmt: skip
_BLOCKS = frozenset(
    [
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "li",
        "blockquote",
        "table",
        "figcaption",
        "caption",
        "dt",
        "dd",
        "pre",
        "div",
        "section",
    ]
)
_DEEPEST = 200
_CHARSET = re.compile(rb"charset\s*=|encoding\s*=", re.IGNORECASE)


def read_web(path: Path, data: bytes) -> FlowDocument:
    """Read an HTML file; its scripts, navigation, header and footer are left out.

    Raises
    ------
    ReadError
        ``unreadable`` if no element can be made of it.
    """
    from lxml import etree, html

    parser = html.HTMLParser(no_network=True, remove_comments=True, huge_tree=False)
    try:
        root = html.document_fromstring(_decoded(data), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(path, "unreadable", f"HTML: {error}"[:200]) from None
    flow = FlowDocument("lxml", properties=_properties(root))
    for element in root.xpath("|".join(f"//{name}" for name in _LEFT_OUT)):
        if element.tag in {"header", "footer"}:
            flow.furniture.append(" ".join(element.text_content().split())[:200])
        element.drop_tree()
    main = next(iter(root.xpath("//main|//*[@role='main']|//article")), None)
    body = main if main is not None else root.find("body")
    if body is not None:
        _walk(body, flow, 0, 0)
        flow.links = [str(link) for link in body.xpath(".//a/@href")]
    return flow


def _decoded(data: bytes) -> bytes | str:
    """Return a page that declares no encoding as text: UTF-8 where it is that, as most are."""
    if _CHARSET.search(data[:2048]) or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _walk(element: Any, flow: FlowDocument, depth: int, deep: int) -> None:
    """Add the blocks inside an element; ``depth`` counts the lists around it."""
    if deep > _DEEPEST:
        return
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
        flow.blocks.append(FlowBlock("heading", element.text_content(), level=int(tag[1])))
    elif tag == "table":
        for caption in element.xpath("./caption"):
            flow.blocks.append(FlowBlock("caption", caption.text_content()))
        rows = tuple(
            tuple(cell.text_content() for cell in row.xpath("./td|./th"))
            for row in element.xpath(".//tr")
        )
        flow.blocks.append(FlowBlock("table", rows=tuple(row for row in rows if row)))
    elif tag in {"figcaption", "caption"}:
        flow.blocks.append(FlowBlock("caption", element.text_content()))
    elif tag in {"ul", "ol"}:
        _walk_list(element, flow, depth, deep)
    elif _has_blocks(element):
        _add_text(element.text, flow, tag)
        for child in element:
            _walk(child, flow, depth, deep + 1)
            _add_text(child.tail, flow, tag)
    elif tag:
        kind = "quote" if tag == "blockquote" or _inside_quote(element) else "paragraph"
        flow.blocks.append(FlowBlock(kind, element.text_content()))


def _walk_list(element: Any, flow: FlowDocument, depth: int, deep: int) -> None:
    start = int(found) if re.fullmatch("[0-9]{1,6}", found := element.get("start", "1")) else 1
    items = [child for child in element if child.tag == "li"]
    for count, item in enumerate(items, start):
        lists = [child for child in item if child.tag in {"ul", "ol"}]
        inner = sum(len(child.text_content()) for child in lists)
        whole = item.text_content()
        text = whole[: len(whole) - inner] if lists and inner else whole
        if element.tag == "ol":
            flow.blocks.append(FlowBlock("numbered", text, number=str(count)))
        else:
            flow.blocks.append(FlowBlock("bullet", text, level=depth + 1))
        for child in lists:
            _walk_list(child, flow, depth + 1, deep + 1)


def _has_blocks(element: Any) -> bool:
    return any(
        child.tag in _BLOCKS or child.tag in {"ul", "ol"} or _has_blocks(child)
        for child in element
        if isinstance(child.tag, str)
    )


def _add_text(text: str | None, flow: FlowDocument, tag: str) -> None:
    if text and text.strip():
        flow.blocks.append(FlowBlock("quote" if tag == "blockquote" else "paragraph", text))


def _inside_quote(element: Any) -> bool:
    return any(parent.tag == "blockquote" for parent in element.iterancestors())


def _properties(root: Any) -> dict[str, str]:
    found = {"Title": " ".join((root.findtext(".//title") or "").split())}
    for meta in root.iter("meta"):
        name = str(meta.get("property") or meta.get("name") or "").lower()
        if name in {"author", "dcterms.creator"}:
            found["Author"] = str(meta.get("content") or "")
        elif name in _DATES and "Published" not in found:
            found["Published"] = str(meta.get("content") or "")[:10]
    return found
