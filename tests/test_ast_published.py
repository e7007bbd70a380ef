"""Published weights: three layouts, three kinds of file, and what a network takes over from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from percepiano_core.audio.ast.positions import resized_positions
from percepiano_core.audio.ast.published.layouts import LAYOUTS, layout_of
from percepiano_core.audio.ast.published.parameters import from_published, to_published
from percepiano_core.audio.ast.published.weights import (
    PublishedArrays,
    arrays_for_publishing,
    published_of,
    read_published,
    take_over,
    write_published,
)
from percepiano_core.audio.ast.rating_network import AstRatingNetwork
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.ssast.network import SsastNetwork
from percepiano_core.audio.ssast.network_settings import SsastSettings
from percepiano_core.errors import UserError
from percepiano_core.training.jax_adapter import Structure, module_arrays

SIZE = AstSize(hidden=16, layers=3, heads=2, inner=24)
SETTINGS = AstSettings(size=SIZE, stride=16, frames=96, mels=64, groups="single", pool="cls_dist", dropout=0.0)
GIVEN: dict[str, Any] = {"heads": 2, "mels": 64, "stride": 16}


def random_network(settings: AstSettings, make: Any = AstRatingNetwork, seed: int = 0) -> Any:
    """A network of random arrays, biases and scales too."""
    structure, parameters, _ = Structure.of(nnx.eval_shape(lambda: make(settings, nnx.Rngs(0))))
    rng = np.random.default_rng(seed)
    drawn = {name: rng.normal(0, 0.1, each.shape).astype(np.float32) for name, each in parameters.items()}
    return structure.module(drawn, jax.random.key(0))


@pytest.fixture(scope="module")
def network() -> AstRatingNetwork:
    return random_network(SETTINGS)


@pytest.fixture(scope="module")
def layouts(network: AstRatingNetwork) -> dict[str, dict[str, np.ndarray]]:
    """The same weights in every layout."""
    return {layout: to_published(arrays_for_publishing(network), layout) for layout in LAYOUTS}


def test_the_layouts_give_equal_trees(network, layouts):
    own = arrays_for_publishing(network)
    for layout, tensors in layouts.items():
        assert layout_of(tensors) == layout
        found = from_published(tensors)
        for ours, theirs in ((own.encoder, found.encoder), (own.head, found.head)):
            assert ours.keys() == theirs.keys()
            assert all(np.array_equal(value, theirs[name]) for name, value in ours.items())
    assert {len(tensors) for tensors in layouts.values()} == {47, 59}


def test_a_bare_encoder_of_transformers_is_known_too(network, layouts):
    for layout in ("transformers4", "transformers5"):
        bare = {k.removeprefix("audio_spectrogram_transformer."): v for k, v in layouts[layout].items()}
        found = from_published({name: value for name, value in bare.items() if not name.startswith("classifier.")})
        assert found.head == {}
        assert all(np.array_equal(v, found.encoder[k]) for k, v in arrays_for_publishing(network).encoder.items())


def test_what_the_released_class_never_reads_is_left_out(layouts):
    dead = {"module.v.head.weight": np.zeros((1000, 16)), "module.v.head_dist.bias": np.zeros(1000)}
    sizes = {"module.p_input_fdim": np.array(64), "module.p_input_tdim": np.array(96)}
    found = from_published(layouts["released"] | dead | sizes)
    assert found.encoder.keys() == from_published(layouts["released"]).encoder.keys()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_too_many_or_too_few_is_named(layouts, layout):
    tensors = layouts[layout]
    with pytest.raises(UserError, match="blocks_9, which is unknown"):
        from_published(tensors | {"blocks_9": np.zeros(3)})
    lost = next(name for name in tensors if name.endswith(("mlp.fc2.bias", "0.output.dense.bias")))
    with pytest.raises(UserError, match=r"lack v\.blocks\.\d+\.mlp\.fc2\.bias"):
        from_published({name: value for name, value in tensors.items() if name != lost})
    with pytest.raises(UserError, match="no spectrogram transformer"):
        from_published({"a": np.zeros(3)})


def test_a_missing_query_matrix_is_named(layouts):
    tensors = dict(layouts["transformers4"])
    del tensors["audio_spectrogram_transformer.encoder.layer.1.attention.attention.key.weight"]
    with pytest.raises(UserError, match=r"lack v\.blocks\.1\.attn\.k\.weight"):
        from_published(tensors)


@pytest.mark.parametrize("kind", [".safetensors", ".npz", ".pth"])
def test_files_of_three_kinds_are_read(tmp_path: Path, network, layouts, kind):
    path = tmp_path / f"weights{kind}"
    if kind == ".safetensors":
        write_published(path, arrays_for_publishing(network), "transformers4")
    elif kind == ".npz":
        np.savez(path, **layouts["transformers4"])
    else:
        torch = pytest.importorskip("torch")
        torch.save({name: torch.from_numpy(value) for name, value in layouts["released"].items()}, path)
    found = read_published(path, **GIVEN)
    assert found.settings.size == SIZE
    assert found.settings.frames == 96
    assert all(np.array_equal(v, found.arrays.encoder[k]) for k, v in arrays_for_publishing(network).encoder.items())


def test_a_file_of_pickled_objects_is_refused(tmp_path: Path):
    torch = pytest.importorskip("torch")
    torch.save({"state_dict": {}, "args": SIZE}, tmp_path / "objects.pth")
    with pytest.raises(UserError, match="more than tensors"):
        read_published(tmp_path / "objects.pth")
    (tmp_path / "text.safetensors").write_text("no")
    with pytest.raises(UserError, match="cannot be read as published weights"):
        read_published(tmp_path / "text.safetensors")


def test_every_leaf_that_is_taken_over_is_the_published_one(layouts):
    made = random_network(SETTINGS, seed=1)
    before, published = module_arrays(made), published_of(layouts["released"], **GIVEN)
    transfer = take_over(made, published)
    after = module_arrays(made)
    assert (set(transfer.taken), transfer.resized, transfer.own) == (set(after), (), ())
    whole = {"encoder." + k: v for k, v in published.arrays.encoder.items()}
    whole |= {"head." + k: v for k, v in published.arrays.head.items()}
    for name in transfer.taken:
        assert np.array_equal(after[name], whole[name]), name
        assert not np.array_equal(after[name], before[name]), name


def test_another_grid_and_other_heads_keep_the_rest_of_the_encoder(layouts):
    settings = replace(SETTINGS, frames=128, stride=10, groups="groups4")
    made = random_network(settings, seed=1)
    before, published = module_arrays(made), published_of(layouts["released"], **GIVEN)
    transfer = take_over(made, published)
    after = module_arrays(made)
    assert transfer.resized == ("encoder.pos_embed",)
    assert set(transfer.own) == {name for name in after if name.startswith("head.")}
    assert all(np.array_equal(after[name], before[name]) for name in transfer.own)
    for name in transfer.taken:
        assert np.array_equal(after[name], published.arrays.encoder[name.removeprefix("encoder.")]), name
    table, found = published.arrays.encoder["pos_embed"], after["encoder.pos_embed"]
    assert np.array_equal(found[:2], table[:2])
    expected = resized_positions(table[2:].reshape(4, 6, 16), (5, 12), same_stride=False)
    np.testing.assert_array_equal(found[2:], np.asarray(expected).reshape(60, 16))


def test_weights_of_another_size_are_refused(layouts):
    made = random_network(replace(SETTINGS, size=AstSize(hidden=32, layers=3, heads=2, inner=24)))
    with pytest.raises(UserError, match="set the model's size"):
        take_over(made, published_of(layouts["released"], **GIVEN))
    with pytest.raises(UserError, match="are no grid of 64 mel bands"):
        published_of(layouts["released"], heads=2, mels=64, stride=10)


def test_self_supervised_weights_go_into_networks_of_patches_and_of_ratings():
    source = random_network(SsastSettings(size=SIZE, frames=96, mels=64), SsastNetwork)
    arrays = arrays_for_publishing(source)
    with pytest.raises(UserError, match="no such weight"):
        to_published(arrays, "transformers4")
    published = published_of(to_published(arrays, "released"), heads=2, mels=64)
    assert (published.settings.stride, published.settings.frames) == (16, 96)
    visible = random_network(SsastSettings(size=SIZE, frames=96, mels=64, encoder="visible"), SsastNetwork, seed=1)
    transfer = take_over(visible, published)
    assert {name.split(".")[0] for name in transfer.own} == {"decoder"}
    rating = random_network(SETTINGS, seed=1)
    assert {name.split(".")[0] for name in take_over(rating, published).own} == {"head"}


def test_the_published_stride_is_found_from_the_number_of_positions():
    for patches, pretext, expected in ((1212, {}, (10, 1016)), (512, {}, (16, 1024)), (600, {}, (10, 506))):
        arrays = PublishedArrays(random_arrays(patches), {}, pretext)
        found = published_of(to_published(arrays, "released")).settings
        assert (found.stride, found.frames) == expected
        assert found.size == AstSize(hidden=64, layers=1, heads=1, inner=8)


def random_arrays(patches: int) -> dict[str, np.ndarray]:
    settings = AstSettings(size=AstSize(hidden=64, layers=1, heads=1, inner=8), frames=16)
    arrays = arrays_for_publishing(random_network(settings)).encoder
    return arrays | {"pos_embed": np.zeros((2 + patches, 64), np.float32)}
