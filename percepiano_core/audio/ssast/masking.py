"""Which patches of a clip are masked: exactly so many, in clusters, every patch equally likely.

Source: Gong et al., "SSAST: self-supervised audio spectrogram transformer" (AAAI 2022), section 3.2 and algorithm 1.
The released sampler never masks the first and the last patch, wraps clusters around the time axis and masks the lowest
row of frequencies half as often as others (docs/ast.md). Here clusters begin anywhere that they touch the grid, are cut
at its edges, and are laid until enough patches are covered; of the last cluster, patches are left out at random.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp

from percepiano_core.audio.ast.positions import Grid
from percepiano_core.audio.ssast.network_settings import Masking

SIDES = (3, 5)  # fewest and most patches along a side of a cluster, one number drawn a clip


def cluster_mask(key: jax.Array, grid: Grid, count: int) -> jax.Array:
    """Ids [count] of masked patches of one clip, ascending, frequency-major; in clusters.

    A pure function of the key; `grid` and `count` are static.
    """
    side_key, row_key, column_key, jitter_key = jax.random.split(key, 4)
    side = jax.random.randint(side_key, (), SIDES[0], SIDES[1] + 1)
    blocks = 12 * count // SIDES[0] ** 2 + 8  # always enough; measured over thousands of draws
    rows = _covered(row_key, side, blocks, grid[0])  # [blocks, f]
    columns = _covered(column_key, side, blocks, grid[1])  # [blocks, t]
    order = jnp.arange(blocks)[:, None, None]
    # The first block that covers a patch masks it; one that none covers comes after all.
    first = jnp.where(rows[:, :, None] & columns[:, None, :], order, blocks).min(0).reshape(-1)  # [N]
    return _smallest(first + jax.random.uniform(jitter_key, first.shape), count)


def single_mask(key: jax.Array, grid: Grid, count: int) -> jax.Array:
    """Ids [count] of masked patches of one clip, ascending; each apart from the others."""
    return _smallest(jax.random.uniform(key, (grid[0] * grid[1],)), count)


def mask_drawer(settings: Masking, grid: Grid) -> Callable[[jax.Array], jax.Array]:
    """Key -> ids [K] of the masked patches of one clip, as the settings say; to be mapped over keys of a batch."""
    draw = cluster_mask if settings.shape == "clusters" else single_mask
    return partial(draw, grid=grid, count=settings.of(grid[0] * grid[1]))


def is_masked(ids: jax.Array, patches: int) -> jax.Array:
    """Whether each of so many patches is masked, bool [B, patches], of ids [B, K]."""
    return jnp.zeros((len(ids), patches), bool).at[jnp.arange(len(ids))[:, None], ids].set(True)


def visible(ids: jax.Array, patches: int) -> jax.Array:
    """Ids [B, patches - K] of the patches that are not masked, ascending."""
    return jnp.argsort(is_masked(ids, patches), axis=1, stable=True)[:, : patches - ids.shape[1]]


def _covered(key: jax.Array, side: jax.Array, blocks: int, length: int) -> jax.Array:
    """Which of `length` places each block covers along one axis, bool [blocks, length].

    Blocks begin up to side - 1 places before the first, so that every place has as many blocks that cover it.
    """
    starts = jax.random.randint(key, (blocks, 1), 0, length + side - 1) - (side - 1)
    places = jnp.arange(length)
    return (places >= starts) & (places < starts + side)


def _smallest(scores: jax.Array, count: int) -> jax.Array:
    """Ids of the `count` smallest scores, ascending."""
    return jnp.sort(jax.lax.top_k(-scores, count)[1])
