"""Durations that a file only rounds, or does not give, where its notes' written values tell them.

Some programs count in few divisions: a triplet eighth of 8 a quarter is 3 or 2 of them and not 8/3, and a 64th 0 or 1.
Others write a duration of 0 or less. Where values, dots and tuplets fit the bar they are what is meant, and the moves
between the voices lead to the same notes and barlines as in the file's own count (docs/score_reading.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element

from percepiano_core.score.divisions import divisions_in, written_quarters
from percepiano_core.score.metre import ROUNDING_TOLERANCE
from percepiano_core.score.numbers import decimal

ROUNDED = "tuplets and short notes whose durations are rounded last as long as they are written"
NOT_POSITIVE = "a note with a <duration> of 0 or less is as long as it is written"


@dataclass(slots=True)
class MeantLengths:
    """What is meant in place of durations: quarters by `<note>`, `<backup>` or `<forward>`; repairs told by bar."""

    quarters: dict[Element, Fraction] = field(default_factory=dict)
    repairs: dict[Element, tuple[str, ...]] = field(default_factory=dict)

    def add_bar(self, measure: Element, unit: Fraction, bar_quarters: Fraction) -> None:
        """Look through a bar of one part.

        unit : quarters of one of the file's units at its beginning; bar_quarters : by its metre, 0 where it has none
        """
        audible = Fraction(ROUNDING_TOLERANCE) * bar_quarters
        meant = dict(_meant_notes(measure, unit, audible))
        if all(note.find("rest") is not None for note in meant):
            return
        lines = _Lines(measure, unit, bar_quarters, meant)
        if lines.fit and (lines.shift > audible or lines.absent):
            self.quarters |= meant | lines.moves
            told = {ROUNDED: len(lines.absent) < len(meant), NOT_POSITIVE: bool(lines.absent)}
            self.repairs[measure] = tuple(repair for repair, is_told in told.items() if is_told)


def _units(measure: Element, unit: Fraction) -> Iterator[tuple[Element, Fraction, Fraction]]:
    """Notes and moves of a bar that take time: the element, its duration in quarters as counted, and the unit."""
    for element in measure:
        if element.tag == "attributes" and element.find("divisions") is not None:
            unit = 1 / divisions_in(element)
        elif element.tag in ("note", "backup", "forward") and element.find("grace") is None:
            units = decimal(element.findtext("duration"))
            if units is not None:
                yield element, units * unit, unit


def _meant_notes(measure: Element, unit: Fraction, audible: Fraction) -> Iterator[tuple[Element, Fraction]]:
    """Notes whose duration rounds the written value, which is no whole number of units, or is not above 0.

    audible : quarters; finer units are left, since what rounding is lost in them is made up for in many ways
    """
    for element, counted, held in _units(measure, unit):
        if element.tag != "note" or (counted > 0 and held <= audible):
            continue
        written = written_quarters(element)
        if written is None or written == counted:
            continue
        is_rounded = held > audible and (written / held).denominator > 1 and (counted / held).denominator == 1
        if counted <= 0 or (is_rounded and abs(written - counted) < held):
            yield element, written


class _Lines:
    """The stretches of a bar between its moves, once as counted and once as meant; quarters from the bar's start.

    fit : every stretch ends where the metre, or the file's own count, lets it end
    shift : by how much an onset differs at most; absent : notes whose duration is not above 0
    moves : length of the moves of the bar, as meant
    """

    def __init__(
        self, measure: Element, unit: Fraction, bar_quarters: Fraction, meant: dict[Element, Fraction]
    ) -> None:
        self.bar = bar_quarters
        self.counted = self.true = self.shift = Fraction(0)
        self.fit = True
        self.moves: dict[Element, Fraction] = {}
        self.absent = {note for note in meant if (decimal(note.findtext("duration")) or 0) <= 0}
        self.smallest: Fraction | None = None  # a stretch that is no full bar ends on a whole number of these
        self.places = {Fraction(0): Fraction(0)}  # as counted -> as meant
        self.drift = Fraction(0)  # of the count, where the stretch begins
        for element, length, held in _units(measure, unit):
            if element.tag != "note":
                self._end(held)
                self._move(element, length if element.tag == "forward" else -length)
            elif element.find("chord") is None:
                self.smallest = Fraction(1, 2) if element in self.absent else self.smallest
                self._step(length, meant.get(element, length))
        self._end(unit)

    def _step(self, counted: Fraction, true: Fraction) -> None:
        self.counted, self.true = self.counted + counted, self.true + true
        self.places.setdefault(self.counted, self.true)
        self.shift = max(self.shift, abs(self.true - self.counted))

    def _move(self, element: Element, length: Fraction) -> None:
        """To the place that the file's own count leads to, or else as far as it says; nowhere if it mends rounding."""
        target = self.counted + length
        known = self.places.get(target, self.bar if target == self.bar else None)
        if target == self.true != self.counted:
            known = self.true
        arrived = max(self.true + length, Fraction(0)) if known is None else known
        is_that_way = (arrived - self.true) * length > 0
        self.moves[element] = abs(arrived - self.true) if is_that_way else Fraction(0)
        self.counted, self.true, self.drift = target, arrived, target - arrived

    def _end(self, unit: Fraction) -> None:
        counted = self.counted - self.drift
        is_short = not self.bar or (self.true < self.bar and counted != self.bar)
        is_whole = (self.true / (self.smallest or unit)).denominator == 1
        self.smallest = None
        self.fit = self.fit and (self.true == self.bar or abs(self.true - counted) < unit or (is_short and is_whole))
