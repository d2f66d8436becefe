"""pdfium's functions that are called for each line or object of a page, by plain addresses.

The binding makes a pointer object for each call, which costs as much as the call; here a
handle is an integer, which halves the time of reading a page. They hold the interpreter's lock,
since each takes about a microsecond. Only ``pdfium``, ``tags``, ``graphics`` and ``turning``
use them, with handles of pages that they hold open.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pypdfium2.raw as pdfium_c

__all__ = ["address", "handle"]

_P, _I, _F, _UL = ctypes.c_void_p, ctypes.c_int, ctypes.c_float, ctypes.c_ulong


def address(structure: Any) -> int:
    """Return where a structure lies that a call fills; the caller keeps the structure alive."""
    return ctypes.addressof(structure)


def handle(pointer: Any) -> int:
    """Return a pointer of the binding as a plain address, 0 for a null pointer."""
    return ctypes.cast(pointer, _P).value or 0


def _call(function: Any, result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)(handle(function))


count_objects = _call(pdfium_c.FPDFPage_CountObjects, _I, _P)
get_object = _call(pdfium_c.FPDFPage_GetObject, _P, _P, _I)
object_type = _call(pdfium_c.FPDFPageObj_GetType, _I, _P)
object_bounds = _call(pdfium_c.FPDFPageObj_GetBounds, _I, _P, _P, _P, _P, _P)
object_matrix = _call(pdfium_c.FPDFPageObj_GetMatrix, _I, _P, _P)
object_content_id = _call(pdfium_c.FPDFPageObj_GetMarkedContentID, _I, _P)
count_marks = _call(pdfium_c.FPDFPageObj_CountMarks, _I, _P)
get_mark = _call(pdfium_c.FPDFPageObj_GetMark, _P, _P, _UL)
mark_name = _call(pdfium_c.FPDFPageObjMark_GetName, _I, _P, _P, _UL, _P)
count_path_segments = _call(pdfium_c.FPDFPath_CountSegments, _I, _P)
path_segment = _call(pdfium_c.FPDFPath_GetPathSegment, _P, _P, _I)
segment_point = _call(pdfium_c.FPDFPathSegment_GetPoint, _I, _P, _P, _P)
segment_type = _call(pdfium_c.FPDFPathSegment_GetType, _I, _P)

count_characters = _call(pdfium_c.FPDFText_CountChars, _I, _P)
get_text = _call(pdfium_c.FPDFText_GetText, _I, _P, _I, _I, _P)
get_unicode = _call(pdfium_c.FPDFText_GetUnicode, ctypes.c_uint, _P, _I)
character_matrix = _call(pdfium_c.FPDFText_GetMatrix, _I, _P, _I, _P)
character_size = _call(pdfium_c.FPDFText_GetFontSize, ctypes.c_double, _P, _I)
character_box = _call(pdfium_c.FPDFText_GetCharBox, _I, _P, _I, _P, _P, _P, _P)
character_loose_box = _call(pdfium_c.FPDFText_GetLooseCharBox, _I, _P, _I, _P)
character_origin = _call(pdfium_c.FPDFText_GetCharOrigin, _I, _P, _I, _P, _P)
character_object = _call(pdfium_c.FPDFText_GetTextObject, _P, _P, _I)
text_font = _call(pdfium_c.FPDFTextObj_GetFont, _P, _P)
font_weight = _call(pdfium_c.FPDFFont_GetWeight, _I, _P)
font_name = _call(pdfium_c.FPDFFont_GetBaseFontName, ctypes.c_size_t, _P, _P, ctypes.c_size_t)

page_tree = _call(pdfium_c.FPDF_StructTree_GetForPage, _P, _P)
close_tree = _call(pdfium_c.FPDF_StructTree_Close, None, _P)
count_roots = _call(pdfium_c.FPDF_StructTree_CountChildren, _I, _P)
root_at = _call(pdfium_c.FPDF_StructTree_GetChildAtIndex, _P, _P, _I)
count_children = _call(pdfium_c.FPDF_StructElement_CountChildren, _I, _P)
child_at = _call(pdfium_c.FPDF_StructElement_GetChildAtIndex, _P, _P, _I)
child_content_id = _call(pdfium_c.FPDF_StructElement_GetChildMarkedContentID, _I, _P, _I)
element_type = _call(pdfium_c.FPDF_StructElement_GetType, _UL, _P, _P, _UL)
