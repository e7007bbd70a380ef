"""From a path through the written score to the order of bars that was played, and what was left out or added.

The order holds every bar that was played, each time it was, and the written bars that were passed over where no sign
allows it: their notes stay in the score and are marked as left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from percepiano_core.alignment.score_path import MIDI_PITCHES, Grid, Path
from percepiano_core.score.repeats import RepeatMarks, notated_jumps

ONSET_DECIMALS = 4  # of a quarter; score onsets that agree to this are one onset
SAME_ONSET_QUARTERS = 1e-3  # a bar's place in time is a sum of lengths and can be off in its last digits
LONG_RUN = 12  # extra notes in a row that are a passage of their own, not slips
EDGE_RUN = 4  # the same before the first and after the last note of the score
LEFT_OUT_ONSETS = 6  # whole bars of so many onsets, none of which was played, were left out on purpose
END_ONSETS = 4  # so few onsets missing before a barline or the end are omissions, not an earlier stop

Arrival = Literal["start", "sign", "jump", "on"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bars played one after the other, as written.

    Attributes
    ----------
    first_note, stop_note : performed notes, of those that the path followed
    before, reached : positions of the written score behind which it begins, and up to which it goes
    arrival : how the player came to it: at the start, by a repeat sign, by another jump, or going on (after extra notes
        or bars left out)
    place, last_place : of its first and last bar in the order of playing
    """

    first_note: int
    stop_note: int
    before: int
    reached: int
    arrival: Arrival
    place: int = 0
    last_place: int = 0


@dataclass(frozen=True, slots=True)
class PlayingOrder:
    """Which bars were played in which order.

    Attributes
    ----------
    bars : written bars (indices) in the order of playing; bars passed over without a sign are among them
    stretches : what was played in one go, in time order
    """

    bars: tuple[int, ...]
    stretches: tuple[Stretch, ...]


def score_grid(notes: np.ndarray, marks: Sequence[RepeatMarks]) -> Grid:
    """The written score, ALIGNED_NOTE_DTYPE [s] with each bar once, as `follow` needs it."""
    times, index = np.unique(np.round(notes["onset_quarter"], ONSET_DECIMALS), return_inverse=True)
    has_pitch = np.zeros((MIDI_PITCHES, len(times) + 1), dtype=bool)
    has_pitch[notes["pitch"], index + 1] = True
    bar_of_onset = np.zeros(len(times), dtype=np.int64)
    bar_of_onset[index] = notes["measure"]
    ornamented = np.zeros(len(times) + 1, dtype=bool)
    for note in notes[notes["is_ornamented"]]:
        start, end = note["onset_quarter"], note["onset_quarter"] + note["duration_quarter"]
        ornamented[1:] |= (times > start - SAME_ONSET_QUARTERS) & (times < end - SAME_ONSET_QUARTERS)
    bar_starts = np.searchsorted(np.maximum.accumulate(bar_of_onset), np.arange(len(marks) + 1))
    jumps = sorted({(int(bar_starts[j.source + 1]), int(bar_starts[j.target])) for j in notated_jumps(marks)})
    ends = {len(times), *(int(bar_starts[bar + 1]) for bar, mark in enumerate(marks) if mark.fine)}
    return Grid(
        has_pitch, bar_starts, np.array(sorted(ends)), np.array(jumps, dtype=np.int64).reshape(-1, 2), ornamented
    )


def bar_of(grid: Grid, position: int) -> int:
    """The written bar of the onset that ends at `position`, 1 to K."""
    return int(np.searchsorted(grid.bar_starts, position, side="left")) - 1


def playing_order(grid: Grid, path: Path, pitches: np.ndarray, marks: Sequence[RepeatMarks]) -> PlayingOrder:
    """The order of bars along a path of the performed pitches int [n], in which at least one note was played."""
    bars: list[int] = []
    placed: list[Stretch] = []
    for stretch in _stretches(grid, path, pitches, marks):
        first, last = bar_of(grid, stretch.before + 1), bar_of(grid, max(stretch.reached, stretch.before + 1))
        previous = bars[-1] if bars else -1
        if stretch.arrival != "sign" and first > previous:
            bars.extend(range(previous + 1, first))  # passed over
        goes_on = stretch.arrival != "sign" and first == previous and stretch.before >= placed[-1].reached
        place = len(bars) - goes_on
        bars.extend(range(first + goes_on, last + 1))
        placed.append(replace(stretch, place=place, last_place=len(bars) - 1))
    if placed[-1].reached not in grid.ends[:-1].tolist():
        bars.extend(range(bars[-1] + 1, len(marks)))  # not played, or bars of rests
    return PlayingOrder(tuple(bars), tuple(placed))


def _stretches(grid: Grid, path: Path, pitches: np.ndarray, marks: Sequence[RepeatMarks]) -> list[Stretch]:
    """The path cut at its jumps, at long runs of extra notes and where whole bars were left out."""
    signs = {(int(source), int(target)) for source, target in grid.jumps}
    over = _endings(grid, marks)
    hits = np.flatnonzero(path.played)
    jumps = {int(note): (int(left), int(entered)) for note, left, entered in path.jumps}
    jump_notes = np.array(sorted(jumps), dtype=np.int64)
    first = int(hits[0])
    begun = jumps[first] if first in jumps else jumps.get(0, (0, 0))
    start = Stretch(_edge(first), 0, min(begun[1], int(path.position[first]) - 1), 0, "start")
    found: list[Stretch] = []
    arrival: Arrival
    for hit, following in zip(hits[:-1].tolist(), hits[1:].tolist(), strict=True):
        here, there = int(path.position[hit]), int(path.position[following])
        jumped = jump_notes[np.searchsorted(jump_notes, hit, "right") : np.searchsorted(jump_notes, following, "right")]
        run = following - hit - 1
        if len(jumped):
            left, entered = jumps[int(jumped[-1])]
            signed = (left, entered) in signs
            if not signed and _within_bar(grid, here, entered):
                start = replace(start, before=min(start.before, entered), reached=max(start.reached, here))
                continue
            cut, arrival, reached = int(jumped[-1]), "sign" if signed else "jump", left if signed else here
        elif (run >= LONG_RUN and there - here <= 1 and not grid.ornamented[here]) or _leaves_bars_out(
            grid, here, there
        ):
            cut, arrival, reached, entered = following, "on", here, there - 1
        else:
            ending = next((pair for pair in over if here <= pair[0] < pair[1] < there), None)
            if ending is None:
                continue
            cut, arrival, (reached, entered) = following, "sign", ending
        long = run >= LONG_RUN
        if arrival == "jump" or (arrival == "on" and not long):
            reached, entered = _to_barline(grid, reached, 1), _to_barline(grid, entered, -1)
        found.append(replace(start, stop_note=hit + 1 if long else cut, reached=max(reached, start.reached)))
        start = Stretch(following if long else cut, 0, min(entered, there - 1), 0, arrival)
    last = int(hits[-1])
    reached = max(int(path.position[last]), start.reached)
    end = next((int(end) for end in grid.ends if 0 <= end - reached <= END_ONSETS), reached)
    return [*found, replace(start, stop_note=len(path.played) - _edge(len(path.played) - last - 1), reached=end)]


def _edge(run: int) -> int:
    """Notes of a run at an edge of the performance that are set aside: all or none."""
    return run if run >= EDGE_RUN else 0


def _within_bar(grid: Grid, left: int, entered: int) -> bool:
    """Whether a jump neither leaves its bar nor goes back to the bar's beginning."""
    return bar_of(grid, max(left, 1)) == bar_of(grid, entered + 1) and entered not in grid.bar_starts.tolist()


def _to_barline(grid: Grid, position: int, direction: int) -> int:
    """The next barline forwards (1) or backwards (-1), if few onsets lie before it; else the position."""
    bar = bar_of(grid, position if direction > 0 else position + 1)
    barline = int(grid.bar_starts[bar + 1 if direction > 0 else bar])
    return barline if abs(barline - position) <= END_ONSETS else position


def _leaves_bars_out(grid: Grid, here: int, there: int) -> bool:
    """Whether enough onsets, a whole bar among them, lie between two played positions."""
    first, last = bar_of(grid, max(here, 1)), bar_of(grid, there)
    return there - here - 1 >= LEFT_OUT_ONSETS and last > first + 1


def _endings(grid: Grid, marks: Sequence[RepeatMarks]) -> list[tuple[int, int]]:
    """Positions (from, to) of the signed jumps over an ending."""
    return [
        (int(grid.bar_starts[jump.source + 1]), int(grid.bar_starts[jump.target]))
        for jump in notated_jumps(marks)
        if jump.sign == "ending"
    ]
