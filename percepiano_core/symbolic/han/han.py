"""The hierarchical attention network (row Bi-LSTM + SA + HAN of the published table) as a network of ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from percepiano_core.symbolic.han.settings import NoteNetworkSettings as Settings
from percepiano_core.symbolic.han.settings import conflict  # noqa: F401 - the plan asks for it here
from percepiano_core.training.settings import built

if TYPE_CHECKING:
    from percepiano_core.perception.folds import Roles
    from percepiano_core.symbolic.networks.network import Network, Notes
    from percepiano_core.training.run import Trained, TrainingRun

INPUTS = ("notes", "notes+descriptors")
NEEDS = ("torch",)
MODULE = "symbolic.han.han"


def train_fold(roles: Roles, given: Notes, settings: Mapping[str, Any], seed: int, run: TrainingRun) -> Trained:
    """Train on one fold and predict it; `given` are the notes of the performances by name."""
    from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
    from percepiano_core.symbolic.han.staged_network import train_staged_fold

    return train_staged_fold(MODULE, HierarchicalModel, roles, given, built(Settings, settings), seed, run)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, randomly initialised."""
    from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
    from percepiano_core.symbolic.han.staged_network import restored_network

    return restored_network(HierarchicalModel, description)
