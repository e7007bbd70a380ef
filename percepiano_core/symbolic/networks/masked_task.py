"""What masked pre-training needs to know of a task: the module that learns, and how notes are hidden and guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class MaskedTask(Protocol):
    """What is guessed, and the module that guesses."""

    @property
    def module(self) -> nn.Module:
        """What learns; the optimiser has its parameters."""

    def length(self, part: Any) -> int:
        """Notes of a part."""

    def guess(self, parts: Sequence[Any], generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Hide notes of the parts and guess them: the loss, and numbers to be told."""
