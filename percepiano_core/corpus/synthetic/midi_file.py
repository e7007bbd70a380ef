"""A performance as a MIDI file of one track, as the recordings of the real corpus are written."""

from __future__ import annotations

import io

import mido

from percepiano_core.corpus.synthetic.playing import TICKS_PER_QUARTER, TICKS_PER_SECOND, Playing

_TEMPO = 500_000  # microseconds a quarter: an arbitrary clock
_LATE_END_SECONDS = 20.5  # typical of the real recordings (docs/corpus.md, "MIDI files")
_OFF, _CONTROL, _ON = range(3)  # order at equal ticks: a key is released before it is struck


def midi_bytes(playing: Playing, late_end: bool = False) -> bytes:
    """The file's bytes; `late_end` puts the end of track long after the last note."""
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name="synthetic"))
    track.append(mido.MetaMessage("set_tempo", tempo=_TEMPO))
    now = 0
    for tick, _, message in sorted(_events(playing), key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=round(late_end * _LATE_END_SECONDS * TICKS_PER_SECOND)))
    file = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_QUARTER, tracks=[track]).save(file=file)
    return file.getvalue()


def _events(playing: Playing) -> list[tuple[int, int, mido.Message]]:
    events = [
        (tick, _CONTROL, mido.Message("control_change", control=number, value=value))
        for tick, number, value in playing.controls
    ]
    for note in playing.notes:
        pitch, velocity = int(note["pitch"]), int(note["velocity"])
        events.append((int(note["onset_tick"]), _ON, mido.Message("note_on", note=pitch, velocity=velocity)))
        events.append((int(note["offset_tick"]), _OFF, mido.Message("note_off", note=pitch, velocity=64)))
    return events
