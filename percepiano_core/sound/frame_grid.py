"""The frame grid of the dynamics network: frame k is at k / 50 s (docs/dynamics_data.md)."""

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


def nearest(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Index of the element of `grid` (increasing, not empty) nearest to each value; of equally near ones the first."""
    right = np.clip(np.searchsorted(grid, values, side="left"), 1, max(len(grid) - 1, 1))
    left = right - 1
    right = np.minimum(right, len(grid) - 1)
    index = np.where(np.abs(grid[left] - values) <= np.abs(grid[right] - values), left, right)
    return np.searchsorted(grid, grid[index], side="left")
