"""What holds at the beginning of each written bar, so that a jump back finds it again.

Divisions, transposition and time signature hold until they change, in the order of the page and not of playing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

from percepiano_core.score.bars import WrittenBar
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.divisions import divisions_in, opening_divisions
from percepiano_core.score.note_elements import sounding_transposition
from percepiano_core.score.numbers import whole_number
from percepiano_core.score.time_signatures import read_time


@dataclass(frozen=True, slots=True)
class PartState:
    """Quarters that one of the file's units lasts, and semitones from written to sounding pitch.

    transpose : of all staves; staff_transpose : (staff, semitones) of those with a transposition of their own
    """

    unit: Fraction
    transpose: int = 0
    staff_transpose: tuple[tuple[int, int], ...] = ()

    def transposition(self, staff: int) -> int:
        """Semitones from written to sounding pitch in a staff."""
        return dict(self.staff_transpose).get(staff, self.transpose)

    def after(self, attributes: Element, corrections: Corrections) -> PartState:
        """The state behind an `<attributes>` element; ValueError for divisions or a transposition that are none."""
        unit, transpose, of_staves = self.unit, self.transpose, dict(self.staff_transpose)
        if attributes.find("divisions") is not None:
            unit = 1 / divisions_in(attributes)
        for element in attributes.findall("transpose")[: None if corrections.all_placements else 1]:
            semitones = sounding_transposition(element, corrections)
            staff = whole_number(element.get("number")) if corrections.all_placements else None
            if staff is None:
                transpose, of_staves = semitones, {}
            else:
                of_staves[staff] = semitones
        return PartState(unit, transpose, tuple(of_staves.items()))


def opening_states(part: Element, measures: Sequence[Element | None], corrections: Corrections) -> list[PartState]:
    """State of a part at the beginning of each bar (None: the part lacks it)."""
    state = PartState(1 / opening_divisions(part))
    states = []
    for measure in measures:
        states.append(state)
        for attributes in measure.iterfind("attributes") if measure is not None else ():
            state = state.after(attributes, corrections)
    return states


def opening_signatures(bars: Sequence[WrittenBar]) -> list[tuple[int, int] | None]:
    """Time signature at the beginning of each bar, its own not yet counted; None before the first."""
    current: tuple[int, int] | None = None
    signatures = []
    for bar in bars:
        signatures.append(current)
        current = next(_times(bar), current)
    return signatures


def _times(bar: WrittenBar) -> Iterator[tuple[int, int]]:
    for measure in bar.measures:
        for time in measure.iterfind("attributes/time") if measure is not None else ():
            signature = read_time(time)
            if signature is not None:
                yield signature
