"""Bark-scale specific loudness (BSSL): how loud each Bark band of a recording sounds, frame by frame, in sone.

Two modes of one routine (docs/dynamics_inputs.md). `paper` is the input of the dynamics network. `ma` follows
the MA toolbox, from which the loudness curves that MazurkaBL publishes come: frames are not centred, the window is
symmetric, power is 6 dB higher, and the band that half the sampling rate cuts is kept. The level of those curves is not
known to a constant factor, so normalise per recording before comparing or learning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.dynamics.inputs.psychoacoustics import (
    REFERENCE_DB,
    SONE_DB_PER_DOUBLING,
    SONE_KNEE_DB,
    SONE_LOW_EXPONENT,
    STEVENS_SHARE,
    band_power_matrix,
)
from percepiano_core.dynamics.inputs.spectrum import N_FFT, hann, power_spectra
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class LoudnessMode:
    """How the spectrum is taken.

    Attributes
    ----------
    centred : frame k is centred at sample k * hop (reflected borders); else it begins there
    periodic : periodic Hann window, else symmetric
    power_gain : factor on the power spectrum
    dc_weight : power weight of bin 0
    partial_band : keep the band that half the sampling rate cuts
    """

    centred: bool
    periodic: bool
    power_gain: float
    dc_weight: float
    partial_band: bool


MODES = {
    "paper": LoudnessMode(centred=True, periodic=True, power_gain=1.0, dc_weight=1.0, partial_band=False),
    "ma": LoudnessMode(centred=False, periodic=False, power_gain=4.0, dc_weight=0.0, partial_band=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Loudness:
    """Loudness of a waveform: `bark` dB and `sone` are [bands, T], the total loudness `total` (sone) is [T]."""

    bark: np.ndarray
    sone: np.ndarray
    total: np.ndarray


def bark_loudness(
    waveform: np.ndarray,
    sample_rate: int = SAMPLE_RATE,
    hop: int | None = None,
    mode: str | LoudnessMode = "paper",
    ear: str = "terhardt",
    dtype: type[np.floating] = np.float32,
) -> Loudness:
    """Loudness of a waveform [samples] within -1 to 1; one shorter than a window is filled up with zeros.

    hop : samples between frames; None gives 50 frames a second
    mode : name in MODES, or a mode of one's own
    ear : outer ear model (psychoacoustics.EARS)
    dtype : precision in which it is computed
    """
    how = MODES[mode] if isinstance(mode, str) else mode
    window = hann(how.periodic)
    bands = band_power_matrix(sample_rate, N_FFT, ear, how.partial_band, how.dc_weight)
    scale = 10 ** (REFERENCE_DB / 10) * how.power_gain / window.sum() ** 2
    to_bands = (bands * scale).astype(dtype)
    spectra = power_spectra(waveform, window.astype(dtype), hop or round(sample_rate / FPS), how.centred)
    power = np.concatenate([to_bands @ block.T for block in spectra], axis=1)
    bark = 10 * np.log10(np.maximum(power, 1, out=power), out=power)
    loudness = sone(bark)
    return Loudness(bark=bark, sone=loudness, total=total_loudness(loudness))


def sone(decibel: np.ndarray) -> np.ndarray:
    """Specific loudness of band levels in dB, which are 0 or more: 1 sone at 40 dB, twice as much every 10 dB."""
    loud = np.exp2((decibel - SONE_KNEE_DB) / SONE_DB_PER_DOUBLING)
    soft = (decibel / SONE_KNEE_DB) ** SONE_LOW_EXPONENT
    return np.where(decibel >= SONE_KNEE_DB, loud, soft)


def total_loudness(loudness: np.ndarray) -> np.ndarray:
    """Total loudness [T] of specific loudness [bands, T] (Stevens): the loudest band and a share of the rest."""
    loudest = loudness.max(axis=0)
    return loudest + STEVENS_SHARE * (loudness.sum(axis=0) - loudest)
