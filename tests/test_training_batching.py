"""Batches hold every example once, or as many as are drawn; bucketed ones are alike in length."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.training.batching import bucketed_batches, cut, epoch_batches, evenly_spread, sorted_batches
from percepiano_core.training.recipe import Recipe


def shuffled_batches(n, size, rng):
    return epoch_batches(np.ones(n), Recipe(batch_size=size), rng)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=200), st.integers(1, 16), st.integers(0, 99))
def test_every_performance_is_in_one_batch(lengths, size, seed):
    n, lengths = len(lengths), np.array(lengths)
    rng = np.random.default_rng(seed)
    for batches in (
        shuffled_batches(n, size, rng),
        epoch_batches(lengths, Recipe(batch_size=size, batching="bucketed"), rng),
        sorted_batches(lengths, size),
    ):
        assert sorted(np.concatenate(batches).tolist()) == list(range(n))
        assert max(map(len, batches)) <= size


@given(st.integers(1, 60), st.integers(1, 80), st.sampled_from(["shuffled", "bucketed"]))
def test_as_many_examples_are_drawn_as_the_recipe_says_each_once_and_others_each_epoch(n, drawn, batching):
    recipe = Recipe(batch_size=4, batching=batching, examples_an_epoch=drawn)
    lengths = np.arange(n)
    found = np.concatenate(epoch_batches(lengths, recipe, np.random.default_rng(0)))
    assert len(set(found.tolist())) == len(found) == min(drawn, n)
    epochs = {tuple(sorted(np.concatenate(epoch_batches(lengths, recipe, np.random.default_rng(i))))) for i in range(9)}
    assert len(epochs) > 1 or drawn >= n or n < 3


@given(st.integers(1, 50), st.integers(0, 60))
def test_examples_are_spread_from_the_first_to_the_last(n, count):
    found = evenly_spread(n, count)
    assert len(found) == (min(count, n) or n)
    assert found[0] == 0 and (len(found) == 1 or found[-1] == n - 1)
    assert len(set(found.tolist())) == len(found)


def test_bucketed_batches_waste_less_than_shuffled_and_differ_each_time():
    rng = np.random.default_rng(0)
    lengths = rng.integers(50, 400, 512)

    def padding(batches):
        return sum(len(b) * lengths[b].max() - lengths[b].sum() for b in batches)

    first, second = bucketed_batches(lengths, 8, rng), bucketed_batches(lengths, 8, rng)
    assert padding(first) < 0.35 * padding(cut(rng.permutation(512), 8))
    assert {tuple(sorted(b)) for b in first} != {tuple(sorted(b)) for b in second}
    assert padding(sorted_batches(lengths, 8)) < padding(first)
