"""One `<direction>` element as a Direction and its tempo marks (docs/score_reading.md, "Directions")."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from percepiano_core.score.corrections import Corrections
from percepiano_core.score.events import Direction, ScoreNote, TempoMark
from percepiano_core.score.numbers import decimal

DEFAULT_QPM = 120.0  # quarters a minute where the score says nothing; Standard MIDI Files 1.0
HAIRPINS = ("crescendo", "diminuendo")
HAIRPIN_STOP = "hairpin stop"
UNIT_QUARTERS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
SMUFL_DYNAMICS = {
    "Piano": "p",
    "Forte": "f",
    "Mezzo": "m",
    "Sforzando": "sf",
    "Rinforzando": "r",
    "Niente": "n",
    "Z": "z",
}
"""Names of single-letter glyphs in dynamics spelled as `<sym>dynamicPiano</sym>`."""


def read_direction(element: Element, position: float) -> Direction:
    """The sign, hairpin end or text of the first `<direction-type>`; the last child of it that is known decides."""
    direction = Direction(position, placement=element.get("placement"), staff=element.findtext("staff"))
    children = element.find("direction-type")
    for child in children if children is not None else ():
        if child.tag == "dynamics":
            _read_dynamics(direction, child)
        elif child.tag == "wedge":
            _read_hairpin(direction, child)
        elif child.tag in ("words", "other-dynamics"):
            _read_words(direction, child)
        elif child.tag in ("pedal", "octave-shift"):
            direction.kind, direction.text = child.tag, child.get("type")
        elif child.tag == "metronome":
            direction.kind, direction.text = child.tag, None
    return direction


def read_note_dynamics(element: Element, note: ScoreNote) -> list[Direction]:
    """Dynamics that a `<note>` carries among its notations; they stand at the note and in its staff."""
    marks = []
    for dynamics in element.iterfind("notations/dynamics"):
        mark = Direction(note.onset, placement=dynamics.get("placement"), staff=str(note.staff))
        _read_dynamics(mark, dynamics)
        marks.append(mark)
    return marks


def read_tempos(sounds: Iterable[Element], position: float, corrections: Corrections) -> list[TempoMark]:
    """Playback tempos of `<sound>` elements; one that is no number means none.

    One that is not above 0 means none either; the published code's default in its place.
    """
    read = [decimal(sound.get("tempo")) for sound in sounds]
    tempos = [tempo for tempo in read if tempo is not None]
    if corrections.unknown_tempo_is_missing:
        tempos = [tempo for tempo in tempos if tempo > 0]
    return [TempoMark(position, float(tempo) if tempo > 0 else DEFAULT_QPM) for tempo in tempos]


def read_metronome(element: Element, position: float) -> list[TempoMark]:
    """Printed metronome marks of a direction, in quarters a minute; marks that are no number are left out."""
    marks = []
    for metronome in element.iterfind("direction-type/metronome"):
        unit = UNIT_QUARTERS.get(metronome.findtext("beat-unit", ""))
        rate = decimal(metronome.findtext("per-minute"))
        dots = len(metronome.findall("beat-unit-dot"))
        if unit is not None and rate is not None and rate > 0:
            marks.append(TempoMark(position, float(rate) * unit * (2 - 0.5**dots)))
    return marks


def _read_dynamics(direction: Direction, dynamics: Element) -> None:
    """The first sign; free text among the signs counts as words."""
    if not len(dynamics):
        return
    sign = dynamics[0]
    if sign.tag != "other-dynamics":
        direction.kind, direction.text = "dynamic", sign.tag
    elif sign.text is not None:
        direction.kind, direction.text = "words", _spelled_out(sign.text)


def _spelled_out(text: str) -> str:
    for glyph, letters in SMUFL_DYNAMICS.items():
        text = text.replace(f"<sym>dynamic{glyph}</sym>", letters)
    return text


def _read_hairpin(direction: Direction, wedge: Element) -> None:
    direction.number = wedge.get("number")
    if wedge.get("type") in HAIRPINS:
        direction.kind, direction.text = wedge.get("type", ""), "start"
    else:
        direction.kind, direction.text = HAIRPIN_STOP, wedge.get("type")


def _read_words(direction: Direction, words: Element) -> None:
    if direction.text is None:
        direction.kind, direction.text = "words", words.text
    elif words.text is not None:
        direction.text += words.text
