"""`piano22k`: log-mel of a recording at 22,050 Hz in dB of a fixed reference, as librosa computes it.

`librosa.feature.melspectrogram` (0.11) with 2048 samples every 512, 128 bands of Slaney's scale and norm from 0 to
11,025 Hz, then 10 log10(max(power, 1e-10)): no reference but 1, no floor relative to the peak. Hence how loud a
performance is can be seen in its spectrogram.

`piano22k_peak` is the usual other way, kept to show what it loses: peak of the waveform at 1, dB below the loudest bin
of the file, floor at -80 dB. It is the same for a soft and a loud performance, and what is silent is all loud.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from percepiano_core.audio.mel_cache.framing import BLOCK_FRAMES, blocks_of_frames, power_spectra
from percepiano_core.audio.mel_cache.mel_bands import BandGroup, band_powers, grouped

SAMPLE_RATE = 22050  # Hz
N_FFT, HOP, N_MELS = 2048, 512, 128
LOWEST_HZ, HIGHEST_HZ = 0.0, 11025.0
SMALLEST_POWER, FLOOR_DB = 1e-10, -100.0
PEAK_FLOOR_DB = -80.0  # of `piano22k_peak`, librosa's top_db


def fixed_reference(waveform: np.ndarray, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Spectrogram [1 + samples // 512, 128] in dB of a waveform [samples] within -1 to 1; -100 is silence.

    Frame k is centred at sample 512 k; zeros stand beyond the borders. It is computed in the precision of `dtype`.
    """
    power = mel_power(waveform, dtype)
    np.log10(np.maximum(power, SMALLEST_POWER, out=power), out=power)
    np.multiply(power, 10, out=power)
    return np.maximum(power, FLOOR_DB, out=power)  # 10 log10 of the single-precision 1e-10 is a little less


def file_peak_reference(waveform: np.ndarray, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Spectrogram like `fixed_reference`, in dB of the file's own loudest bin: 0 down to -80. The level is lost."""
    peak = max(float(waveform.max()), -float(waveform.min()), float(np.finfo(np.float32).tiny))
    decibel = fixed_reference(waveform.astype(np.float64) / peak, dtype)
    decibel -= decibel.max()
    return np.maximum(decibel, PEAK_FLOOR_DB, out=decibel)


def mel_power(waveform: np.ndarray, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Power [1 + samples // 512, 128] in each mel band."""
    frames = 1 + len(waveform) // HOP
    window, bands = _hann(np.dtype(dtype)), _bands(np.dtype(dtype))
    power = np.empty((frames, N_MELS), dtype)
    windowed = np.empty((min(frames, BLOCK_FRAMES), N_FFT), dtype)
    done = 0
    for block in blocks_of_frames(waveform, N_FFT, HOP, -(N_FFT // 2), frames):
        count = len(block)
        np.multiply(block, window, out=windowed[:count], casting="same_kind")
        band_powers(power_spectra(windowed[:count]), bands, power[done : done + count])
        done += count
    return power


@cache
def mel_matrix() -> np.ndarray:
    """Weights [128, 1025] float32 of the bins in each band: Slaney's scale and norm."""
    import librosa  # takes a second that who does not compute spectrograms need not wait for

    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=N_MELS, fmin=LOWEST_HZ, fmax=HIGHEST_HZ)


@cache
def _bands(dtype: np.dtype) -> tuple[BandGroup, ...]:
    return grouped(mel_matrix().astype(dtype))


@cache
def _hann(dtype: np.dtype) -> np.ndarray:
    return np.hanning(N_FFT + 1)[:-1].astype(dtype)  # periodic
