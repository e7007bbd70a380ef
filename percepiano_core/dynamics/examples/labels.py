"""What the network learns at each beat: the dynamic level, whether it changes, and the metre.

Before the first mark of a score the level is taken to be mf: an assumption of the published labels, not an annotation.
For that reason 33 of 44 mazurkas have a change point at beat 1. A repeated mark is no change point. See
docs/dynamics_data.md, "Labels".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.mazurkabl import Mazurka
from percepiano_core.errors import UserError
from percepiano_core.metrics.levels_and_beats import CLASSES

INITIAL_LEVEL = "mf"
# Beat of the bar that each protocol calls downbeat. The published label is the third beat of the bar.
DOWNBEAT_NUMBER = {"corrected": 0, "upstream": 2}


@dataclass(frozen=True, slots=True, eq=False)
class BeatLabels:
    """Labels [n] of the beats of a score: `level` is a class (CLASSES), the others are true or false."""

    level: np.ndarray
    change_point: np.ndarray
    downbeat: np.ndarray
    measure: np.ndarray  # first beat of a measure, whole or not


def beat_labels(mazurka: Mazurka, protocol: str = "corrected") -> BeatLabels:
    """Labels of a mazurka's beats; `protocol` (a key of DOWNBEAT_NUMBER) decides what a downbeat is."""
    if protocol not in DOWNBEAT_NUMBER:
        raise UserError(f"protocol {protocol}", "there is no such protocol", f"use {' or '.join(DOWNBEAT_NUMBER)}")
    level = np.full(len(mazurka.beats.beat), CLASSES[INITIAL_LEVEL])
    for mark in mazurka.marks:
        level[mark.beat :] = CLASSES[mark.level]
    return BeatLabels(
        level=level,
        change_point=np.diff(level, prepend=CLASSES[INITIAL_LEVEL]) != 0,
        downbeat=mazurka.beats.beat == DOWNBEAT_NUMBER[protocol],
        measure=_first_of_each(mazurka.beats.measure),
    )


def _first_of_each(values: np.ndarray) -> np.ndarray:
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first
