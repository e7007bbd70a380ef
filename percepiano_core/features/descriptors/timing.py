"""Aligned descriptors of tempo and timing: 35 numbers (docs/descriptors.md, "Aligned")."""

from __future__ import annotations

import numpy as np

from percepiano_core.features.descriptors.matched import (
    SHORTEST_SEC,
    TOLERANCE,
    MatchedNotes,
    relative_tempo,
)
from percepiano_core.features.descriptors.summaries import correlation, curve_shape, distribution, mean_of

PARTS = 4


def timing_descriptors(matched: MatchedNotes) -> dict[str, float]:
    """Tempo curve (21), intervals between onsets (5), deviation of onsets from the quarter grid (9)."""
    return _tempo(matched) | _intervals(matched) | _deviation(matched)


def _tempo(matched: MatchedNotes) -> dict[str, float]:
    relative = relative_tempo(matched)
    slope, bend = curve_shape(relative)
    parts = np.array_split(relative, PARTS)
    return {
        "log_seconds_per_quarter": float(np.log(matched.seconds_per_quarter)),
        **distribution("tempo", relative, (10, 25, 50, 75, 90)),
        "tempo_min": float(relative.min()) if len(relative) else float("nan"),
        "tempo_max": float(relative.max()) if len(relative) else float("nan"),
        "tempo_step_mean": mean_of(np.abs(np.diff(relative))),
        "tempo_slope": slope,
        "tempo_bend": bend,
        "tempo_autocorrelation": correlation(relative[:-1], relative[1:]),
        **{f"tempo_part{i}": mean_of(part) for i, part in enumerate(parts, start=1)},
        "tempo_last": mean_of(relative[-1:]),
        "tempo_last_two": mean_of(relative[-2:]),
        "tempo_first": mean_of(relative[:1]),
    }


def _intervals(matched: MatchedNotes) -> dict[str, float]:
    """Each played interval against the written one, intervals up to a quarter."""
    written = np.diff(matched.tempo.score_onsets)
    played = np.maximum(np.diff(matched.tempo.performed_onsets), SHORTEST_SEC)
    short = written <= 1 + TOLERANCE
    ratio = np.log(played[short] / written[short] / matched.seconds_per_quarter)
    return distribution("interval", ratio, (10, 50, 90))


def _deviation(matched: MatchedNotes) -> dict[str, float]:
    """Onsets against the straight line between the quarters around them."""
    positions = matched.tempo.score_onsets
    grid = np.arange(np.floor(positions[0] + TOLERANCE), np.ceil(positions[-1] - TOLERANCE) + 1)
    seconds = matched.tempo.performed_onsets - np.interp(positions, grid, matched.tempo(grid))
    quarters = seconds / matched.seconds_per_quarter
    offbeat = np.abs(positions - np.round(positions)) > TOLERANCE
    return (
        distribution("deviation_abs_sec", np.abs(seconds), (50, 90))
        | distribution("deviation_quarters", quarters, (10, 90))
        | {"deviation_quarters_offbeat_mean": mean_of(quarters[offbeat])}
    )
