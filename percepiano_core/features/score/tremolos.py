"""Two-note tremolos become the eighths that are played (alignment.md, section 2, and defect D17).

A chord marked "start" and the next one of its voice marked "stop", each as long as half the span, mean eighths that
alternate between both over the whole span.
"""

from __future__ import annotations

from dataclasses import replace

from percepiano_core.features.score.events import ScoreNote

EIGHTH_QUARTERS = 0.5
EIGHTH_STROKES = 1  # one beam between the chords


def expand_tremolos(notes: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """Notes in document order, each marked pair of chords replaced by its eighths.

    Other stroke numbers, and pairs whose span is no whole number of quarters, stay as they are written.
    """
    expanded: list[ScoreNote] = []
    index = 0
    while index < len(notes):
        first, second = _pair(notes, index)
        times = _repetitions(first, second, divisions)
        if times:
            expanded += _eighths(first, first[0].onset, times, divisions)
            expanded += _eighths(second, first[0].onset + EIGHTH_QUARTERS * divisions, times, divisions)
            index += len(first) + len(second)
        else:
            expanded.append(notes[index])
            index += 1
    return expanded


def _pair(notes: list[ScoreNote], index: int) -> tuple[list[ScoreNote], list[ScoreNote]]:
    """Chord that starts a tremolo at the index, and the chord right after it."""
    first = _chord(notes, index) if notes[index].tremolo == "start" else []
    return first, _chord(notes, index + len(first)) if first else []


def _chord(notes: list[ScoreNote], index: int) -> list[ScoreNote]:
    """A note and the chord notes after it in the file."""
    end = index + 1
    while end < len(notes) and notes[end].chord_index > 0:
        end += 1
    return notes[index:end]


def _repetitions(first: list[ScoreNote], second: list[ScoreNote], divisions: int) -> int:
    """How often the pair is played; 0 if it is no tremolo of eighths."""
    if not second or second[0].tremolo != "stop" or first[0].tremolo_strokes != EIGHTH_STROKES:
        return 0
    span = (first[0].duration + second[0].duration) / divisions
    return int(span) if span == int(span) else 0


def _eighths(chord: list[ScoreNote], onset: float, times: int, divisions: int) -> list[ScoreNote]:
    """Repetitions of a chord, a quarter apart."""
    return [_repetition(note, onset + i * divisions, i, times, divisions) for i in range(times) for note in chord]


def _repetition(note: ScoreNote, onset: float, index: int, times: int, divisions: int) -> ScoreNote:
    """One eighth; what begins at the written note stays with the first, what ends with it with the last."""
    is_first, is_last = index == 0, index == times - 1
    return replace(
        note,
        onset=onset,
        duration=EIGHTH_QUARTERS * divisions,
        slurs=[slur for slur in note.slurs if (is_first if slur.is_start else is_last)],
        slur_flags=set(),
        stops_tie=note.stops_tie and is_first,
        starts_tie=note.starts_tie and is_last,
    )
