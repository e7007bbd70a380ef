"""Performed notes and pedals of a MIDI file, in ticks and seconds.

All tracks are merged and the tempo map is applied. Times are kept in ticks too, because notes and pedals that share a
tick must compare as equal: in seconds of floating point, about one pedal value in a hundred of PercePiano flips.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np

from percepiano_core.errors import DataError

NOTE_DTYPE = np.dtype(
    [
        ("onset_tick", "i8"),
        ("offset_tick", "i8"),
        ("onset_sec", "f8"),
        ("offset_sec", "f8"),
        ("pitch", "i2"),
        ("velocity", "i2"),
    ]
)
CONTROL_DTYPE = np.dtype([("tick", "i8"), ("sec", "f8"), ("number", "i2"), ("value", "i2")])
DEFAULT_TEMPO = 500_000  # microseconds a quarter, MIDI 1.0


@dataclass(frozen=True)
class PerformedMidi:
    """What was played.

    Attributes
    ----------
    notes : structured array of NOTE_DTYPE, sorted by (onset tick, pitch, length in ticks); the row is the note's index
    controls : structured array of CONTROL_DTYPE in file order of time (64 sustain, 66 sostenuto, 67 soft)
    ticks_per_quarter : resolution of the file
    end_sec : the file's end of track in seconds; often 20 s after the last note, never a duration
    """

    notes: np.ndarray
    controls: np.ndarray
    ticks_per_quarter: int
    end_sec: float


def read_performance(path: Path | str) -> PerformedMidi:
    """Read a performance; DataError if the file is missing, truncated, or holds no notes."""
    try:
        midi = mido.MidiFile(path)
    except FileNotFoundError:
        raise DataError(path, "no such MIDI file", "restore it or remove its line from the manifest") from None
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        reason = str(error) or "the file ends in the middle"
        raise DataError(path, f"not a readable MIDI file ({reason})", "replace it by an intact copy") from None
    ticks, messages = _merged(midi)
    seconds = _tick_to_second(ticks, messages, midi.ticks_per_beat)
    notes = _notes(ticks, seconds, messages)
    if not len(notes):
        raise DataError(path, "the performance has no notes", "replace it by a recording of the segment")
    return PerformedMidi(notes, _controls(ticks, seconds, messages), midi.ticks_per_beat, float(seconds[-1]))


def _merged(midi: mido.MidiFile) -> tuple[np.ndarray, list[mido.Message]]:
    """Absolute ticks [n] and messages of all tracks, in time order (tracks in file order at equal ticks)."""
    timed = []
    for track in midi.tracks:
        tick = 0
        for message in track:
            tick += message.time
            timed.append((tick, message))
    timed.sort(key=lambda pair: pair[0])
    return np.array([tick for tick, _ in timed], dtype="i8"), [message for _, message in timed]


def _tick_to_second(ticks: np.ndarray, messages: list[mido.Message], ticks_per_quarter: int) -> np.ndarray:
    """Seconds [n] of every message under the file's tempo map."""
    changes = {0: DEFAULT_TEMPO}
    changes.update((int(t), m.tempo) for t, m in zip(ticks, messages, strict=True) if m.type == "set_tempo")
    starts = np.array(sorted(changes), dtype="i8")
    second_per_tick = np.array([changes[t] for t in starts.tolist()]) * 1e-6 / ticks_per_quarter
    start_seconds = np.concatenate([[0.0], np.cumsum(np.diff(starts) * second_per_tick[:-1])])
    piece = np.searchsorted(starts, ticks, side="right") - 1
    return start_seconds[piece] + (ticks - starts[piece]) * second_per_tick[piece]


def _notes(ticks: np.ndarray, seconds: np.ndarray, messages: list[mido.Message]) -> np.ndarray:
    """Notes from note-on / note-off pairs; the earliest open note of a pitch closes first."""
    sounding: dict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)
    rows = []
    for index, message in enumerate(messages):
        if message.type not in ("note_on", "note_off"):
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding[key].append((index, message.velocity))
        elif sounding[key]:
            start, velocity = sounding[key].popleft()
            rows.append((ticks[start], ticks[index], seconds[start], seconds[index], message.note, velocity))
    notes = np.array(rows, dtype=NOTE_DTYPE)
    return notes[np.lexsort((notes["offset_tick"], notes["pitch"], notes["onset_tick"]))]


def _controls(ticks: np.ndarray, seconds: np.ndarray, messages: list[mido.Message]) -> np.ndarray:
    rows = [
        (ticks[i], seconds[i], message.control, message.value)
        for i, message in enumerate(messages)
        if message.type == "control_change"
    ]
    return np.array(rows, dtype=CONTROL_DTYPE)
