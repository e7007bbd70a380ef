"""The Bi-LSTM over notes (rows Bi-LSTM and Bi-LSTM + SA of the published table) as a trainable network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from percepiano_core.perception.examples import Examples
from percepiano_core.symbolic.han.architecture import Architecture
from percepiano_core.symbolic.han.layers.note_stage import build_note_stage
from percepiano_core.symbolic.han.staged_model import StagedModel
from percepiano_core.symbolic.han.staged_network import prepared_network, restored_network
from percepiano_core.symbolic.networks.network import Network, Notes


def prepare(train: Examples, notes: Notes, settings: Mapping[str, Any]) -> Network:
    """Fit the inputs on the train role, and build."""
    return prepared_network(_build, train, notes, settings)


def restore(description: Mapping[str, Any]) -> Network:
    """Build as described, with weights of chance."""
    return restored_network(_build, description)


def _build(width: int, architecture: Architecture) -> StagedModel:
    return StagedModel(width, architecture, build_note_stage)
