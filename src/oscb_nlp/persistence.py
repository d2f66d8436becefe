"""Save and load models without pickle: JSON for settings, numpy arrays for weights.

A model folder holds ``model.json`` (format, version, codebook hash, vocabularies) and
``weights.npz``, which is read with ``allow_pickle=False``. Loading builds the estimators
from plain values, so a file from an untrusted place cannot run code.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer

from oscb_nlp.arrays import Arrays, read_arrays, write_arrays
from oscb_nlp.classifier import ThemeClassifier
from oscb_nlp.codebook import Codebook, Theme, codebook_from_dict, load_codebook
from oscb_nlp.cues import CueFinder
from oscb_nlp.distilled import DistilledEncoder
from oscb_nlp.encoder import Encoder, ReadsPassages, encoder_installed
from oscb_nlp.errors import ModelError, OscbError
from oscb_nlp.features import ngrams
from oscb_nlp.files import parse_json, read_limited, whole, writing
from oscb_nlp.resources import shipped_path
from oscb_nlp.stance import StanceClassifier, _vectorizer

__all__ = [
    "GRADES",
    "MODES",
    "about_model",
    "load_model",
    "load_stance_model",
    "model_hash",
    "save_model",
]

_FORMAT = "oscb-model-5"
GRADES = ("auto", "fast", "best")
MODES = ("balanced", "recall")
_MAX_JSON_BYTES = 50_000_000
_MAX_WEIGHT_BYTES = 500_000_000


def load_model(
    path: str | Path | None = None,
    codebook: Codebook | None = None,
    grade: str = "auto",
    mode: str = "balanced",
    threads: int = 0,
) -> ThemeClassifier:
    """Load a theme classifier, by default the one that ships with the package.

    Parameters
    ----------
    path
        A model folder; None for the shipped model.
    codebook
        The codebook to code with; None for the model's own. A theme that the model never
        learnt is coded by its cues alone (``by_cues_alone_`` names them), one whose
        definition differs is coded as the model learnt it (``redefined_``).
    grade
        "fast"; "best", with the encoder, which needs the extra ``encoder``; or "auto", which
        is "best" where that extra is installed and the model has an encoder.
    mode
        "balanced", or "recall" with thresholds low enough to miss about one passage in twenty,
        where a person checks all that is found.
    threads
        Threads that the encoder may take; 0 for all cores.

    Raises
    ------
    ModelError
        If the folder holds no model, is damaged, or shares no theme with the codebook.

    Examples
    --------
    >>> model = load_model()
    >>> "neglect" in model.classes_
    True
    """
    if mode not in MODES:
        raise ModelError(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
    with _damage_named(path):
        return _theme_model(path, codebook, grade, mode, threads)


def _theme_model(
    path: str | Path | None, codebook: Codebook | None, grade: str, mode: str, threads: int
) -> ThemeClassifier:
    folder, settings, arrays = _read(path)
    own = codebook_from_dict(settings["codebook"], folder / "model.json")
    codebook = codebook or own
    if path is not None and not set(codebook.ids) & set(own.ids):
        raise ModelError(
            f"{folder}: was trained with the codebook {own.id} {own.version}, which shares no "
            f"theme with {codebook.id} {codebook.version}; train a model with that codebook "
            "(oscb-nlp train), or leave --model away to code by its cues alone"
        )
    themes = settings["themes"]
    model = ThemeClassifier(codebook=codebook, **themes["parameters"])
    _check_theme_arrays(settings, arrays, len(own.ids))
    model.features_ = ngrams(int(model.max_features))
    for name, vectorizer in model.features_.transformer_list:
        _restore(vectorizer, themes["vocabularies"][name], arrays[f"themes_idf_{name}"])
    model.cue_rate_ = _numbers([themes["cue_rate"]], 1)[0]
    taught = [theme for theme in own.ids if theme not in themes["by_cues_alone"]]
    rows = [own.ids.index(theme) if theme in taught else -1 for theme in codebook.ids]
    learnt = np.array(rows) >= 0
    model.classes_ = np.array(codebook.ids)
    model.coef_ = np.where(learnt[:, None], arrays["themes_coef"][rows], 0).astype(np.float32)
    model.intercept_ = np.where(learnt, arrays["themes_intercept"][rows], 0.0)
    model.encoder_ = _encoder(folder, settings, grade, threads)
    prefix = "themes" if model.grade == "fast" else "best"
    model.calibration_ = arrays[f"{prefix}_calibration"][rows]
    for name in ("thresholds", "recall_thresholds"):
        stored = arrays[f"{prefix}_{name}"][rows]
        setattr(model, f"{name}_", np.where(learnt, stored, model.cue_rate_))
    rates = settings["review_rates"][prefix]
    known = [theme for theme in codebook.ids if theme in rates]
    model.review_rates_ = {theme: _numbers(rates[theme], 4) for theme in known}
    if mode == "recall":
        # The rates were measured with the other thresholds.
        model.thresholds_, model.review_rates_ = model.recall_thresholds_, {}
    model.by_cues_alone_ = tuple(codebook.ids[i] for i in np.flatnonzero(~learnt))
    model.redefined_ = tuple(
        theme.id
        for theme in codebook
        if theme.id in own.ids and _meaning(theme) != _meaning(own[theme.id])
    )
    model._finder = CueFinder(codebook)
    return model


def _encoder(
    folder: Path, settings: dict[str, Any], grade: str, threads: int
) -> ReadsPassages | None:
    if grade not in GRADES:
        raise ModelError(f"there is no grade {grade!r}; there are {', '.join(GRADES)}")
    has_one = bool(settings.get("encoder"))
    encoder: ReadsPassages
    if grade == "fast" or (grade == "auto" and not (has_one and encoder_installed())):
        if not settings.get("distilled"):
            return None
        encoder, fitted_with = DistilledEncoder(shipped_path("models/distilled")), "distilled"
    elif not has_one:
        raise ModelError(f"{folder}: has no encoder, so its only grade is fast")
    else:
        encoder, fitted_with = Encoder(shipped_path("models/encoder"), threads), "encoder"
    if encoder.about != settings[fitted_with]:
        raise ModelError(f"{folder}: was fitted with another encoder than the one that ships")
    return encoder


def _meaning(theme: Theme) -> tuple[object, ...]:
    return theme.definition, theme.include, theme.exclude, theme.polarity


def load_stance_model(path: str | Path | None = None) -> StanceClassifier:
    """Load a stance classifier, by default the one that ships with the package."""
    with _damage_named(path):
        return _stance_model(path)


def _stance_model(path: str | Path | None) -> StanceClassifier:
    _folder, settings, arrays = _read(path)
    stance = settings["stance"]
    model = StanceClassifier(**stance["parameters"])
    model.vectorizers_ = []
    _check_numbers(arrays, "stance_coef", (len(stance["classes"]), None))
    _check_numbers(arrays, "stance_intercept", (len(stance["classes"]),))
    for index, vocabulary in enumerate(stance["vocabularies"]):
        _check_numbers(arrays, f"stance_idf_{index}", (len(vocabulary),))
        vectorizer = _vectorizer(int(model.max_features))
        _restore(vectorizer, vocabulary, arrays[f"stance_idf_{index}"])
        model.vectorizers_.append(vectorizer)
    model.classes_ = np.array(stance["classes"])
    model.coef_ = arrays["stance_coef"].astype(np.float32)
    model.intercept_ = arrays["stance_intercept"]
    return model


def save_model(
    folder: Path,
    themes: ThemeClassifier,
    stance: StanceClassifier,
    about: dict[str, Any],
    best: ThemeClassifier | None = None,
) -> None:
    """Write both models into ``folder``; ``about`` is kept as it is for the record.

    ``best`` is the same theme model with the shipped encoder, for the better grade.

    Raises
    ------
    ModelError
        If ``themes`` is itself of the better grade, whose probabilities need the encoder.
    OutputError
        If the folder cannot be written.
    """
    if themes.grade != "fast":
        raise ModelError("give the fast grade as the theme model, and the better one as `best`")
    codebook = themes.codebook or load_codebook()
    vectorizers = dict(themes.features_.transformer_list)
    settings = {
        "format": _FORMAT,
        "codebook": codebook.to_dict(),
        "codebook_hash": codebook.hash,
        "about": about,
        "encoder": best.encoder_.about if best is not None and best.encoder_ is not None else None,
        "distilled": themes.encoder_.about if themes.encoder_ is not None else None,
        "review_rates": {
            "themes": themes.review_rates_,
            "best": best.review_rates_ if best is not None else {},
        },
        "themes": {
            "parameters": {
                key: value for key, value in themes.get_params().items() if key != "codebook"
            },
            "classes": themes.classes_.tolist(),
            "cue_rate": themes.cue_rate_,
            "by_cues_alone": list(themes.by_cues_alone_),
            "vocabularies": {name: _vocabulary(v) for name, v in vectorizers.items()},
        },
        "stance": {
            "parameters": stance.get_params(),
            "classes": stance.classes_.tolist(),
            "vocabularies": [_vocabulary(v) for v in stance.vectorizers_],
        },
    }
    arrays: Arrays = {
        **{f"themes_idf_{name}": v.idf_.astype(np.float32) for name, v in vectorizers.items()},
        # Half precision halves the file and moves no probability by more than 0.001.
        "themes_coef": themes.coef_.astype(np.float16),
        "themes_intercept": themes.intercept_,
        "themes_calibration": themes.calibration_,
        "themes_thresholds": themes.thresholds_,
        "themes_recall_thresholds": themes.recall_thresholds_,
        **{f"stance_idf_{i}": v.idf_.astype(np.float32) for i, v in enumerate(stance.vectorizers_)},
        "stance_coef": stance.coef_.astype(np.float16),
        "stance_intercept": stance.intercept_,
    }
    if best is not None:
        arrays["best_calibration"] = best.calibration_
        arrays["best_thresholds"] = best.thresholds_
        arrays["best_recall_thresholds"] = best.recall_thresholds_
    text = json.dumps(settings, ensure_ascii=False, indent=None, sort_keys=True)
    with (
        writing(folder),
        whole(folder / "model.json") as page,
        whole(folder / "weights.npz") as npz,
    ):
        page.write_text(text + "\n", encoding="utf-8")
        write_arrays(npz, arrays)


def about_model(path: str | Path | None = None) -> dict[str, Any]:
    """Return what a model was made from; ``log`` is the list of its trainings, the first one first."""
    folder, settings, _arrays = _read(path)
    about = settings.get("about") or {}
    log = about.get("log", []) if isinstance(about, dict) else None
    if not isinstance(log, list) or not all(map(_is_training, log)):
        raise ModelError(f"{folder}: the model is damaged: its training log has another form")
    return dict(about)


def _is_training(entry: object) -> bool:
    reviews = entry.get("learnt_reviews") if isinstance(entry, dict) else None
    return isinstance(reviews, list) and all(isinstance(one, str) for one in reviews)


def model_hash(path: str | Path | None = None) -> str:
    """Return SHA-256 over the model's files, as ``run.json`` records it."""
    folder = _folder(path)
    digest = hashlib.sha256()
    try:
        for name, most in (("model.json", _MAX_JSON_BYTES), ("weights.npz", _MAX_WEIGHT_BYTES)):
            digest.update(read_limited(folder / name, most))
    except OSError as error:
        raise ModelError(f"{folder}: holds no model: {error.strerror or error}") from None
    return digest.hexdigest()


def _folder(path: str | Path | None) -> Path:
    return shipped_path("models/default") if path is None else Path(path)


def _read(path: str | Path | None) -> tuple[Path, dict[str, Any], Arrays]:
    folder = _folder(path)
    try:
        content = read_limited(folder / "model.json", _MAX_JSON_BYTES)
        settings = parse_json(content.decode())
        if not isinstance(settings, dict) or settings.get("format") != _FORMAT:
            raise ModelError(f"{folder}: is not in the format {_FORMAT}")
        arrays = read_arrays(folder / "weights.npz", _MAX_WEIGHT_BYTES)
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder}: holds no model ({Path(error.filename).name} is missing)"
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: the model is damaged: {error}") from None
    return folder, settings, arrays


@contextmanager
def _damage_named(path: str | Path | None) -> Iterator[None]:
    """Turn whatever a stranger's model makes the loading raise into an error that names it."""
    try:
        yield
    except OscbError:
        raise
    except Exception as error:
        raise ModelError(
            f"{_folder(path)}: the model is damaged ({type(error).__name__}: {error}); copy or "
            "train it again"
        ) from None


def _check_theme_arrays(settings: dict[str, Any], arrays: Arrays, themes: int) -> None:
    vocabularies = settings["themes"]["vocabularies"]
    for name, vocabulary in vocabularies.items():
        _check_numbers(arrays, f"themes_idf_{name}", (len(vocabulary),))
    _check_numbers(arrays, "themes_coef", (themes, sum(map(len, vocabularies.values()))))
    _check_numbers(arrays, "themes_intercept", (themes,))
    for prefix in ("themes", "best"):
        if f"{prefix}_calibration" in arrays or prefix == "themes":
            _check_numbers(arrays, f"{prefix}_calibration", (themes, None))
            _check_numbers(arrays, f"{prefix}_thresholds", (themes,))
            _check_numbers(arrays, f"{prefix}_recall_thresholds", (themes,))


def _check_numbers(arrays: Arrays, name: str, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError where an array holds no finite numbers or has another shape; None is any."""
    array = arrays[name]
    fits = array.ndim == len(shape) and all(
        size in (None, found) for size, found in zip(shape, array.shape, strict=True)
    )
    if not fits or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"{name} is no array of numbers in the shape {shape}")


def _numbers(values: Any, count: int) -> tuple[float, ...]:
    """Return so many numbers; raise ValueError where they are others, or none that can be counted."""
    found = tuple(float(value) for value in values)
    if len(found) != count or not all(math.isfinite(value) and value >= 0 for value in found):
        raise ValueError(f"{count} numbers are expected, not {str(values)[:60]}")
    return found


def _restore(vectorizer: TfidfVectorizer, vocabulary: list[str], idf: npt.NDArray[Any]) -> None:
    if not all(isinstance(term, str) for term in vocabulary) or len(set(vocabulary)) < len(idf):
        raise ValueError("a vocabulary holds what is no word, or a word twice")
    vectorizer.vocabulary_ = {term: index for index, term in enumerate(vocabulary)}
    vectorizer.fixed_vocabulary_ = True
    vectorizer.idf_ = idf.astype(np.float32)


def _vocabulary(vectorizer: TfidfVectorizer) -> list[str]:
    return [str(name) for name in vectorizer.get_feature_names_out()]
