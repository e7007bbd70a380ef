"""Aligned descriptors of velocity: 27 numbers (docs/descriptors.md, "Aligned")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.descriptors.matched import TOLERANCE, MatchedNotes, relative_tempo, whole_quarters
from percepiano_core.features.descriptors.summaries import correlation, distribution, mean_of

PARTS = 4
SMOOTHING = 5  # score onsets
MELODY_VOICE = 1


def dynamics_descriptors(matched: MatchedNotes) -> dict[str, float]:
    """Distribution of velocities, what they go with, and their course over the score."""
    velocity = matched.velocity
    return (
        distribution("velocity", velocity, (5, 10, 25, 50, 75, 90, 95))
        | {"velocity_max": float(velocity.max()), "velocity_min": float(velocity.min())}
        | {
            "velocity_with_pitch": correlation(velocity, matched.pitch),
            "velocity_with_duration": correlation(velocity, matched.score_duration),
            "velocity_with_position": correlation(velocity, matched.score_onset),
            "velocity_with_tempo": correlation(velocity, _tempo_of_notes(matched)),
        }
        | _course(matched)
        | _contrasts(matched)
    )


def _tempo_of_notes(matched: MatchedNotes) -> np.ndarray:
    """Relative tempo [m] of the quarter that each note lies in."""
    relative, grid = relative_tempo(matched), whole_quarters(matched)
    if not len(relative):
        return np.zeros(len(matched.score_onset))
    quarter = np.searchsorted(grid, matched.score_onset + TOLERANCE, side="right") - 1
    return relative[np.clip(quarter, 0, len(relative) - 1)]


def _course(matched: MatchedNotes) -> dict[str, float]:
    """Mean velocity from score onset to score onset, in the score's order."""
    means = matched.group_mean(matched.velocity)
    smooth = np.convolve(means, np.ones(SMOOTHING) / SMOOTHING, mode="valid") if len(means) >= SMOOTHING else means
    parts = np.array_split(means, PARTS)
    return {
        "velocity_step_mean": mean_of(np.abs(np.diff(means))),
        "velocity_onset_sd": float(means.std()),
        "velocity_autocorrelation": correlation(means[:-1], means[1:]),
        "velocity_smooth_sd": float(smooth.std()),
        "velocity_smooth_range": float(np.ptp(smooth)),
        **{f"velocity_part{i}": mean_of(part) - float(means.mean()) for i, part in enumerate(parts, start=1)},
    }


def _contrasts(matched: MatchedNotes) -> dict[str, float]:
    """Differences of mean velocity between kinds of notes."""
    return {
        "velocity_on_minus_off_beat": _contrast(
            matched, np.abs(matched.score_beat - np.round(matched.score_beat)) <= TOLERANCE
        ),
        "velocity_high_minus_low": _contrast(matched, matched.pitch >= np.median(matched.pitch)),
        "velocity_melody_minus_rest": _contrast(matched, matched.voice == MELODY_VOICE),
    }


def _contrast(matched: MatchedNotes, chosen: np.ndarray) -> float:
    return mean_of(matched.velocity[chosen]) - mean_of(matched.velocity[~chosen])
