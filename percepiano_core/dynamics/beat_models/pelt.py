"""Change points of loudness without learning: the baseline of the published comparison.

Pruned exact linear time search (PELT; Killick, Fearnhead and Eckley, JASA 2012) for the segmentation of a recording's
loudness, a value a beat, into stretches of constant mean; by ruptures (Truong, Oudre and Vayatis, Signal Processing
2020). All that is chosen is the penalty of a change point, on the validation role.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.metrics.levels_and_beats import Counts, change_point_counts
from percepiano_core.sound.frame_grid import FPS, event_frames

PENALTIES = (2.0, 5.0, 10.0, 20.0, 40.0)  # of a change point, for the validation role to choose from
SHORTEST = 2  # beats between two change points
REACH_SECONDS = 1.0  # to each side: the published loudness of beats is smoothed about so


def beat_loudness(curve: np.ndarray, beat_times: np.ndarray, reach: float = REACH_SECONDS) -> np.ndarray:
    """Mean loudness [n] around each beat (seconds, [n]), `reach` seconds to each side, of a 50 fps curve [T]."""
    total = np.concatenate([[0.0], np.cumsum(curve, dtype=np.float64)])
    frames, width = event_frames(beat_times), round(reach * FPS)
    first = np.clip(frames - width, 0, len(curve) - 1)
    end = np.clip(frames + width, 0, len(curve) - 1) + 1
    return (total[end] - total[first]) / (end - first)


def pelt_change_points(loudness: np.ndarray, penalty: float) -> np.ndarray:
    """Which beats [n] begin a stretch of another loudness, from loudness [n] in any unit; never the first beat.

    penalty : what a change point must explain to be one, in units of the recording's variance, above 0
    """
    found = np.zeros(len(loudness), dtype=bool)
    spread = loudness.std() if len(loudness) else 0.0
    if len(loudness) < 2 * SHORTEST or spread == 0:
        return found
    import ruptures  # type: ignore[import-untyped]

    scaled = (loudness - loudness.mean()) / spread
    search = ruptures.KernelCPD(kernel="linear", min_size=SHORTEST).fit(scaled[:, None])
    found[search.predict(pen=penalty)[:-1]] = True  # the last is the end of the recording
    return found


def choose_penalty(
    recordings: Sequence[tuple[np.ndarray, np.ndarray]], penalties: Sequence[float] = PENALTIES
) -> float:
    """Penalty whose change points have the highest pooled F1; of equal ones the first.

    recordings : (loudness, true change points) of the validation role, [n] each
    """

    def f1(penalty: float) -> float:
        counts = (change_point_counts(true, pelt_change_points(loudness, penalty)) for loudness, true in recordings)
        return sum(counts, Counts()).f1

    return max(penalties, key=f1)
