"""Learning ratings from recordings: the task of training for every network that hears spectrograms.

An epoch hears one random clip of each performance; a prediction hears all of it. The loss is the mean squared error of
the ratings. Everything random in an epoch follows from the seed and the epoch's number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from percepiano_core.audio.mel_cache.crops import random_starts
from percepiano_core.audio.networks.augmentation import augmented
from percepiano_core.audio.networks.clip_form import ClipForm, Mels, heard_clips
from percepiano_core.audio.networks.fine_tuning import rate_factors
from percepiano_core.audio.networks.network import AudioNetwork
from percepiano_core.audio.networks.settings import AudioNetworkSettings
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.perception.collapse import collapse_warning, sd_ratios
from percepiano_core.perception.selection import r2_mean
from percepiano_core.training.batching import cut, epoch_batches, evenly_spread
from percepiano_core.training.jax_adapter import Learner
from percepiano_core.training.loop import Report

HEARD_TOGETHER = 32  # clips
Batch = dict[str, np.ndarray]
Say = Callable[[np.ndarray], np.ndarray]  # normalised clips [B, T, mels] -> ratings [B, 19], 0 to 1


@dataclass(frozen=True, eq=False)
class Rated:
    """Performances of one role: spectrograms [n], labels [n, 19] (0 to 1), weights [n] of mean 1."""

    mels: Mels
    labels: np.ndarray
    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.mels)

    def rows(self, which: np.ndarray) -> Rated:
        """The performances of these indices, in their order."""
        return Rated([self.mels[row] for row in which.tolist()], self.labels[which], self.weights[which])


class RatingTask:
    """Train a network on the ratings of the train role, validate it on those of the validation role."""

    def __init__(
        self,
        network: AudioNetwork,
        train: Rated,
        valid: Rated,
        settings: AudioNetworkSettings,
        seed: int,
        *,
        report: Report = print,
        devices: Sequence[jax.Device] | None = None,
    ) -> None:
        self.network, self.train, self.settings, self.seed, self.report = network, train, settings, seed, report
        self.valid = valid.rows(evenly_spread(len(valid), settings.recipe.validated_examples))
        self.learner = Learner(
            network.module,
            settings.recipe,
            self._loss,
            factors=rate_factors(network, settings.fine_tuning),
            micro_batches=settings.micro_batches,
            devices=devices,
        )
        self.say = self.learner.compiled(ratings_of)

    def epoch(self, number: int) -> dict[str, float]:
        """One pass over the train role; its mean loss, and the norms of the last gradient."""
        rng = np.random.default_rng([self.seed, number])
        lengths = lengths_of(self.train.mels)
        starts = random_starts(lengths, self.network.form.frames, rng)
        batches = epoch_batches(lengths, self.settings.recipe, rng)
        key = jax.random.fold_in(jax.random.key(self.seed), number)
        return self.learner.epoch(number, key, batches, lambda i: self._batch(batches[i], starts))

    def validate(self) -> dict[str, float]:
        """Loss and R2 of the validation role, and how varied its predictions are."""
        labels, predicted = self.valid.labels, self.predict(self.valid.mels)
        ratios = sd_ratios(predicted, labels)
        warning = collapse_warning(ratios, DIMENSION_KEYS)
        if warning:
            self.report(warning)
        score = {"valid_loss": float(((predicted - labels) ** 2).mean()), "valid_r2": r2_mean(labels, predicted)}
        return score | {f"sd_ratio_{key}": float(ratio) for key, ratio in zip(DIMENSION_KEYS, ratios, strict=True)}

    def predict(self, mels: Mels) -> np.ndarray:
        """Ratings [n, 19], 0 to 1, of spectrograms in their order."""
        return pooled_ratings(self.say, mels, self.network.form, self.settings.recipe.batch_size)

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's state."""
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put them in place, or the weights alone."""
        self.learner.load(arrays)

    def _batch(self, rows: np.ndarray, starts: np.ndarray) -> Batch:
        """A batch of the recipe's size, filled up with examples that do not count."""
        size = self.settings.recipe.batch_size
        counted = np.where(np.arange(size) < len(rows), size / len(rows), 0).astype(np.float32)
        filled = np.resize(rows, size)
        clips = self.network.form.clips([self.train.mels[row] for row in filled.tolist()], starts[filled])
        labels, weights = (each[filled].astype(np.float32) for each in (self.train.labels, self.train.weights))
        return {"clips": clips, "labels": labels, "counted": counted, "weights": weights * counted}

    def _loss(self, module: Any, batch: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        changed = self.settings.augmentation, self.network.form.scale
        clips, labels = augmented(batch["clips"], batch["labels"], key, *changed)
        squares = (jax.nn.sigmoid(module(clips, train=True).astype(jnp.float32)) - labels) ** 2
        error = self.network.error(module, squares)
        return (error * batch["weights"]).mean(), {"mse": (squares.mean(axis=1) * batch["counted"]).mean()}


def ratings_of(module: Any, clips: jax.Array) -> jax.Array:
    """Ratings [B, 19], 0 to 1, of normalised clips [B, T, mels]."""
    return jax.nn.sigmoid(module(clips, train=False).astype(jnp.float32))


def pooled_ratings(say: Say, mels: Mels, form: ClipForm, together: int = HEARD_TOGETHER) -> np.ndarray:
    """Ratings [n, 19] of spectrograms [n]: means over their clips, weighted by the frames that are no padding.

    together : clips in a batch
    """
    heard = heard_clips(mels, form.frames, form.centre)
    totals = np.zeros((len(mels), len(DIMENSION_KEYS)))
    for places in cut(np.arange(len(heard.rows)), together):
        filled = np.resize(places, together)  # all batches of one shape, so that it is compiled once
        clips = form.clips([mels[row] for row in heard.rows[filled].tolist()], heard.starts[filled])
        said = say(clips)[: len(places)]
        np.add.at(totals, heard.rows[places], said * heard.weights[places, None])
    return totals / np.bincount(heard.rows, heard.weights)[:, None]


def lengths_of(mels: Mels) -> np.ndarray:
    """Frames of each spectrogram [n]."""
    return np.array([len(mel) for mel in mels])
