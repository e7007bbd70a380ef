"""The performed notes alone, in ticks, as a table of notes: what a model reads that does not see the score.

Values: `onset_tick`, `offset_tick` (as in the file, exact in float32 below 2^24), `ticks_per_quarter`, `pitch`,
`velocity`; locations: quarter, and bar of four quarters, of the file's own grid. Notes are in order of
corpus.midi.NOTE_DTYPE. Ticks, because words are defined on them and files differ in tempo (docs/midibert.md).
"""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import NOTE_DTYPE, PerformedMidi
from percepiano_core.features.assembly import NoteTable

FIELDS = ("onset_tick", "offset_tick", "pitch", "velocity")
RESOLUTION = "ticks_per_quarter"


def performed_table(performed: PerformedMidi) -> NoteTable:
    """A performance as a table of its notes."""
    notes, resolution = performed.notes, performed.ticks_per_quarter
    values = {name: notes[name].astype(float) for name in FIELDS} | {RESOLUTION: np.full(len(notes), float(resolution))}
    quarter = notes["onset_tick"] // resolution
    masks = {name: np.ones(len(notes), dtype=bool) for name in values}
    return NoteTable(values, masks, {"beat": quarter, "measure": quarter // 4})


def performed_notes(table: NoteTable) -> tuple[np.ndarray, int]:
    """The notes that `performed_table` was made of (NOTE_DTYPE, seconds 0), and their ticks a quarter."""
    notes = np.zeros(len(table.locations["beat"]), dtype=NOTE_DTYPE)
    for name in FIELDS:
        notes[name] = table.values[name]
    return notes, int(table.values[RESOLUTION][0])
