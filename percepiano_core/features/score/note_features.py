"""Score features of the notes themselves: pitch, length, ornaments, signs (docs/features.md, "Score features")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.score.registry import score_feature
from percepiano_core.features.score.score_context import ScoreContext
from percepiano_core.features.score.words import tables
from percepiano_core.score.events import ScoreNote

MIDDLE_OCTAVE = 4  # of C4 = MIDI 60; also the octaves that make a distance of 1
PITCH_CLASSES = 12
PUBLISHED_COMPOSER = "Schubert"  # the constant that the released fold scripts give every piece (D6)
SLUR_FLAGS = ("start", "continue", "stop")
BEAM_FLAGS = ("begin", "continue", "end")


@score_feature("midi_pitch")
def midi_pitch(context: ScoreContext) -> np.ndarray:
    """Sounding MIDI number [n]."""
    return np.array([note.pitch for note in context.notes], dtype=float)


@score_feature("pitch", width=13)
def pitch(context: ScoreContext) -> np.ndarray:
    """Octaves above the middle one, divided by 4, and the pitch class one-hot [n, 13]."""
    pitches = np.array([note.pitch for note in context.notes])
    octave = pitches // PITCH_CLASSES - 1
    scaled = (octave - MIDDLE_OCTAVE) / MIDDLE_OCTAVE
    return np.column_stack([scaled, np.eye(PITCH_CLASSES)[pitches % PITCH_CLASSES]])


@score_feature("duration")
def duration(context: ScoreContext) -> np.ndarray:
    """Length in quarters, ties joined, 0 for graces [n]."""
    return context.durations / context.score.divisions


@score_feature("grace_order")
def grace_order(context: ScoreContext) -> np.ndarray:
    """-1 for the grace just before its principal, -2 before that, 0 for ordinary notes [n]."""
    return np.array([note.grace_order for note in context.notes])


@score_feature("preceded_by_grace_note")
def preceded_by_grace_note(context: ScoreContext) -> np.ndarray:
    """1 where a grace leads to the note or its chord [n]."""
    return np.array([note.preceded_by_grace for note in context.notes])


@score_feature("following_rest")
def following_rest(context: ScoreContext) -> np.ndarray:
    """Quarters of rest after the note in its voice [n]."""
    return np.array([note.following_rest for note in context.notes]) / context.score.divisions


@score_feature("followed_by_fermata_rest")
def followed_by_fermata_rest(context: ScoreContext) -> np.ndarray:
    """1 where that rest has a fermata [n]."""
    return np.array([note.followed_by_fermata_rest for note in context.notes])


@score_feature("slur_beam_vec", width=6)
def slur_beam_vec(context: ScoreContext) -> np.ndarray:
    """Slur start, continue, stop; beam start, continue, stop [n, 6]."""
    return np.array(
        [
            [flag in note.slur_flags for flag in SLUR_FLAGS] + [flag in note.beams for flag in BEAM_FLAGS]
            for note in context.notes
        ]
    )


@score_feature("notation", width=9)
def notation(context: ScoreContext) -> np.ndarray:
    """Trill, tenuto, accent, staccato, fermata, arpeggio, strong accent, cue, slashed grace [n, 9]."""
    every = context.corrections.all_articulations
    return np.array([_signs(note, _articulations(note, every)) for note in context.notes])


def _articulations(note: ScoreNote, every: bool) -> set[str]:
    """Articulation signs of a note; published, the first of each group alone."""
    return {sign for group in note.articulations for sign in (group if every else group[:1])}


def _signs(note: ScoreNote, articulations: set[str]) -> list[bool]:
    return [
        note.has_trill,
        "tenuto" in articulations,
        "accent" in articulations,
        "staccato" in articulations,
        note.has_fermata,
        note.has_arpeggio,
        "strong-accent" in articulations,
        note.is_cue,
        note.has_slash,
    ]


@score_feature("composer_vec", width=17)
def composer_vec(context: ScoreContext) -> np.ndarray:
    """The composer one-hot, the last place for those not listed; one value a piece [17]."""
    composers = tables()["composers"]
    name = context.composer if context.corrections.composer_of_piece else PUBLISHED_COMPOSER
    place = composers.index(name) if name in composers else len(composers)
    return np.eye(len(composers) + 1)[place]
