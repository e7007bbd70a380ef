"""Where a performance leaves the order that the score gives: bars skipped or doubled, notes that the score lacks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from percepiano_core.alignment.alignment import Excursion, ExcursionKind, RepeatTaken
from percepiano_core.alignment.playing_order import PlayingOrder
from percepiano_core.alignment.way import Way
from percepiano_core.score.repeats import RepeatMarks, notated_jumps, repeat_times


def excursions_of(
    numbers: Sequence[str], way: Way, order: PlayingOrder, onsets: np.ndarray, rows: np.ndarray
) -> tuple[Excursion, ...]:
    """All excursions of a performance, in the order in which they begin.

    Parameters
    ----------
    numbers : printed number of each written bar
    onsets : float [p], seconds, of all performed notes
    rows : int [n], rows of the performed notes that the order counts
    """
    found = [*_skipped(numbers, way, order, onsets), *_doubled(numbers, way, order, onsets)]
    found.extend(_added(numbers, way, order, onsets, rows))
    return tuple(sorted(found, key=lambda each: (each.seconds, each.kind)))


def repeats_taken(
    numbers: Sequence[str], marks: Sequence[RepeatMarks], order: Sequence[int]
) -> tuple[RepeatTaken, ...]:
    """Each sign that leads back, or to the coda, and how often it was obeyed."""
    pairs = list(pairwise(order))
    return tuple(
        RepeatTaken(
            jump.sign,
            numbers[jump.source],
            numbers[jump.target],
            pairs.count((jump.source, jump.target)),
            repeat_times(marks, jump),
        )
        for jump in notated_jumps(marks)
        if jump.sign != "ending"
    )


def _skipped(numbers: Sequence[str], way: Way, order: PlayingOrder, onsets: np.ndarray) -> list[Excursion]:
    found = []
    for first, stop in _ranges(way.stretch_of_row < 0):
        places = way.score_notes["measure"][[first, stop - 1]]
        following = way.stretch_of_row[stop] if stop < len(way.stretch_of_row) else None
        row = len(onsets) if following is None else way.performed_of_stretch[following][0]
        seconds = float(onsets[min(row, len(onsets) - 1)])
        bars = [numbers[order.bars[place]] for place in places]
        found.append(Excursion("skipped", bars[0], bars[1], (first, stop), (row, row), (seconds, seconds)))
    return found


def _doubled(numbers: Sequence[str], way: Way, order: PlayingOrder, onsets: np.ndarray) -> list[Excursion]:
    """Bars that were played before and come again without a sign, up to where the player had been."""
    found = []
    for index, (previous, stretch) in enumerate(pairwise(order.stretches), 1):
        if stretch.arrival != "jump" or stretch.before >= previous.reached:
            continue
        bars_again = order.bars[previous.last_place] - order.bars[stretch.place]
        last_place = min(stretch.place + bars_again, stretch.last_place)
        again = np.flatnonzero((way.stretch_of_row == index) & (way.score_notes["measure"] <= last_place))
        first, stop = way.performed_of_stretch[index]
        bars = [numbers[order.bars[place]] for place in (stretch.place, last_place)]
        seconds = (float(onsets[first]), float(onsets[stop - 1]))
        rows = (int(again[0]), int(again[-1]) + 1) if len(again) else (0, 0)
        found.append(Excursion("doubled", bars[0], bars[1], rows, (first, stop), seconds))
    return found


def _added(
    numbers: Sequence[str], way: Way, order: PlayingOrder, onsets: np.ndarray, rows: np.ndarray
) -> list[Excursion]:
    """Notes before the first stretch, between two, and behind the last."""
    stops = [0, *(stretch.stop_note for stretch in order.stretches)]
    starts = [*(stretch.first_note for stretch in order.stretches), len(rows)]
    kinds: list[ExcursionKind] = ["before", *["extra"] * (len(starts) - 2), "after"]  # type: ignore[list-item]
    found = []
    for index, (kind, first, stop) in enumerate(zip(kinds, stops, starts, strict=True)):
        if stop <= first:
            continue
        bar = numbers[order.bars[order.stretches[0].place if index == 0 else order.stretches[index - 1].last_place]]
        edges = (int(rows[first]), int(rows[stop - 1]) + 1)
        seconds = (float(onsets[edges[0]]), float(onsets[edges[1] - 1]))
        found.append(Excursion(kind, bar, bar, (0, 0), edges, seconds))
    return found


def _ranges(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and stop of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
