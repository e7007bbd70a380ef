"""Frames of a waveform and their power spectra, a block of frames at a time.

A block fits a processor's cache, and an hour of music needs little more memory than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK_FRAMES = 256  # 2 MB of samples in single precision, with windows of 2048


def blocks_of_frames(waveform: np.ndarray, window: int, hop: int, first: int, frames: int) -> Iterator[np.ndarray]:
    """Views [n, window] of a waveform [samples], in order; frame k begins at sample `first` + k * `hop`.

    Samples before the first and after the last one are zeros.
    """
    for begin in range(0, frames, BLOCK_FRAMES):
        count = min(BLOCK_FRAMES, frames - begin)
        start = first + begin * hop
        samples = _between(waveform, start, start + (count - 1) * hop + window)
        yield np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]


def power_spectra(windowed: np.ndarray) -> np.ndarray:
    """Power [n, n_fft // 2 + 1] of frames [n, n_fft] that have been multiplied by a window, in their precision."""
    import scipy.fft  # here: half a second that reading the settings of a model need not wait for

    spectrum = scipy.fft.rfft(windowed)
    parts = spectrum.view(windowed.dtype)  # real and imaginary parts in turn
    np.multiply(parts, parts, out=parts)
    return parts[:, ::2] + parts[:, 1::2]


def _between(waveform: np.ndarray, begin: int, end: int) -> np.ndarray:
    """Samples begin to end, with zeros where there are none."""
    if begin >= 0 and end <= len(waveform):
        return waveform[begin:end]
    inside = waveform[max(begin, 0) : max(end, 0)]
    before = max(-begin, 0)
    return np.pad(inside, (before, end - begin - before - len(inside)))
