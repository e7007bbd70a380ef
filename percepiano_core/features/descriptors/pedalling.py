"""Aligned descriptors of pedals: 22 numbers (docs/descriptors.md, "Aligned")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.descriptors.controllers import (
    DOWN,
    SOFT,
    SOSTENUTO,
    SUSTAIN,
    controller_events,
    controller_values,
)
from percepiano_core.features.descriptors.matched import MatchedNotes
from percepiano_core.features.descriptors.summaries import distribution, mean_of, rate

GRID_SEC = 0.020
AFTER_ONSET_SEC = 0.050
HALF_PEDAL = (16, 99)
FULL_PEDAL = 100


def pedalling_descriptors(matched: MatchedNotes, controls: np.ndarray) -> dict[str, float]:
    """Pedals from the first matched onset to the last matched release, and how they fit the score's onsets.

    controls : controller events [c] (percepiano_core.corpus.midi.CONTROL_DTYPE), on the clock of the notes
    """
    start, end = float(matched.onset.min()), float(matched.offset.max())
    grid = np.append(start, np.arange(start, end, GRID_SEC)[1:])
    sustain = controller_events(controls, SUSTAIN)
    values = controller_values(sustain, grid)
    presses, releases = _switches(sustain, start, end)
    onsets = matched.tempo.performed_onsets
    quarters = (end - start) / matched.seconds_per_quarter
    at_onsets = controller_values(sustain, onsets)
    return {
        "sustain_down": mean_of(values >= DOWN),
        "sustain_mean": mean_of(values),
        "sustain_sd": float(values.std()),
        "sustain_half": mean_of((values >= HALF_PEDAL[0]) & (values <= HALF_PEDAL[1])),
        "sustain_full": mean_of(values >= FULL_PEDAL),
        "sustain_presses_per_sec": rate(len(presses), end - start),
        "sustain_presses_per_quarter": rate(len(presses), quarters),
        "sustain_travel_per_sec": rate(np.abs(np.diff(values)).sum(), end - start),
        **distribution("sustain_press_lag_sec", _lag(presses, onsets)),
        **distribution("sustain_release_lag_sec", _lag(releases, onsets)),
        "sustain_onset_down": mean_of(at_onsets >= DOWN),
        "sustain_onset_mean": mean_of(at_onsets),
        "sustain_after_onset_mean": mean_of(controller_values(sustain, onsets + AFTER_ONSET_SEC)),
        **distribution("sustain_length_sec", _lengths(presses, releases, end), (50,)),
        **_other("soft", controls, SOFT, grid),
        **_other("sostenuto", controls, SOSTENUTO, grid),
    }


def _switches(events: tuple[np.ndarray, np.ndarray], start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of presses and of releases (crossings of DOWN) from start to end; up before the first event."""
    times, values = events
    change = np.diff((values >= DOWN).astype(int), prepend=0)
    inside = (times >= start) & (times <= end)
    return times[inside & (change > 0)], times[inside & (change < 0)]


def _lag(times: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Seconds [n] from the nearest onset to each time; positive is after it."""
    after = np.clip(np.searchsorted(onsets, times), 1, len(onsets) - 1)
    to_left, to_right = times - onsets[after - 1], times - onsets[after]
    return np.where(np.abs(to_left) <= np.abs(to_right), to_left, to_right)


def _lengths(presses: np.ndarray, releases: np.ndarray, end: float) -> np.ndarray:
    """Seconds [presses] that the pedal stays down."""
    return np.append(releases, end)[np.searchsorted(releases, presses, side="right")] - presses


def _other(name: str, controls: np.ndarray, number: int, grid: np.ndarray) -> dict[str, float]:
    values = controller_values(controller_events(controls, number), grid)
    return {f"{name}_down": mean_of(values >= DOWN), f"{name}_mean": mean_of(values)}
