"""The frame grid of the dynamics network: frame k is at k / 50 s (spec: dynamics.md, section 3)."""

from __future__ import annotations

import numpy as np

FPS = 50  # frames a second of the network's input and output


def frame_count(duration: float) -> int:
    """Frames of a recording of `duration` seconds."""
    return round(duration * FPS) + 1


def event_frames(times: np.ndarray, start: float = 0.0) -> np.ndarray:
    """Frame of each time (seconds, any shape) in a segment that begins at `start`; halves go to the even frame.

    Frames before the segment are negative.
    """
    return np.rint((np.asarray(times, dtype=np.float64) - start) * FPS).astype(np.int64)
