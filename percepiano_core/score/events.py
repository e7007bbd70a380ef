"""What a score holds once its XML is read: notes, rests, directions, tempos, time signatures, bars.

Positions and durations are in ticks of `divisions` a quarter, from the start of the score. Notes and directions are
mutable, because the passes over the note list (ties, graces, slurs, ...) each fill in their part; identity, not value,
tells two of them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Slur:
    """One end of a slur as written, completed to a span when its other end is found."""

    is_start: bool
    number: str
    onset: float = 0.0
    end: float = 0.0
    voice: int = 0


@dataclass(eq=False, slots=True)
class WavyLine:
    """One end of a trill line as written; a start gets its end when the stop is found."""

    is_start: bool
    number: str
    onset: float = 0.0
    end: float = 0.0
    pitch: int = 0


@dataclass(eq=False, slots=True)
class ScoreNote:
    """One note or rest."""

    note_id: str = ""  # the same for the same note of the file in every reading; passes of a repeat add "-<pass>"
    onset: float = 0.0
    duration: float = 0.0
    seconds: float = 0.0
    pitch: int = 0  # MIDI number; 0 for rests
    part: int = 0
    voice: int = 1
    staff: int = 1
    measure: int = 1  # 1-based over the unfolded measures
    is_rest: bool = False
    is_grace: bool = True  # until a duration says otherwise
    is_unpitched: bool = False
    is_printed: bool = True
    chord_index: int = 0  # 0 for the first note of a chord
    articulations: list[tuple[str, ...]] = field(default_factory=list)  # signs of each `<articulations>`
    beams: set[str] = field(default_factory=set)  # of "begin", "continue", "end"
    slurs: list[Slur] = field(default_factory=list)
    slur_flags: set[str] = field(default_factory=set)  # of "start", "continue", "stop"
    wavy_line: WavyLine | None = None
    tremolo: str = ""  # "start" or "stop" of a two-note tremolo, "single" for repeated strokes of one chord
    tremolo_strokes: int = 0
    has_fermata: bool = False
    has_trill: bool = False
    is_ornamented: bool = False  # a trill, turn, mordent or the like
    face_quarters: float = 0.0  # by value and dots, as if in no tuplet; 0 where the file does not say
    value_flags: int = 0  # of the written value: 1 for an eighth, 2 for a sixteenth
    time_only: tuple[int, ...] = ()  # passes of a repeat in which it is played; empty for all
    has_arpeggio: bool = False
    has_slash: bool = False
    is_cue: bool = False
    starts_tie: bool = False
    stops_tie: bool = False
    grace_order: int = 0
    preceded_by_grace: bool = False
    following_rest: float = 0.0
    followed_by_fermata_rest: bool = False
    is_overlapped: bool = False

    @property
    def end(self) -> float:
        """Position where the note ends."""
        return self.onset + self.duration


@dataclass(eq=False, slots=True)
class Direction:
    """A dynamic, hairpin end or text above or below the staff."""

    position: float
    kind: str = ""  # "dynamic", "words", "crescendo", "diminuendo", "hairpin stop" until resolved; others are not used
    text: str | None = None  # the sign, the words, or "start" and "stop" of a hairpin
    number: str | None = None
    placement: str | None = None
    staff: str | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class TempoMark:
    """A playback tempo."""

    position: float
    qpm: float


@dataclass(frozen=True, slots=True)
class TimeSignature:
    """A time signature from a position on."""

    position: float
    numerator: int
    denominator: int

    @property
    def quarters(self) -> float:
        """Nominal length of a bar."""
        return 4 * self.numerator / self.denominator


@dataclass(slots=True)
class ParsedScore:
    """Everything that the features are made from, in document order."""

    divisions: int = 1
    notes: list[ScoreNote] = field(default_factory=list)  # rests included
    directions: list[Direction] = field(default_factory=list)
    tempos: list[TempoMark] = field(default_factory=list)
    metronome_marks: list[TempoMark] = field(default_factory=list)
    time_signatures: list[TimeSignature] = field(default_factory=list)
    measure_starts: list[float] = field(default_factory=list)
    measure_is_implicit: list[bool] = field(default_factory=list)
    end: float = 0.0  # where the last bar ends
    pickup_padding: float = 0.0  # ticks of hidden rests cut from the opening bar
    overfull: dict[str, str] = field(default_factory=dict)  # bar that is longer than its metre -> how long both are
    repairs: dict[str, str] = field(default_factory=dict)  # what was mended in reading -> the first bar with it
