"""Aligned descriptors of chords, how they spread in time and loudness: 24 numbers (docs/descriptors.md, "Aligned")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.descriptors.matched import MatchedNotes
from percepiano_core.features.descriptors.summaries import distribution, mean_of

AUDIBLE_SPREADS_SEC = (0.030, 0.060)


def texture_descriptors(matched: MatchedNotes) -> dict[str, float]:
    """Asynchrony with melody and bass lead (15), balance of the top voice (9); score onsets with two notes or more."""
    several = matched.group_sizes > 1
    top, bottom = matched.last[several], matched.first[several]
    others = (matched.group_sizes - 1)[several]
    onset, velocity = matched.onset, matched.velocity
    onset_sum, velocity_sum = (np.bincount(matched.group, weights=v)[several] for v in (onset, velocity))
    spread = _spread(matched)[several]
    balance = velocity[top] - (velocity_sum - velocity[top]) / others
    return (
        distribution("asynchrony_sec", spread, (50, 90))
        | {f"asynchrony_over_{round(1000 * limit)}ms": mean_of(spread > limit) for limit in AUDIBLE_SPREADS_SEC}
        | distribution("melody_lead_sec", (onset_sum - onset[top]) / others - onset[top], (10, 50, 90))
        | distribution("bass_lead_sec", (onset_sum - onset[bottom]) / others - onset[bottom], (10, 90))
        | distribution("top_balance", balance, (10, 50, 90))
        | distribution("top_minus_bass", velocity[top] - velocity[bottom], (10, 90))
    )


def _spread(matched: MatchedNotes) -> np.ndarray:
    """Seconds [k] from the first to the last note of each score onset."""
    return np.maximum.reduceat(matched.onset, matched.first) - np.minimum.reduceat(matched.onset, matched.first)
