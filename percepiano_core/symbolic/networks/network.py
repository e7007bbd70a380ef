"""What training needs to know of a network of ratings: its module, its inputs, how they make a batch.

A module that a configuration may name for such a network has

``Settings``
    the declaration of its settings (networks/settings.py is their common part);
``train_fold(roles, given, settings, seed, run) -> Trained``
    trains and predicts one fold;
``restore(description) -> Network``
    builds a network from what `Network.description` said; the weights are the caller's to load.

It imports no framework at its top, since a workflow imports it for its settings alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from percepiano_core.features.assembly import NoteTable
from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.networks.masked_task import MaskedTask
from percepiano_core.training.chosen_module import chosen_module


def _whole(given: Any, length: int, random: Random) -> list[Any]:
    """An input that is never cut."""
    return [given]


Notes = Mapping[str, NoteTable]  # performance -> its notes; one that could not be read is not there


class MaskedNoteTask(MaskedTask, Protocol):
    """The masked task of a network of notes, which can learn from the notes of others too."""

    def parts(self, notes: Notes) -> list[Any]:
        """Unlabelled performances, in parts as long as the rated ones."""


@dataclass(frozen=True, eq=False)
class Network:
    """A module and what it reads.

    Attributes
    ----------
    module : batch -> logits [b, 19]
    encode : examples -> an input of each
    length : notes of an input, for batches of like length
    collate : inputs -> a batch; it has `to(device)`
    penalised : batch -> logits [b, 19] and what the loss grows by (options)
    probe : batch -> name -> number, what the diagnostics of an epoch add
    groups : learning rate -> parameter groups of the optimiser
    without : name of a part -> batch -> logits without it, whose worth is told at the end
    masked_task : what the module can learn without ratings before it learns from them (pretraining.py); None: nothing
    slices : input, notes of a slice, random numbers -> the input, or what it is cut into for an epoch of training
    description : JSON values that `restore` builds the network from
    """

    module: nn.Module
    encode: Callable[[Examples, Notes], list[Any]]
    length: Callable[[Any], int]
    collate: Callable[[Sequence[Any]], Any]
    penalised: Callable[[Any], tuple[Tensor, Tensor]]
    probe: Callable[[Any], dict[str, float]]
    groups: Callable[[float], list[dict[str, Any]]]
    without: Mapping[str, Callable[[Any], Tensor]]
    description: dict[str, Any]
    masked_task: Callable[[], MaskedNoteTask] | None = None
    slices: Callable[[Any, int, Random], list[Any]] = _whole

    def lengths(self, inputs: Sequence[Any]) -> np.ndarray:
        """Notes of each input [n]."""
        return np.array([self.length(each) for each in inputs])


class NetworkModule(Protocol):
    """A module of this package that makes networks."""

    def restore(self, description: Mapping[str, Any]) -> Network:
        """Build with the inputs as fitted before; weights are the caller's to load."""


def load_network_module(module: str) -> NetworkModule:
    """The network's module of this name in this package; only that module is imported."""
    return chosen_module("percepiano_core", module, "restore", "network")
