"""From a passage back to its page."""

import pytest

from oscb_nlp import demo_files, draw_pages, locate, read_pdf


def test_words_are_found_on_their_page() -> None:
    document = read_pdf(demo_files()[0])
    passage = max(document.passages, key=lambda p: len(p.text))
    start = passage.text.index(" ", 100) + 1
    end = passage.text.index(" ", start)
    ((page, box),) = locate(document, passage, start, end)
    (held,) = {b for p, b in passage.places(start, end)}
    assert page >= passage.page
    assert held.x0 - 2 <= box.x0 < box.x1 <= held.x1 + 2
    assert abs((box.top + box.bottom) / 2 - (held.top + held.bottom) / 2) < 4
    assert box.x1 - box.x0 < 0.5 * (held.x1 - held.x0)


def test_a_whole_passage_is_found_line_by_line() -> None:
    document = read_pdf(demo_files()[0])
    passage = max(document.passages, key=lambda p: len(p.text))
    assert len(locate(document, passage)) >= len(passage.lines)


def test_pages_are_drawn_with_their_passages_framed() -> None:
    pytest.importorskip("PIL")
    document = read_pdf(demo_files()[0])
    pages = dict(draw_pages(document, scale=0.5))
    assert sorted(pages) == list(range(1, document.pages + 1))
    framed = pages[document.passages[0].page].getcolors(maxcolors=1 << 20)
    assert (27, 108, 168) in {colour for _count, colour in framed} or framed
