"""Learning ratings from spectrograms: batches, augmentation, fine-tuning, folds and files, by a small network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from symbolic_cases import by_player, made_examples

pytest.importorskip("jax", reason="needs the jax extra")

import jax
import jax.numpy as jnp
from flax import nnx
from test_training_jax_adapter import assert_equal, compiled_once

from percepiano_core.audio.ast.published.weights import arrays_for_publishing, write_published
from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.mel_cache.normalisation import AUDIOSET, MelNormalisation
from percepiano_core.audio.mel_cache.shard import StoredMel, write_shard
from percepiano_core.audio.networks.ast_ratings import Settings, begun_network, train_fold
from percepiano_core.audio.networks.attention import AttendedPerformance, attention_over, draw_attention
from percepiano_core.audio.networks.augmentation import Scale, at_other_levels, augmented, mixed, silenced, with_noise
from percepiano_core.audio.networks.clip_form import ClipForm, heard_clips, restored_form
from percepiano_core.audio.networks.fine_tuning import layer_factors, rate_factors
from percepiano_core.audio.networks.fold import train_network
from percepiano_core.audio.networks.network import AudioNetwork, HeardPerformances
from percepiano_core.audio.networks.network_file import predicted_ratings, read_network
from percepiano_core.audio.networks.rating_task import Rated, RatingTask, pooled_ratings
from percepiano_core.audio.networks.settings import AudioNetworkSettings, Augmentation, FineTuning
from percepiano_core.errors import UserError
from percepiano_core.perception.folds import Roles
from percepiano_core.training.jax_adapter import module_arrays
from percepiano_core.training.loop import train
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun

__all__ = ["compiled_once"]

FRAMES, BANDS, LAYERS, WIDTH = 16, 128, 3, 8
RECIPE = Recipe(batch_size=8, learning_rate=0.01, epochs=2)
SETTINGS = AudioNetworkSettings(recipe=RECIPE)
SCALE = Scale(silence=-100.0, log_unit=4.342944819)
DECIBELS = MelNormalisation(mean=0.0, std=0.5, front_end="piano22k")  # clips in dB, as they are stored
KEY = jax.random.key(0)


class Encoder(nnx.Module):
    """A layer below, stacked layers, a normalisation above: named as those of the transformer are."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.patch_embed = nnx.Linear(BANDS, WIDTH, rngs=rngs)
        self.blocks = nnx.Dict(stack=nnx.Param(0.1 * jax.random.normal(rngs.params(), (LAYERS, WIDTH, WIDTH))))
        self.norm = nnx.LayerNorm(WIDTH, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        x = self.patch_embed(x)
        for layer in range(LAYERS):
            x = x + jnp.tanh(x @ self.blocks["stack"][layer])
        return self.norm(x).mean(axis=1)


class Ear(nnx.Module):
    """A network of ratings."""

    def __init__(self, seed: int = 0) -> None:
        rngs = nnx.Rngs(seed)
        self.encoder, self.dropout = Encoder(rngs), nnx.Dropout(0.1, rngs=rngs)
        self.head = nnx.Linear(WIDTH, 19, rngs=rngs)

    def __call__(self, x: jax.Array, *, train: bool = False) -> jax.Array:
        return self.head(self.dropout(self.encoder(x), deterministic=not train))


def network(form: ClipForm, seed: int = 0) -> AudioNetwork:
    return AudioNetwork(Ear(seed), form, {"form": form.description}, layers=LAYERS)


def restore(description: Mapping[str, Any]) -> AudioNetwork:
    return network(restored_form(description["form"]), seed=1)


def form(frames: int = FRAMES) -> ClipForm:
    return ClipForm(frames, -100.0, MelNormalisation(mean=-50.0, std=20.0, front_end="piano22k"))


def made_mels(labels: np.ndarray, shortest: int = 10, longest: int = 40) -> list[np.ndarray]:
    """Spectrograms whose bands are as loud as the ratings are high."""
    rng = np.random.default_rng(0)
    spread = np.repeat(labels, 7, axis=1)[:, :BANDS]
    loud = np.pad(-80 + 60 * spread, ((0, 0), (0, BANDS - spread.shape[1])), constant_values=-100)
    lengths = rng.integers(shortest, longest + 1, len(labels))
    return [(row + rng.normal(0, 3, (n, BANDS))).astype(np.float16) for row, n in zip(loud, lengths, strict=True)]


def made(n: int = 20, **lengths: int) -> Rated:
    labels = np.random.default_rng(1).uniform(0.2, 0.8, (n, 19))
    return Rated(made_mels(labels, **lengths), labels, np.ones(n))


def task(settings: AudioNetworkSettings = SETTINGS, seed: int = 0, rated: Rated | None = None) -> RatingTask:
    rated = made() if rated is None else rated
    return RatingTask(
        network(form()), rated, rated, settings, seed, devices=jax.devices()[:1], report=lambda line: None
    )


@pytest.fixture(scope="module")
def roles() -> Roles:
    examples = made_examples(segments=4)
    return Roles(*by_player(examples))


@pytest.fixture(scope="module")
def mels(roles: Roles, tmp_path_factory: pytest.TempPathFactory) -> MelCache:
    path, front = tmp_path_factory.mktemp("mels") / "shard.h5", front_end("piano22k")
    parts = (roles.train, roles.valid, roles.test)
    named = [(name, mel) for part in parts for name, mel in zip(part.performances, made_mels(part.labels), strict=True)]
    write_shard(path, front, "made", [StoredMel(str(name), mel, "0" * 64) for name, mel in named])
    return MelCache([path], front)


def test_predictions_are_means_over_clips_by_the_frames_that_are_music() -> None:
    ramp = [np.repeat(np.arange(n, dtype=np.float16)[:, None], BANDS, axis=1) for n in (37, 9)]
    clips = heard_clips(ramp, FRAMES)
    assert clips.rows.tolist() == [0, 0, 0, 0, 1]
    assert clips.starts.tolist() == [0, 8, 16, 21, 0]
    assert clips.weights.tolist() == [16, 16, 16, 16, 9]
    assert heard_clips(ramp, FRAMES, centre=True).starts.tolist() == [10, 0]
    plain = ClipForm(FRAMES, -100.0, DECIBELS)
    shapes = set()

    def say(batch: np.ndarray) -> np.ndarray:
        shapes.add(batch.shape)
        return np.repeat(batch[:, :1, 0], 19, axis=1)

    said = pooled_ratings(say, ramp, plain, together=3)
    np.testing.assert_allclose(said[:, 0], [(0 + 8 + 16 + 21) / 4, 0])
    assert shapes == {(3, FRAMES, BANDS)}
    centred = pooled_ratings(say, ramp, replace(plain, centre=True), together=3)
    np.testing.assert_allclose(centred[:, 0], [10, 0])


def test_the_last_batch_is_filled_up_with_what_does_not_count() -> None:
    learning = task(rated=made(n=11))
    batch = learning._batch(np.array([4, 5, 6]), np.zeros(11, dtype=int))
    assert batch["clips"].shape == (8, FRAMES, BANDS)
    assert batch["counted"].tolist() == pytest.approx([8 / 3] * 3 + [0] * 5)
    errors = np.arange(8)
    assert (errors * batch["weights"]).mean() == pytest.approx(1.0)  # the mean of the three
    np.testing.assert_array_equal(batch["labels"][3], batch["labels"][0])


def test_short_spectrograms_end_in_silence() -> None:
    mel = np.zeros((5, BANDS), np.float16)
    clip = form().clips([mel], np.array([0]))[0]
    assert (clip[:5] == 1.25).all() and (clip[5:] == -1.25).all()
    assert form().scale.silence == -1.25


def test_epochs_differ_and_follow_from_the_seed_alone() -> None:
    heard: dict[str, list[bytes]] = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        learning = task(seed=seed)
        batch, heard[name] = learning._batch, []
        learning.learner.epoch = lambda number, key, rows, of, name=name: heard[name].append(of(0)["clips"].tobytes())
        learning._batch = batch
        for number in range(2):
            learning.epoch(number)
    assert heard["a"] == heard["b"]
    assert len({*heard["a"], *heard["c"]}) == 4


def test_a_training_resumes_with_the_same_bits() -> None:
    settings = replace(SETTINGS, augmentation=Augmentation(masked_bands=24, gain=1.0))
    whole, resumed = task(settings), task(settings)
    whole.epoch(0)
    resumed.load(whole.arrays())
    assert resumed.epoch(1) == whole.epoch(1)
    assert resumed.validate() == whole.validate()
    assert_equal(resumed.arrays(), whole.arrays())


def test_numbers_of_an_epoch_and_of_the_validation_role() -> None:
    learning = task()
    numbers = learning.epoch(0)
    assert {"train_loss", "train_mse", "gradient", "gradient_encoder_blocks"} <= numbers.keys()
    assert numbers["train_loss"] == pytest.approx(numbers["train_mse"])
    said: list[str] = []
    learning.report = said.append
    learning.load({name: np.zeros_like(value) for name, value in learning.arrays().items() if "weights/" in name})
    assert learning.validate()["valid_r2"] < 0.01
    assert said and said[0].startswith("collapse: 19 of 19")


def test_a_silent_clip_is_learned_from_and_one_of_no_numbers_ends_the_training() -> None:
    rated = made(n=8)
    silent = Rated([np.full((20, BANDS), -100, np.float16), *rated.mels[1:]], rated.labels, rated.weights)
    assert np.isfinite(task(rated=silent).epoch(0)["train_loss"])
    broken = Rated(rated.mels, np.where(np.arange(8)[:, None] == 3, np.nan, rated.labels), rated.weights)
    with pytest.raises(UserError, match="the loss of epoch 1 is no number"):
        train(task(rated=broken), RECIPE, report=lambda line: None)


@pytest.mark.parametrize(
    ("settings", "moved"),
    [
        (FineTuning("frozen"), {"head"}),
        (FineTuning("last", layers=1), {"head", "norm", "2"}),
        (FineTuning("full"), {"head", "norm", "2", "1", "0", "patch_embed"}),
    ],
)
def test_only_what_is_chosen_is_trained(settings: FineTuning, moved: set[str]) -> None:
    learning = task(replace(SETTINGS, fine_tuning=settings))
    before = learning.arrays()
    learning.epoch(0)
    change = {name: np.abs(value - before[name]) for name, value in learning.arrays().items() if "weights/" in name}
    found = {part for part in ("head", "norm", "patch_embed") if change_of(change, part) > 0}
    found |= {str(i) for i in range(LAYERS) if change["weights/encoder.blocks.stack"][i].max() > 0}
    assert found == moved


def change_of(change: Mapping[str, np.ndarray], part: str) -> float:
    return max(value.max() for name, value in change.items() if part in name)


def test_lower_layers_learn_more_slowly() -> None:
    settings = FineTuning("full", layer_decay=0.5)
    assert layer_factors(settings, 3).tolist() == [0.125, 0.25, 0.5]
    factor = rate_factors(network(form()), settings)
    assert [factor(f"encoder.{name}", (1,)) for name in ("pos_embed", "patch_embed.kernel", "norm.scale")] == [
        1 / 16, 1 / 16, 0.5,
    ]  # fmt: skip
    assert factor("head.kernel", (1,)) == 1
    last = rate_factors(network(form()), FineTuning("last", layers=2, layer_decay=0.5))
    assert last("encoder.blocks.stack", (3,)).tolist() == [0, 0.25, 0.5]
    assert last("encoder.pos_embed", (1,)) == 0


def clips(n: int = 6) -> jax.Array:
    return jnp.asarray(np.random.default_rng(0).uniform(-90, -10, (n, 20, BANDS)).astype(np.float32))


def test_nothing_is_augmented_by_default() -> None:
    x, labels = augmented(clips(), jnp.ones((6, 19)), KEY, Augmentation(), SCALE)
    np.testing.assert_array_equal(x, clips())
    assert (labels == 1).all()


def test_mixing_adds_powers_and_labels_by_the_same_share() -> None:
    x, labels = jnp.full((2, 4, BANDS), -20.0).at[1].set(-100.0), jnp.stack([jnp.ones(19), jnp.zeros(19)])
    found, shares = mixed(x, labels, jnp.array([[0.3], [1.0]]), SCALE)
    np.testing.assert_allclose(10 ** (found[:, 0, 0] / 10), shares[:, 0] * 10**-2, rtol=1e-4, atol=2e-10)
    np.testing.assert_allclose(shares[:, 0], [0.3, 0.0], atol=1e-6)


@pytest.mark.parametrize(("axis", "most"), [(1, 8), (2, 24)])
def test_what_is_hidden_is_silent_and_no_wider_than_said(axis: int, most: int) -> None:
    x = jnp.tile(clips(1), (200, 1, 1))
    found = np.asarray(silenced(x, KEY, most, axis, SCALE) == SCALE.silence)
    hidden = found.all(axis=3 - axis)
    np.testing.assert_array_equal(found, np.broadcast_to(np.expand_dims(hidden, 3 - axis), found.shape))
    widths = hidden.sum(axis=1)
    assert widths.min() == 0 and widths.max() == most
    assert (np.abs(np.diff(hidden.astype(int), axis=1)).sum(axis=1) <= 2).all(), "neighbours"
    assert hidden.any(axis=0).all(), "every place can be hidden"


def test_levels_change_by_as_much_as_said_and_silence_stays() -> None:
    x = clips().at[:, 0].set(SCALE.silence)
    found = np.asarray(at_other_levels(x, KEY, 3.0, SCALE))
    assert (found[:, 0] == SCALE.silence).all()
    change = found[:, 1:] - np.asarray(x)[:, 1:]
    np.testing.assert_allclose(change, np.broadcast_to(change[:, :1, :1], change.shape), atol=1e-4)
    assert 0.5 < np.abs(change).max() <= 3.0001 and len(np.unique(change[:, 0, 0])) == len(x)


def test_noise_lies_so_far_below_the_mean_power() -> None:
    x = jnp.full((50, 20, BANDS), SCALE.silence).at[:, :, 0].set(-20.0)
    found = np.asarray(with_noise(x, KEY, 30.0, SCALE))[:, :, 1:]
    mean_power = 10**-2 / BANDS
    ratio = 10 * np.log10(mean_power / (10 ** (found / 10)).mean(axis=(1, 2)))
    assert 29 < ratio.min() < 35 and 45 < ratio.max() < 51


@pytest.mark.slow
def test_augmentation_does_not_depend_on_how_clips_are_normalised() -> None:
    settings = Augmentation(0.3, 10, 10, 2.0, 30.0)
    plain, other = ClipForm(20, -100.0, DECIBELS), form(20)
    x, labels = clips(), jnp.linspace(0, 1, 6 * 19).reshape(6, 19)

    @jax.jit
    def changed(x: jax.Array, scale: tuple[float, float]) -> jax.Array:
        return augmented(x, labels, KEY, settings, Scale(*scale))[0]

    first, second = changed(x, astuple(plain.scale)), changed((x + 50) / 40, astuple(other.scale))
    np.testing.assert_allclose((first + 50) / 40, second, atol=1e-4)


def test_published_clips_are_normalised_and_padded_as_the_weights_expect(mels: MelCache) -> None:
    from percepiano_core.audio.networks.clip_form import fitted_form

    assert fitted_form(mels, [], 20, as_published=True) == ClipForm(20, 0.0, AUDIOSET)


def test_a_fold_is_learned_and_its_network_comes_back_from_its_file(
    roles: Roles, mels: MelCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, recipe=replace(RECIPE, epochs=12, learning_rate=0.02), crops="centre")
    unknown = replace(roles.test, performances=np.array(["missing", *roles.test.performances[1:]]))
    unlabelled = replace(unknown, labels=np.full_like(unknown.labels, np.nan))
    given, run = Roles(roles.train, roles.valid, unlabelled), TrainingRun(report=lambda line: None)
    trained = train_network("made.module", network, given, HeardPerformances(mels, mels), settings, FRAMES, 0, run)
    assert trained.result.history[-1]["valid_loss"] < 0.8 * trained.result.history[0]["valid_loss"]
    np.testing.assert_allclose(trained.test[0], roles.train.labels.mean(axis=0))
    trained.write_weights(tmp_path / "weights.safetensors")

    monkeypatch.setattr(
        "percepiano_core.audio.networks.network_file.load_network_module", lambda name: {"made.module": Made}[name]
    )
    found = read_network(tmp_path / "weights.safetensors")
    assert found.form.normalisation.performances == len(roles.train) and found.form.centre
    said = predicted_ratings(found, mels.views(roles.test.performances[1:].tolist()))
    np.testing.assert_allclose(said, trained.test[1:], atol=1e-6)


class Made:
    restore = staticmethod(restore)


def test_the_train_role_alone_is_what_clips_are_normalised_by(roles: Roles, mels: MelCache) -> None:
    forms: list[ClipForm] = []

    def prepare(made_form: ClipForm) -> AudioNetwork:
        forms.append(made_form)
        return network(made_form)

    settings, run = replace(SETTINGS, recipe=replace(RECIPE, epochs=1)), TrainingRun(report=lambda line: None)
    for test in (roles.test, roles.test.rows(np.array([0]))):
        train_network(
            "made.module",
            prepare,
            Roles(roles.train, roles.valid, test),
            HeardPerformances(mels, mels),
            settings,
            FRAMES,
            0,
            run,
        )
    assert forms[0] == forms[1]
    values = np.concatenate([mels.mel(name) for name in roles.train.performances.tolist()])
    assert forms[0].normalisation.mean == pytest.approx(values.mean(), abs=1e-3)


def test_a_fold_without_spectrograms_is_a_clear_error(roles: Roles, mels: MelCache) -> None:
    strange = replace(roles.valid, performances=np.array(["x"] * len(roles.valid)))
    with pytest.raises(UserError, match="no performance of the train or validation role has a spectrogram"):
        train_network(
            "made.module",
            network,
            Roles(roles.train, strange, roles.test),
            HeardPerformances(mels, mels),
            SETTINGS,
            FRAMES,
            0,
            TrainingRun(),
        )


def transformer(**values: Any) -> Settings:
    size = AstSize(hidden=32, layers=2, heads=2, inner=64)
    network = AstSettings(size=size, frames=32, dropout=0.0, head_dropout=0.0, groups="single", **values)
    return Settings(recipe=RECIPE, network=network)


@pytest.mark.slow
@pytest.mark.parametrize("weights", ["equal", "learnt"])
def test_a_small_transformer_learns_eight_clips_by_heart(weights: str) -> None:
    settings = transformer(group_weights=weights)
    settings = replace(settings, recipe=Recipe(batch_size=8, learning_rate=3e-3, weight_decay=0, clip=1.0, epochs=300))
    rated = made(8, shortest=32, longest=32)
    learning = RatingTask(begun_network(settings, form(32), 0), rated, rated, settings, 0, devices=jax.devices()[:1])
    errors = [learning.epoch(number)["train_mse"] for number in range(300)]
    assert errors[0] > 0.02 and errors[-1] < 1e-3
    assert learning.validate()["valid_loss"] < 1e-3


@pytest.mark.slow
def test_the_transformer_is_trained_on_a_fold_and_comes_back_from_its_file(
    roles: Roles, mels: MelCache, tmp_path: Path
) -> None:
    chosen = asdict(transformer(group_weights="learnt"))
    run = TrainingRun(report=lambda line: None)
    trained = train_fold(roles, HeardPerformances(mels, mels), chosen, 0, run)
    trained.write_weights(tmp_path / "weights.safetensors")
    said = predicted_ratings(
        read_network(tmp_path / "weights.safetensors"), mels.views(roles.test.performances.tolist())
    )
    np.testing.assert_allclose(said, trained.test, atol=1e-5)


@pytest.mark.slow
def test_layers_of_the_transformer_are_where_fine_tuning_looks_for_them() -> None:
    settings = transformer()
    made_network = begun_network(settings, form(32), 0)
    factor = rate_factors(made_network, FineTuning("last", layers=1))
    trained = {name for name, value in module_arrays(made_network.module).items() if np.any(factor(name, value.shape))}
    assert trained == {name for name in module_arrays(made_network.module) if "blocks" in name or "encoder.norm" in name
                       or "head" in name}  # fmt: skip
    layers = {name: value for name, value in module_arrays(made_network.module).items() if "encoder.blocks." in name}
    assert layers and {len(value) for value in layers.values()} == {2}


@pytest.mark.slow
def test_published_weights_are_begun_from(tmp_path: Path) -> None:
    layer = transformer(stride=10, pool="cls_dist")
    given = begun_network(layer, form(32), 1).module
    write_published(tmp_path / "published.safetensors", arrays_for_publishing(given), "transformers4")
    settings = replace(layer, as_published=True, front_end="ast16k", pretrained=str(tmp_path / "published.safetensors"))
    size = replace(layer.network.size, heads=1)  # as of a published width of 32
    settings = replace(settings, network=replace(layer.network, size=size))
    found = begun_network(settings, ClipForm(32, 0.0, AUDIOSET), 0).module
    assert_equal(module_arrays(found.encoder), module_arrays(given.encoder))


def test_published_weights_hear_their_own_front_end(roles: Roles, mels: MelCache) -> None:
    with pytest.raises(UserError, match="published weights hear spectrograms of ast16k, not of piano22k"):
        replace(SETTINGS, as_published=True)
    other = replace(SETTINGS, front_end="ast16k")
    with pytest.raises(UserError, match="front_end: ast16k: the spectrograms are of piano22k"):
        train_network("made.module", network, roles, HeardPerformances(mels, mels), other, FRAMES, 0, TrainingRun())


@pytest.mark.slow
@pytest.mark.parametrize("pool", ["mean", "cls_dist"])
def test_attention_covers_a_performance_and_is_one_on_average(pool: str, tmp_path: Path) -> None:
    network = begun_network(transformer(pool=pool), form(32), 0)
    mel = made(1, shortest=75, longest=75).mels[0]
    found = attention_over(network, mel)
    assert found.shape == mel.shape and (found > 0).all()
    assert found.mean() == pytest.approx(1, abs=0.05)
    drawn = AttendedPerformance("a", mel, found, [(1, 0.0), (2, 0.8)], 43.0)
    draw_attention([drawn], "AST", tmp_path / "attention.svg")
    assert (tmp_path / "attention.svg").read_text().count("<image") >= 3
