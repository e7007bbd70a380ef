"""The performance features of one note each, under their published keys; NaN where a feature has no value.

Conventions: one float [n] a feature, in score order. Units stand in each docstring.
Formulas: docs/performance_features.md, "The features".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from percepiano_core.features.performance.aligned import AlignedPerformance
from percepiano_core.features.performance.pedal import SIGMOID
from percepiano_core.features.performance.tempo import first_tempo, log_tempo


def local_tempo(level: str, played: AlignedPerformance) -> np.ndarray:
    """Tempo of the note's beat, measure or section, by its score position: log10 of quarters a minute."""
    return log_tempo(played.segments[level], played.score.notes["onset_div"])


def performed_primo(played: AlignedPerformance) -> np.ndarray:
    """Mean tempo of the first ten beat segments, the same for all notes: log10 of quarters a minute."""
    return np.full(len(played.match), first_tempo(played.segments["beat"]))


def velocity(played: AlignedPerformance) -> np.ndarray:
    """MIDI velocity, 1-127."""
    return played.played(played.notes["velocity"])


def onset_deviation(played: AlignedPerformance) -> np.ndarray:
    """How much later than the local beat tempo says the note begins: quarters."""
    segments = played.segments["beat"]
    if not len(segments):
        return np.full(len(played.match), np.nan)
    onset_div = played.score.notes["onset_div"]
    of = segments.of(onset_div)
    elapsed = (played.played(played.notes["onset_sec"]) - segments.sec[of]) / 60 * segments.quarters_per_minute[of]
    return elapsed - (onset_div - segments.div[of]) / played.score.divisions


def articulation(played: AlignedPerformance) -> np.ndarray:
    """Played duration over notated duration at the local beat tempo: log10 of the ratio.

    None for notes without a notated length that one key stroke could fill: graces, trills, the shorter of two unisons;
    nor for notes held while notes are added that the score does not have.
    """
    segments, score = played.segments["beat"], played.score.notes
    if not len(segments):
        return np.full(len(played.match), np.nan)
    seconds = played.played(played.notes["offset_sec"] - played.notes["onset_sec"])
    tempo = segments.quarters_per_minute[segments.of(score["onset_div"])]
    notated = score["duration_div"] / played.score.divisions / tempo * 60
    defined = (notated > 0) & (seconds > 0) & ~score["is_overlapped"] & ~score["is_trill"]
    defined &= ~segments.crosses_unknown(score["onset_div"], score["duration_div"])
    return np.log10(np.divide(seconds, notated, out=np.full(len(seconds), np.nan), where=defined))


def pedal_state(field: str, played: AlignedPerformance) -> np.ndarray:
    """Pedal position through the published smooth switch at 64: 0-126."""
    return played.played(SIGMOID[played.pedal[field]])


def pedal_time(field: str, played: AlignedPerformance) -> np.ndarray:
    """When the pedal is lowest, after the note's start (refresh) or end (cut): seconds, 0 where it does not sink."""
    return played.played(played.pedal[field])


def align_matched(played: AlignedPerformance) -> np.ndarray:
    """1 where the score note was played, else 0."""
    return played.matched.astype("f8")


def performed_note(field: str, played: AlignedPerformance) -> np.ndarray:
    """The performed note: MIDI pitch, velocity, or seconds from the start of the file; of an ornament as a whole."""
    return played.played(played.notes[field])


NOTE_FEATURES: dict[str, Callable[[AlignedPerformance], np.ndarray]] = {
    "beat_tempo": partial(local_tempo, "beat"),
    "measure_tempo": partial(local_tempo, "measure"),
    "section_tempo": partial(local_tempo, "section"),
    "qpm_primo": performed_primo,
    "velocity": velocity,
    "onset_deviation": onset_deviation,
    "articulation": articulation,
    "pedal_refresh_time": partial(pedal_time, "refresh_sec"),
    "pedal_cut_time": partial(pedal_time, "cut_sec"),
    "pedal_at_start": partial(pedal_state, "at_start"),
    "pedal_at_end": partial(pedal_state, "at_end"),
    "soft_pedal": partial(pedal_state, "soft"),
    "pedal_refresh": partial(pedal_state, "refresh"),
    "pedal_cut": partial(pedal_state, "cut"),
    "align_matched": align_matched,
    "mmidi_pitch": partial(performed_note, "pitch"),
    "mmidi_velocity": partial(performed_note, "velocity"),
    "mmidi_start_time": partial(performed_note, "onset_sec"),
    "mmidi_end_time": partial(performed_note, "offset_sec"),
}
"""Published key -> the function that computes it."""
