"""Pedal values of each performed note: at its start and end, the lowest during it, the lowest before the next onset.

Conventions: controller values 0-127, times in seconds. Notes and pedal events are compared in ticks, because events on
one tick must compare as equal (docs/performance_features.md, "Pedals").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.features.performance.presets import Preset

SOFT_CONTROLLERS = (67,)
PEDAL_DTYPE = np.dtype(
    [
        ("at_start", "i2"),
        ("at_end", "i2"),
        ("soft", "i2"),
        ("refresh", "i2"),
        ("refresh_sec", "f8"),
        ("cut", "i2"),
        ("cut_sec", "f8"),
    ]
)
# int(127 / (1 + exp(-(v - 64) / 8))) for v = 0..127: the published smooth switch between released and pressed
SIGMOID = (127 / (1 + np.exp(-(np.arange(128) - 64) / 8))).astype("i2")


@dataclass(frozen=True)
class _Steps:
    """A controller's course: step i holds `value[i]` from `tick[i]` until the next step; step 0 is (0, released)."""

    tick: np.ndarray
    sec: np.ndarray
    value: np.ndarray

    def at(self, tick: np.ndarray) -> np.ndarray:
        """Index of the last step at or before each tick."""
        return np.maximum(np.searchsorted(self.tick, tick, side="right") - 1, 0)


def pedal_values(notes: np.ndarray, controls: np.ndarray, preset: Preset) -> np.ndarray:
    """Pedal values [k] (PEDAL_DTYPE) of performed notes [k].

    refresh : lowest value from the step that holds at the note's start up to, not including, the one at its end, if
        lower than at its start, and its time after the note's start; else the value at the start and 0
    cut : lowest value from the note's end to the next onset after it, if lower than at the end, and its time after the
        note's end; else the value at the end and 0
    """
    sustain = _steps(controls, preset.sustain_controllers, preset.releases_are_steps)
    soft = _steps(controls, SOFT_CONTROLLERS, preset.releases_are_steps)
    first, last = sustain.at(notes["onset_tick"]), sustain.at(notes["offset_tick"])
    values = np.zeros(len(notes), dtype=PEDAL_DTYPE)
    values["at_start"] = sustain.value[first]
    values["at_end"] = sustain.value[last]
    values["soft"] = soft.value[soft.at(notes["onset_tick"])]
    values["refresh"], values["refresh_sec"] = _lowest(sustain, first, last, notes["onset_sec"])
    before_next_onset = _step_at_next_onset(sustain, notes)
    values["cut"], values["cut_sec"] = _lowest(sustain, last, before_next_onset, notes["offset_sec"])
    if not preset.cuts_after_first_note:
        values["cut"][:1], values["cut_sec"][:1] = 0, 0.0
    return values


def _steps(controls: np.ndarray, numbers: tuple[int, ...], releases_are_steps: bool) -> _Steps:
    chosen = np.isin(controls["number"], numbers)
    if not releases_are_steps:
        chosen &= controls["value"] > 0
    events = controls[chosen]
    return _Steps(
        np.concatenate([[0], events["tick"]]),
        np.concatenate([[0.0], events["sec"]]),
        np.concatenate([[0], events["value"]]).astype("i8"),
    )


def _step_at_next_onset(steps: _Steps, notes: np.ndarray) -> np.ndarray:
    """Step at the first onset after each note's end; the last step of the file where there is none."""
    onsets = np.append(np.sort(notes["onset_tick"]), np.iinfo("i8").max)
    following = np.searchsorted(onsets, notes["offset_tick"], side="right")
    return steps.at(onsets[following])


def _lowest(steps: _Steps, start: np.ndarray, stop: np.ndarray, since: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lowest value of steps [start, stop) and, if below that of `start`, when it comes: seconds after `since`."""
    # value and place in one number, so that one minimum gives the lowest value and its first place
    ranked = np.append(steps.value * len(steps.value) + np.arange(len(steps.value)), 0)
    bounds = np.column_stack([start, np.maximum(stop, start + 1)]).ravel()
    place = np.minimum.reduceat(ranked, bounds)[::2] % len(steps.value)
    value = steps.value[place]
    seconds = np.where(value < steps.value[start], steps.sec[place] - since, 0.0)
    return value, seconds
