"""Slurs: spans from their ends, and the flags of the notes under them (docs/score_reading.md, "Slurs and beams")."""

from __future__ import annotations

from percepiano_core.score.events import ScoreNote, Slur


def apply_slurs(notes: list[ScoreNote]) -> None:
    """Flag the notes with slur signs, and those without that a slur of their voice covers.

    A note with a sign of its own keeps to its signs. A stop closes the earliest open slur of its number and voice.
    """
    spans = _spans(notes)
    for note in notes:
        if not note.slurs:
            note.slur_flags |= {_place_under(slur, note) for slur in spans if _covers(slur, note)}


def _spans(notes: list[ScoreNote]) -> list[Slur]:
    """Slurs with both ends, in the order in which they close."""
    closed: list[Slur] = []
    still_open: list[Slur] = []
    for note in notes:
        for slur in reversed(note.slurs):
            slur.onset, slur.voice = note.onset, note.voice
            note.slur_flags.add("start" if slur.is_start else "stop")
            if slur.is_start:
                still_open.append(slur)
                continue
            start = next((s for s in still_open if s.number == slur.number and s.voice == slur.voice), None)
            if start is not None:
                start.end = slur.onset
                closed.append(start)
                still_open.remove(start)
    return closed


def _covers(slur: Slur, note: ScoreNote) -> bool:
    return slur.voice == note.voice and slur.onset <= note.onset <= slur.end


def _place_under(slur: Slur, note: ScoreNote) -> str:
    if slur.onset == note.onset:
        return "start"
    return "stop" if slur.end == note.onset else "continue"
