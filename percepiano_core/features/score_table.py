"""The score as a table of notes with its features: what parsing gives, what performance features build on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SCORE_NOTE_DTYPE = np.dtype(
    [
        ("onset_div", "f8"),  # ticks of `divisions` a quarter, the published `xml_position` in ticks
        ("duration_div", "f8"),
        ("onset_quarter", "f8"),  # from the first barline, as in an alignment: see ScoreTable
        ("duration_quarter", "f8"),
        ("pitch", "i2"),
        ("voice", "i2"),
        ("staff", "i2"),
        ("measure", "i4"),  # 1-based number over the unfolded measures
        ("grace_order", "i2"),  # 0 or negative; -1 just before the principal
        ("is_grace", "?"),
        ("is_overlapped", "?"),  # the shorter of two notes of equal onset and pitch
        ("is_arpeggiated", "?"),
        ("is_trill", "?"),
        ("preceded_by_grace", "?"),
        ("is_optional", "?"),  # cue-size: may be played, and is not missed where it is not
        ("time_sec", "f8"),  # under the score's own tempo, 120 quarters a minute where it has none
        ("duration_sec", "f8"),
    ]
)


@dataclass(frozen=True)
class ScoreTable:
    """One segment's score.

    Attributes
    ----------
    notes : structured array of SCORE_NOTE_DTYPE [n], sorted by (onset, grace order, -pitch)
    divisions : ticks a quarter
    measure_starts, beat_positions, section_positions : ticks, increasing
    features : published key -> [n] or [n, k] float64, raw (not normalised); global values are broadcast to [n]
    locations : "beat", "measure", "voice", "section" -> int [n] (docs/score_reading.md, "Bars and beats")
    note_ids : name of each note [n], as in an alignment of the same score (score/struck_notes.py); () from a store

    `onset_quarter` is that of the alignment: a pickup lies before 0, and hidden rests that pad it keep their time. All
    metre and time is on `onset_div`, which begins at 0 and (default preset) leaves that padding out: the time between
    two notes in quarters is the difference of `onset_div` over `divisions`.
    """

    notes: np.ndarray
    divisions: int
    measure_starts: np.ndarray
    beat_positions: np.ndarray
    section_positions: np.ndarray
    features: Mapping[str, np.ndarray]
    locations: Mapping[str, np.ndarray]
    note_ids: tuple[str, ...] = ()
