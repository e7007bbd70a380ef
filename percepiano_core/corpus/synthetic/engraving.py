"""MusicXML 4.0 (score-partwise) of a composed segment: two staves, voices, beams, ties, slurs, tuplets and marks.

Element order follows the MusicXML 4.0 schema. No document type is declared, so that no reader has to fetch one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from percepiano_core.corpus.synthetic.music import DIVISIONS, LETTERS, Event, Mark, Pitch, SegmentScore
from percepiano_core.corpus.synthetic.notation import (
    Piece,
    accidentals,
    beams,
    child,
    notated_value,
    pieces_of_measure,
)

_VOICES = (1, 2, 5, 6)
_OTHER_VOICE = {1: 2, 2: 1, 5: 6, 6: 5}  # on the same staff
_STEMS = {1: "up", 2: "down", 5: "up", 6: "down"}  # of voices that share a staff


@dataclass(frozen=True, slots=True)
class _Measure:
    number: int
    start: int
    end: int


def engrave(score: SegmentScore) -> bytes:
    """The file's bytes, UTF-8; equal scores give equal bytes."""
    root = ElementTree.Element("score-partwise", version="4.0")
    child(child(root, "work"), "work-title", f"{score.segment} (synthetic)")
    identification = child(root, "identification")
    child(identification, "creator", "Synthetic", type="composer")
    child(child(identification, "encoding"), "software", "percepiano-workflow synthetic corpus")
    part_name = child(child(root, "part-list"), "score-part", id="P1")
    child(part_name, "part-name", "Piano")
    part = child(root, "part", id="P1")
    for measure in _measures(score):
        _write_measure(part, score, measure)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def _measures(score: SegmentScore) -> list[_Measure]:
    bar = score.metre.bar
    pickup = [_Measure(0, -score.pickup, 0)] if score.pickup else []
    return [*pickup, *(_Measure(i + 1, i * bar, (i + 1) * bar) for i in range(score.bars))]


def _write_measure(part: ElementTree.Element, score: SegmentScore, measure: _Measure) -> None:
    element = child(part, "measure", number=str(measure.number))
    if measure.number == 0:
        element.set("implicit", "yes")
    first = measure.start == -score.pickup
    if first:
        _write_attributes(element, score)
        _write_tempo(element, score)
    pieces = {voice: pieces_of_measure(score.events, voice, measure.start, measure.end) for voice in _VOICES}
    signs = accidentals(score.key, [piece for voice in _VOICES for piece in pieces[voice]])
    marks = _marks_inside(score, measure)
    for place, voice in enumerate(voice for voice in _VOICES if pieces[voice]):
        if place:
            child(child(element, "backup"), "duration", measure.end - measure.start)
        stem = _STEMS[voice] if pieces[_OTHER_VOICE[voice]] else ""
        _write_voice(element, score, pieces[voice], signs, stem, marks if place == 0 else [])
    if measure.end == score.end:
        child(child(element, "barline", location="right"), "bar-style", "light-heavy")


def _marks_inside(score: SegmentScore, measure: _Measure) -> list[Mark]:
    last = measure.end == score.end
    return [mark for mark in score.marks if measure.start <= mark.onset < measure.end + int(last)]


def _write_attributes(element: ElementTree.Element, score: SegmentScore) -> None:
    attributes = child(element, "attributes")
    child(attributes, "divisions", DIVISIONS)
    key = child(attributes, "key")
    child(key, "fifths", score.key.fifths)
    child(key, "mode", "minor" if score.key.minor else "major")
    time = child(attributes, "time")
    child(time, "beats", score.metre.beats)
    child(time, "beat-type", score.metre.beat_type)
    child(attributes, "staves", 2)
    for number, sign, line in (("1", "G", 2), ("2", "F", 4)):
        clef = child(attributes, "clef", number=number)
        child(clef, "sign", sign)
        child(clef, "line", line)


def _write_tempo(element: ElementTree.Element, score: SegmentScore) -> None:
    """Tempo words with their sounding tempo; no metronome mark, which partitura complains of."""
    direction = child(element, "direction", placement="above")
    child(child(direction, "direction-type"), "words", score.words)
    child(direction, "staff", 1)
    child(direction, "sound", tempo=f"{score.quarters_per_minute:g}")


def _write_voice(
    element: ElementTree.Element,
    score: SegmentScore,
    pieces: Sequence[Piece],
    signs: dict[tuple[int, int], str],
    stem: str,
    marks: Sequence[Mark],
) -> None:
    """One voice of one measure; marks stand before the note that they begin with, or after the last one."""
    pending = sorted(marks, key=lambda mark: mark.onset)
    for piece, beam in zip(pieces, beams(pieces, score.metre.beam), strict=True):
        while pending and pending[0].onset <= piece.onset:
            _write_mark(element, pending.pop(0))
        _write_piece(element, piece, beam, stem, signs)
    for mark in pending:
        _write_mark(element, mark)


def _write_mark(element: ElementTree.Element, mark: Mark) -> None:
    direction = child(element, "direction", placement="above" if mark.kind == "words" else "below")
    kind = child(direction, "direction-type")
    if mark.kind == "dynamic":
        child(child(kind, "dynamics"), mark.value)
    elif mark.kind == "wedge":
        child(kind, "wedge", type=mark.value)
    else:
        child(kind, "words", mark.value)
    child(direction, "staff", 1)


def _write_piece(
    element: ElementTree.Element, piece: Piece, beam: Sequence[str], stem: str, signs: dict[tuple[int, int], str]
) -> None:
    event = piece.event
    if event is None:
        _write_rest(element, piece)
        return
    if piece.first:
        for index, pitch in enumerate(event.graces):
            _write_grace(element, event, index, pitch, stem)
    for index, pitch in enumerate(event.pitches):
        number = event.first_id + len(event.graces) + index
        name = f"n{number}" if piece.first else f"n{number}-at{piece.onset}"
        note = child(element, "note", id=name)
        if index:
            child(note, "chord")
        _write_pitch(note, pitch)
        child(note, "duration", piece.duration)
        for tie in _ties(piece):
            child(note, "tie", type=tie)
        child(note, "voice", piece.voice)
        _write_value(note, piece, signs.get((number, piece.onset), ""))
        if stem:
            child(note, "stem", stem)
        child(note, "staff", event.staff)
        for level, value in enumerate(beam if index == 0 else (), 1):
            child(note, "beam", value, number=str(level))
        _write_notations(note, piece, event, first_of_chord=index == 0)


def _write_rest(element: ElementTree.Element, piece: Piece) -> None:
    note = child(element, "note")
    child(note, "rest", **({"measure": "yes"} if piece.whole_measure else {}))
    child(note, "duration", piece.duration)
    child(note, "voice", piece.voice)
    if not piece.whole_measure:
        _write_value(note, piece, "")
    child(note, "staff", 1 if piece.voice < 5 else 2)
    notations = ElementTree.Element("notations")
    _write_tuplet(notations, piece)
    if len(notations):
        note.append(notations)


def _write_grace(element: ElementTree.Element, event: Event, index: int, pitch: Pitch, stem: str) -> None:
    note = child(element, "note", id=f"n{event.first_id + index}")
    child(note, "grace", slash="yes")
    _write_pitch(note, pitch)
    child(note, "voice", event.voice)
    child(note, "type", "eighth")
    if stem:
        child(note, "stem", stem)
    child(note, "staff", event.staff)


def _write_pitch(note: ElementTree.Element, pitch: Pitch) -> None:
    element = child(note, "pitch")
    child(element, "step", LETTERS[pitch.letter])
    if pitch.alter:
        child(element, "alter", pitch.alter)
    child(element, "octave", pitch.octave)


def _write_value(note: ElementTree.Element, piece: Piece, accidental: str) -> None:
    """Type, dots, accidental, and the ratio of triplets (3:2) and of two-note tremolos (2:1)."""
    tremolo = piece.event is not None and bool(piece.event.tremolo)
    name, dots, triplet = notated_value(piece.duration * (2 if tremolo else 1))
    child(note, "type", name)
    for _ in range(dots):
        child(note, "dot")
    if accidental:
        child(note, "accidental", accidental)
    if triplet or tremolo:
        ratio = child(note, "time-modification")
        child(ratio, "actual-notes", 3 if triplet else 2)
        child(ratio, "normal-notes", 2 if triplet else 1)


def _ties(piece: Piece) -> Iterable[str]:
    return [kind for kind, needed in (("stop", not piece.first), ("start", not piece.last)) if needed]


def _write_notations(note: ElementTree.Element, piece: Piece, event: Event, first_of_chord: bool) -> None:
    notations = ElementTree.Element("notations")
    for tie in _ties(piece):
        child(notations, "tied", type=tie)
    if first_of_chord:
        _write_slur_and_ornament(notations, piece, event)
    if len(notations):
        note.append(notations)


def _write_slur_and_ornament(notations: ElementTree.Element, piece: Piece, event: Event) -> None:
    if (event.slur == "start" and piece.first) or (event.slur == "stop" and piece.last):
        child(notations, "slur", type=event.slur, number="1")
    _write_tuplet(notations, piece)
    if event.tremolo:
        child(child(notations, "ornaments"), "tremolo", 1, type=event.tremolo)
    if event.articulation and piece.first:
        child(child(notations, "articulations"), event.articulation)


def _write_tuplet(notations: ElementTree.Element, piece: Piece) -> None:
    """The bracket of a triplet begins and ends on the quarter."""
    if piece.whole_measure or not notated_value(piece.duration)[2]:
        return
    for kind, onset in (("start", piece.onset), ("stop", piece.onset + piece.duration)):
        if onset % DIVISIONS == 0:
            child(notations, "tuplet", type=kind)
