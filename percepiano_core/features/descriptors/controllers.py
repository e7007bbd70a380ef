"""Pedals as step functions of time."""

from __future__ import annotations

import numpy as np

SUSTAIN, SOSTENUTO, SOFT = 64, 66, 67  # MIDI 1.0 controller numbers
DOWN = 64  # MIDI 1.0: a switch controller is on from 64


def controller_events(controls: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds [n] and values 0..127 [n] of one controller, in order of time."""
    events = controls[controls["number"] == number]
    return events["sec"], events["value"].astype(float)


def controller_values(events: tuple[np.ndarray, np.ndarray], seconds: np.ndarray) -> np.ndarray:
    """The controller's value [n] at the given seconds [n]; 0 before its first event and where it is missing."""
    times, values = events
    if not len(times):
        return np.zeros(len(seconds))
    last = np.searchsorted(times, seconds, side="right") - 1
    return np.where(last >= 0, values[np.maximum(last, 0)], 0.0)
