"""One `<note>` element as a ScoreNote, but for its position, which the cursor of the bar gives.

See docs/score_reading.md, and docs/features.md, "Score features", for the signs of `notation` and `slur_beam_vec`.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from percepiano_core.score.corrections import Corrections
from percepiano_core.score.divisions import face_quarters
from percepiano_core.score.events import ScoreNote, Slur, WavyLine
from percepiano_core.score.numbers import decimal, number_in, whole_number, whole_number_in
from percepiano_core.wording import shown

STEP_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SEMITONES_AN_OCTAVE = 12
MIDI_PITCHES = range(128)
LARGEST_STAFF = 100
FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5, "256th": 6, "512th": 7, "1024th": 8}
ORNAMENTS = frozenset(
    {"trill-mark", "turn", "delayed-turn", "inverted-turn", "delayed-inverted-turn", "vertical-turn"}
    | {"inverted-vertical-turn", "shake", "mordent", "inverted-mordent", "schleifer", "haydn"}
)
TREMOLO_STROKES = range(9)  # MusicXML 4.0, tremolo-marks


def read_note(element: Element, transpose: int, corrections: Corrections) -> ScoreNote:
    """A note or rest; ValueError if its pitch is malformed.

    Parameters
    ----------
    element : the `<note>`
    transpose : semitones from written to sounding pitch
    """
    note = ScoreNote(is_printed=element.get("print-object") != "no")
    pitch, grace = element.find("pitch"), element.find("grace")
    if pitch is not None:
        note.pitch = midi_pitch(pitch) + transpose
        if note.pitch not in MIDI_PITCHES:
            raise ValueError(f"a pitch of {note.pitch} is no MIDI number")
    note.is_rest = element.find("rest") is not None
    note.is_unpitched = pitch is None and not note.is_rest
    note.is_grace = grace is not None or (element.find("duration") is None and not corrections.bars_in_step)
    note.has_slash = grace is not None and grace.get("slash") == "yes"
    note.is_cue = element.find("cue") is not None
    note.staff = staff_of(element)
    if "time-only" in element.attrib:
        note.time_only = tuple(int(number) for number in re.findall(r"[0-9]{1,3}", element.get("time-only", "")))
    note.beams = {beam.text or "" for beam in element.iterfind("beam")}
    for notations in element.iterfind("notations"):
        _read_notations(note, notations)
    if note.tremolo:
        note.face_quarters = float(face_quarters(element) or 0)
        note.value_flags = FLAGS.get((element.findtext("type") or "").strip(), 0)
    if corrections.all_placements:
        _read_ties(note, [*element.iterfind("tie"), *element.iterfind("notations/tied")])
    return note


def midi_pitch(pitch: Element) -> int:
    """Sounding MIDI number of a `<pitch>`, C4 = 60; microtones are cut towards the natural note."""
    step = pitch.findtext("step", "").strip().upper()
    if step not in STEP_SEMITONES:
        raise ValueError(f"unknown pitch step {shown(step)!r}")
    alter = int(number_in(pitch, "alter", default=0)) if pitch.find("alter") is not None else 0
    return SEMITONES_AN_OCTAVE * (whole_number_in(pitch, "octave") + 1) + STEP_SEMITONES[step] + alter


def sounding_transposition(transpose: Element, corrections: Corrections) -> int:
    """Semitones from written to sounding pitch, of a `<transpose>`."""
    octaves = whole_number_in(transpose, "octave-change", default=0) if corrections.all_placements else 0
    return whole_number_in(transpose, "chromatic", default=0) + SEMITONES_AN_OCTAVE * octaves


def staff_of(element: Element) -> int:
    """Number of the staff; 1 where the file names none, or what cannot be one."""
    text = element.findtext("staff")
    value = whole_number(text) or decimal(text)
    return int(value) if value is not None and value in range(1, LARGEST_STAFF) else 1


def _read_ties(note: ScoreNote, ties: list[Element]) -> None:
    """Ties as heard (`<tie>`) and as seen (`<tied>`): either is enough; "let-ring" ties to nothing."""
    kinds = {tie.get("type") for tie in ties}
    note.starts_tie = not kinds.isdisjoint({"start", "continue"})
    note.stops_tie = not kinds.isdisjoint({"stop", "continue"})


def _read_notations(note: ScoreNote, notations: Element) -> None:
    for child in notations:
        if child.tag == "articulations":
            note.articulations.append(tuple(sign.tag for sign in child))
        elif child.tag == "arpeggiate":
            note.has_arpeggio = True
        elif child.tag == "fermata":
            note.has_fermata = True
        elif child.tag == "tied":
            note.starts_tie = note.starts_tie or child.get("type") == "start"
            note.stops_tie = note.stops_tie or child.get("type") == "stop"
        elif child.tag == "slur" and child.get("type") in ("start", "stop"):
            note.slurs.append(Slur(child.get("type") == "start", child.get("number", "1")))
        elif child.tag == "ornaments":
            _read_ornaments(note, child)


def _read_ornaments(note: ScoreNote, ornaments: Element) -> None:
    for sign in ornaments:
        note.is_ornamented = note.is_ornamented or sign.tag in ORNAMENTS
        if sign.tag == "trill-mark":
            note.has_trill = True
        elif sign.tag == "wavy-line" and sign.get("type") in ("start", "stop"):
            note.wavy_line = WavyLine(sign.get("type") == "start", sign.get("number", "1"))
            note.is_ornamented = note.is_ornamented or note.wavy_line.is_start
        elif sign.tag == "tremolo" and sign.get("type") != "unmeasured":
            _read_tremolo(note, sign)


def _read_tremolo(note: ScoreNote, sign: Element) -> None:
    """Strokes of a tremolo; a sign without a number is a mere picture, and the note stays a held one."""
    if not (sign.text or "").strip():
        return
    strokes = decimal(sign.text)
    if strokes is None or strokes not in TREMOLO_STROKES:
        raise ValueError(f"a tremolo of {shown(sign.text or '')!r} strokes")
    note.tremolo, note.tremolo_strokes = sign.get("type", "single"), int(strokes)
