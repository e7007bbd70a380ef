"""Ticks of a MIDI file as seconds, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.midi_chunks import DEFAULT_TEMPO, MidiEvents


@dataclass(frozen=True, eq=False)
class Clock:
    """Pieces of constant tempo [n]: the tick and the second at which each begins, and its seconds a tick."""

    ticks: np.ndarray
    seconds: np.ndarray
    second_per_tick: np.ndarray

    def second(self, ticks: np.ndarray) -> np.ndarray:
        """Seconds [k] of ticks [k]."""
        piece = np.searchsorted(self.ticks, ticks, side="right") - 1
        return self.seconds[piece] + (ticks - self.ticks[piece]) * self.second_per_tick[piece]

    def tick(self, seconds: np.ndarray) -> np.ndarray:
        """The last ticks [k] at or before seconds [k]."""
        piece = np.searchsorted(self.seconds, seconds, side="right") - 1
        passed = (seconds - self.seconds[piece]) / self.second_per_tick[piece]
        return self.ticks[piece] + np.floor(passed).astype("i8")


def clock_of(events: MidiEvents) -> Clock:
    """The tempo events of all tracks together, wherever they are; the last of those on one tick counts."""
    if events.tick_seconds is not None:
        return Clock(np.zeros(1, dtype="i8"), np.zeros(1), np.array([events.tick_seconds]))
    changes = {0: DEFAULT_TEMPO}
    changes.update(sorted((tempo for track in events.tracks for tempo in track.tempos), key=lambda tempo: tempo[0]))
    starts = np.array(sorted(changes), dtype="i8")
    second_per_tick = np.array([changes[tick] for tick in starts.tolist()]) * 1e-6 / events.ticks_per_quarter
    start_seconds = np.concatenate([[0.0], np.cumsum(np.diff(starts) * second_per_tick[:-1])])
    return Clock(starts, start_seconds, second_per_tick)
