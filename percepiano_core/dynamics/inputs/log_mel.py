"""Log-mel spectrograms, the other input of the dynamics network (docs/dynamics_inputs.md, "Log-mel")."""

from __future__ import annotations

import numpy as np

from percepiano_core.dynamics.inputs.spectrum import N_FFT, hann, power_spectra
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE

N_MELS = 128
LOWEST_HZ, HIGHEST_HZ = 30.0, 11025.0
SMALLEST_POWER = 1e-10  # -100 dB


def log_mel(waveform: np.ndarray, sample_rate: int = SAMPLE_RATE, dtype: type[np.floating] = np.float32) -> np.ndarray:
    """Spectrogram [N_MELS, T] in dB of a waveform [samples], 50 frames a second; frame k is centred at k / 50 s.

    Slaney's mel bands, Slaney's norm, no upper limit of the range. It is computed in the precision of `dtype`.
    """
    import librosa  # takes seconds that nobody else who imports this module need wait for

    mel = librosa.filters.mel(sr=sample_rate, n_fft=N_FFT, n_mels=N_MELS, fmin=LOWEST_HZ, fmax=HIGHEST_HZ).astype(dtype)
    spectra = power_spectra(waveform, hann(periodic=True).astype(dtype), sample_rate // FPS, centred=True)
    power = np.concatenate([mel @ block.T for block in spectra], axis=1)
    return 10 * np.log10(np.maximum(power, SMALLEST_POWER, out=power), out=power)
