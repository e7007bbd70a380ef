"""Trills: written-out realisations go, the sign stays with the trilled note (docs/score_reading.md, "Trills")."""

from __future__ import annotations

from bisect import bisect_right

from percepiano_core.score.events import ScoreNote, WavyLine

WIDEST_TRILL_SEMITONES = 3  # between a hidden realisation and the printed note that carries its sign


def resolve_trills(notes: list[ScoreNote]) -> list[ScoreNote]:
    """Printed notes in score order, with trill signs on the right notes and trill lines as durations."""
    hidden_signs = [note for note in notes if not note.is_printed and note.has_trill]
    _raise_signs_to_chord_top(notes)
    lines = _matched_lines(notes)
    printed = [note for note in notes if note.is_printed]
    for sign in hidden_signs:
        _mark_nearest(printed, sign)
    return _apply_lines(printed, lines)


def _raise_signs_to_chord_top(notes: list[ScoreNote]) -> None:
    """A trill in a chord moves to the higher notes of its voice at the onset."""
    for note in notes:
        if not note.has_trill:
            continue
        for other in notes:
            is_above = other.pitch > note.pitch and other.voice == note.voice and not other.is_grace
            if other.onset == note.onset and is_above:
                note.has_trill = False
                other.has_trill = True


def _matched_lines(notes: list[ScoreNote]) -> list[WavyLine]:
    """Trill lines whose start has a stop: the first stop of the number after it."""
    lines: list[WavyLine] = []
    for note in notes:
        line = note.wavy_line
        if line is None:
            continue
        line.onset, line.pitch = note.onset, note.pitch
        if line.is_start:
            lines.append(line)
            continue
        start = next((s for s in reversed(lines) if s.number == line.number), None)
        if start is not None and start.end == 0:
            start.end = line.onset
    return [line for line in lines if line.end != 0]


def _mark_nearest(printed: list[ScoreNote], sign: ScoreNote) -> None:
    for note in printed:
        is_near = abs(note.pitch - sign.pitch) <= WIDEST_TRILL_SEMITONES
        if note.onset == sign.onset and is_near and not note.is_grace:
            note.has_trill = True
            return


def _apply_lines(notes: list[ScoreNote], lines: list[WavyLine]) -> list[ScoreNote]:
    """A trilled note lasts as long as its line; notes of its pitch under the line are the realisation."""
    onsets = [note.onset for note in notes]
    realisations: set[int] = set()
    for line in lines:
        index = max(bisect_right(onsets, line.onset) - 1, 0)
        while (
            index > 0
            and abs(notes[index].pitch - line.pitch) > WIDEST_TRILL_SEMITONES
            and onsets[index - 1] == onsets[index]
        ):
            index -= 1
        notes[index].duration = line.end - line.onset
        realisations |= {
            later
            for later in range(index + 1, len(notes))
            if onsets[later] < line.end and notes[later].pitch == notes[index].pitch
        }
    return [note for index, note in enumerate(notes) if index not in realisations]
