"""Which directions hold at each note (docs/score_reading.md, "Directions"; defects D10 and D23)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

from percepiano_core.features.score.dynamics import Dynamics, match_hairpin_stops, resolve_dynamics
from percepiano_core.features.score.tempo_words import TempoWords, resolve_tempo_words
from percepiano_core.features.score.words import keywords_for
from percepiano_core.score.corrections import Corrections
from percepiano_core.score.direction_elements import HAIRPINS
from percepiano_core.score.events import Direction, ScoreNote

SECTION_END_TICKS = 0.1  # the last section ends this much after the last onset


@dataclass(frozen=True)
class NoteDirections:
    """Directions in force at one note.

    Attributes
    ----------
    dynamic_text, tempo_text : the words in force, the absolute ones first
    level_position : ticks of the dynamic level in force; 0 or NaN where there is none
    tempo_position : ticks of the latest change of tempo; 0 or NaN where there is none
    tempo_state : what a section is constant in: the absolute text and the relative tempos
    """

    dynamic_text: str
    tempo_text: str
    level_position: float
    tempo_position: float
    tempo_state: tuple[str | None, tuple[int, ...]]


def directions_at_notes(
    notes: Sequence[ScoreNote], directions: Sequence[Direction], corrections: Corrections
) -> list[NoteDirections]:
    """Directions in force at each note [n]; tempos and ends of changes are written into `directions`."""
    keywords = keywords_for(corrections)
    ordered = match_hairpin_stops(directions)
    dynamics = resolve_dynamics(ordered, keywords, corrections)
    tempos = resolve_tempo_words(ordered, keywords)
    return [_at_note(note, dynamics, tempos, corrections) for note in notes]


def section_positions(notes: Sequence[ScoreNote], at_notes: Sequence[NoteDirections]) -> list[float]:
    """Onsets from which other tempo words hold, and the end of the last section."""
    states = [None, *(at.tempo_state for at in at_notes)]
    changes = [note.onset for note, last, at in zip(notes, states, at_notes, strict=False) if last != at.tempo_state]
    return [*changes, notes[-1].onset + SECTION_END_TICKS]


def _at_note(note: ScoreNote, dynamics: Dynamics, tempos: TempoWords, corrections: Corrections) -> NoteDirections:
    level, tempo = dynamics.level_at(note.onset), tempos.tempo_at(note.onset)
    changes = _active(dynamics.relative, note.onset)
    tempo_changes = _active(tempos.relative, note.onset)
    restarts = tempo_changes if corrections.tempo_distance_from_tempos else changes
    nowhere = nan if corrections.missing_is_nan else 0.0
    tempo_starts = ([] if tempo is None else [tempo.position]) + [change.position for change in restarts]
    if not corrections.missing_is_nan and tempo is None:
        tempo_starts.append(nowhere)
    accents = [accent for accent in dynamics.accents if accent.position == note.onset]
    return NoteDirections(
        dynamic_text=_flat_text(level, [*_on_staff(changes, note.staff), *accents]),
        tempo_text=_flat_text(tempo, tempo_changes),
        level_position=nowhere if level is None else level.position,
        tempo_position=max(tempo_starts, default=nowhere),
        tempo_state=(None if tempo is None else tempo.text, tuple(id(change) for change in tempo_changes)),
    )


def _active(directions: Sequence[Direction], position: float) -> list[Direction]:
    return [d for d in directions if d.end is not None and d.position <= position < d.end]


def _on_staff(changes: list[Direction], staff: int) -> list[Direction]:
    """Where hairpins of both kinds are open, those above count for the upper staff and those below for the lower."""
    if not {change.kind for change in changes}.issuperset(HAIRPINS):
        return changes
    foreign = {1: "below", 2: "above"}.get(staff, "")
    return [change for change in changes if change.kind not in HAIRPINS or change.placement != foreign]


def _flat_text(absolute: Direction | None, relative: Sequence[Direction]) -> str:
    """Words of all directions; a hairpin's are its kind."""
    texts = [change.kind if change.kind in HAIRPINS else change.text or "" for change in relative]
    return " ".join([(absolute.text or "") if absolute is not None else "", *texts])
