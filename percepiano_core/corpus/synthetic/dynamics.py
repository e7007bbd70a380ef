"""Dynamics of a segment: the mark in force at each position, and the loudness that a pianist aims at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from percepiano_core.corpus.synthetic.music import Mark, SegmentScore, phrase_arch
from percepiano_core.corpus.synthetic.pianists import Expression, is_deadpan

MARK_VALUES = {"pp": -2.0, "p": -1.0, "mf": 0.0, "f": 1.0, "ff": 2.0}
MARK_STEP = 11.0  # velocity between neighbouring marks at dynamic_range = mark_following = 1
PHRASE_STEP = 8.0  # velocity between the middle and the ends of four bars at dynamic_range = 1
WEDGE_WITHOUT_GOAL = 1.0  # marks that a hairpin moves when no mark follows it

_JUST_BEFORE = 1e-6  # divisions; levels jump at marks


def marks_in_force(score: SegmentScore, positions: Sequence[int]) -> list[str]:
    """The last of pp, p, mf, f, ff at or before each position (divisions); sf holds for its note only."""
    levels = _levels(score)
    return [[mark.value for mark in levels if mark.onset <= position][-1] for position in positions]


def hairpins_in_force(score: SegmentScore, positions: Sequence[int]) -> list[str]:
    """crescendo, diminuendo or nothing at each position; a written "cresc." lasts to the next mark."""
    hairpins = _hairpins(score)
    return [next((value for start, stop, value in hairpins if start <= position < stop), "") for position in positions]


def written_level(score: SegmentScore, positions: np.ndarray) -> np.ndarray:
    """Level in marks (pp -2 to ff 2) at positions [n] in divisions; hairpins lead linearly to the next mark."""
    points: list[tuple[float, float]] = []
    levels = _levels(score)
    for index, mark in enumerate(levels):
        value = MARK_VALUES[mark.value]
        stop = levels[index + 1].onset if index + 1 < len(levels) else score.end
        points.append((mark.onset, value))
        points += _hairpin_points(score, mark.onset, stop, value, levels[index + 1 :])
    x, y = np.array(points).T
    return np.interp(positions, x, y)


def intended_level(score: SegmentScore, expression: Expression, positions: np.ndarray) -> np.ndarray:
    """Velocity [n] that the pianist aims at, before balance, accents and noise."""
    arch = 0.0 if is_deadpan(expression) else PHRASE_STEP * (2 / 3 - phrase_arch(score, positions))
    contrast = expression["mark_following"] * MARK_STEP * written_level(score, positions)
    return expression["dynamic_level"] + expression["dynamic_range"] * (contrast + arch)


def is_soft(score: SegmentScore, position: int) -> bool:
    """Whether p or pp is in force."""
    return marks_in_force(score, [position])[0] in ("p", "pp")


def _levels(score: SegmentScore) -> list[Mark]:
    return [mark for mark in score.marks if mark.value in MARK_VALUES]


def _hairpins(score: SegmentScore) -> list[tuple[int, int, str]]:
    """(start, end, crescendo or diminuendo) of hairpins and of "cresc.", in divisions."""
    wedges = [mark for mark in score.marks if mark.kind == "wedge"]
    hairpins = [(start.onset, stop.onset, start.value) for start, stop in zip(wedges[::2], wedges[1::2], strict=True)]
    for mark in score.marks:
        if mark.value == "cresc.":
            following = [level.onset for level in _levels(score) if level.onset > mark.onset]
            hairpins.append((mark.onset, min([*following, score.end]), "crescendo"))
    return hairpins


def _hairpin_points(
    score: SegmentScore, start: int, stop: int, value: float, following: Sequence[Mark]
) -> list[tuple[float, float]]:
    """Corners of the level between two marks: flat, then the hairpin if there is one, then flat up to the next mark."""
    inside = [hairpin for hairpin in _hairpins(score) if start <= hairpin[0] < stop]
    if not inside:
        return [(stop - _JUST_BEFORE, value)]
    opening, end, kind = inside[0]
    direction = 1.0 if kind == "crescendo" else -1.0
    goal = MARK_VALUES[following[0].value] if following else value + direction * WEDGE_WITHOUT_GOAL
    if (goal - value) * direction <= 0:  # the next mark contradicts the hairpin: swell, then take it back
        goal = value + direction * WEDGE_WITHOUT_GOAL
    return [(opening, value), (end - _JUST_BEFORE, goal), (stop - _JUST_BEFORE, goal)]
