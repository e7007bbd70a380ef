"""A little encoder of compound words, and performances that it can learn to guess."""

from __future__ import annotations

import numpy as np

from percepiano_core.store.words import WordCollection
from percepiano_core.symbolic.midibert.masked_words import WordPlan
from percepiano_core.symbolic.midibert.word_model import BertSize

LITTLE = BertSize(hidden=16, layers=1, heads=2, inner=16, dropout=0.0, pool_hidden=8, head_hidden=16)
PLAN = WordPlan(notes=16, epochs=3, batches=5, batch_size=4, learning_rate=0.01, valid_share=0.2)


def words_of(rng: np.random.Generator, n: int) -> np.ndarray:
    """Scales: the next pitch, position and bar follow from those before."""
    step = rng.integers(0, 40) + np.arange(n)
    return np.column_stack([step % 16 > 0, step % 16, step % 40, np.full(n, 7)]).astype(np.int64)


def collection(pieces: int = 10) -> WordCollection:
    rng = np.random.default_rng(0)
    names = [f"piece {i // 2}" for i in range(2 * pieces)]
    return WordCollection(names, [words_of(rng, 40 + i % 7) for i in range(len(names))])
