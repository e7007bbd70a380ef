"""One `<note>` element as a ScoreNote, but for its position, which the cursor of the bar gives.

See docs/score_reading.md, and docs/features.md, "Score features", for the signs of `notation` and `slur_beam_vec`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from percepiano_core.score.events import ScoreNote, Slur, WavyLine

STEP_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SEMITONES_AN_OCTAVE = 12
MIDI_PITCHES = range(128)
TREMOLO_STROKES = range(9)  # MusicXML 4.0, tremolo-marks


def read_note(element: Element, transpose: int) -> ScoreNote:
    """A note or rest; ValueError if its pitch or voice is malformed.

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
    note.is_unpitched = element.find("unpitched") is not None
    note.is_grace = grace is not None or element.find("duration") is None
    note.has_slash = grace is not None and grace.get("slash") == "yes"
    note.is_cue = element.find("cue") is not None
    note.voice = number_in(element, "voice", default=1)
    note.staff = number_in(element, "staff", default=1)
    note.beams = {beam.text or "" for beam in element.iterfind("beam")}
    for notations in element.iterfind("notations"):
        _read_notations(note, notations)
    return note


def midi_pitch(pitch: Element) -> int:
    """Sounding MIDI number of a `<pitch>`, C4 = 60; microtones are cut towards the natural note."""
    step = pitch.findtext("step", "").strip()
    if step not in STEP_SEMITONES:
        raise ValueError(f"unknown pitch step {step!r}")
    alter = int(float(pitch.findtext("alter") or 0))
    return SEMITONES_AN_OCTAVE * (number_in(pitch, "octave") + 1) + STEP_SEMITONES[step] + alter


def number_in(element: Element, tag: str, default: int | None = None) -> int:
    """Whole number in a child element; ValueError if there is none and no default."""
    text = element.findtext(tag)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise ValueError(f"<{element.tag}> has no whole number in <{tag}>") from None


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
        if sign.tag == "trill-mark":
            note.has_trill = True
        elif sign.tag == "wavy-line" and sign.get("type") in ("start", "stop"):
            note.wavy_line = WavyLine(sign.get("type") == "start", sign.get("number", "1"))
        elif sign.tag == "tremolo":
            note.tremolo = sign.get("type", "single")
            note.tremolo_strokes = int(sign.text or 1)
            if note.tremolo_strokes not in TREMOLO_STROKES:
                raise ValueError(f"a tremolo of {note.tremolo_strokes} strokes")
