"""Training a dynamics network on one fold, resumable at every epoch.

Everything random in an epoch follows from the seed and the epoch's number, so that an epoch that was broken off is the
same when it is run again: training that was killed gives the same numbers as training that was not.
Source: spec dynamics.md, sections 3 to 5.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.network.losses import total_loss
from percepiano_core.dynamics.network.model import DynamicsNetwork, NetworkConfig
from percepiano_core.dynamics.network.predict import predict
from percepiano_core.dynamics.network.recipe import Recipe
from percepiano_core.dynamics.network.segments import Segment, make_batch, positive_weights, training_segments
from percepiano_core.dynamics.predictions.scoring import ScoredRecording, choose_threshold, per_recording_scores
from percepiano_core.training.checkpoint import TrainingState, epoch_seed, keep_state, take_up_state

SELECTED_BY = ("dynamic_weighted", "change_point", "beat_pooled", "downbeat_pooled")  # their mean, as published

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """What the network is given: a kind of input, and its value where there is silence."""

    kind: str
    silence: float = 0.0


class Trainer:
    """Trains a network by a recipe; holds what changes while it does.

    `state_path` keeps the state between epochs (None: nothing is kept); a state of another `key` is not taken up.
    """

    def __init__(
        self,
        config: NetworkConfig,
        recipe: Recipe,
        given: Input,
        seed: int,
        *,
        state_path: Path | None = None,
        key: str = "",
        report: Report = print,
        device: str = "cpu",
    ) -> None:
        torch.manual_seed(seed)
        self.network = DynamicsNetwork(config).to(device)
        self.recipe, self.given, self.seed, self.report, self.device = recipe, given, seed, report, device
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.state_path, self.key = state_path, key
        self.state = TrainingState(key=key)

    def train(self, train: Sequence[Example], valid: Sequence[Example]) -> TrainingState:
        """Train to the end; the network then has the weights of the best epoch. UserError if nothing can be trained."""
        segments = training_segments(train, self.recipe.pad_short)
        weights = positive_weights(train)
        watched = _spread(valid, self.recipe.validated_recordings)
        self._start_input_norm(train)
        self.state = take_up_state(self.state_path, self.key, self.network, self.optimiser, self.report)
        while len(self.state.history) < self.recipe.epochs:
            begun = time.perf_counter()
            epoch = len(self.state.history)
            numbers = self._epoch(epoch, train, segments, weights)
            score = None
            if self.recipe.looks(epoch):
                scores = self._validate(watched)
                score = float(np.mean([scores[name] for name in SELECTED_BY if name in scores]))
                numbers |= {f"valid_{name}": value for name, value in scores.items()} | {"valid_score": score}
            self.state.add(numbers, score, self.network.state_dict())
            keep_state(self.state_path, self.state, self.network, self.optimiser)
            self._tell(time.perf_counter() - begun)
        self.network.load_state_dict(self.state.best_weights)
        return self.state

    def logits(self, recording: Example) -> dict[str, np.ndarray]:
        """Logits [frames, outputs] of each task of a recording of any length."""
        features = torch.from_numpy(recording.inputs[self.given.kind].astype(np.float32))
        return predict(self.network, features.to(self.device), self.given.silence)

    def _start_input_norm(self, train: Sequence[Example]) -> None:
        """Let the running statistics of the input norm begin at those of the train role.

        They move by a hundredth a step, so that from 0 and 1 they would need a thousand steps to get there, and the
        network would meanwhile be used on other inputs than it learns from.
        """
        moments = [_moments(example.inputs[self.given.kind].astype(np.float64)) for example in train]
        frames, mean, square = (np.sum(parts, axis=0) for parts in zip(*moments, strict=True))
        mean, square = mean / frames, square / frames
        norm = self.network.input_norm
        with torch.no_grad():
            norm.get_buffer("running_mean").copy_(torch.from_numpy(mean))
            norm.get_buffer("running_var").copy_(torch.from_numpy(np.maximum(square - mean**2, 0)))

    def _epoch(
        self, epoch: int, train: Sequence[Example], segments: Sequence[Segment], weights: dict[str, float]
    ) -> dict[str, float]:
        """One pass over the segments drawn for this epoch; the mean loss of each task."""
        torch.manual_seed(epoch_seed(self.seed, epoch))
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(segments))
        chosen = order[: self.recipe.segments_an_epoch or len(order)].tolist()
        self.network.train()
        losses: dict[str, float] = {}
        for first in range(0, len(chosen), self.recipe.batch_size):
            rows = chosen[first : first + self.recipe.batch_size]
            for task, loss in self._step(train, [segments[row] for row in rows], weights).items():
                losses[task] = losses.get(task, 0.0) + loss * len(rows) / len(chosen)
        return {f"loss_{task}": loss for task, loss in losses.items()}

    def _step(
        self, train: Sequence[Example], segments: Sequence[Segment], weights: dict[str, float]
    ) -> dict[str, float]:
        batch = make_batch(train, segments, self.given.kind, self.given.silence)
        targets = {task: values.to(self.device) for task, values in batch.targets.items()}
        losses = total_loss(self.network(batch.features.to(self.device)), targets, weights)
        self.optimiser.zero_grad()
        losses["total"].backward()
        self.optimiser.step()
        return {task: float(loss.detach()) for task, loss in losses.items()}

    def _validate(self, recordings: Sequence[Example]) -> dict[str, float]:
        """Scores of recordings of the valid role, at the threshold that is best for them."""
        scored = [ScoredRecording(each.beat_times, each.labels, self.logits(each)) for each in recordings]
        some = any(each.labels.change_point.any() for each in recordings)
        threshold = choose_threshold(scored) if some and "change_point" in scored[0].logits else 0.0
        return per_recording_scores(scored, threshold)

    def _tell(self, seconds: float) -> None:
        numbers, done = self.state.history[-1], len(self.state.history)
        best = " (best)" if done - 1 == self.state.best_epoch else ""
        score = f", valid {100 * numbers['valid_score']:.1f}{best}" if "valid_score" in numbers else ""
        left = (self.recipe.epochs - done) * seconds / 60
        self.report(
            f"epoch {done}/{self.recipe.epochs}: loss {numbers['loss_total']:.3f}{score}, {seconds:.0f} s, "
            f"about {left:.1f} min left"
        )


def _moments(values: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Frames, sums and sums of squares of channels [channels, frames]."""
    return values.shape[1], values.sum(axis=1), (values**2).sum(axis=1)


def _spread(recordings: Sequence[Example], count: int) -> list[Example]:
    """So many of the recordings, evenly spread over their order; 0 takes all."""
    if not count or count >= len(recordings):
        return list(recordings)
    return [recordings[i] for i in np.linspace(0, len(recordings) - 1, count).round().astype(int)]
