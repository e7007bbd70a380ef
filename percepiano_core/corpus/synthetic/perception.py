"""What listeners would hear without noise: each of the 19 dimensions as a weighted sum of expression and piece.

truth = 4 + sum of weight * z, in points of the seven-point scale, kept inside [1.2, 6.8]. z of a parameter is
(value - mean) / sd with the constants of PARAMETERS, within [-3, 3]; z of the piece is given by `piece_values`. The
signs follow the correlations measured in the real corpus (docs/ratings.md, "The 19 dimensions"); the sizes are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from percepiano_core.corpus.synthetic.dynamics import written_level
from percepiano_core.corpus.synthetic.music import DIVISIONS, SegmentScore, score_notes
from percepiano_core.corpus.synthetic.pianists import PARAMETERS, Expression, is_deadpan

MIDDLE, LOWEST, HIGHEST, POINTS = 4.0, 1.2, 6.8, 7.0
PIECE_KEYS = ("written_tempo", "minor", "written_loudness", "density", "deadpan")
_LARGEST_Z = 3.0
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "timing": {"unsteadiness": 0.55, "rubato": 0.45, "timing_jitter": 0.25, "written_tempo": -0.15},
    "articulation_length": {"legato": 0.6, "staccato": 0.2, "pedal_use": 0.3, "density": -0.3},
    "articulation_touch": {"dynamic_level": 0.5, "legato": -0.35, "written_loudness": 0.35, "soft_pedal": -0.2},
    "pedal_amount": {"pedal_use": 0.65, "pedal_depth": 0.45},
    "pedal_clarity": {"pedal_lag": 0.5, "pedal_use": 0.45, "pedal_depth": 0.3, "density": 0.15},
    "timbre_variety": {"dynamic_range": 0.5, "balance": 0.3, "soft_pedal": 0.25, "rubato": 0.2, "deadpan": -0.6},
    "timbre_depth": {"balance": 0.4, "pedal_depth": 0.35, "legato": 0.3, "dynamic_level": 0.25, "deadpan": -0.6},
    "timbre_brightness": {"minor": 0.45, "soft_pedal": 0.35, "written_loudness": -0.3, "dynamic_level": -0.35},
    "timbre_loudness": {"dynamic_level": 0.6, "written_loudness": 0.5, "mark_following": 0.1},
    "sophistication": {
        "dynamic_level": 0.4,
        "velocity_jitter": 0.35,
        "legato": -0.3,
        "balance": -0.25,
        "wrong_rate": 0.2,
        "deadpan": 0.6,
    },
    "dynamic_range": {"dynamic_range": 0.6, "mark_following": 0.4, "deadpan": -0.4},
    "tempo": {"tempo_factor": -0.6, "written_tempo": -0.55, "density": -0.15},
    "space": {"pedal_depth": 0.35, "rubato": 0.35, "tempo_factor": -0.35, "balance": 0.25, "deadpan": -0.5},
    "balance": {"balance": 0.55, "melody_lead": 0.25, "chord_spread": -0.2, "velocity_jitter": -0.35},
    "drama": {"dynamic_range": 0.45, "written_loudness": 0.35, "rubato": 0.3, "minor": 0.25, "deadpan": -0.5},
    "mood_valence": {"minor": 0.65, "written_tempo": -0.3, "tempo_factor": -0.25, "dynamic_level": 0.15},
    "mood_energy": {"tempo_factor": 0.4, "dynamic_level": 0.4, "written_loudness": 0.35, "written_tempo": 0.3},
    "mood_imagination": {"rubato": 0.45, "dynamic_range": 0.4, "melody_lead": 0.3, "deadpan": -0.6},
    "interpretation": {
        "wrong_rate": -0.3,
        "unsteadiness": -0.35,
        "balance": 0.35,
        "mark_following": 0.4,
        "dynamic_range": 0.25,
        "deadpan": -1.2,
    },
}


def truth(score: SegmentScore, expression: Expression) -> dict[str, float]:
    """Noise-free rating of each dimension, in points (1 to 7)."""
    z = {p.key: (expression[p.key] - p.mean) / p.sd for p in PARAMETERS}
    values = {key: float(np.clip(value, -_LARGEST_Z, _LARGEST_Z)) for key, value in z.items()}
    values |= piece_values(score) | {"deadpan": float(is_deadpan(expression))}
    return {dimension: _point(weights, values) for dimension, weights in WEIGHTS.items()}


def piece_values(score: SegmentScore) -> dict[str, float]:
    """z of the notation: log2 tempo, mode (minor 1, major -1), mean of the written level, log2 notes a second."""
    notes = score_notes(score)
    seconds = score.end / DIVISIONS * 60 / score.quarters_per_minute
    level = written_level(score, np.arange(0, score.end, DIVISIONS))
    return {
        "written_tempo": float(np.log2(score.quarters_per_minute / 108) / 0.5),
        "minor": 1.0 if score.key.minor else -1.0,
        "written_loudness": float(np.mean(level) / 0.6),
        "density": float(np.log2(len(notes) / seconds / 6.0) / 0.6),
    }


def _point(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    total = MIDDLE + sum(weight * values[key] for key, weight in weights.items())
    return round(float(np.clip(total, LOWEST, HIGHEST)), 6)
