"""Softmax attention that keeps no matrix of weights for its gradient, but computes it anew from queries and keys.

What it computes is jax.nn.dot_product_attention, whose gradient takes three times as long on a CPU (docs/ast.md).
Source of the backward pass: Dao et al., "FlashAttention" (2022), appendix B.2, without its tiles. Products and sums
over keys are float32; weights are multiplied in the type of the values.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name

KEPT = ("mixed", "log_sums")  # names of what the gradient needs beside queries, keys and values


@jax.custom_vjp
def softmax_attention(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
    """Values [B, heads, n, c] mixed by the softmax of scaled products of queries and keys [B, heads, n, c]."""
    return _forward(q, k, v)[0]


def attention_weights(q: jax.Array, k: jax.Array) -> jax.Array:
    """The softmax itself, [B, heads, n, n], float32: how much each query takes from each key."""
    return jax.nn.softmax(_products("bhqc,bhkc->bhqk", _scaled(q), k), axis=-1)


def _forward(q: jax.Array, k: jax.Array, v: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
    scores = _products("bhqc,bhkc->bhqk", _scaled(q), k)
    most = scores.max(-1, keepdims=True)
    raised = jnp.exp(scores - most)  # [B, heads, n, n]
    sums = raised.sum(-1, keepdims=True)
    # Divided after the product: n x c numbers instead of n x n.
    mixed = checkpoint_name((_products("bhqk,bhkc->bhqc", raised.astype(v.dtype), v) / sums).astype(v.dtype), KEPT[0])
    log_sums = checkpoint_name((most + jnp.log(sums))[..., 0], KEPT[1])  # [B, heads, n]
    return mixed, (q, k, v, mixed, log_sums)


def _backward(kept: tuple[jax.Array, ...], gradient: jax.Array) -> tuple[jax.Array, ...]:
    """Gradients of queries, keys and values; matrices are [B, heads, keys, queries]: one transposed product less."""
    q, k, v, mixed, log_sums = kept
    weights = jnp.exp(_products("bhkc,bhqc->bhkq", k, _scaled(q)) - log_sums[:, :, None])
    of_values = _products("bhkq,bhqc->bhkc", weights.astype(v.dtype), gradient)
    shared = (gradient.astype(jnp.float32) * mixed).sum(-1)[:, :, None]
    of_scores = (weights * (_products("bhkc,bhqc->bhkq", v, gradient) - shared)).astype(q.dtype)
    of_queries = _scaled(_products("bhkq,bhkc->bhqc", of_scores, k))
    of_keys = _products("bhkq,bhqc->bhkc", of_scores, _scaled(q))
    return of_queries.astype(q.dtype), of_keys.astype(k.dtype), of_values.astype(v.dtype)


softmax_attention.defvjp(_forward, _backward)


def _scaled(x: jax.Array) -> jax.Array:
    return x * x.shape[-1] ** -0.5


def _products(subscripts: str, a: Any, b: Any) -> jax.Array:
    return jnp.einsum(subscripts, a, b, preferred_element_type=jnp.float32)
