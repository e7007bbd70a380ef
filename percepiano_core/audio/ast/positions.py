"""The grid of patches on a spectrogram, and a learnt table of its positions carried over to another grid.

Source: Gong et al. (2021), section 2.2, and the released code (src/models/ast_models.py), which crops a longer axis at
its centre and stretches a shorter one. Where the stride changes too, a crop would move patches to other times, so both
axes are interpolated instead.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from percepiano_core.audio.ast.settings import PATCH

Grid = tuple[int, int]
"""Patches along frequency and along time."""


def patch_grid(frames: int, mels: int, stride: int) -> Grid:
    """Patches along frequency and time of a spectrogram, none of which reaches beyond it."""
    return (mels - PATCH) // stride + 1, (frames - PATCH) // stride + 1


def resized_positions(table: jax.Array, new: Grid, *, same_stride: bool = True) -> jax.Array:
    """A table of positions [f, t, d] carried over to a grid of `new` (f, t) patches.

    same_stride : a longer axis is cropped, as released; False: both axes are interpolated
    """
    for axis in (1, 0):  # time first, as released
        shorter = new[axis] <= table.shape[axis]
        table = _cropped(table, axis, new[axis]) if same_stride and shorter else _stretched(table, axis, new[axis])
    return table


def _cropped(table: jax.Array, axis: int, length: int) -> jax.Array:
    start = table.shape[axis] // 2 - length // 2
    return jax.lax.slice_in_dim(table, start, start + length, axis=axis)


def _stretched(table: jax.Array, axis: int, length: int) -> jax.Array:
    """Linear between the centres of patches, constant beyond the outer ones."""
    shape = (*table.shape[:axis], length, *table.shape[axis + 1 :])
    return jax.image.resize(jnp.asarray(table), shape, "linear", antialias=False)
