"""Batches hold every performance once; bucketed ones are alike in length and different each time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.symbolic.networks.batching import bucketed_batches, shuffled_batches, sorted_batches


@given(st.lists(st.integers(1, 400), min_size=1, max_size=200), st.integers(1, 16), st.integers(0, 99))
def test_every_performance_is_in_one_batch(lengths, size, seed):
    n, lengths = len(lengths), np.array(lengths)
    rng = np.random.default_rng(seed)
    for batches in (
        shuffled_batches(n, size, rng),
        bucketed_batches(lengths, size, rng),
        sorted_batches(lengths, size),
    ):
        assert sorted(np.concatenate(batches).tolist()) == list(range(n))
        assert max(map(len, batches)) <= size


def test_bucketed_batches_waste_less_than_shuffled_and_differ_each_time():
    rng = np.random.default_rng(0)
    lengths = rng.integers(50, 400, 512)

    def padding(batches):
        return sum(len(b) * lengths[b].max() - lengths[b].sum() for b in batches)

    first, second = bucketed_batches(lengths, 8, rng), bucketed_batches(lengths, 8, rng)
    assert padding(first) < 0.35 * padding(shuffled_batches(512, 8, rng))
    assert {tuple(sorted(b)) for b in first} != {tuple(sorted(b)) for b in second}
    assert padding(sorted_batches(lengths, 8)) < padding(first)
