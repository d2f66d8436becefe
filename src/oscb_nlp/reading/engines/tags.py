"""The structure tags of a PDF: which block each piece of marked content belongs to.

Tags are the author's own structure, but many files tag each line as a paragraph or mark
headings only by bold type, so ``layout`` checks them against the typography.
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import NamedTuple

from oscb_nlp.reading.engines import calls

__all__ = ["ARTIFACT", "Tag", "heading_level", "is_artifact", "page_tags"]

ARTIFACT = "Artifact"

_BLOCKS = frozenset(
    [
        "P",
        "H",
        "H1",
        "H2",
        "H3",
        "H4",
        "H5",
        "H6",
        "Title",
        "LI",
        "Caption",
        "TD",
        "TH",
        "BlockQuote",
        "Note",
        "FENote",
        "TOCI",
        "Figure",
        "Formula",
        "Aside",
    ]
)
_CONTAINERS = frozenset(
    [
        "Document",
        "Part",
        "Sect",
        "Div",
        "Art",
        "L",
        "TOC",
        "Table",
        "TR",
        "THead",
        "TBody",
        "TFoot",
        "NonStruct",
    ]
)
_DEEPEST = 40
_MOST_ELEMENTS = 20_000
_NULLS_AFTER_RUN = 60


_HOLDERS = frozenset({"TD", "TH", "TOCI", "Note", "FENote", "BlockQuote"})


class Tag(NamedTuple):
    """A block's role, and its number on the page from 1."""

    role: str
    block: int


_NO_TAG = Tag("", 0)


def heading_level(role: str) -> int:
    """Return the level of a heading's role, 0 for any other.

    >>> heading_level("H2"), heading_level("Title"), heading_level("P")
    (2, 1, 0)
    """
    if role in {"Title", "H"}:
        return 1
    return int(role[1]) if len(role) == 2 and role[0] == "H" and role[1].isdigit() else 0


def page_tags(page: int) -> dict[int, Tag]:
    """Return the tag of each marked content id on the page; empty where it has no tags."""
    tree = calls.page_tree(page)
    if not tree:
        return {}
    try:
        walk = _Walk()
        for index in range(calls.count_roots(tree)):
            child = calls.root_at(tree, index)
            if child:
                walk.visit(child, _NO_TAG, 0)
        return walk.found
    finally:
        calls.close_tree(tree)


class _Walk:
    """Goes through the tree once, numbering the blocks."""

    def __init__(self) -> None:
        self.found: dict[int, Tag] = {}
        self.blocks = 0
        self.elements = 0
        self.fresh_items: set[int] = set()
        self._buffer = ctypes.create_string_buffer(64)
        self._place = calls.address(self._buffer)

    def visit(self, element: int, tag: Tag, depth: int) -> None:
        self.elements += 1
        if depth > _DEEPEST or self.elements > _MOST_ELEMENTS:
            return
        role = self._role(element)
        if role in _CONTAINERS:
            self._visit_container(element, tag, depth)
            return
        if role in _BLOCKS:
            tag = self._block(role, tag)
        for index in range(calls.count_children(element)):
            content = calls.child_content_id(element, index)
            if content >= 0:
                self.found[content] = tag
            elif child := calls.child_at(element, index):
                self.visit(child, tag, depth + 1)

    def _visit_container(self, element: int, tag: Tag, depth: int) -> None:
        """Visit what a container holds of this page.

        A long document's root lists the blocks of all its pages: those of other pages are
        null, before and after the run of this page's.
        """
        run = nulls = 0
        for index in range(calls.count_children(element)):
            if child := calls.child_at(element, index):
                run += 1
                nulls = 0
                self.visit(child, tag, depth + 1)
                continue
            nulls += 1
            if nulls <= 3:
                content = calls.child_content_id(element, index)
                if content >= 0:
                    self.found[content] = tag
            elif run and nulls > _NULLS_AFTER_RUN:
                return

    def _block(self, role: str, tag: Tag) -> Tag:
        if role == "P" and tag.role == "LI" and tag.block in self.fresh_items:
            # The first paragraph of a list item is the item.
            self.fresh_items.discard(tag.block)
            return tag
        if role == "P" and tag.role in _HOLDERS:
            role = tag.role
        self.blocks += 1
        if role == "LI":
            self.fresh_items.add(self.blocks)
        return Tag(role, self.blocks)

    def _role(self, element: int) -> str:
        size = calls.element_type(element, self._place, 64)
        return _decoded(self._buffer.raw[: max(0, min(size, 64) - 2)])


@lru_cache(maxsize=256)
def _decoded(name: bytes) -> str:
    return name.decode("utf-16-le", "ignore")


def is_artifact(item: int) -> bool:
    """Say whether a page object is marked as belonging to the page and not to the text."""
    buffer = (ctypes.c_ushort * 32)()
    length = ctypes.c_ulong()
    for index in range(min(calls.count_marks(item), 8)):
        mark = calls.get_mark(item, index)
        named = calls.mark_name(mark, calls.address(buffer), 32, calls.address(length))
        if named and bytes(buffer)[: 2 * len(ARTIFACT)] == ARTIFACT.encode("utf-16-le"):
            return True
    return False
