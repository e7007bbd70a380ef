"""`ast16k`: Kaldi-compatible log-mel at 16 kHz, the input that AST and SSAST were published with.

torchaudio's `compliance.kaldi.fbank` with the released arguments (window "hanning", 128 bands, dither 0, no energy):
frames of 400 samples every 160 inside the recording, mean of each frame taken off, pre-emphasis 0.97, symmetric Hann
window, power of 512 bins, triangles in mel = 1127 ln(1 + f / 700) from 20 to 8000 Hz, natural logarithm from the
smallest step of single precision on. The released code takes the mean of the whole recording off first, which changes
nothing, since each frame's mean goes.

Band 3 (counted from 0) has no bin of its own and is always at the floor; the published weights know it so.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from percepiano_core.audio.mel_cache.framing import BLOCK_FRAMES, blocks_of_frames, power_spectra
from percepiano_core.audio.mel_cache.mel_bands import BandGroup, band_powers, grouped

SAMPLE_RATE = 16000  # Hz
WINDOW, HOP, N_FFT, N_MELS = 400, 160, 512, 128
LOWEST_HZ, HIGHEST_HZ = 20.0, 8000.0
PRE_EMPHASIS = 0.97
SMALLEST_POWER = float(np.finfo(np.float32).eps)  # 1.1920929e-07
FLOOR = float(np.log(np.float32(SMALLEST_POWER)))  # -15.942385
MEL_HZ, MEL_SCALE = 700.0, 1127.0


def kaldi_log_mel(waveform: np.ndarray, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Spectrogram [1 + (samples - 400) // 160, 128], natural logarithm, of a waveform [samples] within -1 to 1.

    A waveform of fewer than 400 samples has no frame. It is computed in the precision of `dtype`.
    """
    frames = max(1 + (len(waveform) - WINDOW) // HOP, 0)
    window, bands = _hann(np.dtype(dtype)), _bands(np.dtype(dtype))
    power = np.empty((frames, N_MELS), dtype)
    centred = np.empty((min(frames, BLOCK_FRAMES), WINDOW), dtype)
    windowed = np.zeros((min(frames, BLOCK_FRAMES), N_FFT), dtype)  # zeros stay behind each frame
    done = 0
    for block in blocks_of_frames(waveform.astype(dtype, copy=False), WINDOW, HOP, 0, frames):
        count = len(block)
        samples = np.subtract(block, block.mean(axis=1, keepdims=True), out=centred[:count])
        emphasised = windowed[:count, 1:WINDOW]  # of the first sample, the window leaves nothing
        np.multiply(samples[:, :-1], -dtype(PRE_EMPHASIS), out=emphasised)
        np.add(emphasised, samples[:, 1:], out=emphasised)
        np.multiply(emphasised, window[1:], out=emphasised)
        band_powers(power_spectra(windowed[:count]), bands, power[done : done + count])
        done += count
    return np.log(np.maximum(power, SMALLEST_POWER, out=power), out=power)


@cache
def mel_matrix() -> np.ndarray:
    """Weights [128, 257] float64 of the bins in each band: triangles in mel, none for half the sampling rate."""
    edges = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), N_MELS + 2)
    bins = _mel(np.arange(N_FFT // 2) * SAMPLE_RATE / N_FFT)
    left, centre, right = (edges[shift : shift + N_MELS, None] for shift in range(3))
    triangles = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    return np.pad(np.maximum(triangles, 0), ((0, 0), (0, 1)))


def _mel(hertz: np.ndarray | float) -> np.ndarray:
    return MEL_SCALE * np.log1p(np.asarray(hertz) / MEL_HZ)


@cache
def _bands(dtype: np.dtype) -> tuple[BandGroup, ...]:
    return grouped(mel_matrix().astype(dtype))


@cache
def _hann(dtype: np.dtype) -> np.ndarray:
    return np.hanning(WINDOW).astype(dtype)  # symmetric
