"""A score of a MIDI transcription, on the beats that were heard in the recording it was made from.

Deliberately plain: a beat is a quarter, notes begin on sixteenths, each staff has one voice whose chords last at most
until the next, middle C divides the staves. Good enough to read the dynamics on; no edition.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from partitura.musicanalysis import estimate_spelling
from partitura.score import Clef, Note, Part, Rest, TimeSignature, add_measures, tie_notes

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import UserError

DIVISIONS = 4  # of a quarter: sixteenths
LOWEST_OF_UPPER_STAFF = 60
LONGEST_OVERHANG_SEC = 600.0  # of notes after the last beat: more is of another recording, and a score of nothing
COMMON_BAR, SHORTEST_BAR, LONGEST_BAR = 4, 2, 12  # quarters
QUANTISED_DTYPE = np.dtype([("onset_div", "i8"), ("duration_div", "i8"), ("pitch", "i8"), ("staff", "i8")])


def score_of_transcription(performed: PerformedMidi, beats: np.ndarray, downbeat: np.ndarray) -> tuple[Part, int]:
    """A part, and the position of beat 0 in its divisions; beat k is k quarters later.

    beats : [n] seconds on the transcription's clock; downbeat : [n] bool. UserError for fewer than two beats, or
    notes long after the last.
    """
    if len(beats) < 2:
        raise UserError("the recording", "fewer than two beats were heard, which carry no score", "give a longer one")
    overhang = float(performed.notes["onset_sec"].max() - beats[-1])
    if overhang > LONGEST_OVERHANG_SEC:
        problem = f"goes on for {overhang / 60:.0f} minutes after the last beat that was heard"
        raise UserError("the transcription", problem, "check that it is of this recording, and has no pause too long")
    bar = bar_quarters(downbeat)
    notes = quantised_notes(performed, beats)
    origin = _first_bar_line(int(notes["onset_div"].min()), int(np.argmax(downbeat)) * DIVISIONS, bar * DIVISIONS)
    notes["onset_div"] -= origin
    part = _empty_part(bar)
    for note, (step, alter, octave) in zip(notes, estimate_spelling(notes), strict=True):
        staff, start = int(note["staff"]), int(note["onset_div"])
        spelled = Note(step=str(step), octave=int(octave), alter=int(alter) or None, voice=staff, staff=staff)
        part.add(spelled, start, start + int(note["duration_div"]))
    for staff in (1, 2):
        for start, end in _silences(notes[notes["staff"] == staff], end_of_score(notes, bar)):
            part.add(Rest(voice=staff, staff=staff), start, end)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of notation that a plain score has not
        add_measures(part)
        tie_notes(part)
    return part, -origin


def bar_quarters(downbeat: np.ndarray) -> int:
    """Beats of a bar: the commonest number between downbeats that is from 2 to 12; 4 where there is none."""
    lengths = np.diff(np.flatnonzero(downbeat))
    lengths = lengths[(lengths >= SHORTEST_BAR) & (lengths <= LONGEST_BAR)]
    return int(np.bincount(lengths).argmax()) if len(lengths) else COMMON_BAR


def beat_positions(times: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Times (seconds) in beats from beat 0; before the first and after the last beat, beats as long as those there."""
    last = len(beats) - 1
    before = (times - beats[0]) / (beats[1] - beats[0])
    after = last + (times - beats[-1]) / (beats[-1] - beats[-2])
    inside = np.interp(times, beats, np.arange(len(beats)))
    return np.where(times < beats[0], before, np.where(times > beats[-1], after, inside))


def quantised_notes(performed: PerformedMidi, beats: np.ndarray) -> np.ndarray:
    """Notes, QUANTISED_DTYPE by (onset, pitch), in sixteenths from beat 0.

    The notes of a chord in a staff end together. Notes that fall on one sixteenth and pitch become one.
    """
    begin, end = (
        np.rint(beat_positions(performed.notes[field], beats) * DIVISIONS).astype(int)
        for field in ("onset_sec", "offset_sec")
    )
    _, kept = np.unique(np.stack([begin, performed.notes["pitch"]]), axis=1, return_index=True)
    notes = np.zeros(len(kept), dtype=QUANTISED_DTYPE)
    notes["onset_div"], notes["pitch"] = begin[kept], performed.notes["pitch"][kept]
    notes["staff"] = np.where(notes["pitch"] >= LOWEST_OF_UPPER_STAFF, 1, 2)
    for staff in (1, 2):
        chosen = notes["staff"] == staff
        notes["duration_div"][chosen] = _chord_lengths(begin[kept][chosen], end[kept][chosen])
    return notes


def end_of_score(notes: np.ndarray, bar: int) -> int:
    """Where the last bar ends."""
    last = int((notes["onset_div"] + notes["duration_div"]).max())
    return -(-last // (bar * DIVISIONS)) * bar * DIVISIONS


def _silences(notes: np.ndarray, end: int) -> Iterator[tuple[int, int]]:
    """Beginning and end of the rests of a staff, within a beat each; without them readers cut bars short."""
    silent = np.ones(end, dtype=bool)
    for note in notes:
        silent[note["onset_div"] : note["onset_div"] + note["duration_div"]] = False
    at = np.flatnonzero(silent)
    for rest in np.split(at, np.flatnonzero((np.diff(at) > 1) | (at[1:] % DIVISIONS == 0)) + 1):
        if len(rest):
            yield int(rest[0]), int(rest[-1]) + 1


def _chord_lengths(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Length of each note of a staff: until its chord's longest note ends or the next chord; at least a sixteenth."""
    if not len(begin):
        return begin
    chords, chord = np.unique(begin, return_inverse=True)
    longest = np.full(len(chords), np.iinfo(np.int64).min)
    np.maximum.at(longest, chord, end)
    limit = np.append(chords[1:], np.iinfo(np.int64).max)
    return (np.minimum(np.maximum(longest, chords + 1), limit) - chords)[chord]


def _first_bar_line(first_note: int, downbeat: int, bar: int) -> int:
    """The last bar line, of those a whole number of bars from the downbeat, that no note and no beat is before."""
    return downbeat - bar * max(-(-(downbeat - min(first_note, 0)) // bar), 0)


def _empty_part(bar: int) -> Part:
    part = Part("P1", "Piano", quarter_duration=DIVISIONS)
    part.add(TimeSignature(bar, 4), 0)
    part.add(Clef(1, "G", 2, 0), 0)
    part.add(Clef(2, "F", 4, 0), 0)
    return part
