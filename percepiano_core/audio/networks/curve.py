"""Windows of a spectrogram, half a clip apart, that a network rates one by one: a curve of ratings over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.audio.mel_cache.front_ends import FrontEnd
from percepiano_core.audio.networks.clip_form import heard_clips


@dataclass(frozen=True, eq=False)
class Windows:
    """Parts of one spectrogram: spectrograms [w] of at most a clip, centres [w] and length in seconds."""

    mels: list[np.ndarray]
    seconds: np.ndarray
    length: float


def sliding_windows(mel: np.ndarray, frames: int, front: FrontEnd) -> Windows:
    """Windows of `frames`, half of that apart and the last flush with the end; of a shorter one all of it.

    They are those whose mean is the rating of the whole.
    """
    starts = heard_clips([mel], frames).starts
    length = min(frames, len(mel))
    centres = (starts + length / 2) / front.frames_per_second
    return Windows([mel[start : start + frames] for start in starts], centres, length / front.frames_per_second)
