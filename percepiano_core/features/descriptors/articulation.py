"""Aligned descriptors of note lengths: 25 numbers (docs/descriptors.md, "Aligned")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.descriptors.matched import SHORTEST_SEC, MatchedNotes
from percepiano_core.features.descriptors.summaries import distribution, mean_of


def articulation_descriptors(matched: MatchedNotes) -> dict[str, float]:
    """How long notes are held (keys, not pedal) against their written length under the performance's own tempo.

    `articulation` is ln(held / written), `overlap` the seconds from the note's written end to its release, `held` the
    seconds from stroke to release; high and low are the halves of the notes by pitch.
    """
    end = matched.tempo(matched.score_onset + matched.score_duration)
    written = np.maximum(end - matched.tempo(matched.score_onset), SHORTEST_SEC)
    held = np.maximum(matched.offset - matched.onset, SHORTEST_SEC)
    ratio = held / written
    high = matched.pitch >= np.median(matched.pitch)
    return (
        distribution("articulation", np.log(ratio), (10, 25, 50, 75, 90))
        | distribution("articulation_high", np.log(ratio[high]), (50,))
        | distribution("articulation_low", np.log(ratio[~high]), (50,))
        | {"articulation_under_half": mean_of(ratio < 0.5), "articulation_over_full": mean_of(ratio > 1)}
        | distribution("overlap_sec", matched.offset - end, (10, 50, 90))
        | distribution("held_sec", held, (10, 50, 90))
    )
