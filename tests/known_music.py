"""Known music to write down: bars, parts, voices, an order of playing, and the notes that are struck.

No two voices share a pitch, so that what is struck needs no rule for unisons.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from fractions import Fraction

LENGTHS = [Fraction(n, d) for n, d in ((1, 4), (1, 3), (1, 2), (2, 3), (3, 4), (1, 1), (3, 2), (2, 1))]
TYPES = {Fraction(1, 4): "16th", Fraction(1, 2): "eighth", Fraction(1): "quarter", Fraction(2): "half"}
FLAGS = {"16th": 2, "eighth": 1, "quarter": 0, "half": 0}
BACK = "<barline location='right'><repeat direction='backward'/></barline>"
FORWARD = "<barline location='left'><repeat direction='forward'/></barline>"
BRACKET = "<barline location='{}'><ending number='{}' type='{}'/>{}</barline>"
WORDS = "<direction><direction-type><words>{}</words></direction-type><sound {}/></direction>"
SEGNO = "<direction><direction-type><segno/></direction-type></direction>"
Struck = tuple[Fraction, Fraction, int]  # onset and length in quarters, pitch


@dataclass
class Event:
    """A chord, or a rest (no pitches), of one voice."""

    length: Fraction
    pitches: tuple[int, ...] = ()
    graces: tuple[int, ...] = ()
    tied_on: bool = False  # to the next event of the voice
    form: str = "plain"  # "cue", "hidden", "tremolo", "let-ring"
    strokes: int = 0


@dataclass
class Voice:
    """The events of one voice, bar by bar; each bar's fill it from its start, or a part of it."""

    bars: list[list[Event]]


@dataclass
class Music:
    """What is known: bars of given lengths, voices of parts, the order of playing."""

    signature: tuple[int, int]
    lengths: list[Fraction]
    parts: list[list[Voice]]
    order: list[int]
    marks: dict[int, list[str]] = field(default_factory=dict)  # bar -> barlines and directions, for one part


@dataclass
class Known:
    """What is to be read; onsets and lengths in quarters from the first barline."""

    struck: list[Struck]
    graces: list[tuple[Fraction, int]]
    hidden: list[tuple[Fraction, int]]  # of the struck ones


def _events(rnd: random.Random, length: Fraction, pitches: list[int], plain: bool) -> list[Event]:
    """Events that fill a length."""
    events: list[Event] = []
    while length > 0:
        event = Event(rnd.choice([each for each in LENGTHS if each <= length] or [length]))
        length -= event.length
        if rnd.random() < 0.8:
            event.pitches = tuple(rnd.sample(pitches, rnd.choice((1, 1, 1, 2, 3))))
            kind = "plain" if plain else rnd.choice(("plain",) * 6 + ("cue", "hidden", "tremolo", "let-ring", "grace"))
            if kind == "grace":
                event.graces = tuple(rnd.sample(pitches, rnd.choice((1, 2))))
            elif kind == "tremolo" and event.length in TYPES:
                event.form, event.strokes = kind, rnd.choice((1, 2, 3))
            elif kind != "tremolo":
                event.form = kind
        events.append(event)
    return events


def _tie(rnd: random.Random, voice: Voice, lengths: list[Fraction], repeats: bool) -> None:
    """Tie some notes to the next event, which then has the same pitches."""
    ends = [
        sum((e.length for e in bar), Fraction(0)) == length for bar, length in zip(voice.bars, lengths, strict=True)
    ]
    placed = [(index, at, event) for index, bar in enumerate(voice.bars) for at, event in enumerate(bar)]
    for (bar, at, first), (next_bar, _, second) in itertools.pairwise(placed):
        is_last = at == len(voice.bars[bar]) - 1
        touches = next_bar == bar or (is_last and ends[bar] and next_bar == bar + 1 and not repeats)
        simple = {first.form, second.form} <= {"plain"} and first.pitches and second.pitches and not second.graces
        if touches and simple and rnd.random() < 0.3:
            first.tied_on, second.pitches = True, first.pitches


def _form(rnd: random.Random, bars: int) -> tuple[list[int], dict[int, list[str]]]:
    """An order of playing and the signs for it."""
    once = list(range(bars))
    kind = rnd.choice(("none", "none", "repeat", "endings", "da capo", "dal segno"))
    if bars < 4 or kind == "none":
        return once, {}
    if kind == "repeat":
        start, end = sorted(rnd.sample(once, 2))
        signs = {end: [BACK]} | ({start: [FORWARD]} if start else {})
        if start == end:
            return once, {}
        return [*once[: end + 1], *once[start:]], signs
    if kind == "endings":
        first = [
            BRACKET.format("left", 1, "start", ""),
            BRACKET.format("right", 1, "stop", "<repeat direction='backward'/>"),
        ]
        second = [
            BRACKET.format("left", 2, "start", ""),
            BRACKET.format("right", 2, rnd.choice(("stop", "discontinue")), ""),
        ]
        signs = {1: first, 2: second}
        return [0, 1, 0, *once[2:]], signs
    if kind == "da capo":
        return [*once, 0, 1], {
            bars - 1: [WORDS.format("D.C. al Fine", "dacapo='yes'")],
            1: [WORDS.format("Fine", "fine='yes'")],
        }
    signs = {bars - 1: ["<sound dalsegno='segno'/>"], 1: [SEGNO], 2: [WORDS.format("Fine", "fine='yes'")]}
    return [*once, 1, 2], signs


def random_music(rnd: random.Random) -> Music:
    beats, unit = rnd.choice(((4, 4), (3, 4), (6, 8), (2, 2), (5, 8)))
    nominal = Fraction(4 * beats, unit)
    n_bars = rnd.randint(1, 6)
    order, marks = _form(rnd, n_bars)
    lengths = [nominal] * n_bars
    if n_bars > 2 and not marks:
        lengths[0] = rnd.choice((nominal, nominal, Fraction(1, 2), Fraction(1)))
        middle = rnd.randrange(1, n_bars)
        lengths[middle] = rnd.choice((nominal, nominal + Fraction(1, 2), nominal - Fraction(1, 2)))
    empty = (
        rnd.randrange(1, n_bars)
        if n_bars > 2 and lengths[1:] == [nominal] * (n_bars - 1) and rnd.random() < 0.3
        else -1
    )
    sizes = [rnd.randint(1, 2) for _ in range(rnd.randint(1, 3))]
    parts, number, total = [], 0, sum(sizes)
    for part, size in enumerate(sizes):
        voices = []
        for at in range(size):
            pitches = [pitch for pitch in range(36, 90) if pitch % total == number]
            leads, number = part == at == 0, number + 1
            bars = []
            for index, length in enumerate(lengths):
                shorter = [each for each in (Fraction(0), Fraction(1, 2), length) if each <= length]
                filled = length if leads else rnd.choice((length, length, rnd.choice(shorter)))
                if index == empty:
                    bars.append([])
                elif leads and length > nominal:  # a bar is longer than its metre by printed notes that begin behind it
                    over = [Event(length - nominal, (rnd.choice(pitches),))]
                    bars.append(_events(rnd, nominal, pitches, plain=True) + over)
                else:
                    bars.append(_events(rnd, filled, pitches, plain=leads and index == 0))
            voices.append(Voice(bars))
            _tie(rnd, voices[-1], lengths, bool(marks))
        parts.append(voices)
    first = parts[0][0].bars[0][0]
    first.pitches = first.pitches or (60 - 60 % total,)
    return Music((beats, unit), lengths, parts, order, marks)


def known(music: Music) -> Known:
    """Notes struck, grace notes, and those of the struck that are hidden."""
    starts, now = [], Fraction(0)
    for index in music.order:
        starts.append(now)
        now += music.lengths[index]
    beats, unit = music.signature
    nominal = Fraction(4 * beats, unit)
    shift = music.lengths[0] if len(music.order) > 1 and music.lengths[0] < nominal else Fraction(0)
    found = Known([], [], [])
    for voice in (voice for voices in music.parts for voice in voices):
        held: dict[int, tuple[Fraction, Fraction]] = {}
        for start, index in zip(starts, music.order, strict=True):
            onset = start - shift
            for event in voice.bars[index]:
                for pitch in event.pitches:
                    begun, length = held.pop(pitch, (onset, Fraction(0)))
                    if event.tied_on:
                        held[pitch] = begun, length + event.length
                    else:
                        _strike(found, event, pitch, begun, length + event.length)
                found.graces += [(onset, pitch) for pitch in event.graces]
                onset += event.length
    return Known(sorted(found.struck), sorted(found.graces), sorted(found.hidden))


def _strike(found: Known, event: Event, pitch: int, onset: Fraction, length: Fraction) -> None:
    strokes = int(event.length * 2 ** (event.strokes + FLAGS[TYPES[event.length]])) if event.strokes else 1
    onsets = [onset + number * length / strokes for number in range(strokes)]
    found.struck += [(each, length / strokes, pitch) for each in onsets]
    if event.form == "hidden":
        found.hidden += [(each, pitch) for each in onsets]
