"""Why a text gets its themes: probabilities, thresholds, stance and evidence, as data and picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import spacy
from spacy import displacy

from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.corpus import TaggedCorpus
from oscb_nlp.persistence import load_model, load_stance_model
from oscb_nlp.stance import StanceClassifier
from oscb_nlp.tagging import tag_texts

__all__ = ["Evidence", "Explanation", "ThemeReading", "explain", "explain_passage"]

_NEAR = 0.5  # share of its threshold from which a theme that was not given is shown


@dataclass(frozen=True)
class Evidence:
    """Characters ``[start, end)`` that speak for a theme.

    ``kind`` is "cue" for a cue of the codebook, "term" for words that weigh most in the model's
    score, and "passage" where no word stands out.
    """

    start: int
    end: int
    text: str
    kind: str


@dataclass(frozen=True)
class ThemeReading:
    """How a text was read for one theme; ``given`` says whether the threshold was reached."""

    theme: str
    probability: float
    threshold: float
    given: bool
    stance: str
    stance_score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Explanation:
    """A text and its themes, most probable first, near misses among them.

    In a notebook it shows as a displaCy picture of the evidence for the themes that were given.
    """

    text: str
    themes: tuple[ThemeReading, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)

    def to_displacy(self) -> dict[str, Any]:
        """Return the given themes' evidence as displaCy takes it: ``style="span", manual=True``."""
        doc = spacy.blank("en").make_doc(self.text)
        spans = []
        for reading in self.themes:
            for evidence in reading.evidence if reading.given else ():
                span = doc.char_span(evidence.start, evidence.end, alignment_mode="expand")
                if span is not None:
                    label = f"{reading.theme} ({reading.stance})"
                    spans.append({"start_token": span.start, "end_token": span.end, "label": label})
        return {"text": self.text, "spans": spans, "tokens": [token.text for token in doc]}

    def to_html(self) -> str:
        """Return displaCy's picture as HTML, its text escaped."""
        return str(displacy.render(self.to_displacy(), style="span", manual=True, jupyter=False))

    def _repr_html_(self) -> str:
        return self.to_html()


def explain(
    text: str,
    heading: str = "",
    section: str = "body",
    themes: ThemeClassifier | None = None,
    stance: StanceClassifier | None = None,
) -> Explanation:
    """Say which themes a text has, which it nearly has, and why.

    Parameters
    ----------
    text
        A passage.
    heading, section
        What it stands under, as :class:`oscb_nlp.Passage` has them.
    themes, stance
        The models; by default those that ship with the package, loaded anew for each call.

    Examples
    --------
    >>> found = explain("Nobody asked about domestic abuse at any visit.")
    >>> found.themes[0].theme, found.themes[0].given
    ('domestic-abuse', True)
    """
    themes, stance = themes or load_model(), stance or load_stance_model()
    tags = tag_texts([text], [heading], [section], themes, stance, least=_NEAR)[0]
    thresholds = dict(zip(themes.classes_.tolist(), themes.thresholds_.tolist(), strict=True))
    readings = [
        ThemeReading(
            theme=tag["theme"],
            probability=tag["score"],
            threshold=thresholds[tag["theme"]],
            given=tag["score"] >= thresholds[tag["theme"]],
            stance=tag["stance"],
            stance_score=tag["stance_score"],
            evidence=_evidence(text, tag["evidence"]),
        )
        for tag in tags
    ]
    return Explanation(text, tuple(sorted(readings, key=lambda r: (-r.probability, r.theme))))


def explain_passage(tagged: TaggedCorpus, passage_id: str) -> Explanation:
    """Say why a passage of a tagged corpus has its themes, from what its tags keep.

    Raises
    ------
    KeyError
        If the corpus holds no such passage.

    Examples
    --------
    >>> from oscb_nlp import demo_files, read_corpus, tag
    >>> tagged = tag(read_corpus(demo_files()[0]), grade="fast")
    >>> explain_passage(tagged, tagged.tags["passage_id"].iloc[0]).themes[0].given
    True
    """
    texts = tagged.passages.set_index("passage_id")["text"]
    if passage_id not in texts:
        raise KeyError(f"{passage_id!r} is no passage of this corpus")
    text = str(texts[passage_id])
    thresholds = tagged.settings.get("thresholds", {})
    mine = tagged.tags[tagged.tags["passage_id"] == passage_id].sort_values(
        ["score", "theme"], ascending=[False, True]
    )
    readings = [
        ThemeReading(
            theme=row["theme"],
            probability=float(row["score"]),
            threshold=float(thresholds.get(row["theme"], 0.0)),
            given=True,
            stance=row["stance"],
            stance_score=float(row["stance_score"]),
            evidence=_evidence(text, row["evidence"]),
        )
        for row in mine.to_dict("records")
    ]
    return Explanation(text, tuple(readings))


def _evidence(text: str, spans: Iterable[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(span["start"], span["end"], text[span["start"] : span["end"]], span["kind"])
        for span in spans
    )
