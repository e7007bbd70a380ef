"""Where the music of a recording ends: many PercePiano files go on for 20 s of silence (docs/corpus.md)."""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi

SUSTAIN = 64  # MIDI controller of the sustain pedal
DOWN = 64  # MIDI 1.0: a value of 64 and above is down


def music_end(performed: PerformedMidi) -> float:
    """Second at which the last note is over: its note-off, or the release of a sustain pedal that holds it.

    A pedal that is still down when the file ends counts for nothing: the end of track is an arbitrary 20 s late, so
    the note-off is the last event that a person made. Pedal moves after everything has been damped do not count either.
    """
    last_offset = float(performed.notes["offset_sec"].max())
    sustain = performed.controls[performed.controls["number"] == SUSTAIN]
    down = sustain["value"] >= DOWN
    before = sustain["sec"] <= last_offset
    held = bool(before.any()) and bool(down[before][-1])
    releases = sustain["sec"][~down & ~before]
    return float(np.min(releases)) if held and len(releases) else last_offset
