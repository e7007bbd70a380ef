"""Masks of patches: exactly so many, every patch equally likely, in clusters."""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
import pytest

from percepiano_core.audio.ssast.masking import is_masked, mask_drawer, visible
from percepiano_core.audio.ssast.network_settings import Masking

GRID, N = (8, 64), 512
DRAWS = 2000


@cache
def drawn(count: int, shape: str = "clusters") -> np.ndarray:
    """Ids [draws, K]."""
    draw = mask_drawer(Masking(count=count, shape=shape), GRID)
    keys = jax.random.split(jax.random.key(count), DRAWS)
    return np.asarray(jax.jit(lambda keys: jax.lax.map(draw, keys, batch_size=100))(keys))


def covered(ids: np.ndarray) -> np.ndarray:
    """Whether each patch is masked, [draws, f, t]."""
    whether = np.zeros((len(ids), N), bool)
    np.put_along_axis(whether, ids, True, axis=1)
    return whether.reshape(-1, *GRID)


@pytest.mark.parametrize("count", [100, 400])
def test_exactly_so_many_are_masked_and_each_equally_often(count):
    ids = drawn(count)
    assert ids.shape == (DRAWS, count)
    assert (np.diff(ids, axis=1) > 0).all() and ids.min() >= 0 and ids.max() < N
    rate, rows = covered(ids).mean(0), covered(ids).mean((0, 2))
    assert np.abs(rate - count / N).max() < 0.05
    assert np.abs(rows - count / N).max() < 0.01


def test_clusters_have_more_masked_neighbours_than_single_patches():
    def neighbours(ids: np.ndarray) -> float:
        masked = covered(ids)
        return float((masked[:, :, :-1] & masked[:, :, 1:]).sum() / masked[:, :, :-1].sum())

    assert neighbours(drawn(100)) == pytest.approx(0.74, abs=0.02)
    assert neighbours(drawn(100, "single")) == pytest.approx(0.19, abs=0.02)


def test_single_patches_are_equally_likely_too():
    assert np.abs(covered(drawn(100, "single")).mean(0) - 100 / N).max() < 0.05


def test_a_mask_follows_from_its_key_alone_compiled_and_mapped_or_not():
    draw = mask_drawer(Masking(count=400), GRID)
    keys = jax.random.split(jax.random.key(7), 3)
    mapped = np.asarray(jax.jit(jax.vmap(draw))(keys))
    compiled = jax.jit(draw)
    assert all(np.array_equal(compiled(key), mapped[i]) for i, key in enumerate(keys))
    assert np.array_equal(compiled(keys[0]), compiled(keys[0]))
    assert not np.array_equal(mapped[0], mapped[1])


def test_what_is_visible_is_all_the_rest():
    ids = drawn(400)[:4]
    rest = np.asarray(visible(ids, N))
    assert rest.shape == (4, 112)
    assert all(sorted([*a, *b]) == list(range(N)) for a, b in zip(ids.tolist(), rest.tolist(), strict=True))
    assert np.array_equal(np.asarray(is_masked(ids, N)), covered(ids).reshape(4, -1))


def test_the_share_of_another_grid_is_that_of_the_published_one():
    assert Masking().of(512) == 400
    assert Masking().of(128) == 100
    assert Masking(ratio=0.15).of(512) == 77
