"""A performance as the descriptors take its time: ornaments whole, and the time of added notes cut out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.ornaments import with_whole_ornaments
from percepiano_core.alignment.tempo_map import added_notes, is_interrupted, seconds_around, tempo_map
from percepiano_core.corpus.midi import PerformedMidi


def timed_matches(alignment: Alignment, performed: PerformedMidi) -> tuple[np.ndarray, PerformedMidi]:
    """Matches [m, 2] of notes of which the beginning is known, and the performance with their times, in seconds.

    Times are those of whole ornaments. Where notes that the score does not have take time of their own between two
    score onsets, as much is cut out as leaves the tempo around: a jump is no tempo.
    """
    whole = with_whole_ornaments(performed, alignment)
    matches = alignment.matches[~np.isnan(whole.notes["onset_sec"][alignment.matches[:, 1]])]
    if not len(matches):
        return matches, whole
    course = tempo_map(alignment.score_notes, whole, matches)
    quarters, seconds = course.score_onsets, course.performed_onsets
    interrupted = is_interrupted(added_notes(alignment, performed), quarters, seconds)
    if not interrupted.any():
        return matches, whole
    kept = np.diff(quarters) * seconds_around(quarters, seconds)
    cuts = np.column_stack([np.minimum(seconds[:-1] + kept, seconds[1:]), seconds[1:]])[interrupted]
    return matches, _without(whole, cuts)


def _without(performed: PerformedMidi, cuts: np.ndarray) -> PerformedMidi:
    """The performance without some time, [c, 2] in seconds; of a controller's values within a cut the last stays."""
    notes, controls = performed.notes.copy(), performed.controls
    for field in ("onset_sec", "offset_sec"):
        notes[field] -= _cut_before(notes[field], cuts)
    dropped = np.zeros(len(controls), dtype=bool)
    for first, stop in cuts.tolist():
        within = np.flatnonzero((controls["sec"] >= first) & (controls["sec"] < stop))
        dropped[within] = True
        _, last = np.unique(controls["number"][within][::-1], return_index=True)
        dropped[within[::-1][last]] = False
    controls = controls[~dropped]
    controls["sec"] -= _cut_before(controls["sec"], cuts)
    return replace(performed, notes=notes, controls=controls)


def _cut_before(seconds: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    """How many seconds were cut out before each time [n]."""
    within = np.clip(seconds[:, None] - cuts[:, 0], 0.0, cuts[:, 1] - cuts[:, 0])
    return np.asarray(within.sum(axis=1))
