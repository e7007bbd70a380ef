"""Features of a total loudness curve, for recordings of which only that is public (MazurkaBL).

One curve in place of 22 Bark bands: what a network learns from it is not comparable with the published results. See
docs/dynamics_inputs.md, "Loudness curves".
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from percepiano_core.corpus.mazurkabl import CURVE_HOP, CURVE_RATE
from percepiano_core.sound.frame_grid import FPS, frame_count

REFERENCE_PERCENTILE = 98  # of a recording's loudness is 1: the level of the published curves means nothing
LOG_OFFSET = 0.1
MEAN_SECONDS = (0.25, 1.0, 4.0, 16.0)
CHANNELS = (
    *("loudness", "log2_loudness"),
    *(f"mean_{seconds:g}_s" for seconds in MEAN_SECONDS),
    *("change", "change_of_mean_1_s"),
)
HALF_WINDOW_SECONDS = 0.0116  # of the last frame, after its time


def curve_duration(rows: int) -> float:
    """Seconds of a recording whose loudness curve has so many rows."""
    return rows * CURVE_HOP / CURVE_RATE + HALF_WINDOW_SECONDS


def loudness_channels(curve: np.ndarray) -> np.ndarray:
    """Features [len(CHANNELS), T] float32 on the frame grid from a loudness curve [rows] in sone.

    The loudness in units of its 98th percentile, its logarithm, its means around each frame over four widths, and the
    differences of the loudness and of its mean over 1 s to the frame before. Silence gives constant channels.
    """
    rows = np.arange(1, len(curve) + 1) * CURVE_HOP / CURVE_RATE
    frames = np.arange(frame_count(curve_duration(len(curve)))) / FPS
    reference = np.percentile(curve, REFERENCE_PERCENTILE)
    loudness = np.interp(frames, rows, curve) / (reference if reference > 0 else 1)
    means = [uniform_filter1d(loudness, round(seconds * FPS), mode="nearest") for seconds in MEAN_SECONDS]
    changes = [np.diff(values, prepend=values[0]) for values in (loudness, means[1])]
    return np.stack([loudness, np.log2(loudness + LOG_OFFSET), *means, *changes]).astype(np.float32)
