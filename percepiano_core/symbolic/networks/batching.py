"""Which performances make a batch: at random, as published, or of like length, which wastes the least.

A recurrence has as many steps as the longest sequence of a batch has notes; the fewer sequences run side by side, the
less each step's matrix product is worth. Source: percepiano-models.md, section 4 (batches of 8, shuffled, none left
out).
"""

from __future__ import annotations

import numpy as np

NEIGHBOURHOOD = 8  # batches whose performances are mixed: random enough to train, alike enough in length to be quick


def shuffled_batches(n: int, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Indices 0 to n - 1 in random order, `size` a batch; the last may be smaller."""
    return _cut(rng.permutation(n), size)


def bucketed_batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Batches of sequences of like length, in random order, different at each call.

    Sorted by length within groups of NEIGHBOURHOOD batches drawn at random.
    """
    order = rng.permutation(len(lengths))
    groups = [group[np.argsort(lengths[group], kind="stable")] for group in _cut(order, size * NEIGHBOURHOOD)]
    batches = [batch for group in groups for batch in _cut(group, size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def sorted_batches(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    """Batches for evaluation: longest first, so that like lengths lie together."""
    return _cut(np.argsort(-lengths, kind="stable"), size)


def _cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[start : start + size] for start in range(0, len(order), size)]
