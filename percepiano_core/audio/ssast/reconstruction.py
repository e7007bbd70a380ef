"""What a pre-trained network draws of the patches that it cannot see: clips, what is left of them, and its drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from percepiano_core.audio.ast.positions import Grid
from percepiano_core.audio.ast.settings import PATCH
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.crops import centre_start
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.ssast.masking import mask_drawer
from percepiano_core.audio.ssast.pretext_file import read_pretrained
from percepiano_core.errors import UserError
from percepiano_core.figure_style import PANEL, TINY, save, styled

MASK_SEED = 0
CLIPS = 4


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """Clips [B, T, mels] in the unit of the front end: as heard, without what was masked (nan), and as drawn."""

    names: tuple[str, ...]
    heard: np.ndarray
    seen: np.ndarray
    drawn: np.ndarray
    error: np.ndarray  # [B], mean squared error of masked pixels, normalised
    frames_per_second: float


def reconstructed(weights: Path | str, shards: Sequence[str], clips: int = CLIPS) -> Reconstruction:
    """The clips at the centre of some recordings, evenly spread over their order; stride 16 alone has a drawing."""
    network, masking, form = read_pretrained(weights)
    if network.encoder.stride != PATCH:
        raise UserError(weights, "its patches overlap, and cannot be put together", "pre-train with stride: 16")
    cache = MelCache(shards, front_end(form.normalisation.front_end))
    names = [cache.names[i] for i in np.unique(np.linspace(0, len(cache.names) - 1, clips).astype(int))]
    mels = cache.views(names)
    heard = form.clips(mels, np.array([centre_start(len(mel), form.frames) for mel in mels]))
    keys = jax.random.split(jax.random.key(MASK_SEED), len(names))
    mask = jax.vmap(mask_drawer(masking, network.encoder.grid))(keys)
    said = network(jnp.asarray(heard), mask)
    seen, drawn = heard.copy(), heard.copy()
    for clip, (ids, patches) in enumerate(zip(np.asarray(mask), np.asarray(said.r), strict=True)):
        put_patches(seen[clip], ids, np.full_like(patches, np.nan), network.encoder.grid)
        put_patches(drawn[clip], ids, patches, network.encoder.grid)
    error = np.asarray(jnp.square(said.r - said.patches).mean(axis=(1, 2)))
    twice, mean = 2 * form.normalisation.std, form.normalisation.mean
    heard, seen, drawn = (each * twice + mean for each in (heard, seen, drawn))
    return Reconstruction(tuple(names), heard, seen, drawn, error, cache.front_end.frames_per_second)


def put_patches(clip: np.ndarray, ids: np.ndarray, patches: np.ndarray, grid: Grid) -> None:
    """Put patches [K, 256] into their places of a clip [T, mels]; ids and pixels are frequency-major."""
    for row, column, patch in zip(ids // grid[1], ids % grid[1], patches.reshape(-1, PATCH, PATCH), strict=True):
        frames, bands = slice(column * PATCH, (column + 1) * PATCH), slice(row * PATCH, (row + 1) * PATCH)
        clip[frames, bands] = patch.T


def draw_reconstruction(found: Reconstruction, path: Path | str) -> None:
    """A row a clip: heard, seen, drawn."""
    import matplotlib.pyplot as plt

    lowest, highest = np.nanquantile(found.heard, [0.02, 0.998])
    seconds = found.heard.shape[1] / found.frames_per_second
    with styled():
        size = (9.5, 1.6 * len(found.names) + 0.9)
        figure, axes = plt.subplots(len(found.names), 3, sharex=True, sharey=True, squeeze=False, figsize=size)
        for row, name in enumerate(found.names):
            for column, clips in enumerate((found.heard, found.seen, found.drawn)):
                place = axes[row, column]
                extent = (0.0, seconds, 0.0, float(clips.shape[2]))
                shades = {"vmin": lowest, "vmax": highest, "cmap": "magma"}
                place.imshow(clips[row].T, origin="lower", aspect="auto", extent=extent, **shades)
                place.tick_params(labelsize=TINY)
            axes[row, 0].set_ylabel("mel band", fontsize=TINY)
            axes[row, 0].set_title(name, fontsize=TINY, loc="left")
            axes[row, 2].set_title(f"mean squared error {found.error[row]:.3f}", fontsize=TINY, loc="left")
        for column, title in enumerate(("heard", "what the network sees", "what it draws in place of the rest")):
            axes[0, column].annotate(title, (0.5, 1.18), xycoords="axes fraction", ha="center", fontsize=PANEL)
            axes[-1, column].set_xlabel("seconds", fontsize=TINY)
        figure.tight_layout()
        save(figure, path)
        plt.close(figure)
