"""Small valid files of every kind that the program takes from strangers."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from docx import Document as Word
from fpdf import FPDF

from oscb_nlp import load_model, load_stance_model, summarise
from oscb_nlp.exchange import export
from oscb_nlp.exchange.sheets import sheet_bytes
from oscb_nlp.labels import load_labelled
from oscb_nlp.persistence import save_model
from oscb_nlp.resources import shipped_path
from oscb_nlp.tables import pack
from tests.coded import coded_corpus
from tests.exchange.made import project, selection, source

CODEBOOK = """
[codebook]
id = "ours"
version = "1"
title = "Our own codes"
[[family]]
id = "home"
label = "The home"
[[theme]]
id = "dogs"
label = "Dangerous dogs"
family = "home"
polarity = "harm"
definition = "Dogs in the home that put a child at risk."
cues = ["dangerous dog", "dog bite*"]
related = []
[[stance]]
id = "finding"
label = "Finding"
definition = "Something that went wrong."
"""
LAID_OVER = """
[codebook]
extends = "oscb"
remove = ["covid-19"]
[[theme]]
id = "neglect"
add_cues = ["no bed*"]
"""
PAGE = """<!DOCTYPE html><html><head><title>Review</title></head><body><h1>1. Findings</h1>
<p>1.1 The house was cold.</p><ul><li>Nobody asked.</li></ul><table><tr><td>Action</td><td>Board</td></tr>
</table><blockquote>We should have asked.</blockquote></body></html>"""


def corpus():  # type: ignore[no-untyped-def]
    """Return a coded corpus of a dozen passages, into which exchanged files are read."""
    return coded_corpus(load_labelled("test").head(12))


def seeds(kind: str, folder: Path) -> list[bytes]:
    """Return valid files of a kind; ``folder`` is for what must be written to be made."""
    tagged = corpus()
    if kind == "pdf":
        return [_pdf(compressed) for compressed in (False, False, True)]
    if kind == "docx":
        return [_word()]
    if kind == "html":
        return [PAGE.encode()]
    if kind == "codebook":
        return [CODEBOOK.encode(), LAID_OVER.encode()]
    if kind == "labels":
        lines = (shipped_path("corpora/labels") / "fiction.jsonl").read_text("utf-8").splitlines()
        return ["\n".join(lines[:4]).encode()]
    if kind == "manifest":
        return [b"file,year,board\na.pdf,2015,Harrowmere\nb.pdf,2016,Marsh\n"]
    if kind == "qdpx":
        where = project(source(selection(0, 4)))
        return [pack({"project.qde": where.encode(), "sources/a.txt": b"The house was cold."}),
                export(tagged, "qdpx")]  # fmt: skip
    if kind == "records":
        return [export(tagged, form) for form in ("label-studio", "doccano", "prodigy")]
    if kind == "xlsx":
        return [sheet_bytes(tagged, tagged.passages["passage_id"].tolist()[:4])]
    if kind == "model":
        return [_model(folder)]
    if kind == "results":
        return [_results(folder / "results")]
    if kind == "codings":
        return [b"passage_id,document_id,text_key,coder,coded_at,theme,stance,origin\n"
                b"p-0001,p,k,Ann,2020-01-01,neglect,finding,\np-0002,p,k,Ben,,,,\n"]  # fmt: skip
    if kind == "standoff":
        return [
            b'{"id": "x", "sha256": "0", "spans": [[1, 0, 9]], "codings": {"A": {"neglect": "finding"}}}'
        ]
    raise ValueError(kind)


KINDS = ("pdf", "docx", "html", "codebook", "labels", "manifest", "qdpx", "records", "xlsx", "model",
         "results", "codings", "standoff")  # fmt: skip


def _pdf(compressed: bool) -> bytes:
    pdf = FPDF()
    pdf.set_compression(compressed)
    pdf.set_font("Helvetica", size=11)
    for page in range(2):
        pdf.add_page()
        for text in ("1. Findings", f"1.{page + 1} The house was cold.", "- Nobody asked."):
            pdf.multi_cell(0, 6, text, new_x="LMARGIN", new_y="NEXT")
    with pdf.table() as table:
        for row in (("Action", "Owner"), ("Ask the child", "Board")):
            cells = table.row()
            for cell in row:
                cells.cell(cell)
    return bytes(pdf.output())


def _word() -> bytes:
    word = Word()
    word.add_heading("Findings", 1)
    word.add_paragraph("The house was cold.")
    word.add_paragraph("Nobody asked.", style="List Bullet")
    table = word.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Action", "Board"
    content = io.BytesIO()
    word.save(content)
    return content.getvalue()


def _model(folder: Path) -> bytes:
    """Return the shipped model cut down to a few words a vocabulary, as one zip of its two files."""
    themes, stance = load_model(grade="fast"), load_stance_model()
    themes.coef_ = _cut([v for _n, v in themes.features_.transformer_list], themes.coef_)
    whole, focus = stance.vectorizers_
    stance.coef_ = _cut([whole, focus, focus], stance.coef_)
    save_model(folder, themes, stance, {})
    return pack({name: (folder / name).read_bytes() for name in ("model.json", "weights.npz")})


def _results(folder: Path) -> bytes:
    """Return a results folder with its summary as one zip of the files that are read again."""
    tagged = corpus()
    themes = {"codebook_content": tagged.codebook.to_dict(), "codebook_hash": tagged.codebook.hash}
    tagged = replace(tagged, settings={**tagged.settings, **themes})
    tagged.save(folder)
    summarise(tagged).save(folder)
    files = sorted(path for path in folder.iterdir() if path.suffix in {".json", ".parquet"})
    return pack({path.name: path.read_bytes() for path in files})


def _cut(vectorizers, coef):  # type: ignore[no-untyped-def]
    columns, start = [], 0
    names = [vectorizer.get_feature_names_out() for vectorizer in vectorizers]
    for vectorizer, terms in zip(vectorizers, names, strict=True):
        kept = min(len(terms), 40)
        columns += range(start, start + kept)
        start += len(terms)
        vectorizer.vocabulary_ = {term: i for i, term in enumerate(terms[:kept])}
        vectorizer.idf_ = vectorizer.idf_[:kept]
    columns += range(start, coef.shape[1])  # what stands behind the n-grams
    return coef[:, np.array(columns)]


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the entries of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_json(content: bytes) -> object:
    """Return a JSON document, or its bytes where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return content
