"""Masked pre-training on clips of recordings: roles, masks, batches, resuming; an encoder that goes on to ratings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax", reason="needs the jax extra")

import jax
import jax.numpy as jnp
from flax import nnx
from test_training_jax_adapter import assert_equal, compiled_once

from percepiano_core.audio.ast.ast import AstEncoder, patches_of
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.mel_cache.normalisation import MelNormalisation
from percepiano_core.audio.mel_cache.shard import StoredMel, write_shard
from percepiano_core.audio.networks.ast_ratings import Settings as RatingSettings
from percepiano_core.audio.networks.ast_ratings import begun_network
from percepiano_core.audio.networks.clip_form import ClipForm
from percepiano_core.audio.networks.encoder_weights import patch_moments, read_encoder
from percepiano_core.audio.networks.network import AudioNetwork
from percepiano_core.audio.ssast.pretraining import pretrain, pretraining_roles
from percepiano_core.audio.ssast.pretraining_task import PretrainingTask, parts_of
from percepiano_core.audio.ssast.reconstruction import draw_reconstruction, put_patches, reconstructed
from percepiano_core.audio.ssast.settings import PretrainingSettings
from percepiano_core.errors import UserError
from percepiano_core.training.checkpoint import TrainingResult
from percepiano_core.training.jax_adapter import module_arrays
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun
from percepiano_core.training.settings import built

__all__ = ["compiled_once"]

FRAMES, BANDS = 16, 128
FORM = ClipForm(FRAMES, -100.0, MelNormalisation(mean=-50.0, std=20.0, front_end="piano22k"))
RECIPE = Recipe(batch_size=4, learning_rate=0.003, epochs=2)


class Redrawer(nnx.Module):
    """Redraws the hidden frames of a clip from the others."""

    def __init__(self) -> None:
        rngs = nnx.Rngs(0)
        self.hidden = nnx.Param(jnp.zeros(BANDS))
        self.layer = nnx.Linear(BANDS, BANDS, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array) -> jax.Array:
        seen = jnp.where(mask[..., None], self.hidden[...], x)
        return self.layer(seen + seen.mean(axis=1, keepdims=True))


def redrawn(module: Any, x: jax.Array, masks: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
    squares = ((module(x, masks) - x) ** 2).mean(axis=2)
    mse = (squares * masks).sum(axis=1) / masks.sum(axis=1)
    return mse, {"mse": mse, "first": masks.argmax(axis=1).astype(jnp.float32)}


def mask(key: jax.Array) -> jax.Array:
    return jnp.zeros(FRAMES, bool).at[jax.random.permutation(key, FRAMES)[:4]].set(True)


def recordings(lengths: tuple[int, ...] = (100, 40, 9)) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(-60 + 20 * rng.normal(size=(n, 1)) + rng.normal(size=(n, BANDS))).astype(np.float16) for n in lengths]


def task(recipe: Recipe = RECIPE, seed: int = 0) -> PretrainingTask:
    valid = recordings((50, 20))
    devices = jax.devices()[:1]
    return PretrainingTask(Redrawer(), redrawn, mask, FORM, recordings(), valid, recipe, seed, devices=devices)


def test_a_recording_is_as_many_examples_as_it_has_lengths_of_a_clip() -> None:
    assert parts_of(recordings(), FRAMES).tolist() == [0] * 6 + [1] * 2 + [2]


def test_an_epoch_tells_its_loss_and_numbers_and_learns() -> None:
    learning = task()
    before = learning.validate()
    told = [learning.epoch(number) for number in range(2)]
    assert {"train_loss", "train_mse", "train_first", "gradient"} <= told[0].keys()
    after = learning.validate()
    assert after.keys() == {"valid_loss", "valid_mse", "valid_first"}
    assert after["valid_loss"] < 0.9 * before["valid_loss"]


def test_masks_of_the_validation_role_are_always_the_same_and_differ_from_clip_to_clip() -> None:
    one, other = task(seed=0), task(seed=1)
    other.epoch(0)
    assert one.validate()["valid_first"] == other.validate()["valid_first"]
    said = one.said({"clips": np.zeros((4, FRAMES, BANDS), np.float32), "places": np.arange(4)})
    again = one.said({"clips": np.zeros((4, FRAMES, BANDS), np.float32), "places": np.array([2, 3, 0, 1])})
    assert len(set(said["first"].tolist())) > 1
    assert said["first"][[2, 3, 0, 1]].tolist() == again["first"].tolist()


def test_masks_of_the_train_role_are_drawn_anew_at_each_step() -> None:
    learning = task()
    batch, numbers = learning._batch(np.arange(4), np.zeros(9, int)), []
    for i in range(4):
        numbers.append(float(learning.learner.step(batch, i, 4, jax.random.key(i))["first"]))
    assert len(set(numbers)) > 1


def test_validation_covers_the_recordings_and_counts_each_clip_once() -> None:
    learning = task()
    assert [start for _, start in learning.valid] == [0, 16, 32, 34, 0, 4]
    losses = [learning.said({"clips": FORM.clips([mel] * 4, [start] * 4), "places": np.full(4, i)})["loss"][0]
              for i, (mel, start) in enumerate(learning.valid)]  # fmt: skip
    assert learning.validate()["valid_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
    few = task(Recipe(batch_size=4, validated_examples=2))
    assert len(few.valid) == 2


def test_a_pretraining_resumes_with_the_same_bits() -> None:
    whole, resumed = task(), task()
    whole.epoch(0)
    resumed.load(whole.arrays())
    assert resumed.epoch(1) == whole.epoch(1)
    assert_equal(resumed.arrays(), whole.arrays())


def test_pieces_that_validate_are_not_learned_from() -> None:
    pieces = {f"r{i:02d}": f"piece{i // 2}" for i in range(40)}
    train, valid = pretraining_roles(pieces, 0.1)
    assert {pieces[name] for name in valid} == {"piece0", "piece9"}
    assert not {pieces[name] for name in train} & {pieces[name] for name in valid}
    assert sorted([*train, *valid]) == sorted(pieces)
    with pytest.raises(UserError, match="no more than 1 piece"):
        pretraining_roles({"a": "p", "b": "p"}, 0.5)


def pretraining_settings(**values: Any) -> dict[str, Any]:
    size = {"hidden": 32, "layers": 2, "heads": 2, "inner": 64}
    recipe = {"preset": "audio_pretraining", "batch_size": 4, "epochs": 2}
    return {"network": {"size": size, "frames": 32, **values}, "recipe": recipe}


@pytest.fixture(scope="module")
def mels(tmp_path_factory: pytest.TempPathFactory) -> MelCache:
    path, front = tmp_path_factory.mktemp("mels") / "shard.h5", front_end("piano22k")
    named = zip(("p/a", "p/b", "q/c", "r/d"), recordings((100, 120, 70, 90)), strict=True)
    write_shard(path, front, "made", [StoredMel(name, mel, "0" * 64) for name, mel in named])
    return MelCache([path], front)


@pytest.fixture(scope="module")
def pretrained(mels: MelCache, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    trained = pretrain(mels, pretraining_settings(), 0, TrainingRun(report=lambda line: None))
    path = tmp_path_factory.mktemp("pretrained") / "weights.safetensors"
    trained.write_weights(path)
    return path, trained.result


@pytest.mark.slow
def test_an_encoder_is_pretrained_and_its_history_tells_both_losses(pretrained: tuple[Path, TrainingResult]) -> None:
    first, last = pretrained[1].history
    for role in ("train", "valid"):
        assert {f"{role}_{name}" for name in ("loss", "nce", "mse", "accuracy")} <= first.keys()
        total = first[f"{role}_nce"] + 10 * first[f"{role}_mse"]
        assert first[f"{role}_loss"] == pytest.approx(total, rel=1e-5)
    assert last["valid_loss"] < first["valid_loss"]


def ratings_from(path: Path, front: str = "piano22k", **values: Any) -> AudioNetwork:
    size = AstSize(hidden=32, layers=2, heads=2, inner=64)
    network = AstSettings(**{"size": size, "frames": 32, "groups": "single", **values})
    form = replace(FORM, frames=network.frames, normalisation=replace(FORM.normalisation, front_end=front))
    settings = RatingSettings(recipe=RECIPE, front_end=front, pretrained=str(path), network=network)
    return begun_network(settings, form, 0)


@pytest.mark.slow
def test_a_network_of_ratings_begins_from_the_encoder(pretrained: tuple[Path, TrainingResult]) -> None:
    path, result = pretrained
    weights = module_arrays(ratings_from(path).module.encoder)
    assert_equal(weights, {name: result.best_weights[f"encoder.{name}"] for name in weights})
    longer = module_arrays(ratings_from(path, frames=64, stride=10).module.encoder)
    assert longer["pos_embed"].shape == (2 + 12 * 5, 32)
    np.testing.assert_array_equal(longer["pos_embed"][:2], weights["pos_embed"][:2])
    assert_equal(*({k: v for k, v in each.items() if k != "pos_embed"} for each in (longer, weights)))


@pytest.mark.slow
def test_an_encoder_is_read_with_the_clips_that_it_hears(
    pretrained: tuple[Path, TrainingResult], mels: MelCache
) -> None:
    encoder, form = read_encoder(pretrained[0], "piano22k")
    assert_equal(module_arrays(encoder), module_arrays(ratings_from(pretrained[0]).module.encoder))
    assert (form.frames, form.normalisation.performances) == (32, 2)
    clips = form.clips(mels.views(["p/a", "p/b"]), np.array([0, 5]))
    patches = np.asarray(encoder(jnp.asarray(clips)))[:, 2:]
    found = patch_moments(encoder, clips)
    np.testing.assert_allclose(found, np.stack([patches.mean(1), (patches**2).mean(1)], 1), rtol=1e-4, atol=1e-5)
    with pytest.raises(UserError, match="hears spectrograms of piano22k, not of ast16k"):
        read_encoder(pretrained[0], "ast16k")


@pytest.mark.slow
def test_an_encoder_of_another_size_or_front_end_is_refused(pretrained: tuple[Path, TrainingResult]) -> None:
    with pytest.raises(UserError, match=r"another size \(32 wide, 2 layers\)"):
        ratings_from(pretrained[0], size=AstSize(hidden=32, layers=3, heads=2, inner=64))
    with pytest.raises(UserError, match="hears spectrograms of piano22k, not of ast16k"):
        ratings_from(pretrained[0], front="ast16k")


@pytest.mark.slow
def test_an_encoder_that_sees_the_visible_patches_alone_is_pretrained_too(mels: MelCache) -> None:
    settings = pretraining_settings(encoder="visible", decoder_layers=1)
    trained = pretrain(mels, settings, 0, TrainingRun(report=lambda line: None))
    encoder = AstEncoder(built(PretrainingSettings, settings).network, nnx.Rngs(0))
    own = {name for name in trained.weights if name.startswith("pretext/")}
    assert trained.weights.keys() - own == module_arrays(encoder).keys()
    assert {"pretext/mask_embed", "pretext/decoder.norm.scale"} <= own


@pytest.mark.slow
def test_what_is_hidden_is_drawn_in_its_place_and_the_rest_is_as_heard(
    pretrained: tuple[Path, TrainingResult], mels: MelCache, tmp_path: Path
) -> None:
    found = reconstructed(pretrained[0], [mels_path(mels)], clips=3)
    hidden = np.isnan(found.seen)
    assert hidden.mean(axis=(1, 2)) == pytest.approx(np.full(3, 12 / 16), abs=0.05)  # 400 of 512
    np.testing.assert_array_equal(found.drawn[~hidden], found.heard[~hidden])
    assert np.isfinite(found.drawn).all() and (found.drawn[hidden] != found.heard[hidden]).any()
    draw_reconstruction(found, tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_text().count("<image") == 9


def mels_path(mels: MelCache) -> Path:
    return mels._found(mels.names[0])[0].path


def test_patches_are_put_where_they_were_taken_from() -> None:
    clip = np.random.default_rng(0).normal(size=(48, 32)).astype(np.float32)
    patches = np.asarray(patches_of(jnp.asarray(clip)[None], 16))[0]
    empty, ids = np.zeros_like(clip), np.arange(6)
    put_patches(empty, ids, patches, (2, 3))
    np.testing.assert_array_equal(empty, clip)
