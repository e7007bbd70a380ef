"""Power spectra of a waveform, frame by frame, a block of frames at a time.

A block fits a processor's cache, and an hour of music needs little more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

N_FFT = 1024  # samples of a frame
BLOCK_FRAMES = 256  # 1 MB of samples in single precision


def hann(periodic: bool) -> np.ndarray:
    """Hann window [N_FFT] float64, periodic or symmetric."""
    return np.hanning(N_FFT + 1)[:-1] if periodic else np.hanning(N_FFT)


def frame_count(samples: int, hop: int, centred: bool) -> int:
    """Frames of a waveform of so many samples, one every `hop` samples; at least one.

    centred : frame k is centred at sample k * hop, else it begins there and lies inside the waveform whole
    """
    return samples // hop + 1 if centred else max(samples - N_FFT, 0) // hop + 1


def power_spectra(waveform: np.ndarray, window: np.ndarray, hop: int, centred: bool) -> Iterator[np.ndarray]:
    """Blocks [n, N_FFT // 2 + 1], in order, of the power spectra of a waveform's frames, in the window's precision.

    waveform : [samples], of which a frame beyond the borders mirrors those inside; one shorter than a frame needs is
        filled up with zeros; window : [N_FFT]; hop, centred : as in `frame_count`
    """
    import scipy.fft  # here: half a second that reading the settings of a model need not wait for

    frames = frame_count(len(waveform), hop, centred)
    waveform = _filled(waveform, N_FFT // 2 + 1 if centred else N_FFT)
    for first in range(0, frames, BLOCK_FRAMES):
        count = min(BLOCK_FRAMES, frames - first)
        begin = first * hop - (N_FFT // 2 if centred else 0)
        samples = _mirrored(waveform, begin, begin + (count - 1) * hop + N_FFT).astype(window.dtype, copy=False)
        framed = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::hop]
        spectrum = scipy.fft.rfft(framed * window, overwrite_x=True)
        yield np.square(spectrum.real) + np.square(spectrum.imag)


def _filled(waveform: np.ndarray, least: int) -> np.ndarray:
    return np.pad(waveform, (0, least - len(waveform))) if len(waveform) < least else waveform


def _mirrored(waveform: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Samples begin to end, where the waveform is mirrored at its first and its last sample."""
    if begin >= 0 and end <= len(waveform):
        return waveform[begin:end]
    last = len(waveform) - 1
    return waveform[last - np.abs(last - np.abs(np.arange(begin, end)))]
