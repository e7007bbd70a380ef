"""146 statistics of a performance against its score (docs/descriptors.md), and a flag for failed alignments.

The groups stand in modules of their own: timing, texture, dynamics, articulation, pedalling.
"""

from __future__ import annotations

import numpy as np

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.played_part import played_part
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.descriptors.articulation import articulation_descriptors
from percepiano_core.features.descriptors.dynamics import dynamics_descriptors
from percepiano_core.features.descriptors.matched import MatchedNotes, matched_notes
from percepiano_core.features.descriptors.pedalling import pedalling_descriptors
from percepiano_core.features.descriptors.played_time import timed_matches
from percepiano_core.features.descriptors.summaries import distribution, mean_of, rate
from percepiano_core.features.descriptors.texture import texture_descriptors
from percepiano_core.features.descriptors.timing import timing_descriptors

FLAG = "failed"


def aligned_descriptors(alignment: Alignment, performed: PerformedMidi) -> dict[str, float]:
    """The 146 aligned descriptors of one performance and the flag `failed` (1 or 0).

    NaN where a descriptor is undefined (pedal lags without a pedal, rates of no time). An alignment of status "failed",
    or one with a single score onset, gives the score's 10 descriptors and the flag 1 alone: the rest would describe
    another piece. Bars that were left out, and passages that the score does not have, do not count.
    """
    alignment = played_part(alignment)
    score = _score_context(alignment.score_notes)
    matches, timed = timed_matches(alignment, performed)
    if alignment.status == "failed" or not _has_course(alignment.score_notes[matches[:, 0]]):
        return score | {FLAG: 1.0}
    matched = matched_notes(alignment.score_notes, timed, matches)
    return (
        timing_descriptors(matched)
        | texture_descriptors(matched)
        | dynamics_descriptors(matched)
        | articulation_descriptors(matched)
        | pedalling_descriptors(matched, timed.controls)
        | _errors(alignment, matched)
        | score
        | {FLAG: 0.0}
    )


def _has_course(played: np.ndarray) -> bool:
    return len(np.unique(played["onset_quarter"][~played["is_grace"]])) > 1


def _errors(alignment: Alignment, matched: MatchedNotes) -> dict[str, float]:
    start, end = matched.onset.min(), matched.offset.max()
    played = int((alignment.performed_kept & ~alignment.outside).sum()) - len(alignment.ornament_notes)
    return {
        "insertion_rate": 1 - len(alignment.matches) / max(played, 1),
        "deletion_rate": 1 - alignment.score_coverage,
        "matched_notes_per_sec": rate(len(matched.onset), end - start),
    }


def _score_context(notes: np.ndarray) -> dict[str, float]:
    """What is written, whoever plays it; grace notes count as notes but not for durations and onsets.

    A score of grace notes alone has no quarters.
    """
    principal = notes[~notes["is_grace"]]
    onset = principal["onset_quarter"]
    length = float((onset + principal["duration_quarter"]).max() - onset.min()) if len(onset) else 0.0
    return {
        "score_notes_per_quarter": rate(len(notes), length),
        **distribution("score_pitch", notes["pitch"].astype(float), (10, 90)),
        **distribution("score_duration", principal["duration_quarter"]),
        "score_notes_per_onset": rate(len(principal), len(np.unique(onset))),
        "score_quarters": length,
        "score_grace_share": mean_of(notes["is_grace"]),
    }
