"""How far a transcription is from the true MIDI of a recording.

Metrics
-------
- :func:`agreement`: precision, recall and F1 of note onsets within 50 ms on the same pitch, with and without velocity
  (mir_eval.transcription; Hawthorne et al. 2018 for the velocity, within a tenth after the best linear map), and what
  the matched notes differ by.
- :func:`clock_shift`: how much later the transcription is, for a recording that was cut otherwise than its MIDI.

Conventions: notes are arrays with fields onset_sec, offset_sec, pitch, velocity, as `corpus.midi.NOTE_DTYPE`; ends of
notes do not count, because what the pedal holds has no end in the sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ONSET_TOLERANCE_SEC = 0.05  # MIREX
SHORTEST_SEC = 0.001  # of a note, for mir_eval
STEP_SEC = 0.01  # in which shifts are counted


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of a transcription with the true notes.

    Attributes
    ----------
    true_notes, heard_notes, matched_notes : counts
    precision, recall, f1 : of onsets; 0 where nothing is matched
    velocity_f1 : F1 of onsets whose velocity agrees too
    onset_error_sec : median of the absolute differences of matched onsets; nan without any
    velocity_correlation : Pearson's, of matched notes; nan for fewer than two, or equal velocities
    velocity_difference : median of heard less true velocities of matched notes, 0 to 127; nan without any
    """

    true_notes: int
    heard_notes: int
    matched_notes: int
    precision: float
    recall: float
    f1: float
    velocity_f1: float
    onset_error_sec: float
    velocity_correlation: float
    velocity_difference: float


def agreement(true: np.ndarray, heard: np.ndarray, shift_sec: float = 0.0) -> Agreement:
    """Compare notes [n] that were heard with the true ones [m]; `shift_sec` is first taken off the heard times."""
    from mir_eval import transcription, transcription_velocity  # which take a second to import

    if not len(true) or not len(heard):
        return Agreement(len(true), len(heard), 0, 0.0, 0.0, 0.0, 0.0, np.nan, np.nan, np.nan)
    reference, estimate = _mir_eval_notes(true, 0.0), _mir_eval_notes(heard, shift_sec)
    limits = {"onset_tolerance": ONSET_TOLERANCE_SEC, "offset_ratio": None}
    pairs = np.array(transcription.match_notes(*reference[:2], *estimate[:2], **limits)).reshape(-1, 2).astype(int)
    *_, velocity_f1, _ = transcription_velocity.precision_recall_f1_overlap(*reference, *estimate, **limits)
    precision, recall = len(pairs) / len(heard), len(pairs) / len(true)
    f1 = 2 * len(pairs) / (len(heard) + len(true))
    times = [notes[0][pairs[:, side], 0] for side, notes in enumerate((reference, estimate))]
    velocities = [notes[2][pairs[:, side]] for side, notes in enumerate((reference, estimate))]
    error = _median(np.abs(times[1] - times[0]))
    differences = (error, _correlation(*velocities), _median(velocities[1] - velocities[0]))
    return Agreement(len(true), len(heard), len(pairs), precision, recall, f1, float(velocity_f1), *differences)


def clock_shift(true: np.ndarray, heard: np.ndarray) -> float:
    """Seconds by which heard notes are later than the true ones: the shift under which most onsets of a pitch agree.

    0 where no pitch is in both.
    """
    differences = np.concatenate(
        [
            np.subtract.outer(
                heard["onset_sec"][heard["pitch"] == pitch], true["onset_sec"][true["pitch"] == pitch]
            ).ravel()
            for pitch in np.intersect1d(true["pitch"], heard["pitch"])
        ]
        or [np.zeros(0)]
    )
    if not len(differences):
        return 0.0
    steps = np.rint(differences / STEP_SEC).astype(np.int64)
    reach = round(ONSET_TOLERANCE_SEC / STEP_SEC)
    counts = np.convolve(np.bincount(steps - steps.min()), np.ones(2 * reach + 1), mode="same")
    best = (int(counts.argmax()) + int(steps.min())) * STEP_SEC
    near = np.abs(differences - best) <= ONSET_TOLERANCE_SEC + STEP_SEC
    return float(np.median(differences[near])) if near.any() else best


def _mir_eval_notes(notes: np.ndarray, shift_sec: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Intervals [n, 2] in seconds, pitches [n] in Hz, velocities [n]; times begin at 0 at the earliest."""
    onset = notes["onset_sec"] - shift_sec
    offset = np.maximum(notes["offset_sec"] - shift_sec, onset + SHORTEST_SEC)
    intervals = np.stack([onset, offset], axis=1).clip(min=[0.0, SHORTEST_SEC])
    return intervals, 440 * 2 ** ((notes["pitch"].astype(float) - 69) / 12), notes["velocity"].astype(float)


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else np.nan


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if len(first) < 2 or not first.std() or not second.std():
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])
