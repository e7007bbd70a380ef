"""From logits of frames to beats, downbeats, dynamic levels and change points (docs/dynamics_network.md)."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import maximum_filter1d

from percepiano_core.metrics.levels_and_beats import EVALUATION_THRESHOLD
from percepiano_core.sound.frame_grid import FPS, nearest

PEAK_REACH = 3  # frames to each side of which a peak is the largest
INFERENCE_THRESHOLD = 1.0  # in its practical use (probability 0.73; the paper says 75 %)


def peaks(logits: np.ndarray) -> np.ndarray:
    """Frames, in order, whose logit [T] is above 0 and the largest within three frames; equal neighbours all count."""
    largest = maximum_filter1d(logits, 2 * PEAK_REACH + 1, mode="constant", cval=-np.inf)
    return np.flatnonzero((logits == largest) & (logits > 0))


def merge_adjacent(frames: np.ndarray, width: float = 1) -> np.ndarray:
    """Frames (increasing) with those at most `width` apart merged into one, which may lie between frames.

    The published rule: a frame joins the group if it is near the group's running mean, so that 3, 4, 5 gives 3.5 and 5.
    """
    merged: list[float] = []
    size = 0
    for frame in frames.tolist():
        if size and frame - merged[-1] <= width:
            size += 1
            merged[-1] += (frame - merged[-1]) / size
        else:
            merged.append(float(frame))
            size = 1
    return np.array(merged, dtype=np.float64)


def decode_beats(beat_logits: np.ndarray, downbeat_logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times (seconds, increasing) of beats and of downbeats from logits [T].

    Each downbeat moves to the nearest beat, however far (the earlier of two); without beats it stays.
    """
    beats = merge_adjacent(peaks(beat_logits)) / FPS
    downbeats = merge_adjacent(peaks(downbeat_logits)) / FPS
    if len(beats):
        downbeats = beats[nearest(downbeats, beats)]
    return beats, np.unique(downbeats)


def decode_levels(logits: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Class at each of the frames [n] from logits [T, 6]; blank, 0, may win. Frames beyond the last take the last."""
    return logits[np.clip(frames, 0, len(logits) - 1)].argmax(axis=1)


def change_point_evidence(logits: np.ndarray, beat_frames: np.ndarray) -> np.ndarray:
    """Largest logit of the frames that are nearest to each beat [n], -inf for a beat that is nearest to none.

    logits : [T]; beat_frames : [n], increasing; a frame between two beats belongs to the earlier, of beats in one
    frame to the first
    """
    evidence = np.full(len(beat_frames), -np.inf)
    if len(beat_frames):
        np.maximum.at(evidence, nearest(np.arange(len(logits)), beat_frames), logits)
    return evidence


def decode_change_points(
    logits: np.ndarray, beat_frames: np.ndarray, threshold: float = EVALUATION_THRESHOLD
) -> np.ndarray:
    """Which beats [n] are change points: those nearest to a frame whose logit reaches the threshold."""
    return change_point_evidence(logits, beat_frames) >= threshold
