"""What a composed segment is made of: keys, metres, notated events, marks, and the notes a pianist reads from them.

Times are integers in divisions of a quarter, from the first downbeat (negative in a pickup), so that measures add up
exactly. Everything here is ours: no published music is quoted.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

DIVISIONS = 24  # a quarter; holds 32nds (3) and triplet eighths (8)
LETTERS = "CDEFGAB"
_LETTER_SEMITONES = (0, 2, 4, 5, 7, 9, 11)
_SHARP_ORDER = (3, 0, 4, 1, 5, 2, 6)  # F C G D A E B
_LOWEST_TONIC = 55  # the tonic of degree 0 lies in G3-F sharp 4, so that registers agree over keys


@dataclass(frozen=True, slots=True)
class Pitch:
    """A spelled pitch: letter (0 C to 6 B), alteration in semitones, octave (4 holds middle C)."""

    letter: int
    alter: int
    octave: int

    @property
    def midi(self) -> int:
        """MIDI key number, middle C is 60."""
        return 12 * (self.octave + 1) + _LETTER_SEMITONES[self.letter] + self.alter


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its signature (sharps positive) and mode."""

    fifths: int
    minor: bool = False

    def pitch(self, degree: int, raised: bool = False) -> Pitch:
        """Pitch of a scale degree (0 tonic, 7 the tonic an octave up); `raised` by a semitone (leading note)."""
        step = self._tonic_step() + degree
        letter = step % 7
        return Pitch(letter, self._signature(letter) + int(raised), step // 7)

    def _tonic_step(self) -> int:
        letter = (4 * self.fifths + (5 if self.minor else 0)) % 7
        tonic = Pitch(letter, self._signature(letter), 3)
        return letter + 7 * (3 if tonic.midi >= _LOWEST_TONIC else 4)

    def _signature(self, letter: int) -> int:
        place = _SHARP_ORDER.index(letter)
        return int(place < self.fifths) - int(6 - place < -self.fifths)


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature, with the felt beat and the beamed group in divisions."""

    beats: int
    beat_type: int
    beat: int
    beam: int

    @property
    def bar(self) -> int:
        """Divisions a bar."""
        return self.beats * 4 * DIVISIONS // self.beat_type


@dataclass(frozen=True, slots=True)
class Event:
    """A note, chord or half of a two-note tremolo in one voice; it may cross barlines (then it is written with ties).

    Voices: 1 melody and 2 inner part on the upper staff, 5 accompaniment and 6 held bass on the lower one. Note ids are
    `n<k>`, numbered from `first_id`: grace notes first, then `pitches` from low to high.
    """

    onset: int
    duration: int
    pitches: tuple[Pitch, ...]
    voice: int
    graces: tuple[Pitch, ...] = ()
    articulation: str = ""  # MusicXML element: staccato, accent, tenuto
    slur: str = ""  # start, stop, or inside
    tremolo: str = ""  # start or stop; both halves of the pair have equal length
    first_id: int = 0

    @property
    def staff(self) -> int:
        """1 upper, 2 lower."""
        return 1 if self.voice < 5 else 2

    @property
    def end(self) -> int:
        """Onset plus duration."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class Mark:
    """A direction: `kind` dynamic (value pp to ff, or sf), wedge (crescendo, diminuendo, stop), or words."""

    onset: int
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Harmony:
    """A chord in force: root as scale degree, dominants may have a raised leading note."""

    onset: int
    end: int
    root: int
    dominant: bool

    @property
    def degrees(self) -> tuple[int, ...]:
        """Degrees modulo 7 of the chord; dominants have their seventh."""
        return tuple((self.root + step) % 7 for step in ((0, 2, 4, 6) if self.dominant else (0, 2, 4)))


@dataclass(frozen=True, slots=True)
class SegmentScore:
    """One engraved excerpt.

    Attributes
    ----------
    segment, piece, work, number, bars : names as in the manifest
    quarters_per_minute : written tempo
    pickup : divisions before the first downbeat
    text : segments with one text value play the same phrase (written repeat, or overlap)
    """

    segment: str
    piece: str
    work: str
    number: str
    bars: int
    text: str
    key: Key
    metre: Metre
    quarters_per_minute: float
    words: str
    pickup: int
    events: tuple[Event, ...]
    marks: tuple[Mark, ...]
    harmonies: tuple[Harmony, ...]

    @property
    def end(self) -> int:
        """Divisions at the closing barline."""
        return self.bars * self.metre.bar


def phrase_arch(score: SegmentScore, positions: np.ndarray) -> np.ndarray:
    """1 at the borders of four bars, 0 in their middle (a parabola); positions [n] in divisions."""
    phase = np.mod(positions, 4 * score.metre.bar) / (4 * score.metre.bar)
    return (2 * phase - 1) ** 2


SCORE_DTYPE = np.dtype(
    [
        ("id", "U16"),
        ("onset", "i8"),  # divisions
        ("duration", "i8"),  # divisions; 0 for grace notes
        ("pitch", "i2"),
        ("voice", "i2"),
        ("grace_order", "i2"),  # 0, or -1 for the grace note just before its principal
        ("articulation", "U8"),
        ("slurred", "?"),  # under a slur and not its last note
    ]
)


def score_notes(score: SegmentScore) -> np.ndarray:
    """Notes to be played, SCORE_DTYPE [n] sorted by (onset, grace order, pitch).

    Ties are one note; two-note tremolos are written out in eighths with ids `<id>~<i>` (docs/alignment.md, "Score
    notes").
    """
    rows = []
    for event in score.events:
        for index, pitch in enumerate(event.graces):
            order = index - len(event.graces)
            rows.append((f"n{event.first_id + index}", event.onset, 0, pitch.midi, event.voice, order, "", True))
        slurred = event.slur in ("start", "inside")
        for index, pitch in enumerate(event.pitches, event.first_id + len(event.graces)):
            for suffix, onset, duration in _strokes(event):
                name = f"n{index}{suffix}"
                rows.append((name, onset, duration, pitch.midi, event.voice, 0, event.articulation, slurred))
    notes = np.array(rows, dtype=SCORE_DTYPE)
    return notes[np.lexsort((notes["pitch"], notes["grace_order"], notes["onset"]))]


def _strokes(event: Event) -> list[tuple[str, int, int]]:
    """(id suffix, onset, duration) of each stroke of an event; one stroke unless it is half of a tremolo."""
    if not event.tremolo:
        return [("", event.onset, event.duration)]
    eighth = DIVISIONS // 2
    span_start = event.onset if event.tremolo == "start" else event.onset - event.duration
    first = span_start + (0 if event.tremolo == "start" else eighth)
    return [(f"~{i}", first + i * DIVISIONS, eighth) for i in range(2 * event.duration // DIVISIONS)]


def stream(seed: int, *names: str) -> np.random.Generator:
    """A random generator of its own for each named thing, so that adding one changes no other."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])
