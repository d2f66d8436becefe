"""Turn the sources of the fictional reviews into labelled passages and the demo's truth.

``python corpora/build.py --list-demo`` prints the demo's sources. Without it, it writes
``labels/fiction.jsonl`` (every passage with themes, stances and split), ``labels/further.jsonl``
(the same of the reviews that came later, to learn from alone), ``labels/papers.jsonl`` (of board
papers that came later, to test alone) and ``demo/truth.json`` (metadata, passages and planted
recurrences of the demo reviews, which the tests hold the program's output against). A passage that ``labels/second.jsonl`` holds has the adjudicated
labels, and both original codings beside them; so with the five themes that
``labels/afresh.jsonl`` holds, coded again after their definitions were mended.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from source import Block, Source, plain, read_source

from oscb_nlp.document import row_passage
from oscb_nlp.reading.structure.sections import section_of
from oscb_nlp.resources import data_path

HERE = Path(__file__).parent
_FILES = {"fiction": ("train", "dev", "test"), "further": ("further",), "papers": ("papers",)}
_METADATA = ("title", "board", "review_type", "subject", "published", "year", "period")


def main() -> int:
    """Build all files from all sources."""
    splits = read_splits(HERE / "splits.toml")
    if "--list-demo" in sys.argv:
        print(*(HERE / "fiction" / f"{name}.md" for name in splits if splits[name] == "test"))
        return 0
    sources = [read_source(path) for path in sorted((HERE / "fiction").glob("*.md"))]
    unknown = {source.id for source in sources} ^ set(splits)
    if unknown:
        print("in splits.toml or among the sources, but not in both:", *sorted(unknown))
        return 1
    records = [record for source in sources for record in passages(source, splits[source.id])]
    add_second_codings(records, HERE / "labels" / "second.jsonl")
    add_codings_afresh(records, HERE / "labels" / "afresh.jsonl")
    for name, its_splits in _FILES.items():
        of_file = [record for record in records if record["split"] in its_splits]
        lines = [json.dumps(record, ensure_ascii=False) for record in of_file]
        (HERE / "labels" / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _write_words([source for source in sources if splits[source.id] == "train"])
    demo = [source for source in sources if splits[source.id] == "test"]
    truth = {source.id: document_truth(source) for source in demo}
    text = json.dumps(truth, ensure_ascii=False, indent=1, sort_keys=True)
    (HERE / "demo" / "truth.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(records)} labelled passages of {len(sources)} reviews, {len(demo)} in the demo")
    return 0


def _write_words(sources: list[Source]) -> None:
    """Write the training reviews' words, by which the reader joins words divided at line ends."""
    words = {
        word
        for source in sources
        for block in source.blocks
        for word in re.findall(r"[a-z]{2,}", plain(block.text).lower())
    }
    path = data_path("words.txt")
    path.write_text("\n".join(sorted(words)) + "\n", encoding="utf-8")


def read_splits(path: Path) -> dict[str, str]:
    """Return the split of each review; a review stands in one split only."""
    with path.open("rb") as file:
        splits = tomllib.load(file)["splits"]
    found: dict[str, str] = {}
    for split, names in splits.items():
        for name in names:
            if name in found:
                raise SystemExit(f"{path}: {name} stands in {found[name]} and in {split}")
            found[name] = split
    return found


def passages(source: Source, split: str) -> list[dict[str, Any]]:
    """Return the labelled passages of one review in order."""
    records = []
    path: list[tuple[int, str]] = []
    for block in source.blocks:
        if block.kind == "heading":
            path = [item for item in path if item[0] < block.level] + [(block.level, block.text)]
        elif block.is_passage:
            headings = [heading for _level, heading in path]
            number, text = _number_and_text(block)
            records.append(
                {
                    "id": f"{source.id}:{block.line}",
                    "document": source.id,
                    "board": source.metadata["board"],
                    "review_type": source.metadata["review_type"],
                    "year": int(source.metadata["year"]),
                    "section": section_of(headings),
                    "heading": headings[-1] if headings else "",
                    "kind": block.kind,
                    "number": number,
                    "text": text,
                    "themes": [theme for theme, _stance in block.themes],
                    "stances": dict(block.themes),
                    "recurrence": list(block.recurrence),
                    "split": split,
                    "writer": source.metadata["writer"],
                    "coder": f"writer-{source.metadata['writer']}",
                }
            )
    return records


def add_second_codings(records: list[dict[str, Any]], path: Path) -> None:
    """Give the passages that were coded twice both codings and the adjudicated labels."""
    for record, second in coded_again(records, path):
        record["codings"] = {record["coder"]: record["stances"], **second["codings"]}
        record["stances"] = second["adjudicated"]
        record["themes"] = list(second["adjudicated"])
        record["coder"] = "adjudicated"


def add_codings_afresh(records: list[dict[str, Any]], path: Path) -> None:
    """Give passages the themes that were coded afresh, in place of the same themes from before."""
    for record, again in coded_again(records, path):
        kept = {t: s for t, s in record["stances"].items() if t not in again["scope"]}
        record["stances"] = dict(sorted((kept | again["adjudicated"]).items()))
        record["themes"] = list(record["stances"])


def coded_again(
    records: list[dict[str, Any]], path: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each passage that a file of further codings holds, with what it says of it."""
    by_id = {record["id"]: record for record in records}
    for line in path.read_text(encoding="utf-8").splitlines():
        again = json.loads(line)
        record = by_id.get(again["id"])
        if record is None or fingerprint(record["text"]) != again["text_sha256"]:
            raise SystemExit(f"{path}: {again['id']} is not the passage that was coded again")
        yield record, again


def fingerprint(text: str) -> str:
    """Return a short hash by which a passage is known again."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def document_truth(source: Source) -> dict[str, Any]:
    """Return what a reader should take from the review's PDF."""
    keep = ("number", "kind", "section", "heading", "text", "themes", "stances", "recurrence")
    return {
        "metadata": {key: source.metadata.get(key, "") for key in _METADATA},
        "headings": [block.text for block in source.blocks if block.kind == "heading"],
        "notes": [block.text for block in source.blocks if block.kind == "footnote"],
        "passages": [{key: record[key] for key in keep} for record in passages(source, "")],
    }


def _number_and_text(block: Block) -> tuple[str, str]:
    if block.kind == "table-row":
        return row_passage(tuple(plain(cell) for cell in block.cells))
    return block.number.rstrip("."), plain(block.text)


if __name__ == "__main__":
    sys.exit(main())
