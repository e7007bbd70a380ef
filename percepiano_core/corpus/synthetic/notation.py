"""How durations are written: measures cut into notatable pieces, beams, accidentals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from percepiano_core.corpus.synthetic.music import DIVISIONS, Event, Key, Pitch

_VALUES = {  # divisions -> (type, dots, in a triplet)
    96: ("whole", 0, False),
    72: ("half", 1, False),
    48: ("half", 0, False),
    36: ("quarter", 1, False),
    24: ("quarter", 0, False),
    18: ("eighth", 1, False),
    16: ("quarter", 0, True),
    12: ("eighth", 0, False),
    8: ("eighth", 0, True),
    6: ("16th", 0, False),
    3: ("32nd", 0, False),
}
_SIGNS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_CUT_VALUES = tuple(value for value, (_, _, triplet) in _VALUES.items() if not triplet)


@dataclass(frozen=True, slots=True)
class Piece:
    """A written note, chord or rest: a whole event, or the part of it inside one measure. Onsets in divisions."""

    onset: int
    duration: int
    voice: int
    event: Event | None = None  # None for a rest
    first: bool = True
    last: bool = True
    whole_measure: bool = False


def child(parent: ElementTree.Element, tag: str, text: object = None, **attributes: str) -> ElementTree.Element:
    """A new last element of `parent`."""
    element = ElementTree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element


def notated_value(duration: int) -> tuple[str, int, bool]:
    """(MusicXML type, dots, whether a triplet) of a duration in divisions."""
    return _VALUES[duration]


def pieces_of_measure(events: Iterable[Event], voice: int, start: int, end: int) -> list[Piece]:
    """Pieces that fill [start, end) in one voice; empty where a secondary voice is silent."""
    sounding = sorted((e for e in events if e.voice == voice and e.onset < end and e.end > start), key=_onset)
    if not sounding:
        return [Piece(start, end - start, voice, whole_measure=True)] if voice in (1, 5) else []
    pieces: list[Piece] = []
    position = start
    for event in sounding:
        onset, stop = max(event.onset, start), min(event.end, end)
        pieces += _rests(position, onset, voice)
        pieces += [
            Piece(a, b - a, voice, event, first=a == event.onset, last=b == event.end)
            for a, b in _cuts(onset, stop, whole=bool(event.tremolo))
        ]
        position = stop
    return pieces + _rests(position, end, voice)


def _onset(event: Event) -> int:
    return event.onset


def _rests(start: int, end: int, voice: int) -> list[Piece]:
    return [Piece(a, b - a, voice) for a, b in _cuts(start, end)] if end > start else []


def _cuts(start: int, end: int, whole: bool = False) -> list[tuple[int, int]]:
    """Borders of notatable values that fill [start, end), largest first; a value that can be written stays whole."""
    if whole or end - start in _VALUES:
        return [(start, end)]
    borders = [start]
    while borders[-1] < end:
        borders.append(borders[-1] + _largest_value(borders[-1], end))
    return list(pairwise(borders))


def _largest_value(start: int, end: int) -> int:
    """Largest value up to `end`; off the beat, up to the next quarter first."""
    limit = end if start % DIVISIONS == 0 else min(end, start - start % DIVISIONS + DIVISIONS)
    left = limit - start
    return left if left in _VALUES else next(value for value in _CUT_VALUES if value <= left)


def beams(pieces: Sequence[Piece], group: int) -> list[list[str]]:
    """MusicXML beam values, one list of levels a piece; notes of one beat group are joined."""
    values: list[list[str]] = [[] for _ in pieces]
    for level, longest in ((0, DIVISIONS - 1), (1, DIVISIONS // 3 - 1)):
        for run in _runs(pieces, group, longest):
            if len(run) > 1:
                for place, index in enumerate(run):
                    values[index].append("begin" if place == 0 else "end" if place == len(run) - 1 else "continue")
            elif level and values[run[0]]:
                values[run[0]].append("forward hook" if values[run[0]][0] == "begin" else "backward hook")
    return values


def _runs(pieces: Sequence[Piece], group: int, longest: int) -> list[list[int]]:
    """Indices of neighbouring notes, not longer than `longest`, inside one beat group."""
    runs: list[list[int]] = []
    for index, piece in enumerate(pieces):
        if piece.event is None or piece.duration > longest or piece.event.tremolo:
            continue
        joins = runs and runs[-1][-1] == index - 1 and pieces[index - 1].onset // group == piece.onset // group
        if joins:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def accidentals(key: Key, pieces: Iterable[Piece]) -> dict[tuple[int, int], str]:
    """Signs of one measure: (number of the note, onset of the piece) -> accidental.

    A sign holds on its staff, line and octave to the barline; grace notes are diatonic and need none.
    """
    in_force: dict[tuple[int, int, int], int] = {}
    signs = {}
    for piece in sorted((p for p in pieces if p.event is not None), key=lambda p: (p.onset, p.voice)):
        event = piece.event
        assert event is not None
        for index, pitch in enumerate(event.pitches, event.first_id + len(event.graces)):
            line = (event.staff, pitch.letter, pitch.octave)
            if in_force.get(line, _diatonic(key, pitch)) != pitch.alter:
                signs[index, piece.onset] = _SIGNS[pitch.alter]
            in_force[line] = pitch.alter
    return signs


def _diatonic(key: Key, pitch: Pitch) -> int:
    """Alteration that the key signature gives to the pitch's letter."""
    return next(p.alter for p in (key.pitch(degree) for degree in range(7)) if p.letter == pitch.letter)
