"""What training needs to know of a network of ratings from recordings: its module, and how its clips are made.

A module that a configuration may name for such a network has

``Settings``
    the declaration of its settings (networks/settings.py is their common part);
``train_fold(roles, given, settings, seed, run) -> Trained``
    trains and predicts one fold;
``restore(description) -> AudioNetwork``
    builds a network from what `AudioNetwork.description` said; the weights are the caller's to load.

It imports no framework at its top, since a workflow imports it for its settings alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jax

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import FrontEnd
from percepiano_core.audio.networks.clip_form import ClipForm
from percepiano_core.plan.job import Job
from percepiano_core.training.chosen_module import chosen_module


def mean_error(module: Any, errors: jax.Array) -> jax.Array:
    """The mean [B] of errors [B, 19] of the dimensions."""
    return errors.mean(axis=-1)


@dataclass(frozen=True, eq=False)
class HeardPerformances:
    """Spectrograms of the performances by name: as a network learns from them, and as its test role is heard."""

    learned: MelCache
    tested: MelCache


def read_heard(job: Job, front: FrontEnd) -> HeardPerformances:
    """The spectrograms of a job; the test role is heard as the others are, where nothing else is said."""
    learned = MelCache(job.paths("mel"), front)
    return HeardPerformances(learned, MelCache(job.paths("tested_mel"), front) if job.file("tested_mel") else learned)


@dataclass(frozen=True, eq=False)
class AudioNetwork:
    """A module and what it hears.

    Attributes
    ----------
    module : an nnx.Module: normalised clips [B, T, mels], `train` -> logits [B, 19]
    form : of its clips
    description : JSON values that `restore` builds the network from
    error : module, squared errors [B, 19] -> what each example adds to the loss [B]
    encoder : what the names of its encoder's parameters begin with
    stacked : what those of the encoder's layers go on with; their first axis counts the layers
    layers : of the encoder
    """

    module: Any
    form: ClipForm
    description: dict[str, Any]
    error: Callable[[Any, jax.Array], jax.Array] = mean_error
    encoder: str = "encoder."
    stacked: str = "blocks."
    layers: int = 0


class NetworkModule(Protocol):
    """A module of this package that makes such networks."""

    def restore(self, description: Mapping[str, Any]) -> AudioNetwork:
        """Build with the clips as fitted before; weights are the caller's to load."""


def load_network_module(module: str) -> NetworkModule:
    """The network's module of this name in this package; only that module is imported."""
    return chosen_module("percepiano_core", module, "restore", "network")
