"""Melodies over a harmony: chord notes on the beats, steps between them, in an eight-bar period a b a c / a b d e."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from percepiano_core.corpus.synthetic.accompaniment import spelled
from percepiano_core.corpus.synthetic.catalogue import Style
from percepiano_core.corpus.synthetic.music import DIVISIONS, Event, Harmony

_LOWEST, _HIGHEST = 5, 15  # degrees; the melody stays about an octave above the accompaniment
_LEAP = 1.6  # degrees; a leap of k degrees is exp(-k / _LEAP) as likely as a repetition of the aim
_TIED_BARLINES = (0, 4)  # bars whose last note may be held over; never into bar 5, where excerpts are cut
_GRACE_BARS = (1, 5)
_FINAL_DEGREE = 7  # the upper tonic


def compose_melody(
    style: Style, harmonies: Sequence[Harmony], rng: np.random.Generator, second_ending: bool
) -> list[Event]:
    """Voice 1 of an eight-bar phrase; a second ending changes the last bar only."""
    slots = [(bar, onset, duration) for bar, onset, duration in _slots(style, rng)]
    degrees = _degrees(style, slots, harmonies, rng)
    events = []
    for (bar, onset, duration), degree in zip(slots, degrees, strict=True):
        harmony = harmony_at(harmonies, onset)
        raised = degree + 2 if second_ending and bar == 7 else degree
        events.append(Event(onset, duration, (spelled(style.key, harmony, raised),), 1))
    return _decorated(style, events, degrees, harmonies, rng)


def compose_pickup(style: Style) -> list[Event]:
    """Two eighths rising to the first downbeat, or nothing in a style without pickup."""
    half = style.pickup // 2
    return [Event(-style.pickup + i * half, half, (style.key.pitch(4 + i),), 1) for i in range(2) if half]


def harmony_at(harmonies: Sequence[Harmony], onset: int) -> Harmony:
    """The harmony in force."""
    return next(harmony for harmony in harmonies if harmony.onset <= onset < harmony.end)


def _slots(style: Style, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    """(bar, onset, duration) of each note of the phrase."""
    a, b, c, d = (style.rhythms[i] for i in rng.permutation(len(style.rhythms))[:4])
    rows = []
    for bar, rhythm in enumerate((a, b, c, style.cadences[0], a, b, d, style.cadences[1])):
        onset = bar * style.metre.bar
        for duration in rhythm:
            rows.append((bar, onset, duration))
            onset += duration
    return rows


def _degrees(
    style: Style, slots: Sequence[tuple[int, int, int]], harmonies: Sequence[Harmony], rng: np.random.Generator
) -> list[int]:
    """A degree for each slot: chord notes on beats by a random walk that rises to bar 6, steps in between."""
    on_beat = [i for i, (_, onset, _) in enumerate(slots) if onset % style.metre.beat == 0]
    chosen: dict[int, int] = {}
    degree = int(rng.integers(7, 10))
    for index in on_beat:
        bar, onset, _ = slots[index]
        aim = degree + (rng.choice([-1, 1]) if bar < 6 else -1) + (1 if bar in (4, 5) else 0)
        degree = _chord_degree(harmony_at(harmonies, onset), aim, degree, rng)
        chosen[index] = degree
    chosen[len(slots) - 1] = _FINAL_DEGREE
    anchors = np.array(sorted(chosen))
    line = np.rint(np.interp(np.arange(len(slots)), anchors, [chosen[i] for i in anchors])).astype(int).tolist()
    return [_stirred(line, i, i in chosen) for i in range(len(line))]


def _chord_degree(harmony: Harmony, aim: int, last: int, rng: np.random.Generator) -> int:
    candidates = np.array([d for d in range(_LOWEST, _HIGHEST + 1) if d % 7 in harmony.degrees])
    weight = np.exp(-np.abs(candidates - aim) / _LEAP) * np.where(candidates == last, 0.4, 1.0)
    return int(rng.choice(candidates, p=weight / weight.sum()))


def _stirred(line: Sequence[int], index: int, anchored: bool) -> int:
    """A note between beats that would repeat its neighbour becomes the note above it."""
    repeats = not anchored and index > 0 and line[index] == line[index - 1]
    return line[index] + 1 if repeats else line[index]


def _decorated(
    style: Style, events: list[Event], degrees: list[int], harmonies: Sequence[Harmony], rng: np.random.Generator
) -> list[Event]:
    events = [_graced(style, event, degree) for event, degree in zip(events, degrees, strict=True)]
    if style.chordal:
        events = [_thickened(style, event, degree, harmonies) for event, degree in zip(events, degrees, strict=True)]
    return _phrased(style, _tied(style, events), rng)


def _graced(style: Style, event: Event, degree: int) -> Event:
    """A short upper neighbour before the second beat of the second and the sixth bar."""
    bar, place = divmod(event.onset, style.metre.bar)
    if not style.graces or bar not in _GRACE_BARS or place == 0 or place % style.metre.beat:
        return event
    return replace(event, graces=(style.key.pitch(degree + 1),))


def _thickened(style: Style, event: Event, degree: int, harmonies: Sequence[Harmony]) -> Event:
    """A chord note a third or more below is added on the beats."""
    if event.onset % style.metre.beat:
        return event
    harmony = harmony_at(harmonies, event.onset)
    below = next(d for d in range(degree - 2, degree - 7, -1) if d % 7 in harmony.degrees)
    return replace(event, pitches=(spelled(style.key, harmony, below), *event.pitches))


def _tied(style: Style, events: list[Event]) -> list[Event]:
    """The last note of some bars takes over the first note of the next: a syncopation across the barline."""
    if not style.ties:
        return events
    kept: list[Event] = []
    for event in events:
        bar, place = divmod(event.onset, style.metre.bar)
        held_over = place == 0 and bar - 1 in _TIED_BARLINES and event.duration <= DIVISIONS
        if held_over:
            kept[-1] = replace(kept[-1], duration=kept[-1].duration + event.duration)
        else:
            kept.append(event)
    return kept


def _phrased(style: Style, events: list[Event], rng: np.random.Generator) -> list[Event]:
    """A slur over the bar, or detached notes with an accent on the downbeat."""
    lyrical = rng.random(8) < style.lyrical
    phrased = []
    for bar in range(8):
        members = [event for event in events if event.onset // style.metre.bar == bar]
        phrased += _slurred(members) if lyrical[bar] else _detached(members)
    return phrased


def _slurred(members: list[Event]) -> list[Event]:
    if len(members) < 2:
        return members
    slurs = ["start", *["inside"] * (len(members) - 2), "stop"]
    return [replace(event, slur=slur) for event, slur in zip(members, slurs, strict=True)]


def _detached(members: list[Event]) -> list[Event]:
    accents = ["accent", *["staccato"] * (len(members) - 1)] if members else []
    marks = [mark if event.duration <= DIVISIONS else "tenuto" for mark, event in zip(accents, members, strict=True)]
    return [replace(event, articulation=mark) for mark, event in zip(marks, members, strict=True)]
