"""Learning ratings from performances: the task of training for every network of ratings.

The loss is the mean squared error of the ratings, as published (train_m2pf.py). Everything random in an epoch follows
from the seed and the epoch's number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from torch import Tensor

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.perception.collapse import collapse_warning, sd_ratios
from percepiano_core.perception.selection import r2_mean
from percepiano_core.symbolic.networks.diagnostics import gradient_norms, mean_numbers
from percepiano_core.symbolic.networks.network import Network
from percepiano_core.symbolic.networks.pairwise_differences import pairwise_difference_loss
from percepiano_core.symbolic.networks.settings import RatingNetworkSettings
from percepiano_core.training.batching import epoch_batches, evenly_spread, sorted_batches
from percepiano_core.training.loop import Report, epoch_seed
from percepiano_core.training.torch_adapter import Learner

PROBED_BATCHES = 2
EVALUATED_TOGETHER = 32  # performances


@dataclass(frozen=True, eq=False)
class Rated:
    """Performances of one role: inputs [n] of a network, labels [n, 19] (0 to 1), weights [n] of mean 1.

    `segments` [n] numbers what is played.
    """

    inputs: Sequence[Any]
    labels: np.ndarray
    weights: np.ndarray
    segments: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)

    def rows(self, which: np.ndarray) -> Rated:
        """The performances of these indices, in their order; an index may occur twice."""
        inputs = [self.inputs[row] for row in which.tolist()]
        return Rated(inputs, self.labels[which], self.weights[which], self.segments[which])


class RatingTask:
    """Train a network on the ratings of the train role, validate it on those of the validation role.

    The module is moved to `device`.
    """

    def __init__(
        self,
        network: Network,
        train: Rated,
        valid: Rated,
        settings: RatingNetworkSettings,
        seed: int,
        *,
        report: Report = print,
        device: torch.device | str = "cpu",
    ) -> None:
        self.network, self.train, self.settings, self.seed, self.report = network, train, settings, seed, report
        self.valid = valid.rows(evenly_spread(len(valid), settings.recipe.validated_examples))
        self.device = torch.device(device)
        network.module.to(self.device)
        self.learner = Learner(network.module, settings.recipe, network.groups(settings.recipe.learning_rate))

    def epoch(self, number: int) -> dict[str, float]:
        """One pass over the train role; its mean loss, and the norms of the last gradient."""
        torch.manual_seed(epoch_seed(self.seed, number))
        train = self._sliced(self.train, Random(epoch_seed(self.seed, number)))
        rng = np.random.default_rng([self.seed, number])
        batches = epoch_batches(self.network.lengths(train.inputs), self.settings.recipe, rng)
        losses = []
        self.network.module.train()
        for i, rows in enumerate(batches):
            self.learner.set_rates(number * len(batches) + i, len(batches))
            losses.append(self._step(train, rows) * len(rows))
        return {"train_loss": sum(losses) / sum(map(len, batches))} | gradient_norms(self.network.module)

    def validate(self) -> dict[str, float]:
        """Loss and R2 of the validation role, and the diagnostics of the network on it."""
        valid, predicted = self.valid, self.predict(self.valid.inputs)
        ratios = sd_ratios(predicted, valid.labels)
        warning = collapse_warning(ratios, DIMENSION_KEYS)
        if warning:
            self.report(warning)
        without = {
            f"valid_r2_without_{part}": r2_mean(valid.labels, self.predict(valid.inputs, logits))
            for part, logits in self.network.without.items()
        }
        score = {
            "valid_loss": float(((predicted - valid.labels) ** 2).mean()),
            "valid_r2": r2_mean(valid.labels, predicted),
        }
        varied = {f"sd_ratio_{name}": float(ratio) for name, ratio in zip(DIMENSION_KEYS, ratios, strict=True)}
        return score | without | self._probed() | varied

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's state."""
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put them in place, or the weights alone."""
        self.learner.load(arrays)

    def predict(self, inputs: Sequence[Any], logits: Callable[[Any], Tensor] | None = None) -> np.ndarray:
        """Ratings [n, 19], 0 to 1, of inputs in their order; by another function than the module's, if given."""
        say = self.network.module if logits is None else logits
        predicted = np.empty((len(inputs), len(DIMENSION_KEYS)))
        self.network.module.eval()
        with torch.inference_mode():
            for rows in sorted_batches(self.network.lengths(inputs), EVALUATED_TOGETHER):
                predicted[rows] = torch.sigmoid(say(self._batch(inputs, rows))).cpu().numpy()
        return predicted

    def _step(self, train: Rated, rows: np.ndarray) -> float:
        logits, penalty = self.network.penalised(self._batch(train.inputs, rows))
        labels, weights = self._tensor(train.labels[rows]), self._tensor(train.weights[rows])
        residuals = torch.sigmoid(logits) - labels
        error = (residuals**2).mean(dim=1)
        loss = (error * weights).mean() + penalty
        if self.settings.pairwise_weight:
            segments = torch.from_numpy(train.segments[rows]).to(self.device)
            loss = loss + self.settings.pairwise_weight * pairwise_difference_loss(residuals, segments)
        self.learner.step(loss)
        return float(error.detach().mean())

    def _probed(self) -> dict[str, float]:
        """What the network tells of itself on some of the validation role."""
        inputs = self.valid.inputs
        batches = sorted_batches(self.network.lengths(inputs), EVALUATED_TOGETHER)[:PROBED_BATCHES]
        with torch.inference_mode():
            return mean_numbers([self.network.probe(self._batch(inputs, rows)) for rows in batches])

    def _sliced(self, rated: Rated, random: Random) -> Rated:
        """The role with its long performances cut, a slice keeping labels and weight; itself if none is long."""
        notes = self.settings.slice_notes
        if self.network.lengths(rated.inputs).max() <= notes:
            return rated
        parts = [self.network.slices(each, notes, random) for each in rated.inputs]
        rows = np.repeat(np.arange(len(rated)), [len(part) for part in parts])
        cut = [each for part in parts for each in part]
        return Rated(cut, rated.labels[rows], rated.weights[rows], rated.segments[rows])

    def _batch(self, inputs: Sequence[Any], rows: np.ndarray) -> Any:
        return self.network.collate([inputs[row] for row in rows.tolist()]).to(self.device)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self.device)
