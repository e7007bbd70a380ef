"""Dynamic levels and accidentals in a MusicXML document, which keeps all else: its beams, slurs and fingerings.

A level is written as a direction at the end of its measure between a backup to its place and a forward from there, so
that it can stand at any time, whatever the voices do. Source: MusicXML 4.0 (W3C), elements direction, backup, forward.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from percepiano_core.corpus.asap_dynamics import LEVEL_OF_MARK
from percepiano_core.score.divisions import opening_divisions
from percepiano_core.score.numbers import decimal

FINEST = 10_000  # parts of a quarter or a division that a place is told by
SHARPS = "FCGDAEB"  # order in which a key signature sharpens; it flattens from the other end
SIGNS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
BEFORE_ACCIDENTAL = {"grace", "chord", "cue", "pitch", "duration", "tie", "instrument", "voice", "type", "dot"}


@dataclass(frozen=True, slots=True)
class PlacedLevel:
    """A level at a place of a score: index of the measure, quarters from its beginning."""

    measure: int
    quarters: float
    level: str


@dataclass(frozen=True, slots=True)
class PitchedNote:
    """A note: when it begins in its measure (divisions), the line it is on, its alteration, whether it is tied to."""

    time: Fraction
    line: tuple[str, str, str]  # staff, step, octave
    alter: int
    tied: bool
    element: Element


def replace_levels(score: Element, levels: Iterable[PlacedLevel]) -> int:
    """Take all static levels (p, mf ...) out of a `score-partwise` and write these into its first part.

    Of levels at one place the last counts; one that repeats the level before it is not written. Returns how many are.
    """
    parts = score.findall("part")
    for part in parts:
        for measure in part.iterfind("measure"):
            _remove_levels(measure)
    divisions, measures = opening_divisions(parts[0]), parts[0].findall("measure")
    by_measure: dict[int, list[PlacedLevel]] = {}
    for each in _worth_writing(levels):
        by_measure.setdefault(each.measure, []).append(each)
    for index, measure in enumerate(measures):
        divisions = decimal(measure.findtext("attributes/divisions")) or divisions
        for each in by_measure.get(index, []):
            _write_level(measure, _whole(Fraction(each.quarters).limit_denominator(FINEST) * divisions), each.level)
    return sum(map(len, by_measure.values()))


def add_accidentals(score: Element) -> None:
    """Write an `accidental` into each note of a `score-partwise` that needs one; those already there stay.

    partitura writes sounding alterations alone. Notation programs find the signs by themselves, verovio does not. A
    sign holds for its line to the end of the measure, in all voices of its staff (Gould, Behind Bars, 2011, page 78).
    """
    for part in score.iterfind("part"):
        fifths = 0
        for measure in part.iterfind("measure"):
            fifths = int(decimal(measure.findtext("attributes/key/fifths")) or fifths)
            _add_to_measure(measure, key_alterations(fifths))


def key_alterations(fifths: int) -> dict[str, int]:
    """Alteration of each step by a key signature of so many sharps (negative: flats)."""
    altered = SHARPS[:fifths] if fifths >= 0 else SHARPS[fifths:]
    return dict.fromkeys(altered, 1 if fifths > 0 else -1)


def _worth_writing(levels: Iterable[PlacedLevel]) -> Iterator[PlacedLevel]:
    last = ""
    for each in {(level.measure, level.quarters): level for level in levels}.values():
        if each.level != last:
            yield each
        last = each.level


def _remove_levels(measure: Element) -> None:
    for direction in measure.findall("direction"):
        for kind in direction.findall("direction-type"):
            for dynamics in kind.findall("dynamics"):
                for mark in [mark for mark in dynamics if mark.tag in LEVEL_OF_MARK]:
                    dynamics.remove(mark)
                if not len(dynamics):
                    kind.remove(dynamics)
            if not len(kind):
                direction.remove(kind)
        if direction.find("direction-type") is None:
            measure.remove(direction)


def _whole(time: Fraction) -> Fraction:
    """A time in divisions, rounded to a whole one where that is near: decimals are allowed, and rarely written."""
    return Fraction(round(time)) if abs(time - round(time)) < Fraction(1, FINEST) else time


def _write_level(measure: Element, time: Fraction, level: str) -> None:
    """Write a level at a time (divisions) of the measure, before its right barline."""
    ending = measure.find("barline[@location='right']")
    index = len(measure) if ending is None else list(measure).index(ending)
    end = max((after for _, after, _ in _walk(measure)), default=Fraction(0))
    cursor = [Fraction(0), *(after for _, after, _ in _walk(measure))][-1]
    direction = Element("direction", placement="below")
    SubElement(SubElement(SubElement(direction, "direction-type"), "dynamics"), level)
    SubElement(direction, "staff").text = "1"
    written = [*_moves(time - cursor), direction, *_moves(end - time)]
    for offset, element in enumerate(written):
        measure.insert(index + offset, element)


def _moves(divisions: Fraction) -> list[Element]:
    """The element that moves the cursor by so much, if any is needed."""
    if not divisions:
        return []
    move = Element("forward" if divisions > 0 else "backup")
    SubElement(move, "duration").text = f"{float(abs(divisions)):.12g}"
    return [move]


def _add_to_measure(measure: Element, key: dict[str, int]) -> None:
    valid: dict[tuple[str, str, str], int] = {}
    for note in sorted(_notes(measure), key=lambda each: each.time):
        expected = valid.get(note.line, key.get(note.line[1], 0))
        if note.tied:
            continue
        if note.alter != expected and note.element.find("accidental") is None and note.alter in SIGNS:
            sign = Element("accidental")
            sign.text = SIGNS[note.alter]
            index = max(at for at, child in enumerate(note.element) if child.tag in BEFORE_ACCIDENTAL)
            note.element.insert(index + 1, sign)
        valid[note.line] = note.alter


def _notes(measure: Element) -> Iterator[PitchedNote]:
    for begin, _, element in _walk(measure):
        pitch = element.find("pitch")
        if pitch is not None:
            line = (element.findtext("staff") or "1", pitch.findtext("step") or "", pitch.findtext("octave") or "")
            tied = element.find("tie[@type='stop']") is not None
            yield PitchedNote(begin, line, round(decimal(pitch.findtext("alter")) or 0), tied, element)


def _walk(measure: Element) -> Iterator[tuple[Fraction, Fraction, Element]]:
    """When each note, backup and forward begins, where the cursor is after it (divisions), and the element."""
    cursor = chord_start = Fraction(0)
    for element in measure:
        length = decimal(element.findtext("duration")) or Fraction(0)
        if element.tag in ("forward", "backup"):
            begin, cursor = cursor, cursor + (length if element.tag == "forward" else -length)
        elif element.tag == "note" and element.find("chord") is not None:
            begin = chord_start
        elif element.tag == "note":
            begin = chord_start = cursor
            cursor += length
        else:
            continue
        yield begin, cursor, element
