"""All performance features of one performance.

Two presets (presets.py): `default` gives NaN and a mask where a feature has no value; `published` gives what the
released code computes, fillers included. See docs/performance_features.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from percepiano_core.alignment.tempo_map import NONE_ADDED, AddedNotes, is_interrupted
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.features.performance.aligned import AlignedPerformance, at_matches
from percepiano_core.features.performance.dynamics import group_dynamics, published_group_dynamics
from percepiano_core.features.performance.note_features import NOTE_FEATURES
from percepiano_core.features.performance.onsets import OnsetTimes, onset_times, published_onset_times
from percepiano_core.features.performance.pedal import pedal_values
from percepiano_core.features.performance.presets import PRESETS, Preset
from percepiano_core.features.performance.tempo import TempoSegments, tempo_segments
from percepiano_core.features.score_table import ScoreTable

# What the published code writes where a feature has no value: the last value in score order (from this start), or a
# constant
PUBLISHED_START = {"velocity": 64.0, "pedal_at_start": 0.0, "pedal_at_end": 0.0, "pedal_cut": 0.0, "soft_pedal": 0.0}
PUBLISHED_CONSTANT = 0.0


@dataclass(frozen=True)
class PerformanceFeatures:
    """The features of n score notes.

    Attributes
    ----------
    values : published key -> float [n], raw (not normalised)
    masks : published key -> bool [n], True where the value was measured
    match : row of the performed notes of each score note [n], -1 where unmatched
    dropped : score notes that were matched but lost their match since their time contradicts others, bool [n]
    onsets : times of the score onsets
    beat_segments : local tempo of the beats
    """

    values: Mapping[str, np.ndarray]
    masks: Mapping[str, np.ndarray]
    match: np.ndarray
    dropped: np.ndarray
    onsets: OnsetTimes
    beat_segments: TempoSegments


def performance_features(
    score: ScoreTable,
    performed: PerformedMidi,
    match: np.ndarray,
    compat: str = "default",
    name: str = "performance",
    added: AddedNotes = NONE_ADDED,
) -> PerformanceFeatures:
    """Features of a performance.

    performed : `onset_sec` is NaN where it is not known when a note begins
    match : row of `performed.notes` of each score note [n], -1 where unmatched
    compat : "default" or "published"
    added : notes that the score does not have; what time they take is no tempo
    Raises DataError under "published" where fewer than two score onsets got a time: the released code drops these.
    """
    preset = PRESETS[compat]
    timed = _timed(score, performed.notes, match, preset)
    dropped = np.zeros(len(match), dtype=bool)
    if preset.drops_mismatched:
        dropped[timed.mismatched] = True
    aligned = AlignedPerformance(
        score,
        performed.notes,
        pedal_values(performed.notes, performed.controls, preset),
        np.where(dropped, -1, match),
        _segments(score, timed, preset, added),
    )
    if preset.fills_unmatched and not len(aligned.segments["beat"]):
        raise DataError(name, "fewer than two matched onsets, so no tempo", "use --compat default or another alignment")
    values = _values(aligned, preset)
    values["onset_deviation"][timed.mismatched] = np.nan
    masks = {key: ~np.isnan(value) for key, value in values.items()}
    if preset.fills_unmatched:
        values = {key: _fill(key, value) for key, value in values.items()}
    values["articulation_loss_weight"] = _loss_weight(values, aligned.matched)
    masks["articulation_loss_weight"] = np.ones(len(match), dtype=bool)
    return PerformanceFeatures(values, masks, aligned.match, dropped, timed, aligned.segments["beat"])


def _timed(score: ScoreTable, notes: np.ndarray, match: np.ndarray, preset: Preset) -> OnsetTimes:
    onset_sec = at_matches(notes["onset_sec"], match)
    rule = published_onset_times if preset.drops_mismatched else onset_times
    return rule(score.notes, onset_sec, score.divisions)


def _segments(score: ScoreTable, timed: OnsetTimes, preset: Preset, added: AddedNotes) -> dict[str, TempoSegments]:
    grids = {"beat": score.beat_positions, "measure": score.measure_starts, "section": score.section_positions}
    # the last timed onset closes the last beat and measure, which have no next one
    end = timed.div[-1:] if preset.times_last_onset else timed.div[:0]
    interrupted = is_interrupted(added, timed.div / score.divisions, timed.sec)
    return {
        level: tempo_segments(
            np.concatenate([grid, end[end > grid.max(initial=-np.inf)]]), timed, score.divisions, interrupted
        )
        for level, grid in grids.items()
    }


def _values(aligned: AlignedPerformance, preset: Preset) -> dict[str, np.ndarray]:
    keys = [key for key in NOTE_FEATURES if key != "qpm_primo" or preset.performs_qpm_primo]
    values = {key: NOTE_FEATURES[key](aligned) for key in keys}
    dynamics = group_dynamics if preset.weights_last_group_alike else published_group_dynamics
    for level in ("beat", "measure"):
        values[f"{level}_dynamics"] = dynamics(values["velocity"], aligned.score.locations[level])
    return values


def _fill(key: str, value: np.ndarray) -> np.ndarray:
    """The published filler: the last measured value for the keys of PUBLISHED_START, a constant for the others."""
    measured = ~np.isnan(value)
    if key not in PUBLISHED_START:
        return np.where(measured, value, PUBLISHED_CONSTANT)
    last = np.maximum.accumulate(np.where(measured, np.arange(len(value)), -1))
    return np.where(last >= 0, value[last], PUBLISHED_START[key])


def _loss_weight(values: Mapping[str, np.ndarray], matched: np.ndarray) -> np.ndarray:
    """How much a note's articulation counts in a loss, 0-1 [n]: little where the pedal holds it anyway.

    Under `published` an unmatched note weighs 1 where the filled-in pedal is down (its refresh filler is 0).
    """
    held, refreshed = values["pedal_at_end"], values["pedal_refresh"]
    weight = np.where(held > 70, 0.05, np.where(held > 60, 0.5, 1.0))
    weight = np.where(matched, weight, 0.0)
    return np.where((held > 64) & (refreshed < 64), 1.0, weight)
