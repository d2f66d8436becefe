"""Distil the encoder into the fast grade's small network (``models/distilled``).

``python models/distil_encoder.py --real FOLDER --trial FOLDER`` trains the network of
``oscb_nlp.distilled`` on labels and on what an encoder says (Hinton and others 2015): of the
labelled passages, of single sentences of them and of pairs of sentences from two passages. Twice:
taught by the encoder's trial (``finetune.py --trial``), without what that was kept from, for the
log odds in ``models/held_out_distilled.npz``; and taught by the encoder that ships, on everything,
which is what ``models/distilled`` ships. The test reviews are never seen. It needs, at build time
alone, torch and the extra ``encoder``, and half an hour of one core. The last bits of its weights
depend on the machine.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from fitting import (
    FICTION,
    HERE,
    REPORT_COUNTS,
    held_out_of_trial,
    papers_in,
    reports_in,
    shown_in_trial,
    write_held_out,
)
from torch.nn import functional

from oscb_nlp import load_codebook, load_labelled
from oscb_nlp.codebook import STANCES
from oscb_nlp.distilled import MOST_OF_HEADING, MOST_WORDS, save_distilled, words_of
from oscb_nlp.encoder import Encoder
from oscb_nlp.features import STEM
from oscb_nlp.labels import indicator
from oscb_nlp.standoff import join_labels

SIZE, EPOCHS, BATCH, SEED = 128, 8, 64, 0
TABLE_RATE, REST_RATE, DECAY = 4e-3, 2e-3, 1e-2
DROPPED, UNKNOWN = 0.2, 0.1  # shares of values, and of words that are shown as unknown
SOFT = 0.5  # how much the teacher counts beside the label of a labelled passage
STANCE = 0.7  # how much stance counts beside the themes
SENTENCES, PAIRS, LEAST_WORDS = 40_000, 20_000, 5
NAMES = tuple(sorted(STANCES))
Floats = npt.NDArray[np.float32]
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")


class Taught(NamedTuple):
    """Passages with what to say of them: themes, stances, and how much each counts."""

    texts: list[str]
    headings: list[str]
    themes: Floats
    stances: Floats
    stance_counts: Floats
    counts: Floats


def main() -> None:
    """Train the trial's network and the one that ships, and write both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True, help="folder of the published reports")
    parser.add_argument("--trial", type=Path, required=True, help="the exported trial encoder")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    real = join_labels(arguments.real)
    labelled = pd.concat([*map(load_labelled, FICTION), real], ignore_index=True)
    kept = held_out_of_trial(labelled)
    shown = labelled[~kept & labelled["document"].map(shown_in_trial)].reset_index(drop=True)
    network, words = fitted(taught_by(Encoder(arguments.trial, threads=1), shown))
    held_out = labelled[kept].reset_index(drop=True)
    found = read(network, rows_of(held_out["text"], held_out["heading"], words))
    write_held_out(HERE / "held_out_distilled.npz", held_out, *found)
    network, words = fitted(taught_by(Encoder(HERE / "encoder", threads=1), labelled))
    export(network, words, HERE / "distilled")


def taught_by(teacher: Encoder, labelled: pd.DataFrame) -> Taught:
    """Return labelled passages and parts of them with what labels and teacher say."""
    texts, headings = labelled["text"].tolist(), labelled["heading"].fillna("").tolist()
    parts = parts_of(texts, headings)
    own = teacher.read(texts, headings)
    new = teacher.read([text for text, _ in parts], [heading for _, heading in parts])
    return joined(labelled, parts, (own.themes, own.stances), (new.themes, new.stances))


def joined(
    labelled: pd.DataFrame,
    parts: list[tuple[str, str]],
    own: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    new: tuple[npt.NDArray[Any], npt.NDArray[Any]],
) -> Taught:
    """Join labels with what a teacher said of the passages and of their parts."""
    codebook = load_codebook()
    likely = [1 / (1 + np.exp(-themes.astype(np.float32))) for themes, _ in (own, new)]
    truth = indicator(labelled["themes"], codebook.ids)
    stances = np.concatenate([np.exp(said.astype(np.float32)) for _, said in (own, new)])
    # Of a part the teacher's stance counts as far as it gives the theme.
    counts = np.concatenate([np.zeros_like(likely[0]), likely[1] * (likely[1] > 0.3)])
    column = {theme: index for index, theme in enumerate(codebook.ids)}
    for row, given in enumerate(labelled["stances"]):
        for theme, stance in given.items():
            counts[row, column[theme]] = 1
            stances[row, column[theme]] *= SOFT
            stances[row, column[theme], NAMES.index(stance)] += 1 - SOFT
    published = np.where(reports_in(labelled) | papers_in(labelled), REPORT_COUNTS, 1.0)
    return Taught(
        labelled["text"].tolist() + [text for text, _ in parts],
        labelled["heading"].fillna("").tolist() + [heading for _, heading in parts],
        np.concatenate([(1 - SOFT) * truth + SOFT * likely[0], likely[1]]).astype(np.float32),
        stances,
        counts.astype(np.float32),
        np.concatenate([published, np.ones(len(parts))]).astype(np.float32),
    )


def parts_of(texts: list[str], headings: list[str]) -> list[tuple[str, str]]:
    """Return sentences by themselves, and pairs from two passages, each under a heading."""
    generator = np.random.default_rng(SEED)
    cut = [
        [part for part in _SENTENCE_END.split(text) if len(part.split()) >= LEAST_WORDS]
        for text in texts
    ]
    together = list(zip(cut, headings, strict=True))
    several = [(part, above) for found, above in together if len(found) > 1 for part in found]
    single = [(part, above) for found, above in together for part in found]
    parts = [several[index] for index in generator.permutation(len(several))[:SENTENCES]]
    for _ in range(PAIRS):
        one, other = (single[generator.integers(len(single))] for _side in range(2))
        parts.append((f"{one[0]} {other[0]}", one[1] if generator.random() < 0.5 else other[1]))
    return parts


class Words:
    """The words that the network knows, and the first letters by which it takes others."""

    def __init__(self, texts: list[str], least: int = 2) -> None:
        found: Counter[str] = Counter()
        for text in texts:
            found.update(set(words_of(text)))
        frequent = sorted(word for word, count in found.items() if count >= least)
        self.words = {word: row for row, word in enumerate(frequent, 2)}  # 0 none, 1 unknown
        self.stems = {stem: row for row, stem in enumerate(sorted({w[:STEM] for w in found}), 1)}

    def rows(self, text: str, most: int) -> list[tuple[int, int]]:
        """Return the rows of word and stem for each word."""
        return [
            (self.words.get(word, 1), self.stems.get(word[:STEM], 0))
            for word in words_of(text)[:most]
        ]


def rows_of(texts: Any, headings: Any, words: Words) -> list[list[tuple[int, int, int]]]:
    """Return each text's rows of word, stem and heading; a gap stands after the heading."""
    found = []
    for text, heading in zip(texts, headings, strict=True):
        above = [(*pair, 1) for pair in words.rows(heading or "", MOST_OF_HEADING)]
        own = [(*pair, 0) for pair in words.rows(text, MOST_WORDS)]
        found.append([*above, *([(0, 0, 0)] if above else []), *own] or [(1, 0, 0)])
    return found


class Network(torch.nn.Module):
    """What :class:`oscb_nlp.distilled.DistilledEncoder` computes, to be trained."""

    def __init__(self, words: Words, harms: list[bool]) -> None:
        super().__init__()
        themes, stances = len(harms), len(NAMES)
        self.words = torch.nn.Embedding(len(words.words) + 2, SIZE, padding_idx=0)
        self.stems = torch.nn.Embedding(len(words.stems) + 1, SIZE, padding_idx=0)
        for table in (self.words, self.stems):
            torch.nn.init.normal_(table.weight, std=0.1)
            with torch.no_grad():
                table.weight[0] = 0
        self.heading = torch.nn.Parameter(torch.zeros(SIZE))
        self.near = torch.nn.Conv1d(SIZE, SIZE, 3, padding=1)
        self.attention = torch.nn.Linear(SIZE, themes)
        self.themes = torch.nn.Parameter(torch.randn(themes, SIZE) * 0.1)
        self.bias = torch.nn.Parameter(torch.full((themes,), -3.0))
        self.all_stances = torch.nn.Parameter(torch.randn(SIZE, stances) * 0.1)
        self.harm_stances = torch.nn.Parameter(torch.zeros(SIZE, stances))
        self.stance_bias = torch.nn.Parameter(torch.zeros(themes, stances))
        self.register_buffer("harm", torch.tensor(harms, dtype=torch.float32)[:, None])

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return log odds of themes (n, n_themes) and stances' scores (n, n_themes, n_stances)."""
        word, stem, above = rows.unbind(2)
        there = (word != 0) | (stem != 0)
        own = self.words(word) + self.stems(stem) + self.heading * above[:, :, None]
        own = functional.dropout(own, DROPPED, self.training) * there[:, :, None]
        seen = own + torch.relu(self.near(own.transpose(1, 2)).transpose(1, 2))
        seen = functional.dropout(seen * there[:, :, None], DROPPED, self.training)
        weights = self.attention(seen).masked_fill(~there[:, :, None], -1e4).softmax(1)
        attended = torch.einsum("btl,btd->bld", weights, seen)
        themes = (attended * self.themes).sum(2) + self.bias
        stances = attended @ self.all_stances + (attended @ self.harm_stances) * self.harm
        return themes, stances + self.stance_bias


def fitted(taught: Taught) -> tuple[Network, Words]:
    """Return a network trained by AdamW with a linear warm-up and decay, and its words."""
    torch.manual_seed(SEED)
    words = Words(taught.texts + taught.headings)
    network = Network(words, [theme.polarity == "harm" for theme in load_codebook()])
    rows = rows_of(taught.texts, taught.headings, words)
    targets = [torch.from_numpy(part) for part in taught[2:]]
    tables = [network.words.weight, network.stems.weight]
    rest = [p for p in network.parameters() if all(p is not table for table in tables)]
    groups = [{"params": tables, "lr": TABLE_RATE}, {"params": rest, "lr": REST_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=DECAY)
    steps = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, step / 200) * max(0.0, 1 - step / steps)
    )
    generator = np.random.default_rng(SEED)
    network.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in batches(rows, generator):
            shown = padded([rows[index] for index in batch])
            hidden = (torch.rand(shown.shape[:2]) < UNKNOWN) & (shown[:, :, 0] > 0)
            shown[:, :, 0] = shown[:, :, 0].masked_fill(hidden, 1)
            loss = loss_of(*network(shown), *(part[batch] for part in targets))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(rows):.3f}", flush=True)
    return network.eval(), words


def loss_of(
    odds: torch.Tensor,
    scores: torch.Tensor,
    themes: torch.Tensor,
    stances: torch.Tensor,
    stance_counts: torch.Tensor,
    counts: torch.Tensor,
) -> torch.Tensor:
    """Return how far a batch's themes and stances are from what was taught."""
    of_themes = functional.binary_cross_entropy_with_logits(odds, themes, reduction="none").sum(1)
    wrong = -(stances * scores.log_softmax(2)).sum(2)
    of_stances = (wrong * stance_counts).sum(1)
    return ((of_themes + STANCE * of_stances) * counts).mean()


def batches(rows: list[Any], generator: np.random.Generator) -> Any:
    """Yield the indices of all rows in random batches of like length."""
    order = generator.permutation(len(rows))
    for start in range(0, len(order), 50 * BATCH):
        chunk = sorted(order[start : start + 50 * BATCH].tolist(), key=lambda i: len(rows[i]))
        found = [chunk[first : first + BATCH] for first in range(0, len(chunk), BATCH)]
        yield from (found[index] for index in generator.permutation(len(found)))


def padded(rows: list[list[tuple[int, int, int]]]) -> torch.Tensor:
    """Return rows as one tensor (n, longest, 3), with zeros after them."""
    held = np.zeros((len(rows), max(map(len, rows)), 3), dtype=np.int64)
    for index, row in enumerate(rows):
        held[index, : len(row)] = row
    return torch.from_numpy(held)


def read(network: Network, rows: list[list[tuple[int, int, int]]]) -> tuple[Floats, Floats]:
    """Return log odds of themes and log probabilities of stances."""
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    themes: list[Any] = [None] * len(rows)
    stances: list[Any] = [None] * len(rows)
    with torch.no_grad():
        for start in range(0, len(order), 128):
            batch = order[start : start + 128]
            odds, scores = network(padded([rows[index] for index in batch]))
            for index, one, other in zip(batch, odds, scores.log_softmax(2), strict=True):
                themes[index], stances[index] = one.numpy(), other.numpy()
    return np.stack(themes), np.stack(stances)


def export(network: Network, words: Words, folder: Path) -> None:
    """Write the network as the package reads it: a word and its stem are one vector."""
    held = {name: part.detach().numpy() for name, part in network.state_dict().items()}
    table, stems = held["words.weight"], held["stems.weight"]
    unknown = {f"{stem}~": table[1] + stems[row] for stem, row in words.stems.items()}
    known = {
        word: table[row] + stems[words.stems[word[:STEM]]] for word, row in words.words.items()
    }
    # The kernel's three columns: from the word before, from itself, from the word after.
    near = np.concatenate([held["near.weight"][:, :, side].T for side in range(3)], axis=1)
    stances = held["all_stances"][None] + held["harm"][:, :, None] * held["harm_stances"][None]
    weights = {
        "words": np.stack(
            [np.zeros(SIZE, np.float32), table[1], *known.values(), *unknown.values()]
        ),
        "heading": held["heading"],
        "near": near,
        "near_bias": held["near.bias"],
        "attention": held["attention.weight"].T,
        "themes": held["themes"],
        "themes_bias": held["bias"],
        "stances": stances,
        "stances_bias": held["stance_bias"],
    }
    about = {"classes": list(load_codebook().ids), "stances": list(NAMES)}
    save_distilled(folder, ["~", *known, *unknown], about, weights)


if __name__ == "__main__":
    main()
