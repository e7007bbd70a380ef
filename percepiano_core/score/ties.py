"""Tied notes become one (docs/score_reading.md, "Ties"; defect D20)."""

from __future__ import annotations

from collections.abc import Iterable

from percepiano_core.score.events import ScoreNote


def merge_ties(notes: Iterable[ScoreNote], need_contact: bool) -> list[ScoreNote]:
    """Notes without the later ones of each tie, whose lengths are added to its first.

    Parameters
    ----------
    notes : pitched notes in document order
    need_contact : the note before must end where the tied one begins, wherever it is written, else the tied one stays
        a note; otherwise the latest of the pitch before it in the file is taken, and a tied note that finds none goes
    """
    kept: list[ScoreNote] = []
    for note in sorted(notes, key=lambda n: n.onset) if need_contact else notes:
        first = _tied_from(kept, note, need_contact) if note.stops_tie else None
        if first is not None:
            first.duration += note.duration
            first.seconds += note.seconds
            first.slurs += note.slurs
        elif need_contact or not note.stops_tie:
            kept.append(note)
    return kept


def _tied_from(kept: list[ScoreNote], note: ScoreNote, need_contact: bool) -> ScoreNote | None:
    """The note that a tie comes from; with contact, one of the same voice is preferred."""
    candidates = (n for n in reversed(kept) if n.starts_tie and n.pitch == note.pitch)
    if not need_contact:
        return next(candidates, None)
    touching = [n for n in candidates if n.end == note.onset and n is not note]
    return next((n for n in touching if n.voice == note.voice), touching[0] if touching else None)
