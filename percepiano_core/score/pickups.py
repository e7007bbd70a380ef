"""Opening bars padded with hidden rests are cut to what is printed (defect D2: docs/features.md)."""

from __future__ import annotations

from dataclasses import replace

from percepiano_core.score.events import ParsedScore, ScoreNote


def cut_padded_pickup(score: ParsedScore) -> None:
    """End the first bar at its last note or printed rest, when every voice of it ends in hidden rests.

    All later events move to the left by the ticks that are cut; the score keeps their number as `pickup_padding`.
    """
    if len(score.measure_starts) < 2:
        return
    barline = score.measure_starts[1]
    opening = [note for note in score.notes if note.measure == 1]
    printed_end = max((note.end for note in opening if not _is_hidden_rest(note)), default=barline)
    hidden_end = max((note.end for note in opening if _is_hidden_rest(note)), default=0.0)
    if not printed_end < hidden_end == barline:
        return
    score.pickup_padding = barline - printed_end
    _move_left(score, barline, score.pickup_padding)


def _is_hidden_rest(note: ScoreNote) -> bool:
    return note.is_rest and not note.is_printed


def _move_left(score: ParsedScore, barline: float, ticks: float) -> None:
    def moved(position: float) -> float:
        return position - ticks if position >= barline else min(position, barline - ticks)

    score.notes = [n for n in score.notes if n.measure > 1 or not _is_hidden_rest(n)]
    for note in score.notes:
        note.onset = moved(note.onset)
    for direction in score.directions:
        direction.position = moved(direction.position)
    score.tempos = [replace(mark, position=moved(mark.position)) for mark in score.tempos]
    score.metronome_marks = [replace(mark, position=moved(mark.position)) for mark in score.metronome_marks]
    score.time_signatures = [replace(sign, position=moved(sign.position)) for sign in score.time_signatures]
    score.measure_starts = [moved(start) for start in score.measure_starts]
    score.end -= ticks
