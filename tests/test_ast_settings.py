"""Sizes, settings and groups of the spectrogram transformer; heads in the canonical order."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from percepiano_core.audio.ast.groups import GROUPINGS, canonical_order, checked_groups, group_of_each, named_groups
from percepiano_core.audio.ast.rating_network import (
    AstRatingNetwork,
    GroupedHeads,
    group_means,
    uncertainty_weighted,
)
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.ssast.network_settings import SsastSettings
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import Structure, load_module, module_arrays
from percepiano_core.training.settings import built, schema_of

SMALL = AstSettings(size=AstSize(hidden=8, layers=1, heads=2, inner=8), frames=32, mels=32)


@pytest.mark.parametrize(
    ("size", "stride", "frames", "parameters"),
    [
        ("tiny", 10, 1024, 5_625_619),
        ("tiny", 16, 1024, 5_491_219),
        ("tiny", 16, 128, 5_405_203),
        ("small", 10, 1024, 21_868_051),
        ("small", 16, 1024, 21_599_251),
        ("small", 16, 128, 21_427_219),
        ("base", 10, 1024, 86_203_411),
        ("base", 16, 1024, 85_665_811),
        ("base", 16, 128, 85_321_747),
    ],
)
def test_the_parameters_that_are_read_are_as_many_as_published(size, stride, frames, parameters):
    given = {"size": {"preset": size}, "stride": stride, "frames": frames, "groups": "single"}
    made = nnx.eval_shape(lambda: AstRatingNetwork(built(AstSettings, given), nnx.Rngs(0)))
    assert sum(each.size for each in Structure.of(made)[1].values()) == parameters


@pytest.mark.parametrize("name", GROUPINGS)
def test_every_named_division_holds_every_dimension_once(name):
    groups = named_groups(name)
    assert sorted(key for _, keys in groups for key in keys) == sorted(DIMENSION_KEYS)
    listed = np.array([key for _, keys in groups for key in keys])
    assert tuple(listed[list(canonical_order(groups))]) == DIMENSION_KEYS


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda groups: groups.pop("timing"), "in no group: timing"),
        (lambda groups: groups["timing"].append("tempo"), "several times: tempo"),
        (lambda groups: groups["timing"].append("loudness"), "there is no: loudness"),
        (lambda groups: groups.update(none=[]), "without dimensions: none"),
    ],
)
def test_groups_that_are_no_partition_are_refused(change, problem):
    groups = {name: list(keys) for name, keys in named_groups("groups4")}
    change(groups)
    for refuse in (checked_groups, lambda own: replace(SMALL, own_groups=own)):
        with pytest.raises(UserError, match=problem):
            refuse(groups)


@pytest.mark.parametrize("name", ["groups4", "groups4_origin", "groups3"])
def test_heads_come_back_in_the_canonical_order(name):
    """Each output's bias is the place of its dimension; all else is zero."""
    settings = replace(SMALL, groups=name)
    structure, parameters, _ = Structure.of(nnx.eval_shape(lambda: GroupedHeads(settings, nnx.Rngs(0))))
    values = {key: np.zeros(each.shape, np.float32) for key, each in parameters.items()}
    for group, keys in settings.heads:
        values[f"outputs.{group}.bias"] = np.array([DIMENSION_KEYS.index(key) for key in keys], np.float32)
    logits = structure.module(values, jax.random.key(0))(jnp.ones((2, 8)))
    assert np.array_equal(logits, np.tile(np.arange(19), (2, 1)))


@pytest.fixture(scope="module")
def learnt() -> AstRatingNetwork:
    """A network of random arrays, which takes less time than to compile the drawing of its own."""
    settings = replace(SMALL, group_weights="learnt", group_attention=True)
    structure, parameters, _ = Structure.of(nnx.eval_shape(lambda: AstRatingNetwork(settings, nnx.Rngs(0))))
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(0, 0.1, each.shape).astype(np.float32) for name, each in parameters.items()}
    return structure.module(drawn | {"log_variances": np.zeros(4, np.float32)}, jax.random.key(0))


def test_what_is_dropped_in_training_follows_from_the_key_alone(learnt):
    structure, parameters, _ = Structure.of(learnt)
    x = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    train = jax.jit(lambda key: structure.module(parameters, key)(x, train=True))
    first, again, other = (np.asarray(train(jax.random.key(seed))) for seed in (1, 1, 2))
    assert first.shape == (2, 19)
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_groups_attend_to_one_another_where_they_are_told_to(learnt):
    """What one group's trunk gives changes the others' logits."""
    before = learnt.head(jnp.ones((1, 8)))
    arrays = module_arrays(learnt.head)
    load_module(learnt.head, arrays | {"trunks.timing.fc2.bias": np.ones(128, np.float32)})
    after = learnt.head(jnp.ones((1, 8)))
    load_module(learnt.head, arrays)
    assert (np.abs(np.asarray(after - before)) > 0).all()


def test_learnt_weights_begin_as_half_the_sum_of_the_groups_means(learnt):
    errors = np.random.default_rng(0).random((5, 19)).astype(np.float32)
    members = np.array(group_of_each(learnt.groups))
    means = np.stack([errors[:, members == group].mean(1) for group in range(4)], 1)
    np.testing.assert_allclose(group_means(jnp.asarray(errors), learnt.groups), means, rtol=1e-5)
    np.testing.assert_allclose(learnt.error(jnp.asarray(errors)), means.sum(1) / 2, rtol=1e-5)


def test_the_best_weight_of_a_group_is_its_error():
    """At s = ln L the derivative of L exp(-s) / 2 + s / 2 is zero."""
    losses = jnp.array([0.01, 0.5])
    slope = jax.grad(lambda s: uncertainty_weighted(losses, s))(jnp.log(losses))
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_settings_are_checked():
    with pytest.raises(UserError, match="5 heads do not divide"):
        AstSize(hidden=32, heads=5)
    with pytest.raises(UserError, match="bfloat16"):
        replace(SMALL, attention="cudnn")
    with pytest.raises(UserError, match="stride"):
        replace(SMALL, stride=12)
    assert built(SsastSettings, {}).dropout == 0
    assert set(schema_of(AstSettings)["properties"]["groups"]["enum"]) == set(GROUPINGS)


def test_bfloat16_computes_nearly_the_same(learnt):
    x = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    coarse = nnx.eval_shape(lambda: AstRatingNetwork(replace(SMALL, dtype="bfloat16"), nnx.Rngs(0)))
    structure, wanted, _ = Structure.of(coarse)
    parameters = {name: value for name, value in Structure.of(learnt)[1].items() if name in wanted}
    tokens = jax.jit(lambda x: structure.module(parameters, jax.random.key(0)).encoder(x))(x)
    assert tokens.dtype == jnp.float32
    assert {each.dtype for each in wanted.values()} == {jnp.dtype("float32")}
    np.testing.assert_allclose(tokens, jax.jit(learnt.encoder.__call__)(x), atol=0.05)
