"""Bars and beats: their positions, lengths and weight (docs/score_reading.md, "Bars and beats")."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from percepiano_core.score.events import ParsedScore, TimeSignature

BEATS_OF_COMPOUND = {6: 2, 9: 3, 12: 4, 18: 3, 24: 4}
"""Beats a bar where it is not the numerator."""
PUBLISHED_TOLERANCE = 0.001  # of a bar; only for thirds and sevenths, the other tests are exact
ROUNDING_TOLERANCE = 0.005  # of a bar: truncated tick counts shift later notes of a bar by up to .0014 of it


def last_at_or_before(positions: Sequence[float], position: float) -> int:
    """Index of the last of increasing positions that is not after the given one; 0 if all are."""
    return max(bisect_right(positions, position) - 1, 0)


def signature_at(score: ParsedScore, position: float) -> TimeSignature:
    """Time signature in force; the first one before it begins."""
    index = last_at_or_before([sign.position for sign in score.time_signatures], position)
    return score.time_signatures[index]


def measure_lengths(score: ParsedScore) -> np.ndarray:
    """Ticks of each bar [measures]; the last is as long as the one before it, an empty one as its signature says."""
    starts = np.array(score.measure_starts, dtype=float)
    nominal = np.array([signature_at(score, start).quarters * score.divisions for start in starts.tolist()])
    if len(starts) == 1:
        return nominal
    lengths = np.diff(starts, append=2 * starts[-1] - starts[-2])
    return np.where(lengths == 0, nominal, lengths)


def pickup_length(score: ParsedScore) -> float:
    """Ticks of an opening bar shorter than its time signature; 0 if it is complete."""
    start = score.measure_starts[0]
    end = score.measure_starts[1] if len(score.measure_starts) > 1 else score.end
    nominal = signature_at(score, start).quarters * score.divisions
    return end - start if end - start < nominal else 0.0


def beat_positions(score: ParsedScore, last_end: float) -> np.ndarray:
    """Ticks of all beats, increasing [beats].

    Parameters
    ----------
    score : with bars and time signatures
    last_end : end of the latest note or rest of the last bar, in ticks

    A bar whose length differs from its signature's gets as many beats as it has begun ones, from its start; an opening
    bar gets them counted back from its end.
    """
    starts = score.measure_starts
    ends = [*starts[1:], last_end]
    beats: list[float] = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        sign = signature_at(score, start)
        nominal = sign.quarters * score.divisions
        count = BEATS_OF_COMPOUND.get(sign.numerator, sign.numerator)
        spacing = nominal / count
        if end - start == nominal and not score.measure_is_implicit[index]:
            beats += [start + j * spacing for j in range(count)]
            continue
        begun = math.ceil((end - start) / nominal / (1 / count))
        origin = end - begun * spacing if index == 0 else start
        beats += [b for b in (origin + j * spacing for j in range(begun)) if not beats or b > beats[-1]]
    return np.array(beats)


def beat_importance(position: float, numerator: int, tolerance: float = 0.0) -> float:
    """Metrical weight of a position in a bar, 4 for the downbeat to 0 off the grid; the first rule that holds.

    Parameters
    ----------
    position : fraction of the bar
    numerator : of the time signature
    tolerance : how far from a grid point a position may be, as a fraction of the bar; 0 is the published exact test
    """

    def on_grid(parts: int) -> bool:
        offset = position * parts % 1
        return min(offset, 1 - offset) <= tolerance * parts if tolerance else offset == 0

    def near(place: float) -> bool:
        return abs(position - place) < max(tolerance, PUBLISHED_TOLERANCE)

    if position == 0 or (tolerance and abs(position) <= tolerance):
        return 4
    if numerator in (2, 4, 6, 12) and (near(0.5) if tolerance else position == 0.5):
        return 3
    if numerator in (3, 9) and near(1 / 3):
        return 2
    rules = ((4, (2, 4), 1.0), (5, (5,), 2.0), (6, (3, 6, 12), 1.0), (8, (2, 4), 0.5), (9, (9,), 1.0))
    for parts, numerators, weight in (*rules, (12, (3, 6, 12), 0.5)):
        if numerator in numerators and on_grid(parts):
            return weight
    return 2.0 if numerator == 7 and (_is_beat_of_seven(position)) else 0.0


def _is_beat_of_seven(position: float) -> bool:
    """The two secondary beats that the published rule knows in a bar of seven."""
    return any(abs(position * parts - 2) < PUBLISHED_TOLERANCE for parts in (7, 5))


def without_gaps(indices: np.ndarray) -> np.ndarray:
    """Indices [n] in which every jump of more than 1, from an initial 0, is taken back from there on."""
    surplus = np.maximum(np.diff(indices, prepend=0) - 1, 0)
    return indices - np.cumsum(surplus)
