"""A performance as a MIDI file that every program reads alike: what was read, without what had to be repaired."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np

from percepiano_core.corpus.midi import PerformedMidi

TICKS_PER_QUARTER, TICKS_PER_SECOND = 480, 960  # at 120 quarters a minute, the tempo of a file without one
_OFF, _CONTROL, _ON = range(3)  # order at equal ticks: a key is released before it is struck


def write_performance(path: Path | str, performed: PerformedMidi) -> None:
    """Write notes and controllers, to the nearest of 960 ticks a second; the file ends with the last of them."""
    track = mido.MidiTrack()
    now = 0
    for tick, _, message in sorted(_events(performed), key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_QUARTER, tracks=[track]).save(path)


def _events(performed: PerformedMidi) -> list[tuple[int, int, mido.Message]]:
    events = []
    for note in performed.notes:
        begin, end = (int(np.rint(note[name] * TICKS_PER_SECOND)) for name in ("onset_sec", "offset_sec"))
        pitch, velocity = int(note["pitch"]), int(note["velocity"])
        events.append((begin, _ON, mido.Message("note_on", note=pitch, velocity=velocity)))
        events.append((max(end, begin + 1), _OFF, mido.Message("note_off", note=pitch)))
    for control in performed.controls:
        message = mido.Message("control_change", control=int(control["number"]), value=int(control["value"]))
        events.append((int(np.rint(control["sec"] * TICKS_PER_SECOND)), _CONTROL, message))
    return events
