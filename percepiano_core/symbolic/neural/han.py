"""The hierarchical attention network (row Bi-LSTM + SA + HAN of the published table) as a trainable network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from percepiano_core.symbolic.data import Examples
from percepiano_core.symbolic.neural.model import HierarchicalModel
from percepiano_core.symbolic.neural.network import Network, Notes
from percepiano_core.symbolic.neural.staged_network import prepared_network, restored_network


def prepare(train: Examples, notes: Notes, settings: Mapping[str, Any]) -> Network:
    """Fit the inputs on the train role, and build."""
    return prepared_network(HierarchicalModel, train, notes, settings)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, with weights of chance."""
    return restored_network(HierarchicalModel, description)
