"""Learning dynamics and beats from recordings: the task of training for a dynamics network.

Everything random in an epoch follows from the seed and the epoch's number. Losses and windows are those of the
published training ("Joint estimation of piano dynamics and metrical structure", arXiv 2510.18190); validation scores
are per recording (predictions/scoring.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.network.architecture import NetworkConfig
from percepiano_core.dynamics.network.losses import total_loss
from percepiano_core.dynamics.network.model import DynamicsNetwork
from percepiano_core.dynamics.network.predict import predict
from percepiano_core.dynamics.network.windows import Window, make_batch, positive_weights, training_windows
from percepiano_core.dynamics.predictions.scoring import ScoredRecording, choose_threshold, per_recording_scores
from percepiano_core.training.batching import epoch_batches, evenly_spread
from percepiano_core.training.loop import epoch_seed
from percepiano_core.training.recipe import Recipe
from percepiano_core.training.torch_adapter import Learner

SELECTED_BY = ("dynamic_weighted", "change_point", "beat_pooled", "downbeat_pooled")  # their mean, as published


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """What the network is given: a kind of input, its value where there is silence, and whether shorter recordings
    than a window are filled up with it to be learned from."""

    kind: str
    silence: float = 0.0
    pad_short: bool = False


class DynamicsTask:
    """Train a network on the windows of the train role, validate it on whole recordings of the validation role.

    UserError if no recording of the train role has a window.
    """

    def __init__(
        self,
        config: NetworkConfig,
        recipe: Recipe,
        given: Input,
        train: Sequence[Example],
        valid: Sequence[Example],
        seed: int,
        *,
        device: torch.device | str = "cpu",
    ) -> None:
        torch.manual_seed(seed)
        self.network = DynamicsNetwork(config).to(device)
        self.recipe, self.given, self.seed, self.device = recipe, given, seed, device
        self.train, self.valid = train, [valid[i] for i in evenly_spread(len(valid), recipe.validated_examples)]
        self.windows = training_windows(train, given.pad_short)
        self.positive_weights = positive_weights(train)
        self._start_input_norm()
        self.learner = Learner(self.network, recipe, fused=False)

    def epoch(self, number: int) -> dict[str, float]:
        """One pass over the windows drawn for this epoch; the mean loss, and that of each task."""
        torch.manual_seed(epoch_seed(self.seed, number))
        same_length = np.zeros(len(self.windows))
        batches = epoch_batches(same_length, self.recipe, np.random.default_rng([self.seed, number]))
        drawn = sum(map(len, batches))
        self.network.train()
        losses: dict[str, float] = {}
        for i, rows in enumerate(batches):
            self.learner.set_rates(number * len(batches) + i, len(batches))
            for task, loss in self._step([self.windows[row] for row in rows]).items():
                losses[task] = losses.get(task, 0.0) + loss * len(rows) / drawn
        total = losses.pop("total")
        return {"train_loss": total} | {f"train_loss_{task}": loss for task, loss in losses.items()}

    def validate(self) -> dict[str, float]:
        """Scores of the validation role, at the threshold that is best for it, and the mean of SELECTED_BY as score."""
        scored = [ScoredRecording(each.beat_times, each.labels, self.logits(each)) for each in self.valid]
        some = any(each.labels.change_point.any() for each in self.valid)
        threshold = choose_threshold(scored) if some and "change_point" in scored[0].logits else 0.0
        scores = per_recording_scores(scored, threshold)
        chosen_by = float(np.mean([scores[name] for name in SELECTED_BY if name in scores]))
        return {f"valid_{name}": value for name, value in scores.items()} | {"valid_score": chosen_by}

    def arrays(self) -> dict[str, np.ndarray]:
        """Weights and the optimiser's state."""
        return self.learner.arrays()

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Put them in place, or the weights alone."""
        self.learner.load(arrays)

    def logits(self, recording: Example) -> dict[str, np.ndarray]:
        """Logits [frames, outputs] of each task of a recording of any length."""
        features = torch.from_numpy(recording.inputs[self.given.kind].astype(np.float32))
        return predict(self.network, features.to(self.device))

    def _start_input_norm(self) -> None:
        """Let the running statistics of the input norm begin at those of the train role.

        They move by a hundredth a step, so that from 0 and 1 they would need a thousand steps to get there, and the
        network would meanwhile be used on other inputs than it learns from.
        """
        moments = [_moments(example.inputs[self.given.kind].astype(np.float64)) for example in self.train]
        frames, mean, square = (np.sum(parts, axis=0) for parts in zip(*moments, strict=True))
        mean, square = mean / frames, square / frames
        norm = self.network.input_norm
        with torch.no_grad():
            norm.get_buffer("running_mean").copy_(torch.from_numpy(mean))
            norm.get_buffer("running_var").copy_(torch.from_numpy(np.maximum(square - mean**2, 0)))

    def _step(self, windows: Sequence[Window]) -> dict[str, float]:
        batch = make_batch(self.train, windows, self.given.kind, self.given.silence)
        targets = {task: values.to(self.device) for task, values in batch.targets.items()}
        losses = total_loss(self.network(batch.features.to(self.device)), targets, self.positive_weights)
        self.learner.step(losses["total"])
        return {task: float(loss.detach()) for task, loss in losses.items()}


def _moments(values: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Frames, sums and sums of squares of channels [channels, frames]."""
    return values.shape[1], values.sum(axis=1), (values**2).sum(axis=1)
