"""Rows, sets, statistics and the stored form of a segment's features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from performance_golden import published_performance, score_table

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.errors import UserError
from percepiano_core.features.assembly import FeatureMatrix, feature_set, published_rows, score_rows
from percepiano_core.features.feature_sets import FEATURE_SETS, set_width
from percepiano_core.features.performance.published_match import match_published, read_corresp
from percepiano_core.features.performance.segment import (
    SegmentFeatures,
    performance_entry,
    segment_features,
)
from percepiano_core.features.statistics import fit_statistics, normalise, read_statistics, write_statistics
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE
from percepiano_core.store.container import write_container
from percepiano_core.store.features import read_segment_features, write_segment_features

STEM = "Schubert_D960_mv2_8bars_2_11"


def segment(golden: Path, root: Path, compat: str) -> SegmentFeatures:
    score, performed = score_table(golden, STEM), published_performance(root, STEM)
    corresp = read_corresp(golden / "features" / "performances" / f"{STEM}.corresp.csv.gz")
    match = match_published(score.notes, performed.notes, corresp)
    return SegmentFeatures(compat, (score,), {STEM: performance_entry(score, performed, match, compat)})


matches = st.integers(1, 30).flatmap(
    lambda n: st.permutations(range(n)).flatmap(
        lambda order: st.lists(st.booleans(), min_size=n, max_size=n).map(
            lambda played: np.where(played, np.array(order), -1)
        )
    )
)


@given(matches, st.integers(0, 5))
def test_published_rows_hold_each_score_note_and_each_performed_note_once(match: np.ndarray, extra: int) -> None:
    n_performed = len(match) + extra
    rows = published_rows(match, n_performed)
    assert rows.score[rows.score >= 0].tolist() == list(range(len(match)))
    assert sorted(rows.performed[rows.performed >= 0].tolist()) == list(range(n_performed))
    assert ((rows.score >= 0) | (rows.performed >= 0)).all()
    assert (rows.place[rows.score >= 0] == rows.score[rows.score >= 0]).all()


def test_score_rows_insert_nothing() -> None:
    rows = score_rows(np.array([2, -1, 0]))
    assert rows.score.tolist() == rows.place.tolist() == [0, 1, 2]
    assert rows.performed.tolist() == [2, -1, 0]


@pytest.mark.parametrize("compat", ["default", "published"])
@pytest.mark.parametrize("name", sorted(FEATURE_SETS))
def test_each_set_is_assembled_with_its_width_and_masks(
    golden: Path, percepiano_files: Path, name: str, compat: str
) -> None:
    matrix = feature_set(segment(golden, percepiano_files, compat).table(STEM), name)
    assert matrix.values.shape == matrix.mask.shape == (98 if compat == "published" else 94, set_width(name))
    assert np.isfinite(matrix.filled()).all()
    assert not np.isnan(matrix.values[matrix.mask]).any()


def test_filling_changes_unmeasured_values_only() -> None:
    matrix = FeatureMatrix(np.array([[1.0, np.nan]]), np.array([[True, False]]), ["a", "b"])
    assert matrix.filled().tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize("compat", ["default", "published"])
def test_a_segment_reads_back_as_written(golden: Path, percepiano_files: Path, tmp_path: Path, compat: str) -> None:
    path, written = tmp_path / "segment.h5", segment(golden, percepiano_files, compat)
    write_segment_features(path, written)
    read = read_segment_features(path)
    assert read.compat == compat
    assert (read.scores[0].notes == written.scores[0].notes).all()
    assert read.scores[0].divisions == written.scores[0].divisions
    expected, table = written.table(STEM), read.table(STEM)
    assert set(table.values) == set(expected.values)
    for key, value in expected.values.items():
        np.testing.assert_allclose(table.values[key], value, rtol=1e-6, atol=1e-6, err_msg=key)
        np.testing.assert_array_equal(table.masks[key], expected.masks[key], err_msg=key)
    for level, location in expected.locations.items():
        np.testing.assert_array_equal(table.locations[level], location)


def test_equal_features_give_equal_bytes(golden: Path, percepiano_files: Path, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        write_segment_features(tmp_path / name, segment(golden, percepiano_files, "default"))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_segment_without_performances_reads_back(golden: Path, tmp_path: Path) -> None:
    write_segment_features(tmp_path / "a.h5", SegmentFeatures("default", (score_table(golden, STEM),), {}))
    assert read_segment_features(tmp_path / "a.h5").performances == {}


def test_a_segment_without_a_readable_score_reads_back(tmp_path: Path) -> None:
    write_segment_features(tmp_path / "a.h5", SegmentFeatures("default", (), {}))
    read = read_segment_features(tmp_path / "a.h5")
    assert (read.scores, read.performances) == ((), {})


def test_a_failed_alignment_matches_nothing_and_the_rest_goes_on(golden: Path, percepiano_files: Path) -> None:
    score, performed = score_table(golden, STEM), published_performance(percepiano_files, STEM)
    notes = np.zeros(len(score.notes), dtype=ALIGNED_NOTE_DTYPE)
    for field in ("onset_quarter", "pitch"):
        notes[field] = score.notes[field]
    notes["note_id"] = names = [f"p0n{i}" for i in range(len(notes))]
    score = replace(score, note_ids=tuple(names))
    failed = Alignment(notes, np.ones(len(performed.notes), dtype=bool), np.array([[5, 5]]))
    assert failed.status == "failed"
    entries = segment_features(lambda *_: score, {"bad": (performed, failed)}, "default").performances
    assert (entries["bad"].values["align_matched"] == 0).all()
    errors: dict[str, str] = {}
    published = segment_features(
        lambda *_: score,
        {"bad": (performed, failed)},
        "published",
        lambda name, error: errors.update({name: str(error)}),
    )
    assert published.performances == {}
    assert errors["bad"].startswith("bad: fewer than two matched onsets")


def test_a_container_of_another_kind_is_refused(tmp_path: Path) -> None:
    write_container(tmp_path / "a.h5", "alignment", 1, {"x": np.zeros(1)})
    with pytest.raises(UserError, match="holds alignment"):
        read_segment_features(tmp_path / "a.h5")


def test_statistics_ignore_masked_values_and_count_global_keys_once() -> None:
    values = {"velocity": np.array([10.0, 30.0, 999.0]), "qpm_primo": np.array([2.0, 2.0, 2.0])}
    masks = {"velocity": np.array([True, True, False]), "qpm_primo": np.ones(3, dtype=bool)}
    other = {"velocity": np.array([20.0]), "qpm_primo": np.array([4.0])}
    known = {key: np.ones(1, dtype=bool) for key in other}
    statistics = fit_statistics([(values, masks), (other, known)], ["velocity", "qpm_primo"])
    assert statistics.mean == {"velocity": 20.0, "qpm_primo": 3.0}
    assert statistics.std == pytest.approx({"velocity": np.sqrt(200 / 3), "qpm_primo": 1.0})
    assert statistics.count == {"velocity": 3, "qpm_primo": 2}


def test_constant_and_unmeasured_keys_stay_finite_when_normalised() -> None:
    values = {"velocity": np.array([5.0, 5.0]), "duration": np.array([np.nan, np.nan])}
    masks = {"velocity": np.ones(2, dtype=bool), "duration": np.zeros(2, dtype=bool)}
    statistics = fit_statistics([(values, masks)], ["velocity", "duration"])
    assert statistics.std == {"velocity": 1.0, "duration": 1.0}
    assert normalise(values, statistics)["velocity"].tolist() == [0.0, 0.0]


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=50))
def test_normalised_train_values_have_mean_0_and_deviation_1(sample: list[float]) -> None:
    values = {"velocity": np.array(sample), "beat_position": np.array(sample)}
    masks = {key: np.ones(len(sample), dtype=bool) for key in values}
    statistics = fit_statistics([(values, masks)], ["velocity"])
    result = normalise(values, statistics)
    assert abs(result["velocity"].mean()) < 1e-4
    assert result["velocity"].std() == pytest.approx(1) or np.std(sample) < 1e-5
    assert (result["beat_position"] == values["beat_position"]).all()


def test_statistics_read_back_as_written(tmp_path: Path) -> None:
    values, masks = {"velocity": np.array([1.0, 2.5])}, {"velocity": np.ones(2, dtype=bool)}
    statistics = fit_statistics([(values, masks)], ["velocity"])
    write_statistics(tmp_path / "statistics.json", statistics)
    assert read_statistics(tmp_path / "statistics.json") == statistics
