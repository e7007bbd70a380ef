"""Score features of dynamics and tempo directions (docs/score_reading.md, "Directions")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.score.registry import score_feature
from percepiano_core.features.score.score_context import ScoreContext
from percepiano_core.features.score.words import dynamic_vector, tempo_vector

TEMPO_PRIMO_COMPONENTS = 2  # absolute and relative tempo of the tempo vector


@score_feature("dynamic", width=4)
def dynamic(context: ScoreContext) -> np.ndarray:
    """Level, gradual change, accent, other loudness words in force [n, 4]."""
    return np.array([dynamic_vector(at.dynamic_text) for at in context.directions])


@score_feature("tempo", width=5)
def tempo(context: ScoreContext) -> np.ndarray:
    """Tempo, relative tempo, gradual change, sudden change, dance character in force [n, 5]."""
    return np.array([tempo_vector(at.tempo_text) for at in context.directions])


@score_feature("tempo_primo", width=2)
def tempo_primo(context: ScoreContext) -> np.ndarray:
    """Tempo and relative tempo at the first note; one value a piece [2]."""
    return tempo_vector(context.directions[0].tempo_text)[:TEMPO_PRIMO_COMPONENTS]


@score_feature("distance_from_abs_dynamic")
def distance_from_abs_dynamic(context: ScoreContext) -> np.ndarray:
    """Quarters since the dynamic level in force, negative before the first one [n]."""
    positions = np.array([at.level_position for at in context.directions])
    return (context.onsets - positions) / context.score.divisions


@score_feature("distance_from_recent_tempo")
def distance_from_recent_tempo(context: ScoreContext) -> np.ndarray:
    """Quarters since the latest change of tempo [n]."""
    positions = np.array([at.tempo_position for at in context.directions])
    return (context.onsets - positions) / context.score.divisions


@score_feature("section_tempo")
def section_tempo(context: ScoreContext) -> np.ndarray:
    """log10 of the score's quarters a minute at the note [n]; NaN where unknown (D18)."""
    return np.log10(context.tempo.qpm_at(context.onsets))


@score_feature("qpm_primo")
def qpm_primo(context: ScoreContext) -> np.ndarray:
    """log10 of the score's quarters a minute at the first note; one value a piece."""
    return np.log10(context.tempo.qpm_at(context.onsets[:1]))
