"""Performances drawn from a score, with known matches: a test of the matcher that owes nothing to other matchers.

A global tempo, a smooth tempo curve, a delay before the first note, jitter of every onset, and players' errors. How
large each is: docs/alignment.md, "Simulated performances".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.alignment.accuracy import KnownAlignment
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi

SECONDS_PER_QUARTER = (0.25, 1.2)  # from very fast to slow
START_SECONDS = (0.0, 3.0)
TEMPO_MEMORY = 0.8  # correlation of the tempo of neighbouring quarters
GRACE_SECONDS = 0.06  # a grace note's lead over what follows it
HELD = 0.9  # played share of a written duration
VELOCITIES = (40, 90)
NEIGHBOURS = (-2, -1, 1, 2)  # semitones from the right key to a wrong one
TICKS_PER_QUARTER = 480
TICKS_PER_SECOND = 2 * TICKS_PER_QUARTER  # 120 quarters a minute


@dataclass(frozen=True)
class Playing:
    """How freely and how faultily to play; rates are shares of the score's notes."""

    tempo_sd: float = 0.15  # of the logarithm of the local tempo
    jitter_sec: float = 0.015
    omissions: float = 0.0
    wrong_pitches: float = 0.0
    insertions: float = 0.0


FAULTLESS = Playing()
ORDINARY = Playing(omissions=0.03, wrong_pitches=0.02, insertions=0.03)
FAULTY = Playing(tempo_sd=0.30, omissions=0.08, wrong_pitches=0.08, insertions=0.08)
UNEVEN = Playing(jitter_sec=0.040, omissions=0.03, wrong_pitches=0.02, insertions=0.03)


def simulate(score_notes: np.ndarray, playing: Playing, generator: np.random.Generator) -> KnownAlignment:
    """Play a score, ALIGNED_NOTE_DTYPE [s]; a wrong or omitted note has no match."""
    onsets, seconds_per_quarter = _played_onsets(score_notes, playing, generator)
    lengths = np.maximum(score_notes["duration_quarter"] * seconds_per_quarter * HELD, GRACE_SECONDS)
    played = np.flatnonzero(generator.random(len(score_notes)) >= playing.omissions)
    wrong = generator.random(len(played)) < playing.wrong_pitches
    extra = generator.choice(len(score_notes), generator.binomial(len(score_notes), playing.insertions))
    source = np.concatenate([played, extra])
    true = np.concatenate([~wrong, np.zeros(len(extra), dtype=bool)])
    shift = np.where(true, 0, generator.choice(NEIGHBOURS, len(source)))
    delay = np.where(np.arange(len(source)) < len(played), 0.0, generator.random(len(source)) * lengths[source])
    pitches = np.clip(score_notes["pitch"][source] + shift, 21, 108)
    velocities = generator.integers(*VELOCITIES, len(source))
    notes = _notes(onsets[source] + delay, lengths[source], pitches, velocities)
    order = np.lexsort((notes["offset_tick"], notes["pitch"], notes["onset_tick"]))
    matched = np.flatnonzero(true[order])
    performed = PerformedMidi(
        notes[order], np.empty(0, dtype=CONTROL_DTYPE), TICKS_PER_QUARTER, float(notes["offset_sec"].max(initial=0.0))
    )
    return KnownAlignment(score_notes, performed, np.stack([source[order][matched], matched], axis=1))


def _played_onsets(
    score_notes: np.ndarray, playing: Playing, generator: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Onsets in seconds [s], never negative, and the mean tempo in seconds a quarter."""
    written = score_notes["onset_quarter"]
    grid = np.arange(np.floor(written.min()), np.ceil(written.max()) + 2)
    seconds_per_quarter = float(np.exp(generator.uniform(*np.log(SECONDS_PER_QUARTER))))
    local = seconds_per_quarter * np.exp(_tempo_curve(len(grid) - 1, playing.tempo_sd, generator))
    start = generator.uniform(*START_SECONDS)
    exact = np.interp(written, grid, start + np.concatenate([[0.0], np.cumsum(local)]))
    jittered = exact + generator.normal(0.0, playing.jitter_sec, len(written)) - _grace_lead(score_notes)
    return jittered - min(0.0, float(jittered.min())), seconds_per_quarter


def _tempo_curve(quarters: int, deviation: float, generator: np.random.Generator) -> np.ndarray:
    """Logarithm of the local tempo [quarters], a stationary first-order autoregression of the given deviation."""
    innovations = generator.normal(0.0, deviation, quarters)
    innovations[1:] *= np.sqrt(1 - TEMPO_MEMORY**2)
    curve = np.empty(quarters)
    level = 0.0
    for index, innovation in enumerate(innovations):
        level = TEMPO_MEMORY * level + innovation
        curve[index] = level
    return curve


def _grace_lead(score_notes: np.ndarray) -> np.ndarray:
    """Seconds [s] by which each grace note precedes its onset; those of one onset follow each other."""
    lead = np.zeros(len(score_notes))
    for onset in np.unique(score_notes["onset_quarter"][score_notes["is_grace"]]):
        rows = np.flatnonzero(score_notes["is_grace"] & (score_notes["onset_quarter"] == onset))
        lead[rows] = GRACE_SECONDS * np.arange(len(rows), 0, -1)
    return lead


def _notes(onsets: np.ndarray, lengths: np.ndarray, pitches: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    notes = np.empty(len(onsets), dtype=NOTE_DTYPE)
    notes["onset_tick"] = np.round(onsets * TICKS_PER_SECOND)
    notes["offset_tick"] = np.round((onsets + lengths) * TICKS_PER_SECOND)
    notes["onset_sec"] = notes["onset_tick"] / TICKS_PER_SECOND
    notes["offset_sec"] = notes["offset_tick"] / TICKS_PER_SECOND
    notes["pitch"], notes["velocity"] = pitches, velocities
    return notes
