"""Chords of a performance without its score: onsets so near that they are heard as one."""

from __future__ import annotations

import numpy as np

CHORD_GAP_SEC = 0.035  # consecutive onsets this near belong to one chord (docs/descriptors.md, "Raw")


def chord_index(onset: np.ndarray) -> np.ndarray:
    """Number [n] of the chord that each note belongs to, from 0, for onsets [n] in seconds in order of time."""
    return np.concatenate([[0], np.cumsum(np.diff(onset) > CHORD_GAP_SEC)])
