"""Losses of the masked patches: which one is it (discriminative), what does it look like (generative).

Source: Gong et al., "SSAST" (AAAI 2022), equations 1 to 3. In all functions, B clips of K masked patches each:
`patches` [B, K, 256] are the normalised input, `c` and `r` [B, K, 256] the predictions of the two pretext heads.
Negatives are the other masked patches of the same clip.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from percepiano_core.audio.ssast.network_settings import PretextLosses

CANDIDATES, PREDICTIONS = -2, -1  # axes of similarities


class Losses(NamedTuple):
    """Losses of each clip [B]."""

    total: jax.Array  # nce + weight * mse
    nce: jax.Array  # in nats; ln K for predictions that tell nothing
    mse: jax.Array  # mean over pixels, in units of the normalised input
    accuracy: jax.Array  # share of predictions that are most like their own patch, 0 to 1


def pretext_losses(c: jax.Array, r: jax.Array, patches: jax.Array, settings: PretextLosses) -> Losses:
    """All losses, in float32."""
    c, r = c.astype(jnp.float32), r.astype(jnp.float32)
    alike = similarities(patches, c, normalize=settings.normalize, temperature=settings.temperature)
    nce, mse = info_nce(alike, settings.nce), jnp.square(r - patches).mean((1, 2))
    return Losses(nce + settings.reconstruction * mse, nce, mse, accuracy(alike))


def similarities(patches: jax.Array, c: jax.Array, *, normalize: bool = False, temperature: float = 1.0) -> jax.Array:
    """S [B, K, K]: S[j, k] is the product of patch j with prediction k; patches get no gradient."""
    patches = jax.lax.stop_gradient(patches)
    if normalize:
        patches, c = _unit(patches), _unit(c)
    return jnp.einsum("bjp,bkp->bjk", patches, c, preferred_element_type=jnp.float32) / temperature


def info_nce(alike: jax.Array, version: str = "paper") -> jax.Array:
    """Mean over masked patches [B] of -log softmax at the true pairs of similarities [B, K, K].

    paper : patches j compete for a prediction k (equation 1)
    released : predictions k compete for a patch j, as the released code has it and its author acknowledged
    """
    log_share = jax.nn.log_softmax(alike, axis=CANDIDATES if version == "paper" else PREDICTIONS)
    return -_diagonal(log_share).mean(-1)


def accuracy(alike: jax.Array) -> jax.Array:
    """Share [B] of predictions k whose most similar patch j is their own, of similarities [B, K, K].

    The released code looks for the largest j of a softmax over k, which mixes the axes.
    """
    return (alike.argmax(CANDIDATES) == jnp.arange(alike.shape[-1])).mean(-1)


def _diagonal(values: jax.Array) -> jax.Array:
    return jnp.diagonal(values, axis1=CANDIDATES, axis2=PREDICTIONS)


def _unit(vectors: jax.Array) -> jax.Array:
    """Vectors scaled to length 1; those of zeros stay so, with a gradient of 0."""
    return vectors * jax.lax.rsqrt(jnp.square(vectors).sum(-1, keepdims=True) + 1e-12)
