"""Masked pre-training as a task of training: predict what stands at masked notes, without ratings.

What is masked and predicted: compound words (masked_words.py), or features of notes (masked_notes.py). An epoch is a
number of parts, drawn anew. Everything random in it follows from the seed and the epoch's number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from percepiano_core.symbolic.networks.masked_task import MaskedTask
from percepiano_core.training.batching import epoch_batches, evenly_spread, sorted_batches
from percepiano_core.training.loop import epoch_seed
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.torch_adapter import Learner

EVALUATED_TOGETHER = 32  # parts
VALID_SEED = 0  # of the notes that are masked in the validation role: the same in every epoch and run


class PretrainingTask:
    """Train a masked task's module on parts of performances, validate it on others."""

    def __init__(
        self, masked: MaskedTask, recipe: Recipe, train: Sequence[Any], valid: Sequence[Any], seed: int
    ) -> None:
        self.masked, self.recipe, self.train, self.seed = masked, recipe, train, seed
        self.valid = [valid[i] for i in evenly_spread(len(valid), recipe.validated_examples)]
        self.learner = Learner(masked.module, recipe)

    def epoch(self, number: int) -> dict[str, float]:
        """One pass over the parts drawn for this epoch; the mean loss over its batches."""
        generator = torch.Generator().manual_seed(epoch_seed(self.seed, number))
        torch.manual_seed(epoch_seed(self.seed, number))
        batches = epoch_batches(self._lengths(self.train), self.recipe, np.random.default_rng([self.seed, number]))
        losses = []
        self.masked.module.train()
        for i, rows in enumerate(batches):
            self.learner.set_rates(number * len(batches) + i, len(batches))
            loss, _ = self.masked.masked_loss([self.train[row] for row in rows], generator)
            self.learner.step(loss)
            losses.append(float(loss.detach()))
        return {"train_loss": float(np.mean(losses))}

    def validate(self) -> dict[str, float]:
        """Loss and the other numbers of the task, means over the batches of the validation role."""
        generator = torch.Generator().manual_seed(VALID_SEED)
        self.masked.module.eval()
        with torch.inference_mode():
            batches = sorted_batches(self._lengths(self.valid), EVALUATED_TOGETHER)
            found = [self.masked.masked_loss([self.valid[i] for i in rows], generator) for rows in batches]
        others = {name: _mean([each[name] for _, each in found]) for name in found[0][1]}
        return {"valid_loss": _mean([loss for loss, _ in found])} | others

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's state."""
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put them in place, or the weights alone."""
        self.learner.load(arrays)

    def _lengths(self, parts: Sequence[Any]) -> np.ndarray:
        return np.array([self.masked.length(part) for part in parts])


def _mean(values: Sequence[Tensor]) -> float:
    return float(torch.stack(list(values)).double().mean())
