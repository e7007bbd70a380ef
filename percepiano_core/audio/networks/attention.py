"""Where in a performance a spectrogram transformer looks, drawn over its spectrogram with the bars of the score.

Attention is a rollout over all blocks (ast/attention_maps.py), and says what the network's answer is made of, not what
it would change by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from percepiano_core.audio.ast.attention_maps import rollout_map
from percepiano_core.audio.ast.settings import PATCH
from percepiano_core.audio.mel_cache.crops import covering_starts
from percepiano_core.audio.networks.network import AudioNetwork
from percepiano_core.figure_style import PANEL, TINY, WHITE, save, styled


@dataclass(frozen=True, eq=False)
class AttendedPerformance:
    """A performance [frames, mels], what of its attention each frame and band has, and when bars begin.

    Attributes
    ----------
    attention : [frames, mels], mean 1: more than 1 is looked at more than the rest
    bars : place in the order of playing, from 1, and second of each
    """

    name: str
    mel: np.ndarray
    attention: np.ndarray
    bars: Sequence[tuple[int, float]]
    frames_per_second: float


def attention_over(network: AudioNetwork, mel: np.ndarray) -> np.ndarray:
    """Attention [frames, mels] of mean 1 over a spectrogram [frames, mels] float16; clips overlap by half."""
    module: Any = network.module
    length, stride = network.form.frames, module.encoder.stride
    total = np.zeros((len(mel) + length, mel.shape[1]))
    count = np.zeros((len(mel) + length, 1))
    for start in covering_starts(len(mel), length).tolist():
        clip = jnp.asarray(network.form.clips([mel], np.array([start])))
        patches = np.asarray(rollout_map(module.encoder, clip, module.pool))[0]  # [f, t]
        widened = np.zeros((length, mel.shape[1]))
        for row, column in np.ndindex(*patches.shape):
            frames, bands = (slice(at * stride, at * stride + PATCH) for at in (column, row))
            widened[frames, bands] = patches[row, column]
        total[start : start + length] += widened / widened.mean()
        count[start : start + length] += 1
    return (total / np.maximum(count, 1))[: len(mel)]


def draw_attention(performances: Sequence[AttendedPerformance], title: str, path: Path | str) -> None:
    """Two panels a performance: its spectrogram, and the same with attention; bars of the score above."""
    import matplotlib.pyplot as plt

    with styled():
        size = (10, 2.3 * len(performances) + 0.6)
        figure, axes = plt.subplots(len(performances), 2, squeeze=False, figsize=size)
        for row, each in enumerate(performances):
            extent = (0.0, len(each.mel) / each.frames_per_second, 0.0, float(each.mel.shape[1]))
            lowest, highest = np.quantile(each.mel.astype(float), [0.02, 0.998])
            heard = {"vmin": lowest, "vmax": highest, "cmap": "Greys"}
            for place in axes[row]:
                place.imshow(each.mel.T.astype(float), origin="lower", aspect="auto", extent=extent, **heard)
                place.tick_params(labelsize=TINY)
            over = {"cmap": "inferno", "alpha": 0.65}
            looked = axes[row, 1].imshow(each.attention.T, origin="lower", aspect="auto", extent=extent, **over)
            figure.colorbar(looked, ax=axes[row, 1]).ax.tick_params(labelsize=TINY)
            for number, second in each.bars:
                axes[row, 1].axvline(second, color=WHITE, linewidth=0.6)
                axes[row, 0].annotate(str(number), (second, 1.01), xycoords=("data", "axes fraction"), fontsize=TINY)
            axes[row, 0].set_title(each.name, fontsize=TINY, loc="left", pad=10)
            axes[row, 0].set_ylabel("mel band", fontsize=TINY)
            axes[row, 1].set_title("attention, mean 1; lines are bars", fontsize=TINY, loc="left", pad=10)
        for place in axes[-1]:
            place.set_xlabel("seconds", fontsize=TINY)
        figure.suptitle(title, fontsize=PANEL)
        figure.tight_layout()
        save(figure, path)
        plt.close(figure)
