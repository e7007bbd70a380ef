"""Dynamics and what they hold for: levels, gradual changes, accents (docs/score_reading.md, "Directions")."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

from percepiano_core.features.score.words import Keywords, regularised
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.direction_elements import HAIRPIN_STOP, HAIRPINS
from percepiano_core.score.events import Direction
from percepiano_core.score.metre import last_at_or_before

COMPOUND_DYNAMICS = {"fp": ("f", "p"), "ffp": ("ff", "p"), "sfp": ("sf", "p")}
"""Signs that are one level at their place and another right after it."""
AFTERWARDS_TICKS = 0.1  # where the second level begins; shorter than any note
ACCENTS = frozenset({"sf", "fz", "sfz", "sffz", "rf", "rfz"})

Search = Callable[[Sequence[float], float], int]


@dataclass(frozen=True)
class Dynamics:
    """Directions of loudness.

    Attributes
    ----------
    absolute : levels, each in force until the next
    relative : gradual changes and other words, each with an end
    accents : signs for the notes at their position alone
    search : finds the level in force among the positions of `absolute`
    """

    absolute: list[Direction]
    relative: list[Direction]
    accents: list[Direction]
    search: Search

    def level_at(self, position: float) -> Direction | None:
        """Level in force; the first one before it begins, None where the score has none."""
        if not self.absolute:
            return None
        return self.absolute[self.search([d.position for d in self.absolute], position)]


def match_hairpin_stops(directions: Sequence[Direction]) -> list[Direction]:
    """Directions by position; a hairpin's stop gets the kind of the latest hairpin end of its number before it."""
    ordered = sorted(directions, key=lambda direction: direction.position)
    for index, stop in enumerate(ordered):
        if stop.kind == HAIRPIN_STOP:
            earlier = (d for d in reversed(ordered[:index]) if d.kind in HAIRPINS and d.number == stop.number)
            start = next(earlier, None)
            stop.kind = start.kind if start is not None else HAIRPIN_STOP
    return ordered


def resolve_dynamics(directions: Sequence[Direction], keywords: Keywords, corrections: Corrections) -> Dynamics:
    """Levels, changes with their ends, and accents of a score's directions in order of position."""
    absolute = [d for d in directions if keywords.holds(keywords.absolute_dynamics, d.kind, d.text)]
    relative = [d for d in directions if keywords.holds(keywords.relative_dynamics, d.kind, d.text)]
    absolute = _split_compounds(absolute)
    accents = [d for d in absolute if d.text in ACCENTS]
    absolute, comparative = split_comparatives([d for d in absolute if d.text not in ACCENTS], keywords)
    relative = [d for d in relative + comparative if d not in absolute]
    relative = _with_hairpin_ends(sorted(relative, key=lambda direction: direction.position))
    search = published_search
    if corrections.sort_split_levels:
        absolute.sort(key=lambda direction: direction.position)
        search = last_at_or_before
    dynamics = Dynamics(absolute, relative, accents if corrections.keep_accents else [], search)
    _end_changes(dynamics)
    if corrections.levels_end_changes:
        _end_at_next_level(dynamics)
    return dynamics


def _split_compounds(absolute: list[Direction]) -> list[Direction]:
    """fp as f and, right after, p. As published, the later one comes first in the list."""
    split: list[Direction] = []
    for direction in absolute:
        if direction.text in COMPOUND_DYNAMICS:
            direction.text, then = COMPOUND_DYNAMICS[direction.text]
            split.append(replace(direction, position=direction.position + AFTERWARDS_TICKS, text=then))
        split.append(direction)
    return split


def split_comparatives(absolute: list[Direction], keywords: Keywords) -> tuple[list[Direction], list[Direction]]:
    """Absolute directions, and those that a word like "più" makes relative."""

    def is_comparative(direction: Direction) -> bool:
        text = regularised(direction.text or "")
        return any(word in text for word in keywords.comparatives)

    return [d for d in absolute if not is_comparative(d)], [d for d in absolute if is_comparative(d)]


def _with_hairpin_ends(relative: list[Direction]) -> list[Direction]:
    """Words and hairpin starts, the starts with the end of their stop on the same staff."""
    for index, stop in enumerate(relative):
        if stop.kind in HAIRPINS and stop.text == "stop":
            for start in reversed(relative[:index]):
                if start.kind == stop.kind and start.text == "start" and start.staff == stop.staff:
                    start.end = stop.position
                    break
    return [d for d in relative if d.kind == "words" or (d.kind in HAIRPINS and d.text != "stop")]


def _end_changes(dynamics: Dynamics) -> None:
    """A change ends at its hairpin's stop, else at the next change, and at the next level; the last may not end."""
    levels = [d.position for d in dynamics.absolute]
    for index, change in enumerate(dynamics.relative):
        if change.end is None and index + 1 < len(dynamics.relative):
            change.end = dynamics.relative[index + 1].position
        following = dynamics.search(levels, change.position) + 1 if levels else 0
        if change.end is None:
            change.end = inf
        elif 0 < following < len(levels):
            change.end = min(change.end, levels[following])


def _end_at_next_level(dynamics: Dynamics) -> None:
    """No change lasts into the level after it."""
    for change in dynamics.relative:
        later = [d.position for d in dynamics.absolute if d.position > change.position]
        change.end = min([inf if change.end is None else change.end, *later])


def published_search(positions: Sequence[float], position: float) -> int:
    """Halving search for the last position that is not after the given one.

    The published list is out of order after an fp, where a halving search gives another level than a scan would; so
    its steps are part of the published values.
    """
    first, last = 0, len(positions) - 1
    while first < last and positions[0] <= position:
        middle = (first + last) // 2
        if positions[middle] > position:
            last = middle - 1
        elif positions[middle + 1] > position:
            return middle
        else:
            first = middle + 1
    return last if positions[0] <= position else 0
