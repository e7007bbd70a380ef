"""One part of a score: a cursor moves through notes, backups and forwards of its bars and places every event."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from percepiano_core.score.bar_lengths import BarExtent
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.direction_elements import (
    read_direction,
    read_metronome,
    read_note_dynamics,
    read_tempos,
)
from percepiano_core.score.divisions import written_quarters
from percepiano_core.score.events import Direction, ParsedScore, ScoreNote, TimeSignature
from percepiano_core.score.misstated_lengths import MeantLengths
from percepiano_core.score.note_elements import read_note, staff_of
from percepiano_core.score.numbers import decimal, number_in, unrounded, whole_number
from percepiano_core.score.opening_states import PartState
from percepiano_core.score.time_signatures import read_time
from percepiano_core.score.voices import VoiceNumbers

LONGEST_QUARTERS = 1000  # of a note; a bound against broken files, far above any written one
LONGEST_MOVE = 10**6  # quarters of a backup or forward, which may be wrong without harm


@dataclass(slots=True)
class PartReader:
    """Reads one part into the score; times and pitches by what holds there (opening_states.py)."""

    score: ParsedScore
    index: int
    corrections: Corrections
    part: Element
    states: list[PartState]  # at the beginning of each written bar
    meant: MeantLengths
    state: PartState = field(init=False)
    unit_ticks: float = field(init=False)  # ticks of the score that one of the file's units lasts
    cursor: float = 0.0
    extent: BarExtent = field(default_factory=BarExtent)  # of the current bar
    owed: float = 0.0  # ticks that moves back led too far before the current bar
    play_pass: int = 1
    id_suffix: str = ""
    anchor: ScoreNote | None = None  # what a chord note of the bar joins
    has_moved: bool = False  # since that note
    previous: ScoreNote = field(default_factory=ScoreNote)
    chord_beams: set[str] = field(default_factory=set)
    seen_beams: set[str] = field(default_factory=set)
    notes: list[ScoreNote] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)  # of the current bar
    directions: list[Direction] = field(default_factory=list)
    voices: VoiceNumbers = field(init=False)
    note_ids: dict[Element, str] = field(init=False)

    def __post_init__(self) -> None:
        self._begin_state(self.states[0])
        self.voices = VoiceNumbers(self.part, self.index)
        self.note_ids = _note_ids(self.part, self.index)

    def begin_bar(self, index: int, play_pass: int, id_suffix: str) -> None:
        """Which written bar, how often it has been begun, and what tells this pass's notes from those of others."""
        if self.corrections.bars_in_step:
            self._begin_state(self.states[index])
        self.play_pass, self.id_suffix, self.anchor = play_pass, id_suffix, None

    def _begin_state(self, state: PartState) -> None:
        self.state, self.unit_ticks = state, _plain(state.unit * self.score.divisions)

    def read_measure(self, measure: Element, number: int) -> None:
        """Place the events of one bar, which begins at the cursor."""
        start = self.cursor
        self.extent, self.owed = BarExtent(start, start), 0.0
        self.repairs += self.meant.repairs.get(measure, ())
        for element in _elements(measure):
            if element.tag == "note":
                self._read_note(element, number)
            elif element.tag in ("backup", "forward"):
                self._move(element, start)
            elif element.tag == "direction":
                self._read_direction(element)
            elif element.tag == "sound" and self.corrections.all_placements:
                self._add_tempos([element])
            elif element.tag == "attributes":
                self._read_attributes(element, start)
                if self.corrections.bars_in_step and _asks_for_repetition(element, measure):
                    self.repairs.append(
                        "a sign asks to play the bar before again; its notes are not written and missing"
                    )
            if not _is_whole_bar_rest(element):
                self.extent.furthest = max(self.extent.furthest, self.cursor)
        if self.corrections.tolerate_rounding:
            self.cursor = self.extent.furthest

    def read_signs(self, measure: Element) -> None:
        """Directions, tempos and attributes of a bar, all at the cursor, which stays."""
        for element in measure:
            if element.tag == "direction":
                self._read_direction(element)
            elif element.tag == "sound" and self.corrections.all_placements:
                self._add_tempos([element])
            elif element.tag == "attributes":
                self._read_attributes(element, self.cursor)

    def _move(self, element: Element, measure_start: float) -> None:
        self.has_moved = True
        ticks = self._ticks(element)
        if not self.corrections.bars_in_step:
            self.cursor += ticks if element.tag == "forward" else -ticks
            self.cursor = max(self.cursor, measure_start) if self.corrections.tolerate_rounding else self.cursor
            return
        signature = self.score.time_signatures[-1] if self.score.time_signatures else None
        nominal = signature.quarters * self.score.divisions if signature else 0.0
        self._move_in_bar(element.tag, ticks if element.tag == "forward" else -ticks, measure_start, nominal)

    def _move_in_bar(self, tag: str, ticks: float, start: float, nominal: float) -> None:
        """Move, but not before the bar, nor more than a bar past its end.

        Some exporters write moves of hundreds of quarters where rounding errors meet; a later one makes up for them.
        """
        if ticks > nominal and self.owed:
            paid = min(self.owed, ticks)
            self.owed, ticks = self.owed - paid, ticks - paid
        end = max(self.extent.furthest, start + nominal) + nominal
        target = self.cursor + ticks
        self.cursor = max(target, start)
        if nominal and target < start - nominal:
            self.owed += start - target
            self._tell_of_move(tag, start - target, "before the bar")
        elif nominal and target > end:
            self.cursor = end - nominal
            self._tell_of_move(tag, target - end + nominal, "past the end of the bar")

    def _tell_of_move(self, tag: str, ticks: float, where: str) -> None:
        self.repairs.append(f"a <{tag}> leads {ticks / self.score.divisions:g} quarters {where} and is cut there")

    def _read_note(self, element: Element, measure: int) -> None:
        note = read_note(element, self.state.transposition(staff_of(element)), self.corrections)
        note.measure = measure
        note.part, note.voice = self.index, self.voices.number(element)
        note.note_id = self.note_ids.get(element, "") + self.id_suffix
        in_chord = element.find("chord") is not None
        if in_chord and self.corrections.bars_in_step and not self._joins(note):
            in_chord = False
        self._place(note, element, in_chord)
        self._join_beams(note, in_chord)
        if in_chord:
            note.chord_index = self.previous.chord_index + 1
        self.previous = self.anchor = note
        self.has_moved = False
        if not note.is_unpitched and self.play_pass in (note.time_only or (self.play_pass,)):
            self.notes.append(note)
        if self.corrections.all_placements:
            self.directions += read_note_dynamics(element, note)

    def _joins(self, note: ScoreNote) -> bool:
        """Whether a chord note has a note to join: one of the bar, and of its own voice where a move lies between."""
        if self.anchor is None:
            self.repairs.append("a chord note has no note before it to join, and stands alone")
        elif self.has_moved and note.voice != self.anchor.voice:
            self.repairs.append("a chord note follows a move to another voice, and stands alone")
        else:
            return True
        return False

    def _place(self, note: ScoreNote, element: Element, in_chord: bool) -> None:
        """A chord note begins with the note before it, by the schema the longest of them; a grace takes no time."""
        if in_chord and not note.is_grace:
            note.onset, note.duration = self.previous.onset, self.previous.duration
            if self.corrections.bars_in_step and element.find("duration") is not None:
                note.duration = min(note.duration, self._ticks(element))
            self.extent.notes.append(note)
            return
        note.onset = self.cursor
        if not note.is_grace:
            note.duration = self._ticks(element)
            self.cursor += note.duration
            if _is_whole_bar_rest(element):
                self.extent.rest_end = max(self.extent.rest_end, self.cursor)
                return
        self.extent.notes.append(note)

    def _ticks(self, element: Element) -> float:
        """Length of a note or move; ValueError for one that no score has, before it is counted out in beats.

        Negative ones pass: exporters write them to make up for rounding. A note without a duration is as long as it is
        written.
        """
        if element in self.meant.quarters:
            return _plain(self.meant.quarters[element] * self.score.divisions)
        text = element.findtext("duration") or ""
        plain = whole_number(text)
        if plain is not None and plain * self.unit_ticks <= LONGEST_QUARTERS * self.score.divisions:
            return plain * self.unit_ticks
        if decimal(text) is None and element.tag == "note" and self.corrections.bars_in_step:
            quarters = self._written_length(element)
            if not _is_whole_bar_rest(element):
                self.repairs.append("a note without a <duration> is as long as it is written")
        else:
            number_in(element, "duration")
            quarters = unrounded(text, self.state.unit)
        is_move = element.tag != "note" and self.corrections.bars_in_step
        if abs(quarters) > (LONGEST_MOVE if is_move else LONGEST_QUARTERS):
            if is_move:
                return float(math.copysign(LONGEST_MOVE, quarters)) * self.score.divisions
            raise ValueError(f"a duration of {float(quarters):g} quarters")
        return _plain(quarters * self.score.divisions)

    def _written_length(self, note: Element) -> Fraction:
        """Quarters of a note without a duration, by its written value; a rest without that takes none."""
        written = written_quarters(note)
        if written is None and note.find("rest") is not None:
            return Fraction(0)
        if written is None:
            raise ValueError("a note has neither a <duration> nor a <type>")
        return written

    def _join_beams(self, note: ScoreNote, in_chord: bool) -> None:
        """Chord notes carry no beams in the file; the published code gives them all kinds that occurred so far."""
        own = set(note.beams)
        if in_chord:
            note.beams |= self.chord_beams if self.corrections.beams_of_own_chord else self.seen_beams
        else:
            self.chord_beams = own
        self.seen_beams |= own

    def _read_direction(self, element: Element) -> None:
        position = self._offset(element)
        self.directions.append(read_direction(element, position))
        self._add_tempos(element.findall("sound"), position)
        if self._leads:
            self.score.metronome_marks += read_metronome(element, position)

    def _add_tempos(self, sounds: list[Element], position: float | None = None) -> None:
        if self._leads:
            for sound in sounds:
                at = self._offset(sound) if position is None else position
                self.score.tempos += read_tempos([sound], at, self.corrections)

    @property
    def _leads(self) -> bool:
        """Whether the part's tempos count: they are written for all in the first, or wherever there are any."""
        return self.index == 0 or self.corrections.bars_in_step

    def _offset(self, element: Element) -> float:
        """The cursor, moved by the element's `<offset>`: notation programs write many signs before their place."""
        offset = element.find("offset")
        shift = decimal(offset.text) if offset is not None else None
        if shift is None or not self.corrections.all_placements:
            return self.cursor
        if abs(shift * self.state.unit) > LONGEST_QUARTERS:
            raise ValueError(f"an <offset> of {float(shift * self.state.unit):g} quarters")
        return max(self.cursor + float(shift * self.state.unit * self.score.divisions), 0.0)

    def _read_attributes(self, attributes: Element, measure_start: float) -> None:
        self._begin_state(self.state.after(attributes, self.corrections))
        time = attributes.find("time")
        if time is not None and self._leads:
            self._add_time_signature(time, measure_start)

    def _add_time_signature(self, time: Element, measure_start: float) -> None:
        """The first signature of a bar counts."""
        signatures = self.score.time_signatures
        if signatures and signatures[-1].position >= measure_start:
            return
        signature = read_time(time, symbol_decides=not self.corrections.all_placements)
        if signature is not None:
            signatures.append(TimeSignature(self.cursor, *signature))


def _plain(number: Fraction) -> float:
    """A whole number as an int: ticks are nearly always whole, and then exact and fast."""
    return int(number) if number.denominator == 1 else float(number)


def _note_ids(part: Element, index: int) -> dict[Element, str]:
    """Name of each note: the file's where it tells the notes apart, else part and place in the file."""
    notes = part.findall("measure/note")
    given = Counter(note.get("id") for note in notes)
    return {
        note: name if (name := note.get("id")) and given[name] == 1 else f"p{index}n{place}"
        for place, note in enumerate(notes)
    }


def _is_whole_bar_rest(element: Element) -> bool:
    rest = element.find("rest") if element.tag == "note" else None
    return rest is not None and rest.get("measure") == "yes"


def _asks_for_repetition(attributes: Element, measure: Element) -> bool:
    """Whether a sign begins here that stands for the bars before, and no notes are written out under it."""
    signs = attributes.findall("measure-style/measure-repeat")
    return any(sign.get("type") != "stop" for sign in signs) and measure.find("note/pitch") is None


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
