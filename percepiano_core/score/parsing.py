"""One pass over the bars of a score: a cursor moves through notes, backups and forwards and places every event.

Several parts become one, in ticks of the common multiple of their divisions; bars, time signatures and tempos are the
first part's (docs/score_reading.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, SubElement

from percepiano_core.score.corrections import Corrections
from percepiano_core.score.direction_elements import read_direction, read_metronome, read_tempos
from percepiano_core.score.events import ParsedScore, ScoreNote, TimeSignature
from percepiano_core.score.note_elements import number_in, read_note
from percepiano_core.score.unfolding import played_measures

LONGEST_QUARTERS = 1000  # of a note, backup or forward; a bound against broken files, far above any written one
VOICES_A_PART = 10  # voice numbers of the second part start above the first part's
TIME_SYMBOLS = {"cut": (2, 2), "common": (4, 4)}


def parse_score(root: Element, corrections: Corrections) -> ParsedScore:
    """Events of all parts in document order; ValueError for what cannot be placed."""
    score = ParsedScore(divisions=_common_divisions(root))
    for index, part in enumerate(root.iterfind("part")):
        _PartReader(score, index, corrections).read(part)
    return score


def _common_divisions(root: Element) -> int:
    """Ticks a quarter that hold those of all parts; ValueError unless each is positive."""
    values = {number_in(attributes, "divisions", default=1) for attributes in root.iterfind("part/measure/attributes")}
    if min(values, default=1) < 1:
        raise ValueError("<divisions> is not positive")
    return math.lcm(*values)


@dataclass(slots=True)
class _PartReader:
    """Reads one part into the score; ticks of the file are multiplied by `scale`."""

    score: ParsedScore
    part_index: int
    corrections: Corrections
    scale: int = 0
    cursor: float = 0.0
    furthest: float = 0.0  # latest position reached in the current bar
    transpose: int = 0
    previous: ScoreNote = field(default_factory=ScoreNote)
    chord_beams: set[str] = field(default_factory=set)
    seen_beams: set[str] = field(default_factory=set)

    def read(self, part: Element) -> None:
        self.scale = self.score.divisions
        for number, measure in enumerate(played_measures(part.findall("measure")), start=1):
            self._read_measure(measure, number)
        if self.part_index == 0:
            self.score.end = self.cursor

    def _read_measure(self, measure: Element, number: int) -> None:
        start = self.furthest = self.cursor
        if self.part_index == 0:
            self.score.measure_starts.append(start)
            self.score.measure_is_implicit.append("implicit" in measure.attrib)
        for element in _elements(measure):
            if element.tag == "note":
                self._read_note(element, number)
            elif element.tag in ("backup", "forward"):
                self._move(element, start)
            elif element.tag == "direction":
                self._read_direction(element)
            elif element.tag == "attributes":
                self._read_attributes(element, start)
            self.furthest = max(self.furthest, self.cursor)
        if self.corrections.tolerate_rounding:
            self.cursor = self.furthest

    def _move(self, element: Element, measure_start: float) -> None:
        ticks = self._ticks(element)
        self.cursor += ticks if element.tag == "forward" else -ticks
        if self.corrections.tolerate_rounding:
            self.cursor = max(self.cursor, measure_start)

    def _read_note(self, element: Element, measure: int) -> None:
        note = read_note(element, self.transpose)
        note.measure = measure
        note.voice += VOICES_A_PART * self.part_index
        in_chord = element.find("chord") is not None
        self._place(note, element, in_chord)
        self._join_beams(note, in_chord)
        if in_chord:
            note.chord_index = self.previous.chord_index + 1
        self.previous = note
        if not note.is_unpitched:
            self.score.notes.append(note)

    def _place(self, note: ScoreNote, element: Element, in_chord: bool) -> None:
        """A chord note begins and ends with the note before it; a grace takes no time."""
        if in_chord and not note.is_grace:
            note.onset, note.duration = self.previous.onset, self.previous.duration
            return
        note.onset = self.cursor
        if not note.is_grace:
            note.duration = self._ticks(element)
            self.cursor += note.duration

    def _ticks(self, element: Element) -> int:
        """Length of a note or move; ValueError for one that no score has, before it is counted out in beats.

        Negative ones pass: exporters write them to make up for rounding.
        """
        ticks = number_in(element, "duration") * self.scale
        if abs(ticks) > LONGEST_QUARTERS * self.score.divisions:
            raise ValueError(f"a duration of {ticks / self.score.divisions:g} quarters")
        return ticks

    def _join_beams(self, note: ScoreNote, in_chord: bool) -> None:
        """Chord notes carry no beams in the file; the published code gives them all kinds that occurred so far."""
        own = set(note.beams)
        if in_chord:
            note.beams |= self.chord_beams if self.corrections.beams_of_own_chord else self.seen_beams
        else:
            self.chord_beams = own
        self.seen_beams |= own

    def _read_direction(self, element: Element) -> None:
        self.score.directions.append(read_direction(element, self.cursor))
        if self.part_index == 0:
            self.score.tempos += read_tempos(element, self.cursor)
            self.score.metronome_marks += read_metronome(element, self.cursor)

    def _read_attributes(self, attributes: Element, measure_start: float) -> None:
        if attributes.find("divisions") is not None:
            self.scale = self.score.divisions // number_in(attributes, "divisions")
        transpose = attributes.find("transpose")
        if transpose is not None:
            self.transpose = number_in(transpose, "chromatic")
        time = attributes.find("time")
        if time is not None and self.part_index == 0:
            _add_time_signature(self.score, time, self.cursor, measure_start)


def _add_time_signature(score: ParsedScore, time: Element, position: float, measure_start: float) -> None:
    """The first signature of a bar counts."""
    signatures = score.time_signatures
    if not signatures or signatures[-1].position < measure_start:
        symbol = TIME_SYMBOLS.get(time.get("symbol", ""))
        numerator, denominator = symbol or (number_in(time, "beats"), number_in(time, "beat-type"))
        if min(numerator, denominator) < 1:
            raise ValueError(f"a time signature of {numerator}/{denominator} is none")
        signatures.append(TimeSignature(position, numerator, denominator))


def _elements(measure: Element) -> Iterator[Element]:
    """Children of a bar; a lone `<forward>` in a bar without notes is a whole-bar rest."""
    forwards = measure.findall("forward")
    if len(forwards) != 1 or measure.find("note") is not None:
        yield from measure
        return
    yield from (child for child in measure if child.tag != "forward")
    rest = Element("note")
    SubElement(rest, "rest")
    SubElement(rest, "duration").text = forwards[0].findtext("duration")
    yield rest
