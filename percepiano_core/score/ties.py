"""Tied notes become one (docs/score_reading.md, "Ties"; defect D20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby

from percepiano_core.score.events import ScoreNote

TOUCHING_QUARTERS = 0.02  # apart or over each other by rounding; no two strokes of a key are this close


def merge_published_ties(notes: Iterable[ScoreNote]) -> list[ScoreNote]:
    """As the released code: a tied note joins the latest of its pitch before it in the file, and goes without one."""
    kept: list[ScoreNote] = []
    for note in notes:
        first = next((n for n in reversed(kept) if n.starts_tie and n.pitch == note.pitch), None)
        if note.stops_tie and first is not None:
            _join(first, note, first.duration + note.duration)
        elif not note.stops_tie:
            kept.append(note)
    return kept


def merge_ties(notes: Iterable[ScoreNote], divisions: int, longest_gap: float) -> list[ScoreNote]:
    """Notes without the later ones of each tie, whose lengths are added to its first; by onset.

    One end of a tie is enough where the two notes touch in one part; with both ends they may be of different parts. A
    written-out arpeggio ties each of its notes to the chord at its end: there the tie reaches over up to `longest_gap`
    ticks. A tied note that finds no first stays a note, since nothing holds it.
    """
    tolerance = TOUCHING_QUARTERS * divisions
    kept: list[ScoreNote] = []
    sounding: dict[int, list[ScoreNote]] = defaultdict(list)  # by pitch, what a later note may be tied to
    for _, together in groupby(sorted(notes, key=lambda n: n.onset), key=lambda n: n.onset):
        for note in sorted(
            together, key=lambda n: (not n.is_grace, not n.stops_tie)
        ):  # a grace may tie to its principal
            candidates = [n for n in sounding[note.pitch] if n.end > note.onset - longest_gap - tolerance]
            first = None if note.is_grace and not note.stops_tie else _tied_from(candidates, note, tolerance)
            if first is None:
                kept.append(note)
                candidates.append(note)
            else:
                _join(first, note, max(first.end, note.onset) + note.duration - first.onset)
                first.starts_tie = note.starts_tie
            sounding[note.pitch] = candidates
    return kept


def _tied_from(candidates: list[ScoreNote], note: ScoreNote, tolerance: float) -> ScoreNote | None:
    """The note that a tie comes from.

    Of the notes that touch it is one with its own end of the tie, else one of the same voice; else a note before a gap
    that both ends reach over; else one that touches and is of another voice.
    """
    touching = [n for n in candidates if abs(n.end - note.onset) <= tolerance and (n.starts_tie or not n.is_grace)]
    touching.sort(key=lambda n: (n.starts_tie, n.voice == note.voice), reverse=True)
    joinable = [n for n in touching if n.part == note.part and (n.starts_tie or note.stops_tie)]
    before = [n for n in candidates if n.starts_tie and n.onset < note.onset and n.end < note.onset - tolerance]
    ranked = [
        *(n for n in touching if n.starts_tie and note.stops_tie),
        *(n for n in joinable if n.voice == note.voice),
        *(before[-1:] if note.stops_tie else ()),
        *joinable,
    ]
    return ranked[0] if ranked else None


def _join(first: ScoreNote, note: ScoreNote, duration: float) -> None:
    first.duration = duration
    first.seconds += note.seconds
    first.slurs += note.slurs
