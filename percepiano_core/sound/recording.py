"""Reading a recording: one channel, at the rates that are asked for, with a known peak."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]
import soxr  # type: ignore[import-untyped]

from percepiano_core.errors import DataError

SAMPLE_RATE = 22050  # Hz, of the dynamics network
PEAK_DBFS = -1.0  # level of the loudest sample that the dynamics network is given
REMEDY = "give a readable WAV, FLAC, OGG or MP3 file"


def read_recording(path: Path | str, sample_rate: int = SAMPLE_RATE, peak_dbfs: float | None = PEAK_DBFS) -> np.ndarray:
    """Waveform [samples] float32 at one rate, as `read_at_rates` reads it at several."""
    return read_at_rates(path, [sample_rate], peak_dbfs)[sample_rate]


def read_at_rates(
    path: Path | str, sample_rates: Iterable[int], peak_dbfs: float | None = PEAK_DBFS
) -> dict[int, np.ndarray]:
    """Sample rate (Hz) -> waveform [samples] float32 of the mean of the channels; the file is decoded once.

    peak_dbfs : level that each waveform's loudest sample is brought to, so that a clipped or a soft recording differs
        only in what it sounds like; None keeps the file's level. Silence stays silence.

    DataError for a file that is unreadable or empty, or has samples that are not finite.
    """
    mono, rate = _decoded(path)
    return {
        wanted: peak_normalised(soxr.resample(mono, rate, wanted), peak_dbfs).astype(np.float32)
        for wanted in dict.fromkeys(sample_rates)
    }


def peak_normalised(waveform: np.ndarray, peak_dbfs: float | None = PEAK_DBFS) -> np.ndarray:
    """Waveform [samples] scaled so that its peak is at `peak_dbfs` dB; silence and None leave the level alone.

    The paper on dynamics (docs/dynamics.md) states -1 dB; its released code does not scale.
    """
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak_dbfs is None or peak == 0:
        return waveform
    return waveform * (10 ** (peak_dbfs / 20) / peak)


def _decoded(path: Path | str) -> tuple[np.ndarray, int]:
    """Mean of the channels [samples] float32, and the file's sample rate in Hz."""
    try:
        channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise DataError(path, f"not a readable recording ({error})", REMEDY) from None
    if not len(channels):
        raise DataError(path, "it has no samples", REMEDY)
    if not np.isfinite(channels).all():
        raise DataError(path, "it has samples that are not finite", REMEDY)
    return channels.mean(axis=1), rate
