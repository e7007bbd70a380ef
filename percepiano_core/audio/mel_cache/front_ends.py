"""Front ends: from a waveform to a log-mel spectrogram [frames, 128], by name.

| name | rate | frames a second | unit | for |
|---|---|---|---|---|
| `piano22k` | 22,050 Hz | 43.07 | dB | models trained here |
| `ast16k` | 16,000 Hz | 100 | natural logarithm | published AST and SSAST weights |
| `piano22k_peak` | 22,050 Hz | 43.07 | dB below the file's peak | showing what the level is worth |

A spectrogram is made from a recording's own level: how loud a performance is, is part of how it is perceived.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np

from percepiano_core.audio.mel_cache import ast16k, piano22k
from percepiano_core.digest import block_digest
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound.recording import read_recording
from percepiano_core.sound.repair import Tell, unheard
from percepiano_core.wording import counted

DECIBEL = 10 / math.log(10)  # per unit of the natural logarithm of power


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One way from sound to spectrogram.

    Attributes
    ----------
    name : in FRONT_ENDS
    sample_rate : Hz, of the waveform that it takes
    window, hop : samples of a frame, and from one to the next
    mels : bands
    silence : the smallest value, that of silence
    log_unit : its values are `log_unit` ln(power)
    formula : what else it depends on, in words
    version : raised by hand where the same parameters come to mean other numbers
    spectrogram : waveform [samples] float32 within -1 to 1 -> [frames, mels] float32, no checks
    """

    name: str
    sample_rate: int
    window: int
    hop: int
    mels: int
    silence: float
    log_unit: float
    formula: str
    version: int
    spectrogram: Callable[[np.ndarray], np.ndarray]

    @property
    def frames_per_second(self) -> float:
        """Frames a second."""
        return self.sample_rate / self.hop

    @property
    def digest(self) -> str:
        """12 digits that differ between front ends whose numbers may differ."""
        parameters = ("name", "sample_rate", "window", "hop", "mels", "silence", "log_unit", "formula", "version")
        return block_digest({name: getattr(self, name) for name in parameters})


def front_end(name: str) -> FrontEnd:
    """The front end of a name; UserError if there is none."""
    if name not in FRONT_ENDS:
        raise UserError(name, "there is no such front end", f"use {', '.join(FRONT_ENDS)}")
    return FRONT_ENDS[name]


def mel_of_recording(path: Path | str, front: FrontEnd, tell: Tell = unheard) -> np.ndarray:
    """Spectrogram [frames, 128] float32 of a recording at its own level.

    tell : is called with each thing that was repaired. DataError for a file that cannot be read, has samples that are
    no numbers, is silent throughout, or is shorter than a frame.
    """
    waveform = read_recording(path, front.sample_rate, peak_dbfs=None, tell=tell)
    if not waveform.any():
        raise DataError(path, "it is silent throughout", "see that it is the right file, or record it again")
    return mel_of_waveform(waveform, front.sample_rate, front, path)


def mel_of_waveform(
    waveform: np.ndarray, sample_rate: int, front: FrontEnd, subject: str | PathLike[str] = "waveform"
) -> np.ndarray:
    """Spectrogram [frames, 128] float32 of a waveform [samples] within -1 to 1.

    subject : what an error is about. DataError for another sampling rate, something that is no waveform, samples that
    are no numbers, and less than a frame.
    """
    if sample_rate != front.sample_rate:
        problem = f"it has {sample_rate} samples a second, and {front.name} takes {front.sample_rate}"
        raise DataError(subject, problem, f"read it by sound.recording.read_recording at {front.sample_rate}")
    if waveform.ndim != 1 or waveform.dtype.kind != "f":
        problem = f"it is {waveform.dtype} of shape {list(waveform.shape)}, no waveform of one channel"
        raise DataError(subject, problem, "give floating-point samples [n] within -1 to 1, the mean of the channels")
    if len(waveform) < front.window:
        problem = f"it is too short: {counted(len(waveform), 'sample')}, and a frame of {front.name} is {front.window}"
        raise DataError(subject, problem, "give the whole recording, or leave it out")
    if not np.isfinite(waveform).all():
        first = int(np.argmin(np.isfinite(waveform))) / sample_rate
        problem = f"it has samples that are not finite numbers, the first at {first:.2f} s"
        raise DataError(subject, problem, "export it again; an effect or a conversion that fails writes such samples")
    return front.spectrogram(waveform)


_PIANO22K = FrontEnd(
    name="piano22k",
    sample_rate=piano22k.SAMPLE_RATE,
    window=piano22k.N_FFT,
    hop=piano22k.HOP,
    mels=piano22k.N_MELS,
    silence=piano22k.FLOOR_DB,
    log_unit=DECIBEL,
    formula="periodic Hann, centred, zeros outside; Slaney mel 0-11025 Hz; 10 log10 max(power, 1e-10)",
    version=1,
    spectrogram=piano22k.fixed_reference,
)
_PIANO22K_PEAK = replace(
    _PIANO22K,
    name="piano22k_peak",
    silence=piano22k.PEAK_FLOOR_DB,
    formula="piano22k of the waveform at peak 1, in dB of its loudest bin, not below -80",
    spectrogram=piano22k.file_peak_reference,
)
_AST16K = FrontEnd(
    name="ast16k",
    sample_rate=ast16k.SAMPLE_RATE,
    window=ast16k.WINDOW,
    hop=ast16k.HOP,
    mels=ast16k.N_MELS,
    silence=ast16k.FLOOR,
    log_unit=1.0,
    formula="Kaldi: mean of a frame off, pre-emphasis 0.97, symmetric Hann, 512 bins, mel 20-8000 Hz, ln",
    version=1,
    spectrogram=ast16k.kaldi_log_mel,
)
FRONT_ENDS = {each.name: each for each in (_PIANO22K, _AST16K, _PIANO22K_PEAK)}
