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

    A start stays as it is written unless the next chord of its voice is a stop as long as it.
    """
    chords = _chords(notes)
    seconds = _seconds(chords)
    expanded: list[ScoreNote] = []
    for index, chord in enumerate(chords):
        if index in seconds:
            expanded += _alternation(chord, chords[seconds[index]], divisions)
        elif chord[0].tremolo == "single" and not chord[0].is_rest:
            expanded += _strokes(chord, divisions)
        elif index not in seconds.values():
            expanded += chord
    return expanded


def _chords(notes: list[ScoreNote]) -> list[list[ScoreNote]]:
    """Each note with the chord notes after it in the file."""
    chords: list[list[ScoreNote]] = []
    for note in notes:
        if note.chord_index > 0 and chords:
            chords[-1].append(note)
        else:
            chords.append([note])
    return chords


def _seconds(chords: list[list[ScoreNote]]) -> dict[int, int]:
    """Place of each chord that starts a tremolo of two, and of the chord that it alternates with."""
    seconds: dict[int, int] = {}
    open_starts: dict[int, int] = {}  # by voice
    for index, (first, *_) in enumerate(chords):
        start = open_starts.pop(first.voice, None)
        if start is not None and first.tremolo == "stop" and first.duration == chords[start][0].duration:
            seconds[start] = index
        if first.tremolo == "start":
            open_starts[first.voice] = index
    return seconds


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
