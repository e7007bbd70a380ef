"""The spectrogram transformer against values of the published implementation (float32, 26,515 parameters)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from percepiano_core.audio.ast.ast import AstEncoder, patches_of
from percepiano_core.audio.ast.attention_maps import activations, attention_rollout, rollout_map
from percepiano_core.audio.ast.positions import patch_grid, resized_positions
from percepiano_core.audio.ast.published.parameters import PublishedArrays, to_published
from percepiano_core.audio.ast.published.weights import Published, published_of, take_over
from percepiano_core.audio.ast.rating_network import AstRatingNetwork
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import Structure, module_arrays

KEY = jax.random.key(0)
SIZE = AstSize(hidden=32, layers=2, heads=4, inner=64)
SETTINGS = AstSettings(
    size=SIZE, stride=10, frames=64, mels=32, dropout=0.0, head_dropout=0.0, pool="cls_dist", groups="single"
)


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "golden" / "audio" / "ast_tiny.npz"))


@pytest.fixture(scope="module")
def published(expected: dict[str, np.ndarray]) -> Published:
    return published_of(
        {name[2:]: value for name, value in expected.items() if name.startswith("w/")}, heads=4, mels=32
    )


@pytest.fixture(scope="module")
def network(published: Published) -> AstRatingNetwork:
    made = of_zeros(lambda: AstRatingNetwork(SETTINGS, nnx.Rngs(0)))
    take_over(made, published)
    return made


def of_zeros(make: Callable[[], nnx.Module]) -> Any:
    """A network to be loaded: drawing its weights would take longer than the tests."""
    structure, parameters, _ = Structure.of(nnx.eval_shape(make))
    return structure.module({name: np.zeros(each.shape, each.dtype) for name, each in parameters.items()}, KEY)


@pytest.fixture(scope="module")
def gradients(network: AstRatingNetwork, expected: dict[str, np.ndarray]) -> tuple[Any, dict, np.ndarray]:
    """Loss, gradients under our names, gradient of the input."""
    structure, parameters, _ = Structure.of(network)

    def loss(parameters: Any, x: jax.Array) -> jax.Array:
        logits = structure.module(parameters, KEY)(x)
        return jnp.square(jax.nn.sigmoid(logits) - expected["y"]).mean()

    value, (of_weights, of_x) = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))(parameters, expected["x"])
    return value, jax.tree.map(np.asarray, of_weights), np.asarray(of_x)


@pytest.fixture(scope="module")
def answers(network: AstRatingNetwork, expected: dict[str, np.ndarray]) -> tuple[Any, ...]:
    """Logits, pooled tokens, activations, rollout, and the map of it; compiled once."""

    def run(x: jax.Array) -> tuple[Any, ...]:
        seen = activations(network.encoder, x)
        rollout = attention_rollout(seen.attention)
        return network(x), network.pooled(x), seen, rollout, rollout_map(network.encoder, x)

    return jax.tree.map(np.asarray, jax.jit(run)(expected["x"]))


def test_logits_and_pooled_tokens_are_the_published_ones(answers, expected):
    logits, pooled, *_ = answers
    np.testing.assert_allclose(logits, expected["logits"], atol=1e-5)
    np.testing.assert_allclose(pooled, expected["pooled"], atol=1e-5)
    np.testing.assert_allclose(logits[0, :4], [0.16260836, -0.40545994, -0.7506145, -0.7009307], atol=1e-5)


def test_hidden_states_and_attention_are_the_published_ones(answers, expected):
    seen = answers[2]
    for layer in range(3):
        np.testing.assert_allclose(seen.hidden[layer], expected[f"hidden{layer}"], atol=1e-5)
    np.testing.assert_allclose(seen.attention[0], expected["attn0"], atol=1e-6)
    np.testing.assert_allclose(seen.tokens, expected["last"], atol=1e-5)


def test_the_loss_and_every_gradient_are_the_published_ones(gradients, expected):
    loss, of_weights, of_x = gradients
    assert float(loss) == pytest.approx(0.2027435, abs=1e-6)
    np.testing.assert_allclose(of_x, expected["grad_x"], atol=1e-6)
    assert np.abs(of_x).sum() == pytest.approx(0.566007, rel=1e-4)
    encoder = {
        name.removeprefix("encoder."): value for name, value in of_weights.items() if name.startswith("encoder.")
    }
    head = {name.removeprefix("head."): value for name, value in of_weights.items() if name.startswith("head.")}
    named = to_published(PublishedArrays(encoder, head), "transformers4")
    norms = {name: np.linalg.norm(value) for name, value in named.items()}
    assert norms.keys() == {name[6:] for name in expected if name.startswith("gnorm/")}
    for name, norm in norms.items():
        # In theory, biases of keys have no gradient.
        assert norm == pytest.approx(float(expected[f"gnorm/{name}"]), rel=1e-3, abs=1e-6), name


def test_the_parameters_are_as_many_as_published(network):
    assert sum(value.size for value in module_arrays(network).values()) == 26_515


def test_to_compute_blocks_anew_changes_neither_loss_nor_gradients(network, gradients, expected):
    structure = Structure.of(nnx.eval_shape(lambda: AstEncoder(replace(SETTINGS, remat=True), nnx.Rngs(0))))[0]
    parameters = Structure.of(network.encoder)[1]

    def loss(parameters: Any) -> jax.Array:
        tokens = structure.module(parameters, KEY)(jnp.asarray(expected["x"]))
        logits = network.head(tokens[:, :2].mean(1))
        return jnp.square(jax.nn.sigmoid(logits) - expected["y"]).mean()

    value, found = jax.jit(jax.value_and_grad(loss))(parameters)
    assert float(value) == pytest.approx(float(gradients[0]), abs=1e-6)
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, gradients[1]["encoder." + name], atol=1e-6, err_msg=name)


def test_the_rollout_is_a_share_of_every_input_token(answers):
    _, _, seen, rollout, shown = answers
    np.testing.assert_allclose(rollout.sum(-1), 1, atol=1e-5)
    mixed = [0.5 * (layer.mean(1) + np.eye(12)) for layer in seen.attention]
    np.testing.assert_allclose(rollout, mixed[1] @ mixed[0], atol=1e-6)
    assert shown.shape == (3, 2, 5)
    np.testing.assert_allclose(shown.sum((1, 2)), 1, atol=1e-5)


def test_positions_are_carried_over_as_in_the_released_code(shared):
    golden = np.load(shared / "golden" / "audio" / "pos_resize.npz")
    cases = [name.removeprefix("in_") for name in golden if name.startswith("in_")]
    assert len(cases) == 7
    for case in cases:
        table, result = golden[f"in_{case}"], golden[f"out_{case}"]
        np.testing.assert_allclose(resized_positions(table, result.shape[:2]), result, atol=1e-5, err_msg=case)


def test_positions_of_an_equal_grid_stay_and_of_another_stride_are_not_cropped():
    table = np.random.default_rng(0).normal(size=(8, 64, 4)).astype(np.float32)
    for same_stride in (True, False):
        assert np.array_equal(resized_positions(table, (8, 64), same_stride=same_stride), table)
    ramp = np.broadcast_to(np.arange(101.0)[None, :, None], (12, 101, 1))
    found = np.asarray(resized_positions(jnp.asarray(ramp), (8, 64), same_stride=False))[0, :, 0]
    np.testing.assert_allclose(found, (np.arange(64) + 0.5) * 101 / 64 - 0.5, atol=1e-4)


@pytest.mark.parametrize(
    ("frames", "stride", "grid"),
    [(1024, 16, (8, 64)), (1024, 10, (12, 101)), (512, 10, (12, 50)), (128, 16, (8, 8)), (128, 10, (12, 12))],
)
def test_the_grid_of_patches(frames, stride, grid):
    assert patch_grid(frames, 128, stride) == grid


def test_patches_are_frequency_major_and_so_are_their_pixels():
    x = jnp.arange(96 * 32).reshape(1, 96, 32)
    patches = patches_of(x, 16)
    assert patches.shape == (1, 12, 256)
    assert np.array_equal(patches[0, 1], x[0, 16:32, :16].T.reshape(-1))
    assert np.array_equal(patches[0, 6], x[0, :16, 16:32].T.reshape(-1))


def test_spectrograms_of_another_shape_are_refused(network):
    with pytest.raises(UserError, match=r"are \[1, 32, 64\], not \[B, 64 frames, 32 mels\]"):
        network(jnp.zeros((1, 32, 64)))
