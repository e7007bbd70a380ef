"""Tremolos become the notes that are struck (docs/score_reading.md, "Tremolos"; defect D17).

A chord marked "start" and the next one of its voice marked "stop", each as long as half the span, mean short notes that
alternate between both over the whole span: eighths for one stroke, sixteenths for two. A chord with strokes of its own
is repeated in notes that much shorter than its written value: a quarter with one stroke is two eighths, a dotted one
three, also where a tuplet makes triplets of them.
"""

from __future__ import annotations

from dataclasses import replace

from percepiano_core.score.events import ScoreNote

STROKE_QUARTERS = 1.0  # length of one note with no stroke; every stroke halves it, as flags do


def expand_tremolos(notes: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """Notes in document order, each chord with strokes and each marked pair of chords replaced by what is struck.

    A start without a stop of equal length right behind it stays as it is written.
    """
    expanded: list[ScoreNote] = []
    index = 0
    while index < len(notes):
        first, second = _pair(notes, index)
        if second:
            expanded += _alternation(first, second, divisions)
        elif notes[index].tremolo == "single" and not notes[index].is_rest:
            first = _chord(notes, index)
            expanded += _strokes(first, divisions)
        else:
            first = notes[index : index + 1]
            expanded += first
        index += len(first) + len(second)
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


def _strokes(chord: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """A chord repeated in notes of the value that its flags and strokes show; ties do not hold them."""
    own = chord[0]
    written = own.face_quarters or own.duration / divisions
    count = max(round(written * 2 ** (own.value_flags + own.tremolo_strokes) / STROKE_QUARTERS), 1)
    if own.tremolo_strokes == 0 or own.is_grace or count == 1:
        return chord
    length = own.duration / count
    return [
        _repetition(note, note.onset + number * length, length, number, count, restruck=True)
        for number in range(count)
        for note in chord
    ]


def _alternation(first: list[ScoreNote], second: list[ScoreNote], divisions: int) -> list[ScoreNote]:
    """Both chords in turn over the span that they fill."""
    times = max(round(first[0].duration / (STROKE_QUARTERS / 2 ** first[0].tremolo_strokes * divisions)), 1)
    length = first[0].duration / times
    return [
        _repetition(note, first[0].onset + (2 * number + place) * length, length, number, times)
        for place, chord in enumerate((first, second))
        for number in range(times)
        for note in chord
    ]


def _repetition(
    note: ScoreNote, onset: float, length: float, number: int, count: int, restruck: bool = False
) -> ScoreNote:
    """One stroke; what begins at the written note stays with the first, what ends with it with the last.

    restruck : strokes of a tie's later note are struck too
    """
    is_first, is_last = number == 0, number == count - 1
    return replace(
        note,
        note_id=f"{note.note_id}~{number}",
        onset=onset,
        duration=length,
        slurs=[slur for slur in note.slurs if (is_first if slur.is_start else is_last)],
        slur_flags=set(),
        stops_tie=note.stops_tie and is_first and not restruck,
        starts_tie=note.starts_tie and is_last and not restruck,
    )
