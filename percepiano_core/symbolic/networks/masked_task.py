"""What masked pre-training needs to know of a task: the module that learns, and its loss at masked notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class MaskedTask(Protocol):
    """What is predicted of masked notes, and the module that predicts it."""

    @property
    def module(self) -> nn.Module:
        """What is trained; the optimiser has its parameters."""

    def length(self, part: Any) -> int:
        """Notes of a part."""

    def masked_loss(self, parts: Sequence[Any], generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Mask notes of the parts and predict them: the loss, and other numbers for the history."""
