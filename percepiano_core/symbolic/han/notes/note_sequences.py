"""The notes of performances as a model reads them, one after another without padding, and who belongs to what.

The published code pads and then guesses lengths from zeros, which are legal indices too (docs/released_code.md,
"Networks", 2 to 6). Here lengths are explicit, and beats and measures are ranks without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from percepiano_core.errors import DataError
from percepiano_core.symbolic.han.layers.recurrence import Unrolling, unroll


@dataclass(frozen=True, eq=False)
class NoteSequence:
    """One performance: features [t, w] and beat, measure (ranks from 0), voice (0: none) of its t notes [t].

    `descriptors` [d] describe the performance as a whole; none by default.
    """

    features: np.ndarray
    beat: np.ndarray
    measure: np.ndarray
    voice: np.ndarray
    descriptors: np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that belong to sequences, sequence after sequence.

    Attributes
    ----------
    lengths : rows of each sequence [s], at least 1, on the CPU
    owner : sequence of each row [m]
    device : where index tensors are kept
    """

    lengths: np.ndarray
    device: torch.device

    @cached_property
    def owner(self) -> Tensor:
        """Sequence of each row [m]."""
        return torch.from_numpy(np.repeat(np.arange(len(self.lengths)), self.lengths)).to(self.device)

    @cached_property
    def unrolling(self) -> Unrolling:
        """Layout of the sequences for a recurrence."""
        return unroll(self.lengths, self.device)

    def __len__(self) -> int:
        return len(self.lengths)


@dataclass(frozen=True, eq=False)
class NoteBatch:
    """Several performances: the notes of all, one performance after another.

    Attributes
    ----------
    features : [n, w]
    lengths : notes of each performance [b]
    beat, measure, voice : of each note [n]; ranks start at 0 in each performance
    descriptors : of each performance [b, d]
    """

    features: Tensor
    lengths: np.ndarray
    beat: np.ndarray
    measure: np.ndarray
    voice: np.ndarray
    descriptors: Tensor

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def notes(self) -> Rows:
        """Notes of each performance."""
        return Rows(self.lengths, self.features.device)

    @cached_property
    def voiced(self) -> Tensor:
        """Notes [m] that have a voice: performance after performance, voice after voice, in note order."""
        return self._tensor(self._by_voice[0])

    @cached_property
    def voices(self) -> Rows:
        """Notes of each voice of each performance, as `voiced` orders them."""
        return Rows(self._by_voice[1], self.features.device)

    @cached_property
    def beat_of_note(self) -> Tensor:
        """Beat of each note [n], counted through the batch."""
        return self._tensor(self._beat_rank)

    @cached_property
    def beats(self) -> Rows:
        """Beats of each performance."""
        return Rows(self._last(self.beat) + 1, self.features.device)

    @cached_property
    def measure_of_beat(self) -> Tensor:
        """Measure of each beat, counted through the batch; that of the beat's last note."""
        of_beat = np.zeros(self._beat_rank[-1] + 1, dtype=np.int64)
        of_beat[self._beat_rank] = self._measure_rank
        return self._tensor(of_beat)

    @cached_property
    def measure_of_note(self) -> Tensor:
        """Measure of each note [n], counted through the batch."""
        return self._tensor(self._measure_rank)

    @cached_property
    def measures(self) -> Rows:
        """Measures of each performance."""
        return Rows(self._last(self.measure) + 1, self.features.device)

    def to(self, device: torch.device | str) -> NoteBatch:
        """The same batch with its features, and whatever is derived from it, on `device`."""
        features, descriptors = self.features.to(device), self.descriptors.to(device)
        return NoteBatch(features, self.lengths, self.beat, self.measure, self.voice, descriptors)

    @cached_property
    def _by_voice(self) -> tuple[np.ndarray, np.ndarray]:
        performance = np.repeat(np.arange(len(self)), self.lengths)
        stream = performance * (self.voice.max() + 1) + self.voice
        order = np.argsort(stream, kind="stable")
        order = order[self.voice[order] > 0]
        return order, np.unique(stream[order], return_counts=True)[1]

    @cached_property
    def _beat_rank(self) -> np.ndarray:
        return self._counted_through(self.beat)

    @cached_property
    def _measure_rank(self) -> np.ndarray:
        return self._counted_through(self.measure)

    def _counted_through(self, rank: np.ndarray) -> np.ndarray:
        counts = self._last(rank) + 1
        return rank + np.repeat(np.cumsum(counts) - counts, self.lengths)

    def _last(self, rank: np.ndarray) -> np.ndarray:
        return rank[np.cumsum(self.lengths) - 1]

    def _tensor(self, index: np.ndarray) -> Tensor:
        return torch.from_numpy(index).to(self.features.device)


def note_sequence(
    name: str,
    features: np.ndarray,
    beat: np.ndarray,
    measure: np.ndarray,
    voice: np.ndarray,
    descriptors: np.ndarray | None = None,
) -> NoteSequence:
    """The notes of performance `name`, indices of beats and measures made ranks; DataError if they make no hierarchy.

    Indices must not decrease, a measure must not begin inside a beat, and voices count from 1 (0: none).
    """
    if not len(features):
        raise DataError(name, "it has no notes", "leave it out")
    if not np.isfinite(features).all():
        raise DataError(name, "a feature is missing or infinite", "fill missing values before a model reads them")
    if (np.diff(beat) < 0).any() or (np.diff(measure) < 0).any():
        raise DataError(name, "a beat or measure index decreases", "sort the notes by score onset")
    if ((np.diff(measure) > 0) & (np.diff(beat) == 0)).any():
        raise DataError(name, "a measure begins inside a beat", "number the beats through the whole piece")
    if (voice < 0).any():
        raise DataError(name, "a voice is negative", "count voices from 1, with 0 for none")
    beside = np.empty(0) if descriptors is None else descriptors
    return NoteSequence(
        features.astype(np.float32), _ranks(beat), _ranks(measure), voice.astype(np.int64), beside.astype(np.float32)
    )


def collate(sequences: Sequence[NoteSequence]) -> NoteBatch:
    """A batch of performances, in the order given."""

    def joined(field: str) -> np.ndarray:
        return np.concatenate([getattr(sequence, field) for sequence in sequences])

    lengths = np.array([len(sequence.features) for sequence in sequences])
    return NoteBatch(
        torch.from_numpy(joined("features")),
        lengths,
        joined("beat"),
        joined("measure"),
        joined("voice"),
        torch.from_numpy(np.stack([sequence.descriptors for sequence in sequences])),
    )


def _ranks(index: np.ndarray) -> np.ndarray:
    """Indices that do not decrease -> ranks from 0 without gaps."""
    return np.concatenate([[0], np.cumsum(np.diff(index) > 0)]).astype(np.int64)
