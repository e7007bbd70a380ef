"""Score features of metre and place in the piece (docs/features.md, "Score features")."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.features.score.registry import score_feature
from percepiano_core.features.score.score_context import ScoreContext
from percepiano_core.score.events import ScoreNote, TimeSignature
from percepiano_core.score.metre import ROUNDING_TOLERANCE
from percepiano_core.score.metre import beat_importance as importance_at

NUMERATOR_FLAGS = {2: (0,), 3: (1,), 4: (0, 2), 6: (0, 3), 9: (1, 3), 12: (0, 2, 3), 24: (0, 2, 3)}
"""Multi-hot places of a numerator among [2, 3, 4, 6, other]."""
OTHER_NUMERATOR = (4,)
DENOMINATOR_PLACES = {2: 5, 4: 6, 8: 7, 16: 8, 32: 8}
LOOK_BACK_DURATIONS = 4  # of a note: how far before the last one it may end without ending the search


@score_feature("beat_position")
def beat_position(context: ScoreContext) -> np.ndarray:
    """Fraction of the bar [n], in [0, 1) but for incomplete bars."""
    return context.beat_fractions


@score_feature("beat_importance")
def beat_importance(context: ScoreContext) -> np.ndarray:
    """Metrical weight, 4 for the downbeat to 0 off the grid [n]."""
    tolerance = ROUNDING_TOLERANCE if context.corrections.tolerate_rounding else 0.0
    pairs = zip(context.beat_fractions.tolist(), context.time_signatures, strict=True)
    return np.array([importance_at(fraction, sign.numerator, tolerance) for fraction, sign in pairs])


@score_feature("measure_length")
def measure_length(context: ScoreContext) -> np.ndarray:
    """Quarters of the bar [n]."""
    return context.measure_lengths[context.measure_indices] / context.score.divisions


@score_feature("xml_position")
def xml_position(context: ScoreContext) -> np.ndarray:
    """Onset as a fraction of the score's length [n]."""
    return context.onsets / total_length(context.notes)


def total_length(notes: Sequence[ScoreNote]) -> float:
    """Latest end of a note, in ticks.

    As published, the search goes backwards, leaves out the first note, and stops at a note that ended long before the
    onset of the one found so far.
    """
    latest_end = latest_onset = 0.0
    for note in reversed(notes[1:]):
        if note.end > latest_end:
            latest_end, latest_onset = note.end, note.onset
        elif note.end < latest_onset - LOOK_BACK_DURATIONS * note.duration:
            break
    return latest_end or notes[0].end or 1.0


@score_feature("time_sig_vec", width=9)
def time_sig_vec(context: ScoreContext) -> np.ndarray:
    """Numerator multi-hot [2, 3, 4, 6, other] and denominator one-hot [2, 4, 8, 16] [n, 9]."""
    return np.array([time_signature_vector(sign) for sign in context.time_signatures])


def time_signature_vector(sign: TimeSignature) -> np.ndarray:
    """[9] flags of a time signature; other denominators set none."""
    vector = np.zeros(9)
    vector[list(NUMERATOR_FLAGS.get(sign.numerator, OTHER_NUMERATOR))] = 1
    if sign.denominator in DENOMINATOR_PLACES:
        vector[DENOMINATOR_PLACES[sign.denominator]] = 1
    return vector
