"""What a training run is at the end of an epoch, in a file that holds tensors and numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from percepiano_core.files import replacing


@dataclass(eq=False)
class TrainingState:
    """Epochs so far, and the best of them.

    Attributes
    ----------
    key : of the settings, data and code that the run belongs to
    history : numbers of each epoch
    best_epoch, best_score, best_weights : the first epoch (from 0) of the highest valid score; -1 before any
    """

    key: str
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = -1
    best_score: float = float("-inf")
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    def add(self, numbers: dict[str, float], score: float | None, weights: Mapping[str, Tensor]) -> None:
        """Another epoch; its valid score (higher is better), None where the valid role was not looked at."""
        self.history.append(numbers)
        if score is not None and score > self.best_score:
            self.best_epoch, self.best_score = len(self.history) - 1, score
            self.best_weights = {name: value.detach().clone() for name, value in weights.items()}


def write_state(path: Path, state: TrainingState, module: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Write the state with the weights and the optimiser's own, whole or not at all."""
    content = {"state": vars(state), "module": module.state_dict(), "optimiser": optimiser.state_dict()}
    with replacing(path) as part:
        torch.save(content, part)


def read_state(path: Path, key: str, module: nn.Module, optimiser: torch.optim.Optimizer) -> TrainingState | None:
    """Take up what `write_state` wrote for this key; None where there is nothing of the kind."""
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, UnpicklingError, RuntimeError, EOFError):
        return None
    if content["state"]["key"] != key:
        return None
    module.load_state_dict(content["module"])
    optimiser.load_state_dict(content["optimiser"])
    return TrainingState(**content["state"])
