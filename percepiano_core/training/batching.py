"""Which examples make a batch: at random, as published, or of like length, which wastes the least.

A recurrence has as many steps as the longest sequence of a batch has notes; the fewer sequences run side by side, the
less each step's matrix product is worth.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.training.recipe import Recipe

NEIGHBOURHOOD = 8  # batches whose examples are mixed: random enough to train, alike enough in length to be quick


def epoch_batches(lengths: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> list[np.ndarray]:
    """Batches of an epoch, as indices into `lengths` [n], drawn as the recipe says; different at each call."""
    drawn = recipe.examples_an_epoch
    if recipe.batching == "shuffled":
        return cut(rng.permutation(len(lengths))[: drawn or None], recipe.batch_size)
    if not drawn:
        return bucketed_batches(lengths, recipe.batch_size, rng)
    chosen = rng.permutation(len(lengths))[:drawn]
    return [chosen[rows] for rows in bucketed_batches(lengths[chosen], recipe.batch_size, rng)]


def bucketed_batches(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Batches of sequences of like length [n], in random order, different at each call.

    Sorted by length within groups of NEIGHBOURHOOD batches drawn at random.
    """
    order = rng.permutation(len(lengths))
    groups = [group[np.argsort(lengths[group], kind="stable")] for group in cut(order, size * NEIGHBOURHOOD)]
    batches = [batch for group in groups for batch in cut(group, size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def sorted_batches(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    """Batches for evaluation: longest first, so that like lengths lie together."""
    return cut(np.argsort(-lengths, kind="stable"), size)


def cut(order: np.ndarray, size: int) -> list[np.ndarray]:
    """Indices in consecutive batches of `size`; the last may be smaller."""
    return [order[start : start + size] for start in range(0, len(order), size)]


def evenly_spread(n: int, count: int) -> np.ndarray:
    """So many of the indices 0 to n - 1, evenly spread; all of them for a count of 0, or of more than there are."""
    if not count or count >= n:
        return np.arange(n)
    return np.linspace(0, n - 1, count).round().astype(int)
