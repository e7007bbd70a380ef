"""Training one network on one fold, resumable at every epoch.

Everything random in an epoch follows from the seed and the epoch's number, so that an epoch that was broken off is the
same when it is run again: training that was killed gives the same numbers as training that was not.
Source: percepiano-models.md, section 4.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.perception.selection import r2_mean
from percepiano_core.symbolic.networks.batching import bucketed_batches, shuffled_batches, sorted_batches
from percepiano_core.symbolic.networks.diagnostics import collapse_warning, gradient_norms, mean_numbers, spread_ratio
from percepiano_core.symbolic.networks.network import Network
from percepiano_core.symbolic.networks.pairs import pair_error
from percepiano_core.symbolic.networks.recipe import Recipe, learning_rate_factor
from percepiano_core.training.checkpoint import TrainingState, epoch_seed, keep_state, take_up_state

OPTIMISERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
PROBED_BATCHES = 2
EVALUATED_TOGETHER = 32  # performances

Report = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Role:
    """Performances of one role: inputs [n] of a network, labels [n, 19] (0 to 1), weights [n] of mean 1.

    `segments` [n] numbers what is played.
    """

    inputs: Sequence[Any]
    labels: np.ndarray
    weights: np.ndarray
    segments: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)


class Trainer:
    """Trains a network by a recipe; holds what changes while it does.

    `state_path` keeps the state between epochs (None: nothing is kept); a state of another `key` is not taken up.
    """

    def __init__(
        self,
        network: Network,
        recipe: Recipe,
        seed: int,
        *,
        state_path: Path | None = None,
        key: str = "",
        report: Report = print,
        device: torch.device | str = "cpu",
    ) -> None:
        self.network, self.recipe, self.seed, self.report = network, recipe, seed, report
        self.device = torch.device(device)
        network.module.to(self.device)
        groups = network.groups(recipe.learning_rate)
        self.optimiser = OPTIMISERS[recipe.optimiser](groups, weight_decay=recipe.weight_decay, fused=True)
        self.rates = [group["lr"] for group in self.optimiser.param_groups]
        self.state_path, self.key = state_path, key
        self.state = TrainingState(key=key)

    def train(self, train: Role, valid: Role) -> TrainingState:
        """Train to the end; the module then has the weights of the best epoch."""
        self.state = take_up_state(self.state_path, self.key, self.network.module, self.optimiser, self.report)
        while not self._finished():
            begun = time.perf_counter()
            numbers = self._epoch(train)
            numbers |= self._validate(valid)
            self._keep(numbers)
            self._tell(time.perf_counter() - begun)
        self.network.module.load_state_dict(self.state.best_weights)
        return self.state

    def predict(self, inputs: Sequence[Any], logits: Callable[[Any], Tensor] | None = None) -> np.ndarray:
        """Ratings [n, 19], 0 to 1, of inputs in their order; by another function than the module's, if given."""
        say = self.network.module if logits is None else logits
        predicted = np.empty((len(inputs), len(DIMENSION_KEYS)))
        self.network.module.eval()
        with torch.inference_mode():
            for rows in sorted_batches(self.network.lengths(inputs), EVALUATED_TOGETHER):
                predicted[rows] = torch.sigmoid(say(self._batch(inputs, rows))).cpu().numpy()
        return predicted

    def _epoch(self, train: Role) -> dict[str, float]:
        """One pass over the train role."""
        epoch = len(self.state.history)
        torch.manual_seed(epoch_seed(self.seed, epoch))
        train = self._sliced(train, Random(epoch_seed(self.seed, epoch)))
        batches = self._batches(train, np.random.default_rng([self.seed, epoch]))
        losses = []
        self.network.module.train()
        for i, rows in enumerate(batches):
            self._set_rates(epoch * len(batches) + i, len(batches))
            losses.append(self._step(train, rows) * len(rows))
        return {"train_loss": sum(losses) / len(train)} | gradient_norms(self.network.module)

    def _step(self, train: Role, rows: np.ndarray) -> float:
        self.optimiser.zero_grad()
        logits, penalty = self.network.penalised(self._batch(train.inputs, rows))
        labels, weights = self._tensor(train.labels[rows]), self._tensor(train.weights[rows])
        residuals = torch.sigmoid(logits) - labels
        error = (residuals**2).mean(dim=1)
        loss = (error * weights).mean() + penalty
        if self.recipe.pair_weight:
            segments = torch.from_numpy(train.segments[rows]).to(self.device)
            loss = loss + self.recipe.pair_weight * pair_error(residuals, segments)
        loss.backward()
        if self.recipe.clip:
            clip_grad_norm_(self.network.module.parameters(), self.recipe.clip)
        self.optimiser.step()
        return float(error.detach().mean())

    def _validate(self, valid: Role) -> dict[str, float]:
        predicted = self.predict(valid.inputs)
        ratios = spread_ratio(predicted, valid.labels)
        warning = collapse_warning(ratios, DIMENSION_KEYS)
        if warning:
            self.report(warning)
        probed = sorted_batches(self.network.lengths(valid.inputs), EVALUATED_TOGETHER)[:PROBED_BATCHES]
        with torch.inference_mode():
            numbers = mean_numbers([self.network.probe(self._batch(valid.inputs, rows)) for rows in probed])
        spread = {f"spread_{name}": float(ratio) for name, ratio in zip(DIMENSION_KEYS, ratios, strict=True)}
        without = {
            f"valid_r2_without_{part}": r2_mean(valid.labels, self.predict(valid.inputs, logits))
            for part, logits in self.network.without.items()
        }
        score = {
            "valid_loss": float(((predicted - valid.labels) ** 2).mean()),
            "valid_r2": r2_mean(valid.labels, predicted),
        }
        return score | without | numbers | spread

    def _keep(self, numbers: dict[str, float]) -> None:
        """Add an epoch to the state, the best weights if it is the best, and write it."""
        score = numbers["valid_r2"] if self.recipe.select_on == "r2" else -numbers["valid_loss"]
        self.state.add(numbers, score, self.network.module.state_dict())
        keep_state(self.state_path, self.state, self.network.module, self.optimiser)

    def _finished(self) -> bool:
        done, plan = len(self.state.history), self.recipe
        return done >= plan.epochs or bool(plan.patience and done - self.state.best_epoch > plan.patience)

    def _sliced(self, role: Role, random: Random) -> Role:
        """The role with its long performances cut, a slice keeping labels and weight; itself if none is long."""
        if self.network.lengths(role.inputs).max() <= self.recipe.slice_notes:
            return role
        parts = [self.network.slices(each, self.recipe.slice_notes, random) for each in role.inputs]
        rows = np.repeat(np.arange(len(role)), [len(part) for part in parts])
        cut = [each for part in parts for each in part]
        return Role(cut, role.labels[rows], role.weights[rows], role.segments[rows])

    def _batches(self, train: Role, rng: np.random.Generator) -> list[np.ndarray]:
        if self.recipe.batching == "shuffled":
            return shuffled_batches(len(train), self.recipe.batch_size, rng)
        return bucketed_batches(self.network.lengths(train.inputs), self.recipe.batch_size, rng)

    def _set_rates(self, iteration: int, per_epoch: int) -> None:
        factor = learning_rate_factor(self.recipe, iteration, per_epoch)
        for group, rate in zip(self.optimiser.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor

    def _batch(self, inputs: Sequence[Any], rows: np.ndarray) -> Any:
        return self.network.collate([inputs[row] for row in rows.tolist()]).to(self.device)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self.device)

    def _tell(self, seconds: float) -> None:
        numbers, done = self.state.history[-1], len(self.state.history)
        left = (self.recipe.epochs - done) * seconds / 60
        best = " (best)" if done - 1 == self.state.best_epoch else ""
        self.report(
            f"epoch {done}/{self.recipe.epochs}: train {numbers['train_loss']:.5f}, valid {numbers['valid_loss']:.5f}, "
            f"R2 {numbers['valid_r2']:.3f}{best}, {seconds:.0f} s, at most {left:.1f} min left"
        )
