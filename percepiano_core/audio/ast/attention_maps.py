"""What an encoder attends to, for pictures: softmax weights of every block, and their rollout. Inference only.

Training never forms these weights as such; so there is a second way through the blocks, which gives the same tokens.
Source of the rollout: Abnar and Zuidema, "Quantifying attention flow in transformers" (2020), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from percepiano_core.audio.ast.ast import SPECIAL, AstEncoder


class Activations(NamedTuple):
    """What goes on in an encoder, for clips [B]; n = 2 + N tokens."""

    tokens: jax.Array  # [B, n, d], after the last normalisation
    hidden: jax.Array  # [layers + 1, B, n, d]: what enters the first block, then what leaves each
    attention: jax.Array  # [layers, B, heads, n, n]: row = the token that attends; rows add up to 1


def activations(encoder: AstEncoder, x: jax.Array) -> Activations:
    """All activations of normalised log-mel spectrograms [B, T, mels]."""
    first = encoder.placed(encoder.embedded(x))
    block, weights = nnx.split(encoder.blocks.stack)

    def apply(x: jax.Array, layer: nnx.State) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        here = nnx.merge(block, layer)
        after = here(x)
        return after, (after, here.attn.weights(here.norm1(x)))

    last, (later, attention) = jax.lax.scan(apply, first, weights)
    return Activations(encoder.norm(last), jnp.concatenate([first[None], later]), attention)


def attention_rollout(attention: jax.Array) -> jax.Array:
    """How much of each input token is in each output token, [B, n, n], of attention [layers, B, heads, n, n].

    Heads are averaged, and half of a block is what it lets through; rows add up to 1.
    """
    through = 0.5 * (attention.mean(2) + jnp.eye(attention.shape[-1]))
    through = through / through.sum(-1, keepdims=True)  # [layers, B, n, n]
    return jax.lax.scan(lambda before, layer: (layer @ before, None), through[0], through[1:])[0]


def rollout_map(encoder: AstEncoder, x: jax.Array, pool: str = "cls_dist") -> jax.Array:
    """How much of each patch is in what the head reads, [B, f, t], of spectrograms [B, T, mels]; adds up to 1 a clip.

    pool : "cls_dist" the two special tokens, "mean" the mean of the patches (settings.AstSettings)
    """
    rollout = attention_rollout(activations(encoder, x).attention)
    read = rollout[:, SPECIAL:] if pool == "mean" else rollout[:, :SPECIAL]
    patches = read[:, :, SPECIAL:].mean(1)  # [B, N]
    return (patches / patches.sum(-1, keepdims=True)).reshape(-1, *encoder.grid)
