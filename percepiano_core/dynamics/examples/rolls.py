"""Labels and recordings on the frame grid of the network.

See docs/dynamics_data.md, "Frames and windows". One deviation: a window without any beat carries the level of the beat
before it, where the published code leaves it blank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from percepiano_core.metrics.levels_and_beats import BLANK
from percepiano_core.sound.frame_grid import FPS, event_frames

WINDOW_SECONDS, TRAINING_HOP_SECONDS = 60, 30
WINDOW_FRAMES = WINDOW_SECONDS * FPS + 1
EVENT_WIDTH = 7  # frames that an event keeps from being a negative, in the weight of the positives


def event_roll(times: np.ndarray, frames: int, start: float = 0.0) -> np.ndarray:
    """1 at the frames of events and 0 elsewhere, [frames] float32; events outside the window are left out."""
    at = event_frames(times, start)
    roll = np.zeros(frames, dtype=np.float32)
    roll[at[(at >= 0) & (at < frames)]] = 1
    return roll


def level_roll(
    beat_times: np.ndarray, levels: np.ndarray, frames: int, duration: float, start: float = 0.0
) -> np.ndarray:
    """Class of the dynamic level at each frame [frames]: a beat's level holds until the next beat.

    The last one holds to the end of the recording of `duration` seconds. Blank before the first beat and after the end.
    Of beats in one frame the last counts.
    """
    beat = np.searchsorted(event_frames(beat_times, start), np.arange(frames), side="right") - 1
    roll = np.where(beat >= 0, np.asarray(levels)[np.maximum(beat, 0)], BLANK)
    roll[max(round((duration - start) * FPS), 0) :] = BLANK
    return roll


def training_starts(duration: float) -> list[int]:
    """Starts (seconds) of the training windows of a recording: 60 s every 30 s, none that would need padding."""
    return list(range(0, math.floor(duration) - WINDOW_SECONDS + 1, TRAINING_HOP_SECONDS))


def positive_weight(durations: Sequence[float], events: int) -> int:
    """Weight of an event's frame in the loss, from the train role: frames that are not near an event, to events."""
    frames = sum(math.ceil(duration * FPS) for duration in durations)
    return round((frames - EVENT_WIDTH * events) / events)
