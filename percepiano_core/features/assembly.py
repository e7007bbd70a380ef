"""Rows and columns of a model's input: score and performance features laid side by side, one row a note.

`score_rows` gives the score's notes only; `published_rows` inserts the performed notes that the score does not have,
as the released training files do. A feature set (feature_sets.py) then picks the columns.
See docs/features.md, "Sets", and docs/performance_features.md, "Rows of the released files".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from percepiano_core.features.feature_sets import (
    FEATURE_SETS,
    GLOBAL_KEYS,
    KEY_WIDTHS,
    UNNORMALISED_COPIES,
    key_columns,
)

COPIED_KEYS = frozenset({"beat_position", "xml_position", "measure_length"})  # an inserted row has its neighbour's
PERFORMED_NOTE_FIELDS = {
    "mmidi_pitch": "pitch",
    "mmidi_velocity": "velocity",
    "mmidi_start_time": "onset_sec",
    "mmidi_end_time": "offset_sec",
}


@dataclass(frozen=True)
class Rows:
    """What each of r rows is made of.

    Attributes
    ----------
    score : row of the score note [r], -1 for an inserted performed note
    place : row of the score note whose metrical place the row takes [r]
    performed : row of the performed note [r], -1 where the score note was not played
    """

    score: np.ndarray
    place: np.ndarray
    performed: np.ndarray


@dataclass(frozen=True)
class NoteTable:
    """All features of one performance, one row a note.

    Attributes
    ----------
    values : published key -> float [r] or [r, k], raw
    masks : published key -> bool [r], True where the value was measured
    locations : "beat", "measure", "voice", "section" -> int [r]
    """

    values: Mapping[str, np.ndarray]
    masks: Mapping[str, np.ndarray]
    locations: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class FeatureMatrix:
    """One feature set of one performance: values [r, w], mask [r, w] (True where measured), w column names."""

    values: np.ndarray
    mask: np.ndarray
    columns: list[str]

    def filled(self, missing: float = 0.0) -> np.ndarray:
        """Values [r, w] with `missing` where nothing was measured; 0 is the mean once values are normalised."""
        return np.where(np.isnan(self.values), missing, self.values)


def score_rows(match: np.ndarray) -> Rows:
    """The score's notes in score order; match : performed row of each score note [n], -1 where unmatched."""
    notes = np.arange(len(match))
    return Rows(notes, notes, match)


def without_unplayed(rows: Rows, is_optional: np.ndarray) -> Rows:
    """The rows without the score's optional notes, bool [n], that were not played: nobody misses a cue."""
    kept = ~is_optional[rows.score] | (rows.performed >= 0)
    return Rows(rows.score[kept], rows.place[kept], rows.performed[kept])


def published_rows(match: np.ndarray, n_performed: int) -> Rows:
    """The score's notes with the unmatched of `n_performed` performed notes inserted.

    Latest first, each goes before the first matched note that was played later; the place is counted among the matched
    notes but used among all rows, so that it comes too early behind unmatched score notes (defect D4:
    docs/performance_features.md).
    """
    matched = match[match >= 0]
    score, place, performed = list(range(len(match))), list(range(len(match))), match.tolist()
    for extra in np.setdiff1d(np.arange(n_performed), matched)[::-1].tolist():
        later = matched > extra
        at = int(later.argmax()) if later.any() else len(matched)
        score.insert(at, -1)
        place.insert(at, place[min(at, len(place) - 1)])
        performed.insert(at, extra)
    return Rows(np.array(score), np.array(place), np.array(performed))


def note_table(
    rows: Rows,
    score_features: Mapping[str, np.ndarray],
    performance_values: Mapping[str, np.ndarray],
    performance_masks: Mapping[str, np.ndarray],
    locations: Mapping[str, np.ndarray],
    performed_notes: np.ndarray,
) -> NoteTable:
    """Lay score features and performance features [n] out in rows [r].

    Where both know a key, the performance's value counts, as in the published files. Inserted rows are 0 except for
    the performed note itself, the copied metrical place, and what is one value a piece.
    """
    is_note = rows.score >= 0
    measured = {key: _known(value) for key, value in score_features.items()} | dict(performance_masks)
    values, masks = {}, {}
    for key, value in {**score_features, **performance_values}.items():
        everywhere = key in COPIED_KEYS or key in GLOBAL_KEYS
        values[key] = value[rows.place] if everywhere else _zero_where(~is_note, value[rows.score])
        known = measured[key][rows.place]
        masks[key] = known if everywhere else known & is_note
    _put_performed_notes(values, masks, rows, performed_notes)
    for copy, key in UNNORMALISED_COPIES.items():
        values[copy], masks[copy] = values[key], masks[key]
    return NoteTable(values, masks, _located(rows, locations))


def feature_matrix(table: NoteTable, keys: tuple[str, ...]) -> FeatureMatrix:
    """Columns of `keys`, in order."""
    columns = [column for key in keys for column in key_columns(key)]
    values = np.column_stack([table.values[key] for key in keys]).astype("f8")
    mask = np.column_stack([np.repeat(table.masks[key][:, None], KEY_WIDTHS[key], axis=1) for key in keys])
    return FeatureMatrix(values, mask, columns)


def feature_set(table: NoteTable, name: str) -> FeatureMatrix:
    """A feature set by its name (feature_sets.FEATURE_SETS)."""
    return feature_matrix(table, FEATURE_SETS[name])


def _known(value: np.ndarray) -> np.ndarray:
    """Notes [n] whose score feature [n] or [n, k] has a value; a score without a tempo mark, say, has no qpm_primo."""
    return ~np.isnan(value.reshape(len(value), -1)).any(axis=1)


def _zero_where(condition: np.ndarray, value: np.ndarray) -> np.ndarray:
    return np.where(condition.reshape(-1, *[1] * (value.ndim - 1)), 0.0, value)


def _put_performed_notes(
    values: dict[str, np.ndarray], masks: dict[str, np.ndarray], rows: Rows, notes: np.ndarray
) -> None:
    """The performed notes themselves stand in inserted rows too."""
    inserted = rows.score < 0
    for key, field in PERFORMED_NOTE_FIELDS.items():
        values[key] = np.where(inserted, notes[field][rows.performed], values[key])
        masks[key] = masks[key] | inserted


def _located(rows: Rows, locations: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Locations of the rows; an inserted row takes its place's beat, measure and section, and voice 0."""
    placed = {level: location[rows.place] for level, location in locations.items()}
    return placed | {"voice": np.where(rows.score >= 0, placed["voice"], 0)}
