"""Masked pre-training: guess what stands at hidden notes, without ratings; resumable at every epoch.

What is hidden and guessed is a masked task: compound words (masked_words.py), or features of notes (masked_notes.py).
An epoch is a number of batches of parts, drawn anew. As in training on ratings, everything random in an epoch follows
from the seed and the epoch's number, so that pre-training that was killed gives the same weights as pre-training that
was not. Source: percepiano-models.md, section 8 (pre-training: loss, clip, AdamW).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from percepiano_core.errors import UserError
from percepiano_core.symbolic.networks.batching import bucketed_batches, sorted_batches
from percepiano_core.symbolic.networks.masked_task import MaskedTask
from percepiano_core.symbolic.networks.recipe import Recipe, learning_rate_factor
from percepiano_core.symbolic.networks.training import Report
from percepiano_core.training.checkpoint import TrainingState, epoch_seed, keep_state, take_up_state

EVALUATED_TOGETHER = 32  # parts
VALID_SEED = 0  # of the notes that are hidden in the valid role: the same in every epoch and run


@dataclass(frozen=True)
class PretrainingPlan:
    """How long, and how.

    Attributes
    ----------
    epochs, batches, batch_size : epochs, batches of an epoch at most, parts of a batch
    learning_rate, weight_decay, clip : of AdamW; the rate rises over the first epoch and falls as a cosine to 0
    """

    epochs: int = 5
    batches: int = 150
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 3.0


def pretraining_plan(values: Mapping[str, Any]) -> PretrainingPlan:
    """The plan with these values; UserError for one that it does not have."""
    known = [each.name for each in fields(PretrainingPlan)]
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise UserError("masked_notes", f"there is no {unknown[0]!r}", f"change one of {', '.join(known)}")
    return PretrainingPlan(**values)


class Pretrainer:
    """Pre-trains a task's module by a plan; holds what changes while it does.

    `state_path` keeps the state between epochs (None: nothing is kept); a state of another `key` is not taken up.
    """

    def __init__(
        self,
        task: MaskedTask,
        plan: PretrainingPlan,
        seed: int,
        *,
        state_path: Path | None = None,
        key: str = "",
        report: Report = print,
    ) -> None:
        self.task, self.plan, self.seed, self.report = task, plan, seed, report
        self.optimiser = torch.optim.AdamW(
            task.module.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, fused=True
        )
        self.state_path, self.key = state_path, key
        self.state = TrainingState(key=key)

    def train(self, learned: Sequence[Any], judged: Sequence[Any]) -> TrainingState:
        """Train to the end; the module then has the weights of the epoch that guessed the judged parts best."""
        self.report(f"{len(learned)} parts of performances to guess notes of, {len(judged)} to judge by")
        self.state = take_up_state(self.state_path, self.key, self.task.module, self.optimiser, self.report)
        while len(self.state.history) < self.plan.epochs:
            begun = time.perf_counter()
            numbers = {"train_loss": self._epoch(learned)} | self._validate(judged)
            self.state.add(numbers, -numbers["valid_loss"], self.task.module.state_dict())
            keep_state(self.state_path, self.state, self.task.module, self.optimiser)
            self._tell(time.perf_counter() - begun)
        self.task.module.load_state_dict(self.state.best_weights)
        return self.state

    def _epoch(self, parts: Sequence[Any]) -> float:
        epoch, plan = len(self.state.history), self.plan
        rng, generator = np.random.default_rng([self.seed, epoch]), torch.Generator()
        torch.manual_seed(epoch_seed(self.seed, epoch))
        generator.manual_seed(epoch_seed(self.seed, epoch))
        drawn = rng.permutation(len(parts))[: plan.batches * plan.batch_size]
        batches = bucketed_batches(self._lengths([parts[i] for i in drawn]), plan.batch_size, rng)
        schedule, losses = Recipe(schedule="cosine", epochs=plan.epochs), []
        self.task.module.train()
        for i, rows in enumerate(batches):
            factor = learning_rate_factor(schedule, epoch * len(batches) + i, len(batches))
            self.optimiser.param_groups[0]["lr"] = plan.learning_rate * factor
            loss, _ = self.task.guess([parts[i] for i in drawn[rows]], generator)
            self.optimiser.zero_grad()
            loss.backward()
            clip_grad_norm_(self.task.module.parameters(), plan.clip)
            self.optimiser.step()
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def _validate(self, parts: Sequence[Any]) -> dict[str, float]:
        """Loss and what else is told, means over the batches of the judged parts."""
        generator = torch.Generator().manual_seed(VALID_SEED)
        self.task.module.eval()
        with torch.inference_mode():
            batches = sorted_batches(self._lengths(parts), EVALUATED_TOGETHER)
            guesses = [self.task.guess([parts[i] for i in rows], generator) for rows in batches]
        loss = torch.stack([each for each, _ in guesses]).double().mean()
        told = {name: float(torch.stack([each[name] for _, each in guesses]).double().mean()) for name in guesses[0][1]}
        return {"valid_loss": float(loss)} | told

    def _lengths(self, parts: Sequence[Any]) -> np.ndarray:
        return np.array([self.task.length(part) for part in parts])

    def _tell(self, seconds: float) -> None:
        numbers, done = self.state.history[-1], len(self.state.history)
        left = (self.plan.epochs - done) * seconds / 60
        told = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in numbers.items())
        self.report(f"epoch {done}/{self.plan.epochs}: {told}, {seconds:.0f} s, {left:.1f} min left")
