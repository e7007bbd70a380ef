"""Plain facts of one performance file: counts, first and last times, pedal events."""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.corpus.trim import music_end

PEDALS = {"sustain": 64, "sostenuto": 66, "soft": 67}  # MIDI controller numbers


def content_facts(performed: PerformedMidi) -> dict[str, float]:
    """Number of notes, times in seconds from the file's start, number of events of each pedal.

    `music_end_sec` is where the sound ends, `end_sec` the file's end of track (often 20 s later).
    """
    notes, numbers = performed.notes, performed.controls["number"]
    facts = {
        "n_notes": len(notes),
        "first_onset_sec": float(notes["onset_sec"].min()),
        "last_onset_sec": float(notes["onset_sec"].max()),
        "last_offset_sec": float(notes["offset_sec"].max()),
        "music_end_sec": music_end(performed),
        "end_sec": performed.end_sec,
    }
    return facts | {f"n_{pedal}": int(np.count_nonzero(numbers == number)) for pedal, number in PEDALS.items()}
