"""Log-mel spectrograms, the other input of the dynamics network (spec: dynamics.md, section 1.2)."""

from __future__ import annotations

import librosa
import torch
from torch import Tensor, nn

from percepiano_core.dynamics.inputs.loudness import N_FFT, framed
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE

N_MELS = 128
LOWEST_HZ, HIGHEST_HZ = 30.0, 11025.0
SMALLEST_POWER = 1e-10  # -100 dB


class LogMelExtractor(nn.Module):
    """From waveforms to log-mel spectrograms in dB: Slaney's mel bands, Slaney's norm, no upper limit of the range."""

    window: Tensor
    to_mel: Tensor

    def __init__(self, sample_rate: int = SAMPLE_RATE, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.hop = sample_rate // FPS
        mel = librosa.filters.mel(sr=sample_rate, n_fft=N_FFT, n_mels=N_MELS, fmin=LOWEST_HZ, fmax=HIGHEST_HZ)
        self.register_buffer("window", torch.hann_window(N_FFT, dtype=dtype), persistent=False)
        self.register_buffer("to_mel", torch.from_numpy(mel).to(dtype), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Spectrograms [B, 128, T] in dB of waveforms [B, samples] or [samples]; frame k is centred at k * hop."""
        frames = framed(torch.atleast_2d(waveform).to(self.window.dtype), self.hop, centred=True)
        spectrum = torch.fft.rfft(frames[:, : waveform.shape[-1] // self.hop + 1] * self.window)
        power = spectrum.real.square() + spectrum.imag.square()
        return 10 * torch.log10((self.to_mel @ power.transpose(1, 2)).clamp(min=SMALLEST_POWER))
