"""Beats without learning: librosa's dynamic-programming tracker (Ellis, JNMR 2007), a baseline.

It tracks from a waveform, or from what a network is given (loudness or log-mel at 50 frames a second), so that tracks
without audio have the baseline too. It knows no downbeats. See docs/dynamics_results.md, "Baselines without learning".
"""

from __future__ import annotations

import numpy as np

from percepiano_core.dynamics.inputs.spectrum import N_FFT
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE

TIGHTNESS = 20.0  # librosa's default of 100 holds the tempo too steady for rubato


def track_beats(waveform: np.ndarray, tightness: float = TIGHTNESS, sample_rate: int = SAMPLE_RATE) -> np.ndarray:
    """Times (seconds, increasing) of the beats of a waveform [samples]; none in silence.

    tightness : how closely beats keep to one tempo, above 0
    """
    if not waveform.any():
        return np.empty(0)
    import librosa  # here and below: it takes seconds that reading the settings of a model need not wait for

    _, beats = librosa.beat.beat_track(y=waveform, sr=sample_rate, tightness=tightness, units="time")
    return np.asarray(beats, dtype=np.float64)


def track_beats_of_features(features: np.ndarray, tightness: float = TIGHTNESS) -> np.ndarray:
    """Times (seconds, increasing) of the beats of features [bands, T] or of one curve [T], at 50 frames a second.

    Onsets are where the features rise, in sone or dB, on the mean of the bands.
    """
    import librosa

    hop = SAMPLE_RATE // FPS
    rise = librosa.onset.onset_strength(
        S=np.atleast_2d(features).astype(np.float32), sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=hop
    )
    if not rise.any():
        return np.empty(0)
    _, beats = librosa.beat.beat_track(
        onset_envelope=rise, sr=SAMPLE_RATE, hop_length=hop, tightness=tightness, units="frames"
    )
    return np.asarray(beats, dtype=np.float64) / FPS
