"""Masked pre-training against values of the released class: losses, predictions, gradients."""

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

from percepiano_core.audio.ast.published.parameters import PublishedArrays, to_published
from percepiano_core.audio.ast.published.weights import arrays_for_publishing, published_of, take_over
from percepiano_core.audio.ast.settings import AstSize
from percepiano_core.audio.ssast.losses import accuracy, info_nce, pretext_losses, similarities
from percepiano_core.audio.ssast.network import SsastNetwork
from percepiano_core.audio.ssast.network_settings import PretextLosses, SsastSettings
from percepiano_core.training.jax_adapter import Structure, load_module, module_arrays

SETTINGS = SsastSettings(size=AstSize(hidden=32, layers=2, heads=4, inner=64), frames=96, mels=32)
KEY = jax.random.key(0)
MASKS = np.array([[1, 2, 7, 8, 9], [0, 4, 5, 10, 11]])


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, np.ndarray]:
    return dict(np.load(shared / "golden" / "audio" / "ssast_tiny.npz"))


@pytest.fixture(scope="module")
def network(expected: dict[str, np.ndarray]) -> SsastNetwork:
    made = of_zeros(lambda: SsastNetwork(SETTINGS, nnx.Rngs(0)))
    weights = {name[2:]: value for name, value in expected.items() if name.startswith("w/")}
    transfer = take_over(made, published_of(weights, heads=4, mels=32))
    assert (transfer.own, transfer.resized) == ((), ())
    return made


@pytest.fixture(scope="module")
def outputs(network: SsastNetwork, expected: dict[str, np.ndarray]) -> Any:
    return jax.tree.map(np.asarray, jax.jit(network.__call__)(expected["x"], MASKS))


@pytest.fixture(scope="module")
def visible(network: SsastNetwork) -> SsastNetwork:
    """A network that encodes visible patches alone, its weights those of the other, the decoder's random."""
    made = of_zeros(lambda: SsastNetwork(replace(SETTINGS, encoder="visible"), nnx.Rngs(0)))
    own, rng = module_arrays(made), np.random.default_rng(0)
    decoder = {name: rng.normal(0, 0.1, value.shape).astype(np.float32) for name, value in own.items()}
    load_module(made, decoder | module_arrays(network))
    return made


def of_zeros(make: Callable[[], nnx.Module]) -> Any:
    """A network to be loaded: drawing its weights would take longer than the tests."""
    structure, parameters, _ = Structure.of(nnx.eval_shape(make))
    return structure.module({name: np.zeros(each.shape, each.dtype) for name, each in parameters.items()}, KEY)


def test_predictions_and_targets_are_the_released_ones(outputs, expected):
    assert np.array_equal(expected["masks"], MASKS)
    np.testing.assert_allclose(outputs.encoded, expected["encoded"], atol=1e-5)
    np.testing.assert_allclose(outputs.c, expected["c"], atol=1e-5)
    np.testing.assert_allclose(outputs.r, expected["r"], atol=1e-5)
    targets = np.take_along_axis(expected["patches"], MASKS[:, :, None], axis=1)
    np.testing.assert_array_equal(outputs.patches, targets)


def test_losses_are_the_paper_s_and_the_released_ones(outputs):
    given = outputs.c, outputs.r, outputs.patches
    released = pretext_losses(*given, PretextLosses(nce="released"))
    assert float(released.nce.mean()) == pytest.approx(1.5975803, abs=1e-5)
    assert float(released.mse.mean()) == pytest.approx(0.5544745, abs=1e-5)
    assert float(released.total.mean()) == pytest.approx(7.1423258, abs=1e-4)
    paper = pretext_losses(*given, PretextLosses())
    assert float(paper.nce.mean()) == pytest.approx(1.8746545, abs=1e-5)
    assert float(paper.accuracy.mean()) == pytest.approx(0.2)


def test_where_both_forms_differ_each_is_what_it_says(expected):
    alike = similarities(jnp.asarray(expected["case_x"]), jnp.asarray(expected["case_c"]))
    np.testing.assert_allclose(alike, expected["case_S"], rtol=1e-5, atol=1e-5)
    assert float(info_nce(alike, "released").mean()) == pytest.approx(0.8956668, abs=1e-5)
    assert float(info_nce(alike, "paper").mean()) == pytest.approx(0.6162961, abs=1e-5)
    assert float(accuracy(alike).mean()) == pytest.approx(0.75)


def test_every_gradient_of_the_joint_loss_is_the_released_one(network, expected):
    structure, parameters, _ = Structure.of(network)

    def loss(parameters: Any) -> jax.Array:
        module = structure.module(parameters, KEY)
        found = module(jnp.asarray(expected["x"]), jnp.asarray(expected["masks"]))
        return pretext_losses(found.c, found.r, found.patches, PretextLosses(nce="released")).total.mean()

    gradients = jax.tree.map(np.asarray, jax.jit(jax.grad(loss))(parameters))
    encoder = {name.removeprefix("encoder."): value for name, value in gradients.items() if name.startswith("encoder.")}
    pretext = {name: value for name, value in gradients.items() if not name.startswith("encoder.")}
    named = to_published(PublishedArrays(encoder, {}, pretext), "released")
    assert {name.removeprefix("module.") for name in named} == {k[6:] for k in expected if k.startswith("gnorm/")}
    for name, value in named.items():
        norm = float(expected["gnorm/" + name.removeprefix("module.")])
        assert np.linalg.norm(value) == pytest.approx(norm, rel=1e-3, abs=1e-5), name


def test_the_released_weights_come_back_bit_by_bit(network, expected):
    written = to_published(arrays_for_publishing(network), "released")
    weights = {"module." + name[2:]: value for name, value in expected.items() if name.startswith("w/")}
    assert written.keys() == weights.keys()
    assert all(np.array_equal(written[name], value) for name, value in weights.items())


def test_similarities_of_unit_vectors_are_cosines_and_temperature_divides():
    rng = np.random.default_rng(0)
    x, c = (rng.normal(size=(2, 5, 256)).astype(np.float32) for _ in range(2))
    compare = jax.jit(similarities, static_argnames=("normalize", "temperature"))
    cosines = np.asarray(compare(x, c, normalize=True))
    assert np.abs(cosines).max() < 1
    np.testing.assert_allclose(compare(x, c, normalize=True, temperature=0.1), cosines * 10, rtol=1e-5)
    silent = jax.jit(jax.grad(lambda c: similarities(jnp.zeros_like(c), c, normalize=True).sum()))(np.zeros_like(c))
    assert np.isfinite(np.asarray(silent)).all()


def test_patches_get_no_gradient():
    x = np.random.default_rng(0).normal(size=(2, 5, 256)).astype(np.float32)
    assert not np.asarray(jax.grad(lambda patches: similarities(patches, jnp.asarray(x)).sum())(x)).any()


def test_the_visible_encoder_with_nothing_hidden_is_the_full_one(network, visible, expected):
    nothing = np.zeros((2, 0), int)
    full = jax.jit(lambda x: network(x, nothing).encoded)(expected["x"])
    seen = jax.jit(lambda x: visible.visible_tokens(x, nothing))(expected["x"])
    np.testing.assert_allclose(seen, full, atol=1e-5)


def test_the_visible_encoder_does_not_see_what_is_hidden(visible, expected):
    run = jax.jit(visible.__call__)
    x = expected["x"]
    first = run(x, MASKS)
    assert first.c.shape == first.r.shape == first.patches.shape == (2, 5, 256)
    assert first.encoded.shape == (2, 14, 32)
    hidden, seen = x.copy(), x.copy()
    hidden[0, 16:48, :16] += 1.0  # patches 1 and 2, both masked
    seen[0, :16, :16] += 1.0  # patch 0, which is not
    np.testing.assert_array_equal(run(hidden, MASKS).c, first.c)
    assert np.abs(np.asarray(run(seen, MASKS).c - first.c)).max() > 1e-6


def test_the_parameters_of_encoder_and_mask_vector_are_as_many_as_released():
    made = nnx.eval_shape(lambda: SsastNetwork(SsastSettings(size=AstSize(), frames=1024), nnx.Rngs(0)))
    counts = {k: v.size for k, v in Structure.of(made)[1].items()}
    heads = sum(n for name, n in counts.items() if name.startswith(("cpredlayer", "gpredlayer")))
    assert heads == 2 * 86_464
    assert sum(counts.values()) - heads == 5_487_360
