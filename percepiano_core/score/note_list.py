"""From the notes of the file to the played notes, in score order (docs/score_reading.md, "The list of notes")."""

from __future__ import annotations

from collections.abc import Sequence

from percepiano_core.score.corrections import Corrections
from percepiano_core.score.events import ParsedScore, ScoreNote
from percepiano_core.score.graces import order_graces
from percepiano_core.score.metre import measure_lengths
from percepiano_core.score.rests import attach_rests
from percepiano_core.score.slurs import apply_slurs
from percepiano_core.score.ties import merge_published_ties, merge_ties
from percepiano_core.score.trills import resolve_trills


def final_notes(score: ParsedScore, corrections: Corrections) -> list[ScoreNote]:
    """Pitched notes, passed through graces, ties, order, overlaps, rests, trills and slurs, in this order."""
    order_graces(score.notes)
    rests = [note for note in score.notes if note.is_rest and note.is_printed]
    sounding = [note for note in score.notes if not note.is_rest]
    notes = joined_ties(score, sounding, corrections)
    notes.sort(key=lambda note: (note.onset, note.grace_order, -note.pitch))
    mark_overlaps(notes)
    attach_rests(notes, rests)
    notes = resolve_trills(notes)
    if not notes:
        raise ValueError("no note is left after ties and hidden notes")
    apply_slurs(notes)
    return notes


def joined_ties(score: ParsedScore, notes: Sequence[ScoreNote], corrections: Corrections) -> list[ScoreNote]:
    """Notes with those that ties hold joined to their first."""
    if not corrections.ties_need_contact:
        return merge_published_ties(notes)
    return merge_ties(notes, score.divisions, max(measure_lengths(score).max(initial=0.0), 0.0))


def mark_overlaps(notes: Sequence[ScoreNote]) -> None:
    """Mark, of two ordinary notes of equal onset and pitch, the shorter; of equally long ones the earlier."""
    first_at: dict[tuple[float, int], ScoreNote] = {}
    for note in notes:
        if note.is_grace:
            continue
        first = first_at.setdefault((note.onset, note.pitch), note)
        if first is not note:
            (note if first.duration > note.duration else first).is_overlapped = True
