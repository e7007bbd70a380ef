"""Training windows of recordings: a minute of input with what the network should say at each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.rolls import (
    WINDOW_FRAMES,
    WINDOW_SECONDS,
    event_roll,
    level_roll,
    positive_weight,
    training_starts,
)
from percepiano_core.errors import UserError
from percepiano_core.sound.frame_grid import FPS


@dataclass(frozen=True, slots=True)
class Window:
    """A minute of a recording: its row in the role, and where the minute begins (seconds)."""

    recording: int
    start: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Features [B, channels, WINDOW_FRAMES] and, by task, targets [B, WINDOW_FRAMES]."""

    features: Tensor
    targets: dict[str, Tensor]


def training_windows(recordings: Sequence[Example], pad_short: bool) -> list[Window]:
    """All windows of the recordings: 60 s every 30 s. UserError if there is none.

    pad_short : a recording shorter than 60 s is one window too, filled up with silence
    """
    windows = []
    for row, recording in enumerate(recordings):
        starts = training_starts(recording.duration) or ([0] if pad_short else [])
        windows += [Window(row, start) for start in starts]
    if not windows:
        problem = f"none of the {len(recordings)} recordings to train on lasts {WINDOW_SECONDS} s"
        raise UserError("training", problem, "set pad_short, or give longer recordings")
    return windows


def make_batch(recordings: Sequence[Example], windows: Sequence[Window], kind: str, silence: float) -> Batch:
    """Inputs of one kind, and targets, of windows; `silence` is the input's value where there is no sound."""
    parts = [(recordings[window.recording], window.start) for window in windows]
    features = np.stack([_cut(recording.inputs[kind], start, silence) for recording, start in parts])
    rolls = [_targets(recording, start) for recording, start in parts]
    targets = {task: torch.from_numpy(np.stack([roll[task] for roll in rolls])) for task in rolls[0]}
    return Batch(torch.from_numpy(features), targets)


def positive_weights(recordings: Sequence[Example]) -> dict[str, float]:
    """Weight of the positive frames of each kind of event in the loss; 1 for one that never happens."""
    durations = [recording.duration for recording in recordings]
    events = {
        "beat": sum(len(recording.beat_times) for recording in recordings),
        "downbeat": sum(int(recording.labels.downbeat.sum()) for recording in recordings),
        "change_point": sum(int(recording.labels.change_point.sum()) for recording in recordings),
    }
    return {task: float(max(positive_weight(durations, count), 1)) if count else 1.0 for task, count in events.items()}


def _cut(channels: np.ndarray, start: int, silence: float) -> np.ndarray:
    part = channels[:, start * FPS : start * FPS + WINDOW_FRAMES].astype(np.float32)
    return np.pad(part, ((0, 0), (0, WINDOW_FRAMES - part.shape[1])), constant_values=silence)


def _targets(recording: Example, start: int) -> dict[str, np.ndarray]:
    times, labels = recording.beat_times, recording.labels
    return {
        "dynamic": level_roll(times, labels.level, WINDOW_FRAMES, recording.duration, start),
        "beat": event_roll(times, WINDOW_FRAMES, start),
        "downbeat": event_roll(times[labels.downbeat], WINDOW_FRAMES, start),
        "change_point": event_roll(times[labels.change_point], WINDOW_FRAMES, start),
    }
