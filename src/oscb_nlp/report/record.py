"""A draft record in the form of the UK's Algorithmic Transparency Recording Standard.

Its tiers and headings follow the standard's template; what only the owner can say is left to fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oscb_nlp.redaction import counted

__all__ = ["RECORD_NOTE", "record", "settings_table"]

_FILL = "[to be filled in by the owner]"

RECORD_NOTE = (
    "A draft in the form of the UK's Algorithmic Transparency Recording Standard, filled in as far as "
    "the program can. What stands in square brackets is for the organisation that uses it."
)


def settings_table(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the report was made with, as names and values."""
    settings = said["settings"]
    by = said["by"]
    rows = [
        ("Program", f"oscb_nlp {settings.get('oscb_nlp', 'unknown')}"),
        ("Codebook", _named(settings, "codebook")),
        ("Model", _named(settings, "model")),
        ("Grade", str(settings.get("grade", ""))),
        ("Thresholds", str(settings.get("mode", ""))),
        ("Periods", by if isinstance(by, str) else ", ".join(map(str, by))),
        ("Counted", {"review": "reviews", "board": "boards in each period"}.get(said["unit"], "")),
        ("Coded by people", ", ".join(said["coders"])),
        ("Contact details taken out of quotes", counted(settings.get("contact_details", {}))),
    ]
    return [(name, value) for name, value in rows if value]


def _named(settings: Mapping[str, Any], what: str) -> str:
    """Return the name and hash of a codebook or model; a folder from elsewhere need not hold them."""
    name, digest = settings.get(what, "unknown"), settings.get(f"{what}_hash", "unknown")
    return f"{name} (hash {digest[:12]})"


def record(said: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the record as headings, each with fields and what they say."""
    made = dict(settings_table(said))
    documents = f"{len(said['documents'])} published documents, {said['counted']} of them counted"
    people = (
        f"On {said['settings'].get('counts', {}).get('passages_coded_by_people', 0)} passages what people "
        f"coded ({made['Coded by people']}) stands in place of the model's codes."
        if said["coders"]
        else "No passage of this corpus was coded by a person so far."
    )
    return [
        (
            "Tier 1: summary",
            [
                ("Name", "oscb_nlp"),
                (
                    "Short description",
                    "Reads published child-safeguarding reviews, codes each passage with the themes "
                    "of a published codebook and counts in how many reviews each theme is learning, "
                    "so that people can see what reviews keep having to say again.",
                ),
                ("Organisation and contact", _FILL),
                ("Website", _FILL),
            ],
        ),
        (
            "Tier 2: owner and responsibility",
            [
                ("Organisation, team, senior responsible owner", _FILL),
                ("Supplier", f"Open-source software, {made['Program']}, Apache-2.0; no supplier."),
            ],
        ),
        (
            "Tier 2: description and rationale",
            [
                (
                    "Detailed description",
                    "Files become passages with page and paragraph; a statistical model gives each "
                    "passage themes with a probability, a stance (finding, recommendation, good "
                    "practice, narrative, not a factor) and the words that speak for it; reviews are "
                    "counted by theme and period, with intervals.",
                ),
                (
                    "Scope",
                    "Published reviews and annual reports only. It must not be used on case files, or "
                    "to judge a child, a family or a worker.",
                ),
                (
                    "Benefits",
                    "Many reviews can be read against each other, with each figure open to checking.",
                ),
                ("Previous process", f"Reading and coding by hand. {_FILL}"),
                ("Alternatives considered", _FILL),
            ],
        ),
        (
            "Tier 2: decision-making and human oversight",
            [
                (
                    "How it is used",
                    f"It informs people who read and discuss learning; it decides nothing. {_FILL}",
                ),
                ("Human review", f"Each figure leads to its passages for checking. {people}"),
                ("Training of those who use it", _FILL),
                ("Appeals and complaints", _FILL),
            ],
        ),
        (
            "Tier 2: tool specification",
            [
                (
                    "Method",
                    "N-grams and cues of the codebook in one logistic regression a theme, calibrated; "
                    "the better grade adds a small fine-tuned text encoder. No generative model.",
                ),
                (
                    "Versions and settings",
                    "; ".join(f"{name}: {value}" for name, value in made.items()),
                ),
                ("Where it runs", "On one machine, with no network; no text leaves it."),
                (
                    "Performance",
                    "The model card (models/README.md) gives precision and recall by theme on "
                    "reviews that the model never saw.",
                ),
            ],
        ),
        (
            "Tier 2: data",
            [
                ("Data used here", f"{documents}. Contact details are taken out of this report."),
                (
                    "Development data",
                    "Fictional reviews written and labelled by language models, and labels on "
                    "published inspection reports; the data sheets (corpora/README.md, "
                    "corpora/real/README.md) describe them. No practitioner has coded them.",
                ),
                (
                    "Personal data",
                    f"Published texts tell of children and families under pseudonyms. {_FILL}",
                ),
            ],
        ),
        (
            "Tier 2: risks, mitigations and impact assessments",
            [
                (
                    "Wrong codes",
                    "The model misses learning and sees some where there is none. Evidence and page "
                    "stand beside each code; a random sample should be checked before publication.",
                ),
                (
                    "Counts taken for prevalence",
                    "Published reviews are a selected sample; the report says so beside its figures.",
                ),
                (
                    "Breaks and few reviews",
                    "The change of 2018 to 2019 and years with fewer than five reviews are marked.",
                ),
                (
                    "Re-identification",
                    f"Putting published reviews side by side may make a family easier to know. {_FILL}",
                ),
                ("Impact assessments", f"Data protection, equality: {_FILL}"),
            ],
        ),
    ]
