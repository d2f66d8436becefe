"""How well redaction does on the labelled texts, and spaCy's NER beside it where it is installed.

``python benchmarks/redaction.py`` prints precision and recall by kind for both parts.
``--spacy en_core_web_sm`` (or the path of a model) adds that model's PERSON as names. ``--misses``
prints what the development part got wrong; the test part's are not shown, so that nobody tunes on them.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from oscb_nlp.labels import load_labelled
from oscb_nlp.redaction import KINDS, redact, to_redact

FOLDER = Path(__file__).parents[1] / "corpora" / "redaction"
Span = tuple[int, int, str]
_TITLE = re.compile(r"(?:Dr|Mr|Mrs|Ms|Miss|Professor)\.? ")


def load(part: str) -> list[dict[str, Any]]:
    """Return the texts of a part with their spans."""
    lines = (FOLDER / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def covered(text: str, span: Span, found: Iterable[Span]) -> bool:
    """Whether every letter and digit of a labelled span is taken, but for a title in front."""
    start, end, _kind = span
    if title := _TITLE.match(text, start, end):
        start = title.end()
    gone = {place for left, right, _kind in found for place in range(left, right)}
    return all(place in gone for place in range(start, end) if text[place].isalnum())


def score(
    records: list[dict[str, Any]], find: Callable[[str], list[Span]]
) -> dict[str, Counter[str]]:
    """Count by kind: labelled and found, labelled and missed, and taken though nothing is labelled there."""
    counts = {kind: Counter() for kind in KINDS}
    for record in records:
        found, text = find(record["text"]), record["text"]
        for span in record["spans"]:
            counts[span[2]]["hit" if covered(text, tuple(span), found) else "missed"] += 1
        for start, end, kind in found:
            right = any(start < until and end > at for at, until, _kind in record["spans"])
            counts[kind]["right" if right else "wrong"] += 1
    return counts


def table(counts: dict[str, Counter[str]]) -> str:
    """Return a Markdown table of precision and recall with the counts behind them."""
    rows = ["| kind | labelled | recall | taken | precision |", "|---|---|---|---|---|"]
    total = sum(counts.values(), Counter())
    for kind, one in [*counts.items(), ("all", total)]:
        labelled, taken = one["hit"] + one["missed"], one["right"] + one["wrong"]
        recall = f"{one['hit'] / labelled:.2f}" if labelled else "-"
        precision = f"{one['right'] / taken:.2f}" if taken else "-"
        rows.append(
            f"| {kind} | {labelled} | {recall} ({one['hit']}) | {taken} | {precision} ({one['right']}) |"
        )
    return "\n".join(rows)


def with_spacy(name: str) -> Callable[[str], list[Span]]:
    """Return a finder whose names are a spaCy model's PERSON and whose contacts are ours."""
    import spacy

    model = spacy.load(name)

    def find(text: str) -> list[Span]:
        contact = [span for span in to_redact(text) if span[2] != "name"]
        people = [
            (ent.start_char, ent.end_char, "name")
            for ent in model(text).ents
            if ent.label_ == "PERSON"
        ]
        return contact + people

    return find


def main() -> None:
    """Print the tables and the speed."""
    options = argparse.ArgumentParser()
    options.add_argument("--spacy", default="")
    options.add_argument("--misses", action="store_true")
    given = options.parse_args()
    finders = {"rules": to_redact}
    if given.spacy:
        finders[f"spaCy {given.spacy} for names"] = with_spacy(given.spacy)
    for part in ("development", "test"):
        records = load(part)
        bare = sum(not record["spans"] for record in records)
        print(f"\n## {part}: {len(records)} texts, {bare} of them with nothing to take\n")
        for name, find in finders.items():
            print(f"{name}\n\n{table(score(records, find))}\n")
        if part == "development" and given.misses:
            for record in records:
                found = to_redact(record["text"])
                missed = [
                    s for s in record["spans"] if not covered(record["text"], tuple(s), found)
                ]
                wrong = [
                    s
                    for s in found
                    if not any(s[0] < e and s[1] > b for b, e, _k in record["spans"])
                ]
                if missed or wrong:
                    print(repr(redact(record["text"])), "missed", missed, "wrong", wrong)
    texts = load_labelled()["text"].tolist()
    start = time.perf_counter()
    for text in texts:
        redact(text)
    print(f"{len(texts) / (time.perf_counter() - start):,.0f} passages a second on {len(texts)}")


if __name__ == "__main__":
    main()
