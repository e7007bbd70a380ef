"""Loudness of beats and measures: one value a group of notes, from the velocities of its played notes.

Formula: docs/performance_features.md, "The features"; defect D8 is explained there too.
"""

from __future__ import annotations

import numpy as np


def group_dynamics(velocity: np.ndarray, group: np.ndarray) -> np.ndarray:
    """(mean + maximum) / 2 of the velocities of a note's beat or measure, [n]; NaN where none of it was played.

    velocity : MIDI velocity [n], NaN where not played; group : index of the note's beat or measure [n]
    """
    groups, of = np.unique(group, return_inverse=True)
    played = ~np.isnan(velocity)
    count = np.bincount(of[played], minlength=len(groups))
    total = np.bincount(of[played], weights=velocity[played], minlength=len(groups))
    loudest = np.full(len(groups), -np.inf)
    np.maximum.at(loudest, of[played], velocity[played])
    mean = np.divide(total, count, out=np.full(len(groups), np.nan), where=count > 0)
    return ((mean + np.where(count > 0, loudest, np.nan)) / 2)[of]


def published_group_dynamics(velocity: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The published form: groups run from one played note to the next that opens a group, and fill the gaps between.

    The first group counts as group 0 whatever it is, so that a piece whose first played note lies later splits it off;
    the last group divides (sum + maximum) / 2 by its number of notes (D8). 0 where nothing was played.
    """
    played = np.flatnonzero(~np.isnan(velocity))
    filled = np.zeros(len(velocity))
    current, start = 0, 0
    loudness: list[float] = []
    for i in played.tolist():
        if group[i] > current and loudness:
            filled[start:i] = (sum(loudness) / len(loudness) + max(loudness)) / 2
            loudness, current, start = [], int(group[i]), i
        loudness.append(float(velocity[i]))
    if loudness:
        filled[start:] = (sum(loudness) + max(loudness)) / 2 / len(loudness)
    return filled
