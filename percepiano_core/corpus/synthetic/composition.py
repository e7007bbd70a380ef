"""Segments put together: a progression, a melody over it, an accompaniment, an inner part, and marks.

The progressions are the common ones of tonal music: a half cadence after four bars, a full one after eight.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from percepiano_core.corpus.synthetic import accompaniment
from percepiano_core.corpus.synthetic.catalogue import Plan, Style
from percepiano_core.corpus.synthetic.melody import compose_melody, compose_pickup, harmony_at
from percepiano_core.corpus.synthetic.music import Event, Harmony, Mark, SegmentScore, stream

_DOMINANT = 4
_PROGRESSIONS_MAJOR: tuple[tuple[tuple[int, ...], ...], ...] = (  # root degrees of each bar
    ((0,), (5,), (1,), (4,), (0,), (3,), (1, 4), (0,)),
    ((0,), (0, 4), (0, 3), (4,), (5,), (1,), (0, 4), (0,)),
    ((0,), (3,), (0,), (4,), (3,), (0,), (1, 4), (0,)),
    ((0,), (4,), (5, 3), (4,), (0,), (1,), (3, 4), (0,)),
    ((5,), (1,), (4,), (0, 4), (3,), (0,), (4,), (0,)),
)
_PROGRESSIONS_MINOR: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((0,), (3,), (0,), (4,), (5,), (3,), (0, 4), (0,)),
    ((0,), (5,), (3,), (4,), (0,), (4,), (3, 4), (0,)),
    ((0,), (4,), (0, 3), (4,), (5,), (2,), (3, 4), (0,)),
    ((0, 3), (4,), (5,), (0, 4), (3,), (0,), (4,), (0,)),
)
_MARK_PLANS: tuple[tuple[tuple[int, str, str], ...], ...] = (  # (bar, kind, value)
    (
        (0, "dynamic", "p"),
        (2, "wedge", "crescendo"),
        (4, "wedge", "stop"),
        (4, "dynamic", "f"),
        (6, "wedge", "diminuendo"),
        (8, "wedge", "stop"),
    ),
    (
        (0, "dynamic", "mf"),
        (2, "wedge", "diminuendo"),
        (3, "wedge", "stop"),
        (3, "dynamic", "p"),
        (4, "wedge", "crescendo"),
        (6, "wedge", "stop"),
        (6, "dynamic", "mf"),
    ),
    (
        (0, "dynamic", "f"),
        (4, "dynamic", "p"),
        (5, "wedge", "crescendo"),
        (7, "wedge", "stop"),
        (7, "dynamic", "ff"),
    ),
    (
        (0, "dynamic", "pp"),
        (1, "wedge", "crescendo"),
        (3, "wedge", "stop"),
        (3, "dynamic", "mf"),
        (5, "dynamic", "p"),
        (7, "words", "rit."),
    ),
    (
        (0, "dynamic", "mf"),
        (1, "dynamic", "sf"),
        (3, "words", "cresc."),
        (4, "dynamic", "f"),
        (7, "words", "poco rit."),
    ),
)
_CHARACTERS = ("dolce", "espressivo", "cantabile", "leggiero", "sostenuto")
_INNER_BARS = (2, 6)  # bars with a held part under the melody
_PRIORITY = (1, 6, 2, 5)  # voices that keep a key both want


def compose(plan: Plan, seed: int) -> SegmentScore:
    """The score of a planned segment; one (seed, piece, phrase) always gives the same phrase."""
    style = plan.style
    rng = stream(seed, "composition", style.piece, str(plan.phrase))
    harmonies = _harmonies(style, plan.phrase, seed)
    melody = compose_melody(style, harmonies, rng, plan.second_ending)
    inner = _inner_part(style, melody, harmonies)
    left = _left_hand(style, harmonies)
    marks = _marks(style, plan, rng)
    pickup = style.pickup if plan.number == 1 else 0
    opening = compose_pickup(style) if pickup else []
    end = plan.bars * style.metre.bar
    events = [event for event in (*opening, *melody, *inner, *left) if event.onset < end]
    return SegmentScore(
        segment=plan.segment,
        piece=style.piece,
        work=style.work,
        number=plan.segment.rsplit("_", 1)[1],
        bars=plan.bars,
        text=plan.text,
        key=style.key,
        metre=style.metre,
        quarters_per_minute=style.quarters_per_minute,
        words=style.words,
        pickup=pickup,
        events=tuple(_numbered(_playable(events))),
        marks=tuple(_cut(marks, end, -pickup)),
        harmonies=tuple(harmony for harmony in harmonies if harmony.onset < end),
    )


def _harmonies(style: Style, phrase: int, seed: int) -> list[Harmony]:
    """Neighbouring phrases of a piece take different progressions, so that they do not pass for repeats."""
    pool = _PROGRESSIONS_MINOR if style.key.minor else _PROGRESSIONS_MAJOR
    first = int(stream(seed, "progression", style.piece).integers(len(pool)))
    spans = []
    for bar, roots in enumerate(pool[(first + phrase) % len(pool)]):
        roots = roots if style.metre.beats != 3 else roots[-1:]  # one chord a bar in the waltz
        length = style.metre.bar // len(roots)
        for index, root in enumerate(roots):
            onset = bar * style.metre.bar + index * length
            spans.append(Harmony(onset, onset + length, root, root == _DOMINANT))
    return spans


def _left_hand(style: Style, harmonies: Sequence[Harmony]) -> list[Event]:
    """The style's pattern; a held chord in the last bar, a tremolo in bars 3 and 7 where the style has one."""
    events = []
    for harmony in harmonies:
        bar = harmony.onset // style.metre.bar
        pattern = accompaniment.PATTERNS[style.accompaniment]
        if bar == 7:
            pattern = accompaniment.held
        elif style.tremolo and bar in _INNER_BARS:
            pattern = accompaniment.tremolo
        events += pattern(style.key, harmony)
    return events


def _inner_part(style: Style, melody: Sequence[Event], harmonies: Sequence[Harmony]) -> list[Event]:
    """A chord note held under the melody of some bars, a third or more below its lowest note."""
    events = []
    for bar in _INNER_BARS if not style.chordal else ():
        start = bar * style.metre.bar
        harmony = harmony_at(harmonies, start)
        lowest = min(e.pitches[0].midi for e in melody if start <= e.onset < start + style.metre.bar)
        below = (accompaniment.spelled(style.key, harmony, d) for d in range(12, 0, -1) if d % 7 in harmony.degrees)
        pitch = next(p for p in below if p.midi <= lowest - 3)
        events.append(Event(start, harmony.end - start, (pitch,), 2))
    return events


def _playable(events: list[Event]) -> list[Event]:
    """Drop, voice by voice, what would strike a key that another voice holds down or strikes at the same time."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda e: (_PRIORITY.index(e.voice), e.onset)):
        taken = {p.midi for other in kept if other.voice != event.voice and _meet(other, event) for p in other.pitches}
        pitches = tuple(pitch for pitch in event.pitches if pitch.midi not in taken)
        if pitches:
            kept.append(replace(event, pitches=pitches))
    return kept


def _meet(held: Event, struck: Event) -> bool:
    return held.onset < struck.end and struck.onset < held.end


def _numbered(events: list[Event]) -> list[Event]:
    """Events in reading order, with the number of their first note."""
    numbered, first = [], 0
    for event in sorted(events, key=lambda e: (e.onset, e.voice)):
        numbered.append(replace(event, first_id=first))
        first += len(event.graces) + len(event.pitches)
    return numbered


def _marks(style: Style, plan: Plan, rng: np.random.Generator) -> list[Mark]:
    chosen = _MARK_PLANS[rng.integers(len(_MARK_PLANS))]
    words = _CHARACTERS[rng.integers(len(_CHARACTERS))]
    marks = [Mark(bar * style.metre.bar, kind, value) for bar, kind, value in chosen]
    return [*marks, Mark(0, "words", words)] if plan.phrase > 1 else marks


def _cut(marks: Iterable[Mark], end: int, start: int) -> list[Mark]:
    """Marks of the excerpt: the opening ones move to the pickup, a hairpin ends with it."""
    inside = [replace(mark, onset=start if mark.onset == 0 else mark.onset) for mark in marks if mark.onset < end]
    wedges = [mark.value for mark in inside if mark.kind == "wedge"]
    open_wedge = bool(wedges) and wedges[-1] != "stop"
    return [*inside, Mark(end, "wedge", "stop")] if open_wedge else inside
