"""The MidiBERT-style model as a network of ratings: it reads the performed notes as compound words, and no score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from percepiano_core.symbolic.midibert.settings import WordNetworkSettings as Settings
from percepiano_core.training.settings import built

if TYPE_CHECKING:
    from percepiano_core.perception.folds import Roles
    from percepiano_core.symbolic.networks.network import Network, Notes
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = ("performed",)
NEEDS = ("torch",)
MODULE = "symbolic.midibert.midibert"


def train_fold(roles: Roles, given: Notes, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained:
    """Train on one fold and predict it; `given` are the performed notes of the performances by name."""
    from percepiano_core.symbolic.midibert.word_network import prepared_network
    from percepiano_core.symbolic.networks.fold import train_network

    chosen = built(Settings, settings)
    return train_network(MODULE, lambda _, __: prepared_network(chosen), roles, given, chosen, seed, run)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, randomly initialised."""
    from percepiano_core.symbolic.midibert.word_network import restored_network

    return restored_network(description)
