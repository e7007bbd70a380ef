"""The hierarchical attention network (row Bi-LSTM + SA + HAN of the published table) as a trainable network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.han.hierarchical_model import HierarchicalModel
from percepiano_core.symbolic.han.staged_network import prepared_network, restored_network
from percepiano_core.symbolic.networks.network import Network, Notes


def prepare(train: Examples, notes: Notes, settings: Mapping[str, Any]) -> Network:
    """Fit the inputs on the train role, and build."""
    return prepared_network(HierarchicalModel, train, notes, settings)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, with weights of chance."""
    return restored_network(HierarchicalModel, description)
