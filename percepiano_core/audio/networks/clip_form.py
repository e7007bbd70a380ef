"""What of a spectrogram a network hears: clips of one length, padded and normalised one way.

The rating belongs to the whole performance: training hears a random clip of it, a prediction all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.crops import (
    PUBLISHED_PADDING,
    centre_start,
    covering_starts,
    crop_weights,
    fill_batch,
)
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.mel_cache.normalisation import AUDIOSET, MelNormalisation, fit_normalisation
from percepiano_core.audio.networks.augmentation import Scale

Mels = Sequence[np.ndarray]  # spectrograms [frames, mels] float16, in the unit of the front end


@dataclass(frozen=True)
class ClipForm:
    """How clips are made of spectrograms.

    Attributes
    ----------
    frames : length of a clip
    padding : value behind the end of a shorter spectrogram, before normalising
    normalisation : by which front end the spectrograms are made, too
    centre : a prediction hears the clip at the centre, not all of the performance
    """

    frames: int
    padding: float
    normalisation: MelNormalisation
    centre: bool = False

    @property
    def scale(self) -> Scale:
        """The unit of normalised clips."""
        front, twice = front_end(self.normalisation.front_end), 2 * self.normalisation.std
        silence = float(np.float16(front.silence))  # as spectrograms are stored
        return Scale((silence - self.normalisation.mean) / twice, front.log_unit / twice)

    @property
    def description(self) -> dict[str, Any]:
        """JSON values that `restored_form` makes it of."""
        return asdict(self)

    def clips(self, mels: Mels, starts: np.ndarray) -> np.ndarray:
        """Normalised clips [B, frames, mels] float32 that begin at `starts` [B] of spectrograms [B]."""
        clips = np.empty((len(mels), self.frames, mels[0].shape[1]), np.float32)
        return fill_batch(mels, starts, self.normalisation, self.padding, clips)


def fitted_form(cache: MelCache, names: Sequence[str], frames: int, as_published: bool) -> ClipForm:
    """Clips normalised by the named performances alone; `as_published`: by AudioSet, and padded as its weights were."""
    if as_published:
        return ClipForm(frames, PUBLISHED_PADDING, AUDIOSET)
    return ClipForm(frames, cache.silence, fit_normalisation(cache, names))


def restored_form(description: Mapping[str, Any]) -> ClipForm:
    """The form that a description is of."""
    return ClipForm(**{**description, "normalisation": MelNormalisation(**description["normalisation"])})


@dataclass(frozen=True, eq=False)
class Heard:
    """The clips that predictions hear: spectrogram [c] of each by its index, first frame [c], frames of music [c]."""

    rows: np.ndarray
    starts: np.ndarray
    weights: np.ndarray


def heard_clips(mels: Mels, frames: int, centre: bool = False) -> Heard:
    """Clips half a clip apart that cover each spectrogram, the last flush with its end; or the one at its centre."""
    lengths = [len(mel) for mel in mels]
    starts = [np.array([centre_start(n, frames)]) if centre else covering_starts(n, frames) for n in lengths]
    weights = [crop_weights(n, frames, each) for n, each in zip(lengths, starts, strict=True)]
    rows = np.repeat(np.arange(len(mels)), [len(each) for each in starts])
    return Heard(rows, np.concatenate(starts), np.concatenate(weights).astype(float))
