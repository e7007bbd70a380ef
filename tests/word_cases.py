"""A little encoder of compound words, performances that it can learn to tell, and ratings that follow from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from neural_cases import made_corpus

from percepiano_core.corpus.midi import NOTE_DTYPE, PerformedMidi
from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.performed_notes import performed_table
from percepiano_core.perception.folds import Roles
from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.midibert.settings import BertSize
from percepiano_core.training.settings import built

SIZE = {"hidden": 16, "layers": 1, "heads": 2, "inner": 16, "dropout": 0.0, "pool_hidden": 8, "head_hidden": 16}
LITTLE = built(BertSize, SIZE)
RECIPE = {"epochs": 3, "examples_an_epoch": 20, "batch_size": 4, "learning_rate": 0.01}
PRETRAINING: dict[str, Any] = {"size": SIZE, "notes": 16, "valid_share": 0.2, "recipe": RECIPE}


def words_of(rng: np.random.Generator, n: int) -> np.ndarray:
    """Scales: the next pitch, position and bar follow from those before."""
    step = rng.integers(0, 40) + np.arange(n)
    return np.column_stack([step % 16 > 0, step % 16, step % 40, np.full(n, 7)]).astype(np.int64)


def collection(pieces: int = 10) -> WordCollection:
    """Two performances of each piece."""
    rng = np.random.default_rng(0)
    names = [f"piece {i // 2}" for i in range(2 * pieces)]
    return WordCollection(names, [words_of(rng, 40 + i % 7) for i in range(len(names))])


def performed(rng: np.random.Generator, n: int, length: float, lowest: int, resolution: int = 480) -> PerformedMidi:
    """`n` notes an eighth apart, of about `length` eighths, from `lowest` up."""
    notes = np.zeros(n, dtype=NOTE_DTYPE)
    notes["onset_tick"] = np.arange(n) * resolution // 2 + rng.integers(0, resolution // 20, n)
    notes["offset_tick"] = notes["onset_tick"] + np.maximum(1, resolution / 2 * length * rng.uniform(0.9, 1.1, n))
    notes["pitch"] = lowest + rng.integers(0, 5, n)
    notes["velocity"] = 64
    return PerformedMidi(notes, np.zeros(0), resolution, 0.0)


def word_corpus(n: int = 64) -> tuple[Roles, dict[str, NoteTable]]:
    """Ratings that follow from how long and how high is played, which compound words tell."""
    roles, _ = made_corpus(n)
    rng, notes = np.random.default_rng(0), {}
    for examples in (roles.train, roles.valid, roles.test):
        for name, (high, long) in zip(examples.performances.tolist(), examples.features, strict=True):
            playing = performed(rng, 12 + len(notes) % 5, float(np.exp(long)), int(60 + 10 * high))
            notes[name] = performed_table(playing)
    return roles, notes
