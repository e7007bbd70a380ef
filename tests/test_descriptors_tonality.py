"""Tonal descriptors: keys by hand, and what must not matter."""

from __future__ import annotations

import math

import pytest
from descriptor_cases import aligned, moved, performed, score
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.features.descriptors.tonality import tonal_descriptors

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0)


def melody(scale, tonic=60):
    return performed([(0.5 * i, 0.5 * i + 0.4, tonic + step, 64) for i, step in enumerate(scale)])


def test_there_are_26_of_them():
    assert len(tonal_descriptors(melody(MAJOR_SCALE))) == 26


@pytest.mark.parametrize("tonic", [55, 60, 61, 70])
def test_major_and_minor_are_told_apart_in_every_key(tonic):
    assert tonal_descriptors(melody(MAJOR_SCALE, tonic))["major_minus_minor_of_tonic"] > 0.2
    assert tonal_descriptors(melody(MINOR_SCALE, tonic))["major_minus_minor_of_tonic"] < -0.2


def test_degrees_count_from_the_tonic():
    values = tonal_descriptors(melody(MAJOR_SCALE, 62))
    assert values["degree_00"] == pytest.approx(3 / 11)
    assert values["degree_04"] == pytest.approx(2 / 11)
    assert values["degree_03"] == 0


def test_a_major_triad_holds_a_third_of_each_consonance():
    values = tonal_descriptors(performed([(i, i + 0.9, pitch, 64) for i in range(4) for pitch in (60, 64, 67)]))
    assert [values[f"class_{k}"] for k in range(1, 7)] == pytest.approx([0, 0, 1 / 3, 1 / 3, 1 / 3, 0])


def test_a_tritone_is_counted_once():
    values = tonal_descriptors(performed([(i, i + 0.9, pitch, 64) for i in range(4) for pitch in (60, 64, 66)]))
    assert values["class_6"] == pytest.approx(1 / 3)


def test_the_melody_is_the_top_of_each_chord():
    notes = [(i, i + 0.9, pitch, 64) for i, top in enumerate((72, 74, 79)) for pitch in (60, top)]
    values = tonal_descriptors(performed(notes))
    assert values["melody_step_share"] == pytest.approx(0.5)
    assert values["melody_interval"] == pytest.approx(3.5)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(40, 90)), min_size=1, max_size=30), st.integers(0, 11))
def test_all_are_finite_and_transposition_changes_nothing(notes, semitones):
    def played(by):
        return performed([(on, on + 1, pitch + by, 64) for on, pitch in notes])

    original, transposed = tonal_descriptors(played(0)), tonal_descriptors(played(semitones))
    assert all(math.isfinite(value) for value in original.values())
    for name in ("major_fit", "minor_fit", "key_clarity", "pitch_class_entropy", "class_3", "melody_interval"):
        assert transposed[name] == pytest.approx(original[name], abs=1e-9)


def test_a_later_start_changes_nothing():
    assert tonal_descriptors(moved(melody(MINOR_SCALE), 4.0)) == pytest.approx(tonal_descriptors(melody(MINOR_SCALE)))


def test_all_sets_stand_side_by_side_in_a_row_of_the_table():
    performance = melody(MAJOR_SCALE)
    written = score([(i / 2, 0.5, 60 + step) for i, step in enumerate(MAJOR_SCALE)])
    columns = performance_descriptors(performance, aligned(written, performance))
    assert {name.split("_")[0] for name in columns} == {"raw", "tonal", "aligned"}
    assert len(columns) == 86 + 26 + 147
    assert len(performance_descriptors(performance, None)) == 86 + 26
