"""Detours: where a path leaves a passage for one like it elsewhere, and comes back as if it had never left.

A score that is wrong in one place (a misprint, an ossia read as notes) and right in a like passage draws the path
there. A player who skips or repeats bars does not come back to just where going on would have led, so such bars are
followed in their place.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from percepiano_core.alignment.score_path import Grid, Path, follow

LENGTH_RATIO = 2  # between a detour and the bars that it stands for: a reprise may be barred otherwise

Jump = tuple[int, int, int]  # performed note, position left, position entered: a row of `Path.jumps`


def without_detours(grid: Grid, path: Path, pitches: np.ndarray) -> Path:
    """The path of the performed pitches int [n], what was a detour followed in its place."""
    for leaving, returning in _detours(grid, path):
        path = _in_place(grid, path, pitches, leaving, returning)
    return path


def _detours(grid: Grid, path: Path) -> list[tuple[Jump, Jump]]:
    """Pairs of jumps without a sign, one after the other, that are a detour; no jump is in two of them."""
    signs = {(source, target) for source, target in grid.jumps.tolist()}
    jumps: list[Jump] = [(note, left, entered) for note, left, entered in path.jumps.tolist()]
    found: list[tuple[Jump, Jump]] = []
    for leaving, returning in pairwise(jumps):
        free = not found or found[-1][1] != leaving
        unsigned = leaving[1:] not in signs and returning[1:] not in signs
        if free and unsigned and leaving[0] and _comes_back(grid, leaving, returning):
            found.append((leaving, returning))
    return found


def _comes_back(grid: Grid, leaving: Jump, returning: Jump) -> bool:
    """Whether the second jump leads to about where going on instead of the first would have led by then.

    A player who finds back leads to where he left, and so no bar on.
    """
    (_, left, entered), (_, left_again, back) = leaving, returning
    opposite = (entered - left) * (back - left_again) < 0
    bars_left, bars_entered, bars_end, bars_back = (
        int(np.searchsorted(grid.bar_starts, position, side="right")) for position in (left, entered, left_again, back)
    )
    detour, in_place = max(1, bars_end - bars_entered), bars_back - bars_left
    return opposite and back > left and detour <= LENGTH_RATIO * in_place and in_place <= LENGTH_RATIO * detour


def _in_place(grid: Grid, path: Path, pitches: np.ndarray, leaving: Jump, returning: Jump) -> Path:
    """The path with the notes between two jumps followed through the onsets that the detour left out."""
    (first, left, _), (stop, _, back) = leaving, returning
    here = follow(_part(grid, left, back), pitches[first:stop])
    position, played = path.position.copy(), path.played.copy()
    position[first:stop], played[first:stop] = here.position + left, here.played
    others = [jump for jump in path.jumps.tolist() if tuple(jump) not in (leaving, returning)]
    inner = [[note + first, a + left, b + left] for note, a, b in here.jumps.tolist() if note]
    return replace(path, position=position, played=played, jumps=np.array(sorted(others + inner)).reshape(-1, 3))


def _part(grid: Grid, first: int, stop: int) -> Grid:
    """The onsets between two positions as a score of their own, without signs."""
    has_pitch = grid.has_pitch[:, first : stop + 1].copy()
    has_pitch[:, 0] = False
    bar_starts = np.unique(np.clip(grid.bar_starts - first, 0, stop - first))
    no_jumps = np.empty((0, 2), dtype=np.int64)
    return Grid(has_pitch, bar_starts, np.array([stop - first]), no_jumps, grid.ornamented[first : stop + 1])
