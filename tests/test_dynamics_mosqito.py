"""Our total loudness beside another implementation's, of another standard; skipped where it is not installed."""

from __future__ import annotations

import numpy as np
import pytest

from percepiano_core.dynamics.inputs.loudness import bark_loudness
from percepiano_core.dynamics.inputs.psychoacoustics import REFERENCE_DB

mosqito = pytest.importorskip("mosqito", reason="needs MoSQITo (pip install mosqito), which nothing else here does")
RATE = 48000  # that MoSQITo asks for
PASCAL = 20e-6 * 10 ** (REFERENCE_DB / 20)  # of an amplitude of 1


def chords(seconds: float = 2.0) -> np.ndarray:
    """Six chords of decaying partials, louder each time but the last two."""
    t = np.arange(round(seconds * RATE)) / RATE
    waveform = np.zeros_like(t)
    for index, amplitude in enumerate((0.02, 0.05, 0.1, 0.2, 0.1, 0.03)):
        since = t - index * seconds / 6
        for frequency in (220.0, 277.18, 329.63, 659.26, 1760.0):
            waveform += (
                np.where(since >= 0, np.exp(-3 * since) * np.sin(2 * np.pi * frequency * since), 0) * amplitude / 5
            )
    return waveform


@pytest.mark.slow
def test_loudness_moves_as_zwickers_does() -> None:
    waveform = chords()
    ours = bark_loudness(waveform, RATE).total
    zwicker, _, _, times = mosqito.loudness_zwtv(waveform * PASCAL, RATE)
    theirs = np.interp(np.arange(len(ours)) / 50, times, zwicker)
    assert np.corrcoef(ours, theirs)[0, 1] > 0.85
    assert np.corrcoef(ours[:-1], theirs[1:])[0, 1] > 0.95  # the ear's inertia, which ours leaves out, is about a frame
