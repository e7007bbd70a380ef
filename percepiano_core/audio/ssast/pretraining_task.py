"""Masked pre-training of a spectrogram transformer: tell and redraw the patches that are hidden in clips of recordings.

A recording is as many examples as it has lengths of a clip, each a clip drawn anew in each epoch. Masks are drawn anew
at each step; those of the validation role are the same in every epoch and run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from percepiano_core.audio.mel_cache.crops import covering_starts, random_starts
from percepiano_core.audio.networks.clip_form import ClipForm, Mels
from percepiano_core.audio.ssast.losses import Losses, pretext_losses
from percepiano_core.audio.ssast.masking import cluster_mask, single_mask
from percepiano_core.audio.ssast.network import SsastNetwork
from percepiano_core.audio.ssast.network_settings import PretextLosses
from percepiano_core.audio.ssast.settings import PretrainingSettings
from percepiano_core.training.batching import cut, epoch_batches, evenly_spread
from percepiano_core.training.jax_adapter import Learner, devices_of
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.run import TrainingRun

VALID_SEED = 0  # of the masks of the validation role
Draw = Callable[[jax.Array], jax.Array]
"""Key -> the mask of one clip."""
MaskedLoss = Callable[[Any, jax.Array, jax.Array], tuple[jax.Array, dict[str, jax.Array]]]
"""Module, normalised clips [B, T, mels], their masks [B, ...] -> loss and numbers of each clip [B]."""


class PretrainingTask:
    """Train a module on clips of recordings, validate it on clips of others."""

    def __init__(
        self,
        module: nnx.Module,
        loss: MaskedLoss,
        draw: Draw,
        form: ClipForm,
        train: Mels,
        valid: Mels,
        recipe: Recipe,
        seed: int,
        *,
        micro_batches: int = 1,
        devices: Sequence[jax.Device] | None = None,
    ) -> None:
        self.loss, self.draw, self.form, self.recipe, self.seed = loss, draw, form, recipe, seed
        self.train, self.rows = train, parts_of(train, form.frames)
        self.valid = _covered(valid, form.frames, recipe.validated_examples)
        self.learner = Learner(module, recipe, self._loss, micro_batches=micro_batches, devices=devices)
        self.said = self.learner.compiled(self._said)

    def epoch(self, number: int) -> dict[str, float]:
        """One pass over the clips drawn for this epoch; the mean loss over its batches."""
        rng = np.random.default_rng([self.seed, number])
        lengths = np.array([len(mel) for mel in self.train])[self.rows]
        starts = random_starts(lengths, self.form.frames, rng)
        batches = epoch_batches(np.minimum(lengths, self.form.frames), self.recipe, rng)
        key = jax.random.fold_in(jax.random.key(self.seed), number)
        return self.learner.epoch(number, key, batches, lambda i: self._batch(batches[i], starts))

    def validate(self) -> dict[str, float]:
        """Loss and the other numbers, means over the clips of the validation role."""
        found: list[dict[str, np.ndarray]] = []
        for places in cut(np.arange(len(self.valid)), self.recipe.batch_size):
            filled = np.resize(places, self.recipe.batch_size)  # all batches of one shape
            mels, starts = zip(*(self.valid[place] for place in filled.tolist()), strict=True)
            said = self.said({"clips": self.form.clips(mels, np.array(starts)), "places": filled})
            found.append({name: values[: len(places)] for name, values in said.items()})
        return {f"valid_{name}": float(np.concatenate([each[name] for each in found]).mean()) for name in found[0]}

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's state."""
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put them in place, or the weights alone."""
        self.learner.load(arrays)

    def _batch(self, rows: np.ndarray, starts: np.ndarray) -> dict[str, np.ndarray]:
        """A batch of the recipe's size, filled up with clips that do not count."""
        size = self.recipe.batch_size
        filled = np.resize(rows, size)
        counted = np.where(np.arange(size) < len(rows), size / len(rows), 0).astype(np.float32)
        mels = [self.train[recording] for recording in self.rows[filled].tolist()]
        return {"clips": self.form.clips(mels, starts[filled]), "counted": counted}

    def _loss(self, module: Any, batch: Any, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        masks = jax.vmap(self.draw)(jax.random.split(key, len(batch["clips"])))
        loss, numbers = self.loss(module, batch["clips"], masks)
        return (loss * batch["counted"]).mean(), {
            name: (value * batch["counted"]).mean() for name, value in numbers.items()
        }

    def _said(self, module: Any, batch: Any) -> dict[str, jax.Array]:
        """Loss and numbers of each clip, whose mask follows from its place in the validation role."""
        keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.key(VALID_SEED), batch["places"].astype(jnp.uint32))
        loss, numbers = self.loss(module, batch["clips"], jax.vmap(self.draw)(keys))
        return {"loss": loss} | numbers


def pretraining_task(
    train: Mels, valid: Mels, form: ClipForm, settings: PretrainingSettings, seed: int, run: TrainingRun
) -> PretrainingTask:
    """The task of the settings, from a random initialisation."""
    network = SsastNetwork(settings.network, nnx.Rngs(seed))
    grid = network.encoder.grid
    draw = cluster_mask if settings.masking.shape == "clusters" else single_mask
    return PretrainingTask(
        network,
        partial(clip_losses, settings.losses),
        partial(draw, grid=grid, count=settings.masking.of(grid[0] * grid[1])),
        form,
        train,
        valid,
        settings.recipe,
        seed,
        micro_batches=settings.micro_batches,
        devices=devices_of(run),
    )


def clip_losses(
    settings: PretextLosses, module: SsastNetwork, clips: jax.Array, masks: jax.Array
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Loss, and its parts "nce", "mse" and "accuracy", of each clip [B] with masked patches [B, K]."""
    outputs = module(clips, masks, train=True)

    def of_clip(c: jax.Array, r: jax.Array, patches: jax.Array) -> Losses:
        return pretext_losses(c[None], r[None], patches[None], settings)

    found = jax.vmap(of_clip)(outputs.c, outputs.r, outputs.patches)
    return found.total, {"nce": found.nce, "mse": found.mse, "accuracy": found.accuracy}


def parts_of(mels: Mels, frames: int) -> np.ndarray:
    """Index [n] of the recording of each example: as many of one as it has lengths of a clip, at least one."""
    counts = [max(1, round(len(mel) / frames)) for mel in mels]
    return np.repeat(np.arange(len(mels)), counts)


def _covered(mels: Mels, frames: int, count: int) -> list[tuple[np.ndarray, int]]:
    """Recording and first frame of clips side by side, the last flush with the end; `count` of them, or all for 0."""
    every = [(mel, start) for mel in mels for start in covering_starts(len(mel), frames, frames).tolist()]
    return [every[i] for i in evenly_spread(len(every), count)]
