"""Text groups: segments of one work whose notes are largely the same (written repeats, overlapping excerpts).

Rule: docs/splits.md, "Exact rules". Two segments are linked if the runs of two or more equal chords that they
share cover at least 60 % of the shorter one; a group is a connected component of the links. Tremolos have to be played
out first: written as two notes, they hide that two segments are one text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import numpy as np

from percepiano_core.table_io import read_rows, write_rows

ONSET_DECIMALS = 2  # of a quarter: nearer notes are one chord
LEAST_RATIO = 0.3  # quick_ratio below which a pair is never linked
LEAST_SHARED = 0.6  # of the shorter sequence
SHARE_DECIMALS = 2
COLUMNS = ("segment", "group")
LEAST_RUN = 2  # chords; shorter matching runs are chance

Chords = Sequence[tuple[int, ...]]  # pitches that start together, ascending, in order of onset


def chord_sequence(onset: np.ndarray, pitch: np.ndarray, decimals: int = ONSET_DECIMALS) -> list[tuple[int, ...]]:
    """Chords of a score: `onset` [n] in any unit, equal after rounding means together; `pitch` [n] MIDI numbers."""
    chords: dict[float, list[int]] = {}
    for when, number in zip(np.round(onset, decimals).tolist(), pitch.tolist(), strict=True):
        chords.setdefault(when, []).append(number)
    return [tuple(sorted(chords[when])) for when in sorted(chords)]


def text_groups(
    chords: Mapping[str, Chords], work_of: Mapping[str, str], threshold: float = LEAST_SHARED
) -> dict[str, str]:
    """Segment -> name of its text group, the alphabetically first member.

    Parameters
    ----------
    chords : segment -> chord sequence; an empty one is linked to nothing
    work_of : segment -> work; only segments of one work are compared
    threshold : share of the shorter sequence, 0 to 1, from which two segments are linked
    """
    group = {segment: segment for segment in sorted(chords)}
    for first, second in combinations(sorted(chords), 2):
        # What is joined already needs no comparing: only the components count.
        if work_of[first] != work_of[second] or group[first] == group[second]:
            continue
        if _shared_text(chords[first], chords[second], threshold) >= threshold:
            kept, gone = sorted((group[first], group[second]))
            group = {segment: kept if name == gone else name for segment, name in group.items()}
    return group


def _shared_text(first: Chords, second: Chords, least: float) -> float:
    """Share of the shorter sequence that common runs cover, rounded; 0.0 where it is known to be below `least`."""
    shorter = min(len(first), len(second))
    if not shorter:
        return 0.0
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    ratio = matcher.quick_ratio()
    # The ratio counts the chords in common whatever their order, 2 x common / total: a bound on what runs can cover.
    most = ratio * (len(first) + len(second)) / 2 / shorter
    if ratio < LEAST_RATIO or round(most, SHARE_DECIMALS) < least:
        return 0.0
    covered = sum(block.size for block in matcher.get_matching_blocks() if block.size >= LEAST_RUN)
    return round(covered / shorter, SHARE_DECIMALS)


def write_groups(path: Path | str, groups: Mapping[str, str]) -> None:
    """Write CSV with columns segment, group, sorted by segment."""
    write_rows(path, COLUMNS, sorted(groups.items()))


def read_groups(path: Path | str) -> dict[str, str]:
    """Segment -> text group; UserError if the file is absent or has other columns."""
    return {row["segment"]: row["group"] for row in read_rows(path, COLUMNS, "delete it, make the splits again")}
