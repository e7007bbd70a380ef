"""From a recording to what a network is given, by kind of input.

| kind | channels | a network of it learned from |
|---|---|---|
| `bssl` | 22 Bark bands in sone, the published input | recordings, or renderings |
| `logmel` | 128 mel bands in dB | the same |
| `curves8` | 8 channels of the total loudness, computed as MazurkaBL's curves are | those curves |

Source: spec dynamics.md, sections 1 and 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from percepiano_core.corpus.mazurkabl import CURVE_HOP, CURVE_RATE
from percepiano_core.dynamics.inputs.curves import CHANNELS, loudness_channels
from percepiano_core.dynamics.inputs.log_mel import N_MELS, LogMelExtractor
from percepiano_core.dynamics.inputs.loudness import N_FFT, PsychoFeatureExtractor
from percepiano_core.errors import UserError
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import SAMPLE_RATE, read_recording

PIECE_FRAMES = 4096  # computed at a time
MARGIN_FRAMES = 3  # more than half a window, and with a hop more than a whole one


@dataclass(frozen=True, slots=True)
class InputKind:
    """An input of `channels` channels, made by `compute` from a waveform at `sample_rate`; its value in silence."""

    channels: int
    sample_rate: int
    compute: Callable[[np.ndarray], np.ndarray]
    silence: float


def recording_inputs(path: Path | str, kinds: tuple[str, ...], peak_dbfs: float | None = -1.0) -> dict[str, np.ndarray]:
    """Inputs [channels, T] float32 of a recording by kind, all on the same frames of the grid of 50 a second.

    peak_dbfs : level that the loudest sample is brought to first; None keeps the recording's. DataError for a recording
    that cannot be read.
    """
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise UserError(unknown[0], "there is no such input", f"use {', '.join(KINDS)}")
    rates = {SAMPLE_RATE, *(KINDS[kind].sample_rate for kind in kinds)}
    waveforms = {rate: read_recording(path, rate, peak_dbfs) for rate in rates}
    frames = len(waveforms[SAMPLE_RATE]) // (SAMPLE_RATE // FPS) + 1
    return {kind: _fitted(KINDS[kind].compute(waveforms[KINDS[kind].sample_rate]), frames) for kind in kinds}


def kind_of_channels(channels: int) -> str:
    """The kind of input that has so many channels; UserError if none has."""
    for name, kind in KINDS.items():
        if kind.channels == channels:
            return name
    known = ", ".join(f"{name} has {kind.channels}" for name, kind in KINDS.items())
    raise UserError(f"{channels} channels", "no input of recordings has so many", f"use other weights ({known})")


def total_loudness(waveform: np.ndarray) -> np.ndarray:
    """Total loudness [T] in sone of a waveform [samples] at 22,050 Hz, 50 frames a second."""
    extractor = PsychoFeatureExtractor()
    return in_pieces(lambda piece: extractor(piece).total, waveform, extractor.hop)[0]


def in_pieces(extract: Callable[[Tensor], Tensor], waveform: np.ndarray, hop: int) -> np.ndarray:
    """Features [channels, T] of a waveform, a minute or so at a time, so that an hour needs no more memory.

    extract : features [channels, frames] of a piece of it [samples], a frame every `hop` samples. Pieces overlap by
    more than a window, so that what a piece's borders do to its frames is in no result.
    """
    pieces = []
    for first in range(0, len(waveform) // hop + 1, PIECE_FRAMES):
        margin = min(first, MARGIN_FRAMES)
        end = (first + PIECE_FRAMES + MARGIN_FRAMES) * hop + N_FFT
        with torch.inference_mode():
            features = extract(torch.from_numpy(waveform[(first - margin) * hop : end]))
        pieces.append(features[:, margin : margin + PIECE_FRAMES])
    return torch.cat(pieces, dim=1).numpy()


def _bark(waveform: np.ndarray) -> np.ndarray:
    extractor = PsychoFeatureExtractor()
    return in_pieces(lambda piece: extractor(piece).sone[0], waveform, extractor.hop)


def _log_mel(waveform: np.ndarray) -> np.ndarray:
    extractor = LogMelExtractor()
    return in_pieces(lambda piece: extractor(piece)[0], waveform, extractor.hop)


def _curves(waveform: np.ndarray) -> np.ndarray:
    extractor = PsychoFeatureExtractor(CURVE_RATE, CURVE_HOP, "ma")
    return loudness_channels(in_pieces(lambda piece: extractor(piece).total, waveform, CURVE_HOP)[0].astype(np.float64))


def _fitted(values: np.ndarray, frames: int) -> np.ndarray:
    """The values [channels, T] on so many frames: cut, or with the last one repeated."""
    lacking = max(frames - values.shape[1], 0)
    return np.pad(values[:, :frames], ((0, 0), (0, lacking)), mode="edge")


KINDS = {
    "bssl": InputKind(22, SAMPLE_RATE, _bark, 0.0),
    "logmel": InputKind(N_MELS, SAMPLE_RATE, _log_mel, -100.0),
    "curves8": InputKind(len(CHANNELS), CURVE_RATE, _curves, 0.0),
}
