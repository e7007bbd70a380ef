"""Two-note tremolos become the notes that are played (docs/alignment.md, "Score notes"; defect D17).

A chord marked "start" and the next one of its voice marked "stop", each as long as half the span, mean short notes that
alternate between both over the whole span: eighths for one stroke, sixteenths for two.
"""

from __future__ import annotations

from dataclasses import replace

from percepiano_core.score.events import ScoreNote

STROKE_QUARTERS = 1.0  # length of one note with no stroke; every stroke halves it, as flags do


def expand_tremolos(notes: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """Notes in document order, each marked pair of chords replaced by its repetitions.

    A start without a stop of equal length right behind it stays as it is written.
    """
    expanded: list[ScoreNote] = []
    index = 0
    while index < len(notes):
        first, second = _pair(notes, index)
        if second:
            expanded += _alternation(first, second, divisions)
            index += len(first) + len(second)
        else:
            expanded.append(notes[index])
            index += 1
    return expanded


def _pair(notes: list[ScoreNote], index: int) -> tuple[list[ScoreNote], list[ScoreNote]]:
    """Chord that starts a tremolo at the index, and the chord right after it that stops it; both empty without."""
    if notes[index].tremolo != "start":
        return [], []
    first = _chord(notes, index)
    second = _chord(notes, index + len(first))
    is_pair = second and second[0].tremolo == "stop" and second[0].duration == first[0].duration
    return (first, second) if is_pair else ([], [])


def _chord(notes: list[ScoreNote], index: int) -> list[ScoreNote]:
    """A note and the chord notes after it in the file."""
    end = index + 1
    while end < len(notes) and notes[end].chord_index > 0:
        end += 1
    return notes[index:end]


def _alternation(first: list[ScoreNote], second: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """Both chords in turn over the span that they fill."""
    length = STROKE_QUARTERS / 2 ** first[0].tremolo_strokes * divisions
    times = round(first[0].duration / length)
    return [
        _repetition(note, first[0].onset + (2 * number + place) * length, length, number == 0, number == times - 1)
        for place, chord in enumerate((first, second))
        for number in range(times)
        for note in chord
    ]


def _repetition(note: ScoreNote, onset: float, length: float, is_first: bool, is_last: bool) -> ScoreNote:
    """One stroke; what begins at the written note stays with the first, what ends with it with the last."""
    return replace(
        note,
        onset=onset,
        duration=length,
        slurs=[slur for slur in note.slurs if (is_first if slur.is_start else is_last)],
        slur_flags=set(),
        stops_tie=note.stops_tie and is_first,
        starts_tie=note.starts_tie and is_last,
    )
