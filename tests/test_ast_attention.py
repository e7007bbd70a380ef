"""Attention with a gradient of its own against the library's."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from percepiano_core.audio.ast.softmax_attention import attention_weights, softmax_attention

SHAPE = (2, 3, 7, 4)  # clips, heads, tokens, width


@pytest.fixture(scope="module")
def given() -> list[np.ndarray]:
    """Queries, keys, values, and a gradient of the result; some scores are large."""
    rng = np.random.default_rng(0)
    return [rng.normal(0, scale, SHAPE).astype(np.float32) for scale in (30, 3, 1, 1)]


def test_values_and_all_gradients_are_the_library_s(given):
    *qkv, gradient = given

    def library(*qkv: jax.Array) -> jax.Array:
        return jax.nn.dot_product_attention(*(each.swapaxes(1, 2) for each in qkv)).swapaxes(1, 2)

    def both(gradient: jax.Array, *qkv: jax.Array) -> list:
        results = [jax.vjp(each, *qkv) for each in (softmax_attention, library)]
        return [(value, *pull(gradient)) for value, pull in results]

    ours, theirs = jax.jit(both)(gradient, *qkv)
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-5, rtol=1e-4)


def test_weights_mix_the_values(given):
    q, k, v, _ = map(jnp.asarray, given)
    weights = attention_weights(q, k)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(weights @ v, softmax_attention(q, k, v), atol=1e-5)


def test_bfloat16_goes_in_and_comes_out(given):
    halves = [jnp.asarray(each, jnp.bfloat16) for each in given]
    value, pull = jax.vjp(softmax_attention, *halves[:3])
    assert {value.dtype, *(each.dtype for each in pull(halves[3]))} == {jnp.dtype("bfloat16")}
