"""Vectors of performances by a pre-trained spectrogram transformer, as it is: nothing of it is trained further.

Mean and standard deviation of its last layer over all patches of all clips, as frozen audio encoders are usually
pooled; a regression on them is the plainest test of what pre-training has learned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from percepiano_core.training.settings import REQUIRED, built, setting

NEEDS = ("jax",)
CLIPS_TOGETHER = 16


@dataclass(frozen=True)
class Settings:
    """Settings of an embedding by an encoder."""

    weights: str = setting(REQUIRED, "file of the encoder's weights, as pre-training makes it", file=True)
    front_end: str = setting(
        "piano22k", "how recordings become spectrograms: that of the weights", choices=("piano22k", "ast16k")
    )


def embed(shards: Sequence[str], settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Performance -> its vector [2 d], of every performance of the shards of spectrograms."""
    from percepiano_core.audio.mel_cache.cache import MelCache
    from percepiano_core.audio.mel_cache.front_ends import front_end
    from percepiano_core.audio.networks.encoder_weights import read_encoder

    chosen = built(Settings, settings)
    cache = MelCache(shards, front_end(chosen.front_end))
    encoder, form = read_encoder(chosen.weights, cache.front_end.name)
    vectors = {}
    for number, name in enumerate(cache.names, start=1):
        vectors[name] = _vector(encoder, form, cache.view(name))
        if number % 100 == 0 or number == len(cache.names):
            print(f"{number} of {len(cache.names)} performances", flush=True)
    return vectors


def _vector(encoder: Any, form: Any, mel: np.ndarray) -> np.ndarray:
    """Mean and standard deviation [2 d] of the patches of a spectrogram [frames, mels], clips weighted by music."""
    from percepiano_core.audio.networks.clip_form import heard_clips
    from percepiano_core.audio.networks.encoder_weights import patch_moments

    heard = heard_clips([mel], form.frames)
    moments = []
    for begin in range(0, len(heard.starts), CLIPS_TOGETHER):
        starts = heard.starts[begin : begin + CLIPS_TOGETHER]
        filled = np.resize(starts, CLIPS_TOGETHER)  # all batches of one shape, so that it is compiled once
        moments.append(np.asarray(patch_moments(encoder, form.clips([mel] * CLIPS_TOGETHER, filled)))[: len(starts)])
    mean, square = np.average(np.concatenate(moments).astype(np.float64), axis=0, weights=heard.weights)
    return np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 0))])
