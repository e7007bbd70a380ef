"""From a recording to what a network is given, by kind of input.

| kind | channels | a network of it learned from |
|---|---|---|
| `bssl` | 22 Bark bands in sone, the published input | recordings, or renderings |
| `logmel` | 128 mel bands in dB | the same |
| `curves8` | 8 channels of the total loudness, computed as MazurkaBL's curves are | those curves |

Formulas: docs/dynamics_inputs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from percepiano_core.corpus.mazurkabl import CURVE_HOP, CURVE_RATE
from percepiano_core.dynamics.inputs.curves import CHANNELS, loudness_channels
from percepiano_core.dynamics.inputs.log_mel import N_MELS, log_mel
from percepiano_core.dynamics.inputs.loudness import bark_loudness
from percepiano_core.errors import UserError
from percepiano_core.sound.frame_grid import FPS
from percepiano_core.sound.recording import PEAK_DBFS, SAMPLE_RATE, read_at_rates
from percepiano_core.sound.repair import Tell, unheard


@dataclass(frozen=True, slots=True)
class InputKind:
    """An input of `channels` channels, made by `compute` from a waveform at `sample_rate`."""

    channels: int
    sample_rate: int
    compute: Callable[[np.ndarray], np.ndarray]


def recording_inputs(
    path: Path | str, kinds: tuple[str, ...], peak_dbfs: float | None = PEAK_DBFS, tell: Tell = unheard
) -> dict[str, np.ndarray]:
    """Inputs [channels, T] float32 of a recording by kind, all on the same frames of the grid of 50 a second.

    peak_dbfs : level that the loudest sample is brought to first; None keeps the recording's. tell : is called with
    each thing that was repaired in the recording. DataError for one that cannot be read.
    """
    return waveform_inputs(read_at_rates(path, rates_of(kinds), peak_dbfs, tell), kinds)


def rates_of(kinds: Iterable[str]) -> list[int]:
    """Sample rates (Hz) at which the inputs of these kinds need a recording; UserError for a kind there is not."""
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise UserError(unknown[0], "there is no such input", f"use {', '.join(KINDS)}")
    return sorted({SAMPLE_RATE, *(KINDS[kind].sample_rate for kind in kinds)})


def waveform_inputs(waveforms: Mapping[int, np.ndarray], kinds: Iterable[str]) -> dict[str, np.ndarray]:
    """Inputs as `recording_inputs` gives them, from a recording's waveform [samples] at each of `rates_of(kinds)`."""
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
    return bark_loudness(waveform).total


def _bark(waveform: np.ndarray) -> np.ndarray:
    return bark_loudness(waveform).sone


def _curves(waveform: np.ndarray) -> np.ndarray:
    return loudness_channels(bark_loudness(waveform, CURVE_RATE, CURVE_HOP, "ma").total.astype(np.float64))


def _fitted(values: np.ndarray, frames: int) -> np.ndarray:
    """The values [channels, T] on so many frames: cut, or with the last one repeated."""
    lacking = max(frames - values.shape[1], 0)
    return np.pad(values[:, :frames], ((0, 0), (0, lacking)), mode="edge")


KINDS = {
    "bssl": InputKind(22, SAMPLE_RATE, _bark),
    "logmel": InputKind(N_MELS, SAMPLE_RATE, log_mel),
    "curves8": InputKind(len(CHANNELS), CURVE_RATE, _curves),
}
