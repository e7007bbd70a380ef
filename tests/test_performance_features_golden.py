"""The published performance features, rows and vectors equal the golden values of the released code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from performance_golden import STEMS, columns, published_performance, score_table

from percepiano_core.errors import DataError
from percepiano_core.features.assembly import NoteTable, feature_matrix, feature_set, note_table, published_rows
from percepiano_core.features.performance.compute import PerformanceFeatures, performance_features
from percepiano_core.features.performance.pedal import pedal_values
from percepiano_core.features.performance.presets import PUBLISHED
from percepiano_core.features.performance.published_match import match_published, read_corresp
from percepiano_core.features.statistics import FeatureStatistics, normalise

EXACT = 1e-9
OUTPUT_KEYS = (
    "beat_tempo",
    "velocity",
    "onset_deviation",
    "articulation",
    "pedal_refresh_time",
    "pedal_cut_time",
    "pedal_at_start",
    "pedal_at_end",
    "soft_pedal",
    "pedal_refresh",
    "pedal_cut",
)
VECTOR_STEMS = ("Schubert_D960_mv2_8bars_2_11", "Beethoven_WoO80_var25_8bars_14_14")
DROPPED_BY_PUBLISHED = "Schubert_D935_no.3_4bars_3_50"


def golden_file(golden: Path, stem: str, kind: str) -> Path:
    return golden / "features" / "performances" / f"{stem}.{kind}.csv.gz"


def compute(golden: Path, root: Path, stem: str) -> PerformanceFeatures:
    score, performed = score_table(golden, stem), published_performance(root, stem)
    match = match_published(score.notes, performed.notes, read_corresp(golden_file(golden, stem, "corresp")))
    return performance_features(score, performed, match, "published")


def assemble(golden: Path, root: Path, stem: str) -> NoteTable:
    features, score = compute(golden, root, stem), score_table(golden, stem)
    notes = published_performance(root, stem).notes
    rows = published_rows(features.match, len(notes))
    return note_table(rows, score.features, features.values, features.masks, score.locations, notes)


@pytest.mark.parametrize("stem", [*STEMS, DROPPED_BY_PUBLISHED])
def test_raw_pedal_values_and_note_order_equal_golden(golden: Path, percepiano_files: Path, stem: str) -> None:
    expected = columns(golden_file(golden, stem, "midi"))
    performed = published_performance(percepiano_files, stem)
    pedal = pedal_values(performed.notes, performed.controls, PUBLISHED)
    pairs = {
        "pitch": performed.notes["pitch"],
        "velocity": performed.notes["velocity"],
        "start": performed.notes["onset_sec"],
        "end": performed.notes["offset_sec"],
        "pedal_at_start": pedal["at_start"],
        "pedal_at_end": pedal["at_end"],
        "soft_pedal": pedal["soft"],
        "pedal_refresh": pedal["refresh"],
        "pedal_refresh_time": pedal["refresh_sec"],
        "pedal_cut": pedal["cut"],
        "pedal_cut_time": pedal["cut_sec"],
    }
    for name, values in pairs.items():
        np.testing.assert_allclose(values, expected[name], atol=EXACT, err_msg=name)


@pytest.mark.parametrize("stem", STEMS)
def test_features_through_the_corresp_file_equal_golden(golden: Path, percepiano_files: Path, stem: str) -> None:
    expected = columns(golden_file(golden, stem, "perf"))
    features = compute(golden, percepiano_files, stem)
    np.testing.assert_array_equal(features.match, expected["midi_idx"])
    np.testing.assert_array_equal(features.dropped, expected["dropped_as_mismatch"])
    keys = set(expected) - {"onset_quarter", "pitch", "voice", "midi_idx", "dropped_as_mismatch"}
    assert len(keys) == 18
    for key in keys:
        np.testing.assert_allclose(features.values[key], expected[key], atol=EXACT, err_msg=key)


@pytest.mark.parametrize("stem", STEMS)
def test_valid_positions_and_beat_segments_equal_golden(golden: Path, percepiano_files: Path, stem: str) -> None:
    manifest = json.loads((golden / "features" / "performances" / "manifest.json").read_text())[stem]
    features = compute(golden, percepiano_files, stem)
    segments = features.beat_segments
    positions = np.array(manifest["positions"])[:, :2]
    np.testing.assert_allclose(np.column_stack([features.onsets.div, features.onsets.sec]), positions, atol=EXACT)
    columns_of_segments = (
        segments.div,
        segments.quarters_per_minute,
        segments.sec,
        segments.end_div,
        segments.end_sec,
    )
    np.testing.assert_allclose(np.column_stack(columns_of_segments), manifest["tempos"], rtol=EXACT)


@pytest.mark.parametrize("stem", STEMS)
def test_assembled_rows_equal_golden(golden: Path, percepiano_files: Path, stem: str) -> None:
    expected = columns(golden_file(golden, stem, "rows"))
    table = assemble(golden, percepiano_files, stem)
    computed = {f"loc_{level}": location for level, location in table.locations.items()}
    for key, value in table.values.items():
        computed |= {key: value} if value.ndim == 1 else {f"{key}_{i}": value[:, i] for i in range(value.shape[1])}
    assert set(expected) <= set(computed)
    for name, values in expected.items():
        np.testing.assert_allclose(computed[name], values, atol=EXACT, err_msg=name)


@pytest.mark.parametrize("stem", VECTOR_STEMS)
def test_standardised_vectors_equal_golden(golden: Path, percepiano_files: Path, stem: str) -> None:
    published = json.loads((golden / "features" / "published_stats.json").read_text())["stats"]
    statistics = FeatureStatistics(
        mean={key: entry["mean"] for key, entry in published.items()},
        std={key: entry["stds"] for key, entry in published.items()},
        count={key: entry["count"] for key, entry in published.items()},
    )
    table = assemble(golden, percepiano_files, stem)
    table = replace(table, values=normalise(table.values, statistics))
    vectors = np.load(golden / "features" / "vectors.npz")
    for name, matrix in {
        "full101": feature_set(table, "published101"),
        "perf9": feature_set(table, "published9"),
        "default79": feature_set(table, "published84"),
        "output": feature_matrix(table, OUTPUT_KEYS),
        "beat": feature_matrix(table, ("beat_tempo", "beat_dynamics")),
        "meas": feature_matrix(table, ("measure_tempo", "measure_dynamics")),
    }.items():
        expected = vectors[f"{stem}|{name}"]
        assert matrix.values.shape == expected.shape == (len(matrix.mask), len(matrix.columns))
        np.testing.assert_allclose(matrix.values, expected, atol=EXACT, err_msg=name)


def test_a_performance_that_published_code_drops_is_a_clear_error(golden: Path, percepiano_files: Path) -> None:
    with pytest.raises(DataError, match="fewer than two matched onsets"):
        compute(golden, percepiano_files, DROPPED_BY_PUBLISHED)
