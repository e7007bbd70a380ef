"""Reading a recording for the dynamics network: one channel, 22,050 Hz, a known peak."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
import soxr  # type: ignore[import-untyped]

from percepiano_core.errors import DataError

SAMPLE_RATE = 22050  # Hz, of the dynamics network
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


def peak_normalised(waveform: np.ndarray, peak_dbfs: float | None = -1.0) -> np.ndarray:
    """Waveform [samples] scaled so that its peak is at `peak_dbfs` dB; silence and None leave the level alone.

    The paper states -1 dB; the released code does not scale (spec: dynamics.md, section 1.1).
    """
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak_dbfs is None or peak == 0:
        return waveform
    return waveform * (10 ** (peak_dbfs / 20) / peak)
