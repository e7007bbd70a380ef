"""The features of one segment in one HDF5 file: each reading of its score once, then each performance.

Layout (kind "features"; the published names are attributes beside their columns)::

    attributes: compat
    scores/<reading>/notes [n] (SCORE_NOTE_DTYPE), measure_starts, beat_positions, section_positions (divisions),
          features [n, w], locations [n, 4]
        attributes: divisions; keys, widths and units of the features; levels of the locations
    performances/<performance>/values [n, f], masks [n, f], rows [r, 3], notes [k] (pitch, velocity, seconds)
        attributes: keys and units of the values; reading of the score

Values are float32: the relative error of 6e-8 lies far below what a MIDI clock resolves. NaN and a False mask stand
where nothing was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from percepiano_core.features.assembly import Rows
from percepiano_core.features.feature_units import unit
from percepiano_core.features.performance.segment import PerformanceEntry, SegmentFeatures
from percepiano_core.features.score_table import ScoreTable
from percepiano_core.store.container import Tree, read_container, write_container

KIND = "features"
VERSION = 2
STORED_NOTE_DTYPE = np.dtype([("pitch", "i2"), ("velocity", "i2"), ("onset_sec", "f8"), ("offset_sec", "f8")])


def write_segment_features(path: Path | str, segment: SegmentFeatures) -> None:
    """Write the features of one segment, atomically; there may be no performances."""
    names = sorted(segment.performances)
    tree = {
        "scores": {str(reading): _score_tree(score) for reading, score in enumerate(segment.scores)},
        "performances": {name: _performance_tree(segment.performances[name]) for name in names},
        "attrs": {"compat": segment.compat},
    }
    write_container(path, KIND, VERSION, tree)


def read_segment_features(path: Path | str) -> SegmentFeatures:
    """Read what `write_segment_features` wrote; UserError if the file is of another kind or schema."""
    tree = read_container(path, KIND, VERSION)
    performances = {name: _performance(item) for name, item in tree["performances"].items()}
    scores = tuple(_score(tree["scores"][str(reading)]) for reading in range(len(tree["scores"])))
    return SegmentFeatures(str(tree["attrs"]["compat"]), scores, performances)


def _score_tree(score: ScoreTable) -> Tree:
    keys = sorted(score.features)
    levels = sorted(score.locations)
    return {
        "notes": score.notes,
        "measure_starts": score.measure_starts,
        "beat_positions": score.beat_positions,
        "section_positions": score.section_positions,
        "features": _block([score.features[key] for key in keys], len(score.notes)).astype("f4"),
        "locations": _block([score.locations[level] for level in levels], len(score.notes)).astype("i4"),
        "attrs": {
            "divisions": score.divisions,
            "keys": keys,
            "widths": [_width(score.features[key]) for key in keys],
            "units": [unit(key) for key in keys],
            "levels": levels,
        },
    }


def _score(tree: Tree) -> ScoreTable:
    attributes = tree["attrs"]
    features, start = {}, 0
    for key, width in _zip(attributes["keys"], attributes["widths"].tolist()):
        block = tree["features"][:, start : start + width].astype("f8")
        features[str(key)] = block if width > 1 else block[:, 0]
        start += width
    return ScoreTable(
        notes=tree["notes"],
        divisions=int(attributes["divisions"]),
        measure_starts=tree["measure_starts"],
        beat_positions=tree["beat_positions"],
        section_positions=tree["section_positions"],
        features=features,
        locations={str(level): tree["locations"][:, i].astype("i8") for i, level in enumerate(attributes["levels"])},
    )


def _performance_tree(entry: PerformanceEntry) -> Tree:
    keys = sorted(entry.values)
    return {
        "values": _columns(entry.values, keys).astype("f4"),
        "masks": _columns(entry.masks, keys),
        "rows": np.column_stack([entry.rows.score, entry.rows.place, entry.rows.performed]).astype("i4"),
        "notes": _stored_notes(entry.notes),
        "attrs": {"keys": keys, "units": [unit(key) for key in keys], "reading": entry.reading},
    }


def _performance(tree: Tree) -> PerformanceEntry:
    keys = [str(key) for key in tree["attrs"]["keys"]]
    values = tree["values"].astype("f8")
    return PerformanceEntry(
        {key: values[:, i] for i, key in enumerate(keys)},
        {key: tree["masks"][:, i] for i, key in enumerate(keys)},
        Rows(*tree["rows"].astype("i8").T),
        tree["notes"],
        int(tree["attrs"]["reading"]),
    )


def _block(features: list[np.ndarray], n: int) -> np.ndarray:
    """Features [n] and [n, k] side by side; [n, 0] of none."""
    return np.concatenate([np.empty((n, 0)), *(feature.reshape(n, _width(feature)) for feature in features)], axis=1)


def _width(feature: np.ndarray) -> int:
    return feature.shape[1] if feature.ndim > 1 else 1


def _columns(values: Mapping[str, np.ndarray], keys: list[str]) -> np.ndarray:
    return np.column_stack([values[key] for key in keys])


def _stored_notes(notes: np.ndarray) -> np.ndarray:
    stored = np.empty(len(notes), dtype=STORED_NOTE_DTYPE)
    for name in STORED_NOTE_DTYPE.names or ():
        stored[name] = notes[name]
    return stored


def _zip(keys: Iterable, values: Iterable) -> zip:
    return zip(keys, values, strict=True)
