"""Bark-scale specific loudness (BSSL): how loud each Bark band of a recording sounds, frame by frame, in sone.

Two modes of one routine (spec: dynamics.md, section 1.1). `paper` is the input of the dynamics network. `ma` follows
the MA toolbox, from which the loudness curves that MazurkaBL publishes come: frames are not centred, the window is
symmetric, power is 6 dB higher, and the band that half the sampling rate cuts is kept. The level of those curves is not
known to a constant factor, so normalise per recording before comparing or learning.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from percepiano_core.dynamics.inputs.psychoacoustics import (
    REFERENCE_DB,
    SONE_DB_PER_DOUBLING,
    SONE_KNEE_DB,
    SONE_LOW_EXPONENT,
    STEVENS_SHARE,
    band_power_matrix,
)
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE

N_FFT = 1024


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
    """Loudness of a batch: `bark` dB and `sone` are [B, bands, T], the total loudness `total` (sone) is [B, T]."""

    bark: Tensor
    sone: Tensor
    total: Tensor


class PsychoFeatureExtractor(nn.Module):
    """From waveforms to Bark-scale specific loudness; no parameter is learned."""

    window: Tensor
    to_bands: Tensor

    def __init__(
        self,
        sample_rate: int = SAMPLE_RATE,
        hop: int | None = None,
        mode: str | LoudnessMode = "paper",
        ear: str = "terhardt",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Prepare the window and the matrix of the bands.

        hop : samples between frames; None gives 50 frames a second
        mode : name in MODES, or a mode of one's own
        ear : outer ear model (psychoacoustics.EARS)
        """
        super().__init__()
        self.mode = MODES[mode] if isinstance(mode, str) else mode
        self.hop = hop or round(sample_rate / FPS)
        window = torch.hann_window(N_FFT, periodic=self.mode.periodic, dtype=torch.float64)
        bands = band_power_matrix(sample_rate, N_FFT, ear, self.mode.partial_band, self.mode.dc_weight)
        scale = 10 ** (REFERENCE_DB / 10) * self.mode.power_gain / float(window.sum()) ** 2
        self.register_buffer("window", window.to(dtype), persistent=False)
        self.register_buffer("to_bands", torch.from_numpy(bands * scale).to(dtype), persistent=False)

    @property
    def bands(self) -> int:
        """Number of Bark bands."""
        return self.to_bands.shape[0]

    def frame_count(self, samples: int) -> int:
        """Frames of a waveform of so many samples; at least one."""
        if self.mode.centred:
            return samples // self.hop + 1
        return max(samples - N_FFT, 0) // self.hop + 1

    def forward(self, waveform: Tensor) -> Loudness:
        """Loudness of waveforms [B, samples] or [samples] within -1 to 1; one shorter than a window is zero-padded."""
        frames = framed(torch.atleast_2d(waveform).to(self.window.dtype), self.hop, self.mode.centred)
        frames = frames[:, : self.frame_count(waveform.shape[-1])]
        spectrum = torch.fft.rfft(frames * self.window)
        power = spectrum.real.square() + spectrum.imag.square()  # [B, T, bins]
        bark = 10 * torch.log10((self.to_bands @ power.transpose(1, 2)).clamp(min=1))
        loudness = sone(bark)
        return Loudness(bark=bark, sone=loudness, total=total_loudness(loudness))


def framed(waveform: Tensor, hop: int, centred: bool) -> Tensor:
    """Frames [B, T, N_FFT] of waveforms [B, samples] as a view; short waveforms are zero-padded to one window."""
    half = N_FFT // 2
    if not centred:
        return functional.pad(waveform, (0, max(N_FFT - waveform.shape[-1], 0))).unfold(-1, N_FFT, hop)
    lacking = max(half + 1 - waveform.shape[-1], 0)  # reflection needs more samples than it mirrors
    reflected = functional.pad(functional.pad(waveform, (0, lacking))[:, None], (half, half), mode="reflect")
    return reflected[:, 0].unfold(-1, N_FFT, hop)


def sone(decibel: Tensor) -> Tensor:
    """Specific loudness of band levels in dB, which are 0 or more: 1 sone at 40 dB, twice as much every 10 dB."""
    loud = torch.exp2((decibel - SONE_KNEE_DB) / SONE_DB_PER_DOUBLING)
    soft = (decibel / SONE_KNEE_DB) ** SONE_LOW_EXPONENT
    return torch.where(decibel >= SONE_KNEE_DB, loud, soft)


def total_loudness(loudness: Tensor) -> Tensor:
    """Total loudness [B, T] of specific loudness [B, bands, T] (Stevens): the loudest band and a share of the rest."""
    loudest = loudness.amax(dim=1)
    return loudest + STEVENS_SHARE * (loudness.sum(dim=1) - loudest)
