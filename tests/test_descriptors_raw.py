"""Raw descriptors: values worked out by hand, invariances, and the whole corpus."""

from __future__ import annotations

import math

import numpy as np
import pytest
from descriptor_cases import moved, performed
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.corpus.midi import read_performance
from percepiano_core.features.descriptors.raw import raw_descriptors

SCALE = performed([(0.5 * i, 0.5 * i + 0.25, 60 + i, 40 + 10 * i) for i in range(5)])
notes_strategy = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 900), st.integers(21, 108), st.integers(1, 127)),
    min_size=1,
    max_size=40,
)


def milliseconds(notes, controls=()):
    made = [(on / 1000, (on + length) / 1000, pitch, velocity) for on, length, pitch, velocity in notes]
    return performed(made, controls)


def test_there_are_86_of_them():
    assert len(raw_descriptors(SCALE)) == 86


def test_size_counts_from_first_onset_to_last_note_off_not_to_the_end_of_the_file():
    values = raw_descriptors(moved(SCALE, 2.0))
    assert values["note_count"] == 5
    assert values["total_sec"] == pytest.approx(2.25)
    assert values["onset_span_sec"] == pytest.approx(2.0)
    assert values["notes_per_sec"] == pytest.approx(2.5)


def test_a_scale_in_even_steps():
    values = raw_descriptors(SCALE)
    assert values["velocity_mean"] == pytest.approx(60)
    assert values["velocity_sd"] == pytest.approx(math.sqrt(200))
    assert values["velocity_step_mean"] == pytest.approx(10)
    assert values["velocity_distinct_share"] == 1
    assert values["pitch_velocity_correlation"] == pytest.approx(1)
    assert values["log_interval_mean"] == pytest.approx(math.log(0.5))
    assert values["log_interval_sd"] == pytest.approx(0, abs=1e-12)
    assert values["log_legato_p50"] == pytest.approx(math.log(0.5))
    assert values["log_length_mean"] == pytest.approx(math.log(0.25))
    assert values["silence_share"] == pytest.approx(4 * 0.25 / 2.25, abs=0.01)


def test_onsets_within_35_ms_are_one_chord():
    values = raw_descriptors(performed([(0, 1, 48, 50), (0.03, 1, 60, 70), (1, 2, 48, 60), (1.04, 2, 60, 60)]))
    assert values["chord_count"] == 3
    assert values["chord_spread_mean"] == pytest.approx(0.03)
    assert values["chord_top_minus_bottom_velocity"] == pytest.approx(20)
    assert values["chord_size_mean"] == pytest.approx(4 / 3)


def test_the_top_note_is_the_highest_not_the_last():
    values = raw_descriptors(performed([(0, 1, 72, 90), (0.02, 1, 60, 50), (1, 2, 65, 50)]))
    assert values["chord_top_minus_bottom_velocity"] == pytest.approx(40)


def test_a_pedal_held_for_half_of_the_time():
    values = raw_descriptors(performed([(0, 4, 60, 64), (2, 4, 62, 64)], [(0.0, 64, 127), (2.0, 64, 0)]))
    assert values["sustain_down_share"] == pytest.approx(0.5, abs=0.01)
    assert values["sustain_mean"] == pytest.approx(63.5, abs=0.5)
    assert values["sustain_events_per_sec"] == pytest.approx(0.5)
    assert values["sustain_crossings_per_sec"] == pytest.approx(0.25)
    assert values["sustain_at_onsets_mean"] == pytest.approx(63.5)
    assert values["soft_mean"] == 0


def test_a_pedal_pressed_before_the_first_note_is_down_at_it():
    values = raw_descriptors(performed([(1, 2, 60, 64), (2, 3, 60, 64)], [(0.0, 64, 100)]))
    assert values["sustain_down_share"] == 1


def test_a_crescendo_rises_over_the_windows():
    crescendo = performed([(0.1 * i, 0.1 * i + 0.1, 60, 30 + i) for i in range(60)])
    values = raw_descriptors(crescendo)
    assert values["velocity_course_slope"] > 20
    assert abs(values["velocity_course_bend"]) < 1


@given(notes_strategy, st.floats(0, 50))
def test_a_later_start_changes_nothing(notes, shift):
    original = on_binary_seconds(milliseconds(notes))
    later = moved(original, round(shift * 1024) / 1024)
    assert raw_descriptors(later) == pytest.approx(raw_descriptors(original), abs=1e-6)


def on_binary_seconds(performance):
    """Times that a sum of floats keeps exactly, so that a shift cannot carry one across a threshold."""
    for field in ("onset_sec", "offset_sec"):
        performance.notes[field] = np.round(performance.notes[field] * 1024) / 1024
    return performance


@given(notes_strategy)
def test_every_performance_has_finite_descriptors(notes):
    assert all(math.isfinite(value) for value in raw_descriptors(milliseconds(notes)).values())


@pytest.mark.slow
def test_the_corpus_has_finite_descriptors_within_fifteen_seconds(percepiano_root):
    import time

    files = sorted((percepiano_root / "virtuoso/data/all_2rounds").glob("*.mid"))
    performances = [read_performance(file) for file in files]
    assert len(performances) == 1202
    start = time.process_time()
    table = np.array([list(raw_descriptors(each).values()) for each in performances])
    assert time.process_time() - start < 15
    assert table.shape == (1202, 86)
    assert np.isfinite(table).all()
