"""One network on one fold: training, threshold from the validation role, predictions of the valid and the test role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.roles import Roles
from percepiano_core.dynamics.network.architecture import NetworkConfig
from percepiano_core.dynamics.network.dynamics_task import DynamicsTask, Input
from percepiano_core.dynamics.network.model import DynamicsNetwork
from percepiano_core.dynamics.network.predict import predict
from percepiano_core.dynamics.network.settings import Settings
from percepiano_core.dynamics.network.weights import network_header
from percepiano_core.dynamics.predictions.decoding import decode_levels
from percepiano_core.dynamics.predictions.predictions import RecordingPrediction
from percepiano_core.dynamics.predictions.scoring import beat_evidence, events_of
from percepiano_core.metrics.levels_and_beats import BLANK, CLASSES, best_threshold
from percepiano_core.sound.frame_grid import event_frames
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.torch_adapter import device_of, module_arrays

Predictions = list[RecordingPrediction]


def train_network(roles: Roles, kind: str, settings: Settings, seed: int, run: TrainingRun) -> Trained[Predictions]:
    """Train on the train role, let the validation role choose epoch and threshold, predict it and the test role.

    kind : of the input that the network is given (inputs/inputs.py)
    """
    channels = roles.train[0].inputs[kind].shape[0]
    config = NetworkConfig(channels, tuple(settings.tasks), (settings.scales[0], settings.scales[1]), settings.experts)
    given = Input(kind, settings.silence, settings.pad_short)
    task = DynamicsTask(config, settings.recipe, given, roles.train, roles.valid, seed, device=device_of(run))
    result = run.train(task, settings.recipe)
    raw = {name: [predicted(each, task.logits(each)) for each in getattr(roles, name)] for name in ("valid", "test")}
    threshold = _threshold(raw["valid"])
    chosen = {"threshold": threshold, **result.chosen, "level_shares": _level_shares(roles.train)}
    valid, test = ([_with_change_points(each, threshold) for each in raw[name]] for name in ("valid", "test"))
    about = {"input": kind, "silence": settings.silence, "threshold": threshold, "recipe": asdict(settings.recipe)}
    return Trained(valid, test, module_arrays(task.network), network_header(config, about), chosen, result)


def predicted(example: Example, logits: Mapping[str, np.ndarray]) -> RecordingPrediction:
    """What logits [T, outputs] by task say at the true beats, and the beats that they say; no change points yet.

    Of beats in one frame, the first has the evidence of a change point and the others -inf.
    """
    frames = event_frames(example.beat_times)
    scores = evidence = levels = None
    if "dynamic" in logits:
        levels = decode_levels(logits["dynamic"], frames)
        at = logits["dynamic"][np.clip(frames, 0, len(logits["dynamic"]) - 1), BLANK + 1 :].astype(np.float64)
        scores = at - np.log(np.exp(at).sum(axis=1, keepdims=True))
    if "change_point" in logits:
        evidence = beat_evidence(logits["change_point"][:, 0], frames)
    return RecordingPrediction(example, levels, scores, evidence, None, events_of(logits))


def predicted_by(network: DynamicsNetwork, example: Example, about: Mapping[str, Any]) -> RecordingPrediction:
    """What a trained network says about a recording; `about` is what its weights' file says of it."""
    features = torch.from_numpy(example.inputs[about["input"]].astype(np.float32))
    said = predicted(example, predict(network, features))
    return _with_change_points(said, about["threshold"])


def _threshold(predictions: Sequence[RecordingPrediction]) -> float | None:
    """Evidence that makes a change point, best on these recordings; 0 if they hold none, None without the task."""
    if predictions[0].evidence is None:
        return None
    evidence = np.concatenate([each.evidence for each in predictions if each.evidence is not None])
    true = np.concatenate([each.example.labels.change_point for each in predictions])
    known = np.concatenate([each.example.labels.level != BLANK for each in predictions])
    return best_threshold(evidence[known], true[known]) if true[known].any() else 0.0


def _with_change_points(prediction: RecordingPrediction, threshold: float | None) -> RecordingPrediction:
    flags = None if prediction.evidence is None else prediction.evidence >= threshold
    return RecordingPrediction(
        prediction.example, prediction.levels, prediction.scores, prediction.evidence, flags, prediction.events
    )


def _level_shares(examples: Sequence[Example]) -> list[float]:
    """Share of each level among the labelled beats; a level that is not there counts one beat."""
    counts = np.sum([np.bincount(each.labels.level, minlength=len(CLASSES) + 1)[1:] for each in examples], axis=0)
    return (np.maximum(counts, 1) / max(counts.sum(), 1)).round(6).tolist()
