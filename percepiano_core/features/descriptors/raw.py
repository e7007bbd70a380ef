"""86 statistics of a performance as it was played, without its score (docs/descriptors.md, "Raw").

Times are relative to the first onset and end at the last note-off: the silence that follows in most files does not
count. What is undefined (a correlation of one velocity, chords in a melody) is 0, as in the measured references.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.descriptors.chords import chord_index
from percepiano_core.features.descriptors.controllers import (
    DOWN,
    SOFT,
    SOSTENUTO,
    SUSTAIN,
    controller_events,
    controller_values,
)
from percepiano_core.features.descriptors.summaries import correlation, curve_shape, distribution, mean_of, rate

SHORTEST_NOTE_SEC = 0.005
SHORTEST_GAP_SEC = 0.010
GRID_POINTS = 400
WINDOWS = 6
HALF_PEDAL = (11, 117)  # neither up nor fully down
SUSTAINING = 40  # a damper pedal this deep is taken to sustain
INNER = (5, 25, 50, 75, 95)


def raw_descriptors(performed: PerformedMidi) -> dict[str, float]:
    """The 86 raw descriptors of one performance, all finite.

    Seconds are on the performance's own clock, velocities and pitches MIDI numbers, logarithms natural unless the name
    says otherwise.
    """
    notes = np.sort(performed.notes, order=["onset_sec", "pitch"])
    onset = notes["onset_sec"] - notes["onset_sec"][0]
    offset = notes["offset_sec"] - notes["onset_sec"][0]
    pitch, velocity = notes["pitch"].astype(float), notes["velocity"].astype(float)
    chord = chord_index(onset)
    values = (
        _size(onset, offset)
        | _velocity(velocity)
        | _pitch(pitch, velocity)
        | _chords(chord, onset, pitch, velocity)
        | _rhythm(chord, onset)
        | _lengths(chord, onset, offset)
        | _sounding_and_pedals(performed, onset, offset)
        | _course(onset, velocity)
    )
    return {name: value if np.isfinite(value) else 0.0 for name, value in values.items()}


def _size(onset: np.ndarray, offset: np.ndarray) -> dict[str, float]:
    total, span = offset.max(), onset[-1]
    return {
        "note_count": float(len(onset)),
        "total_sec": float(total),
        "log_total_sec": float(np.log(max(total, SHORTEST_NOTE_SEC))),
        "notes_per_sec": rate(len(onset), span),
        "onset_span_sec": float(span),
    }


def _velocity(velocity: np.ndarray) -> dict[str, float]:
    return distribution("velocity", velocity, (0, 5, 10, 25, 50, 75, 90, 95, 100)) | {
        "velocity_range": float(np.ptp(velocity)),
        "velocity_distinct_share": len(np.unique(velocity)) / len(velocity),
        "velocity_step_mean": mean_of(np.abs(np.diff(velocity))),
    }


def _pitch(pitch: np.ndarray, velocity: np.ndarray) -> dict[str, float]:
    return distribution("pitch", pitch, (0, 25, 50, 75, 100)) | {
        "pitch_velocity_correlation": correlation(pitch, velocity)
    }


def _chords(chord: np.ndarray, onset: np.ndarray, pitch: np.ndarray, velocity: np.ndarray) -> dict[str, float]:
    """Chords: how many, how wide in time, and how much the top voice stands out."""
    first = np.searchsorted(chord, np.arange(chord[-1] + 1))
    last = np.append(first[1:], len(chord)) - 1
    size = last - first + 1
    spread = onset[last] - onset[first]
    by_pitch = np.lexsort((pitch, chord))
    top, bottom = velocity[by_pitch[last]], velocity[by_pitch[first]]
    several = size > 1
    return {
        "chord_count": float(len(size)),
        "chords_per_sec": rate(len(size), onset[-1]),
        "chord_size_mean": float(size.mean()),
        "chord_spread_mean": mean_of(spread[several]),
        "chord_spread_max": float(spread.max()),
        "chord_spread_sd": float(spread[several].std()) if several.any() else float("nan"),
        "chord_spread_zero_share": mean_of(spread[several] == 0),
        "chord_top_minus_bottom_velocity": mean_of((top - bottom)[several]),
        **distribution("top_velocity", top),
        **distribution("bottom_velocity", bottom),
    }


def _rhythm(chord: np.ndarray, onset: np.ndarray) -> dict[str, float]:
    """Intervals between chords, and how far they stray from powers of two of their median."""
    starts = onset[np.searchsorted(chord, np.arange(chord[-1] + 1))]
    log_interval = np.log(np.diff(starts))
    octaves = (log_interval - np.median(log_interval)) / np.log(2) if len(log_interval) else log_interval
    stray = octaves - np.round(octaves)
    return distribution("log_interval", log_interval, INNER) | {
        "log_interval_step_mean": mean_of(np.abs(np.diff(log_interval))),
        "interval_grid_deviation_sd": float(stray.std()) if len(stray) else float("nan"),
        "interval_grid_deviation_mean": mean_of(np.abs(stray)),
    }


def _lengths(chord: np.ndarray, onset: np.ndarray, offset: np.ndarray) -> dict[str, float]:
    """Note lengths, alone and against the time to the next chord (longer than 1: legato or held)."""
    length = np.maximum(offset - onset, SHORTEST_NOTE_SEC)
    inner = chord < chord[-1]
    next_start = onset[np.searchsorted(chord, chord[inner] + 1)]
    gap = np.maximum(next_start - onset[inner], SHORTEST_GAP_SEC)
    return distribution("log_length", np.log(length), INNER) | distribution(
        "log_legato", np.log(length[inner] / gap), INNER
    )


def _sounding_and_pedals(performed: PerformedMidi, onset: np.ndarray, offset: np.ndarray) -> dict[str, float]:
    start, total = performed.notes["onset_sec"].min(), float(offset.max())
    grid = np.linspace(0, total, GRID_POINTS)
    sounding = np.searchsorted(np.sort(onset), grid, side="right") - np.searchsorted(
        np.sort(offset), grid, side="right"
    )
    sustain, soft, sostenuto = (controller_events(performed.controls, n) for n in (SUSTAIN, SOFT, SOSTENUTO))
    sustained = controller_values(sustain, grid + start)
    return {
        "sounding_mean": float(sounding.mean()),
        "sounding_max": float(sounding.max()),
        "silence_share": float((sounding == 0).mean()),
        "sustain_events_per_sec": rate(len(sustain[0]), total),
        "sustain_mean": float(sustained.mean()),
        "sustain_down_share": float((sustained >= DOWN).mean()),
        "sustain_sd": float(sustained.std()),
        "sustain_half_share": float(((sustained >= HALF_PEDAL[0]) & (sustained <= HALF_PEDAL[1])).mean()),
        "sustain_crossings_per_sec": rate(int(np.count_nonzero(np.diff(sustain[1] >= DOWN))), total),
        "sustain_zero_share": float((sustained == 0).mean()),
        "sustain_at_onsets_mean": float(controller_values(sustain, onset + start).mean()),
        "sustain_or_sounding_share": float(((sustained >= SUSTAINING) | (sounding > 0)).mean()),
        **_plain_pedal("soft", soft, grid + start, total),
        "soft_down_share": float((controller_values(soft, grid + start) >= DOWN).mean()),
        **_plain_pedal("sostenuto", sostenuto, grid + start, total),
    }


def _plain_pedal(
    name: str, events: tuple[np.ndarray, np.ndarray], seconds: np.ndarray, total: float
) -> dict[str, float]:
    return {
        f"{name}_events_per_sec": rate(len(events[0]), total),
        f"{name}_mean": float(controller_values(events, seconds).mean()),
    }


def _course(onset: np.ndarray, velocity: np.ndarray) -> dict[str, float]:
    """How loudness and density of notes move over equal windows of time; windows without notes are left out."""
    span = max(float(onset[-1]), SHORTEST_GAP_SEC)
    window = np.minimum((onset / span * WINDOWS).astype(int), WINDOWS - 1)
    counts = np.bincount(window, minlength=WINDOWS).astype(float)
    sums = np.bincount(window, weights=velocity, minlength=WINDOWS)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    slope, bend = curve_shape(means)
    density = counts / counts.mean()
    return {
        "velocity_course_sd": float(np.nanstd(means)),
        "velocity_course_range": float(np.nanmax(means) - np.nanmin(means)),
        "velocity_course_slope": slope,
        "velocity_course_bend": bend,
        "density_course_variation": float(density.std()),
        "density_course_slope": curve_shape(density)[0],
    }
