"""Changes of log-mel clips in training that leave a rating as it is, or mix it with another's; all off by default.

Clips are [B, T, mels], normalised: `log_unit` times the natural logarithm of power, and a constant that cancels in all
that is done here. What is hidden becomes silent. (The released AST code hides with 0 before normalising, which is
louder than most of a clip.) Time and pitch are never stretched: both are what is rated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from percepiano_core.audio.networks.settings import Augmentation

SNR_RANGE = 20.0  # dB, from the lowest signal-to-noise ratio to the highest
NEPERS = math.log(10) / 10  # natural logarithm of power per dB


@dataclass(frozen=True)
class Scale:
    """The unit of normalised clips: the value of silence, and what the natural logarithm of power is multiplied by."""

    silence: float
    log_unit: float


def augmented(
    x: jax.Array, labels: jax.Array, key: jax.Array, settings: Augmentation, scale: Scale
) -> tuple[jax.Array, jax.Array]:
    """Clips [B, T, mels] and labels [B, k] changed as the settings say, each clip by draws of its own."""
    mixing, bands, frames, level, noise = jax.random.split(key, 5)
    if settings.mixup:
        share = jax.random.beta(mixing, settings.mixup, settings.mixup, (len(x), 1))
        x, labels = mixed(x, labels, share, scale)
    if settings.noise_snr:
        x = with_noise(x, noise, settings.noise_snr, scale)
    if settings.gain:
        x = at_other_levels(x, level, settings.gain, scale)
    if settings.masked_bands:
        x = silenced(x, bands, settings.masked_bands, 2, scale)
    if settings.masked_frames:
        x = silenced(x, frames, settings.masked_frames, 1, scale)
    return x, labels


def mixed(x: jax.Array, labels: jax.Array, share: jax.Array, scale: Scale) -> tuple[jax.Array, jax.Array]:
    """Power and labels of each clip mixed with those of the clip before it; `share` [B, 1] is the clip's own."""
    own, other = (jnp.log(jnp.maximum(part, 1e-12))[..., None] for part in (share, 1 - share))
    power = jnp.logaddexp(x / scale.log_unit + own, jnp.roll(x, 1, axis=0) / scale.log_unit + other)
    x = jnp.maximum(scale.log_unit * power, scale.silence)
    return x, share * labels + (1 - share) * jnp.roll(labels, 1, axis=0)


def silenced(x: jax.Array, key: jax.Array, most: int, axis: int, scale: Scale) -> jax.Array:
    """Clips with 0 to `most` neighbouring frames (axis 1) or bands (axis 2) silent, at a place drawn for each clip."""
    of_width, of_start = jax.random.split(key)
    length = x.shape[axis]
    width = jax.random.randint(of_width, (len(x), 1), 0, min(most, length) + 1)
    start = jax.random.randint(of_start, (len(x), 1), 0, length - width + 1)
    place = jnp.arange(length)
    hidden = (place >= start) & (place < start + width)  # [B, length]
    return jnp.where(jnp.expand_dims(hidden, 3 - axis), scale.silence, x)


def at_other_levels(x: jax.Array, key: jax.Array, most: float, scale: Scale) -> jax.Array:
    """Clips louder or softer by up to `most` dB, one change for a clip; silence stays the least."""
    change = jax.random.uniform(key, (len(x), 1, 1), minval=-most, maxval=most)
    moved = x + change * NEPERS * scale.log_unit
    return jnp.where(x > scale.silence, jnp.maximum(moved, scale.silence), x)


def with_noise(x: jax.Array, key: jax.Array, lowest: float, scale: Scale) -> jax.Array:
    """Clips with noise of the same power in all bands, `lowest` to `lowest` + 20 dB below the clip's mean power."""
    of_ratio, of_power = jax.random.split(key)
    ratio = jax.random.uniform(of_ratio, (len(x), 1, 1), minval=lowest, maxval=lowest + SNR_RANGE)
    clip = x / scale.log_unit
    mean = jax.nn.logsumexp(clip, axis=(1, 2), keepdims=True) - math.log(clip[0].size)
    noise = mean - ratio * NEPERS + jnp.log(jax.random.exponential(of_power, x.shape))
    return scale.log_unit * jnp.logaddexp(clip, noise)
