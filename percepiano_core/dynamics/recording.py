"""Reading a recording for the dynamics network: one channel, 22,050 Hz, a known peak."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
import soxr  # type: ignore[import-untyped]

from percepiano_core.dynamics.loudness import SAMPLE_RATE, peak_normalised
from percepiano_core.errors import DataError

REMEDY = "give a readable WAV, FLAC, OGG or MP3 file"


def read_recording(path: Path | str, sample_rate: int = SAMPLE_RATE, peak_dbfs: float | None = -1.0) -> np.ndarray:
    """Waveform [samples] float32 of the mean of the channels; DataError for a file that is unreadable or empty.

    peak_dbfs : level of the loudest sample, so that a clipped or a soft recording differs only in what it sounds like;
        None keeps the file's level. Silence stays silence.
    """
    try:
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise DataError(path, f"not a readable recording ({error})", REMEDY) from None
    if not len(channels):
        raise DataError(path, "it has no samples", REMEDY)
    if not np.isfinite(channels).all():
        raise DataError(path, "it has samples that are not finite", REMEDY)
    waveform = soxr.resample(channels.mean(axis=1), rate, sample_rate)
    return peak_normalised(waveform, peak_dbfs).astype(np.float32)
