"""The multi-task multi-scale network as a model of dynamics: how it is trained on one fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from percepiano_core.dynamics.network.settings import Settings
from percepiano_core.training.settings import built

if TYPE_CHECKING:
    from percepiano_core.dynamics.examples.roles import Roles
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = ("bssl", "logmel", "curves8")
NEEDS = ("torch",)


def train_fold(roles: Roles, given: str, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained:
    """Train on one fold and predict it; `given` is the kind of input that the network hears."""
    from percepiano_core.dynamics.network.fold import train_network

    return train_network(roles, given, built(Settings, settings), seed, run)
