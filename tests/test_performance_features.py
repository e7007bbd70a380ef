"""Properties of the corrected performance features, on made-up scores and performances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from performance_cases import DIVISIONS, make_score, play

from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.performance.compute import PerformanceFeatures, performance_features
from percepiano_core.features.performance.dynamics import group_dynamics, published_group_dynamics
from percepiano_core.features.performance.matching import join_notes, match_of
from percepiano_core.features.performance.onsets import onset_times
from percepiano_core.features.performance.pedal import SIGMOID, pedal_values
from percepiano_core.features.performance.presets import DEFAULT, PUBLISHED
from percepiano_core.features.performance.published_notes import published_rows, renumbered
from percepiano_core.features.score_table import ScoreTable


def metronomic(score: ScoreTable, qpm: float, start: float = 0.0) -> PerformedMidi:
    onset = score.notes["onset_quarter"] * 60 / qpm + start
    return play(onset, score.notes["duration_quarter"] * 60 / qpm, score.notes["pitch"])


def features_of(score: ScoreTable, performed: PerformedMidi, match: np.ndarray | None = None) -> PerformanceFeatures:
    return performance_features(score, performed, np.arange(len(score.notes)) if match is None else match)


scores = st.lists(
    st.tuples(st.integers(0, 95), st.integers(40, 90), st.integers(1, 12)),
    min_size=4,
    max_size=40,
    unique_by=lambda note: note[:2],
).filter(lambda notes: len({onset for onset, _, _ in notes}) > 1)
tempos = st.floats(30, 300)


@given(scores, tempos, st.floats(0, 5))
def test_a_metronomic_performance_has_one_tempo_and_no_deviation(notes: list, qpm: float, start: float) -> None:
    score = make_score(*map(list, zip(*notes, strict=True)))
    features = features_of(score, metronomic(score, qpm, start))
    for key in ("beat_tempo", "measure_tempo", "section_tempo"):
        np.testing.assert_allclose(features.values[key], np.log10(qpm), atol=1e-6)
    np.testing.assert_allclose(features.values["onset_deviation"], 0, atol=1e-6)
    np.testing.assert_allclose(features.values["articulation"], 0, atol=1e-6)
    assert (features.values["align_matched"] == 1).all()
    for key in ("pedal_at_start", "pedal_at_end", "pedal_refresh", "pedal_cut", "pedal_cut_time", "soft_pedal"):
        assert (features.values[key] == 0).all()


@given(scores, tempos, st.lists(st.floats(-0.004, 0.004), min_size=40, max_size=40))
def test_doubling_all_times_halves_the_tempo_and_leaves_the_rest(notes: list, qpm: float, jitter: list[float]) -> None:
    score = make_score(*map(list, zip(*notes, strict=True)))
    shift = np.array(jitter[: len(notes)])
    even = metronomic(score, qpm, 1.0).notes
    order = np.argsort(even["onset_sec"] + shift, kind="stable")
    onset, length = (even["onset_sec"] + shift)[order], (even["offset_sec"] - even["onset_sec"])[order]
    match = np.argsort(order)
    once = features_of(score, play(onset, length, even["pitch"][order]), match)
    twice = features_of(score, play(2 * onset, 2 * length, even["pitch"][order]), match)
    assert len(once.onsets.div) == len(twice.onsets.div)
    for key in ("beat_tempo", "measure_tempo", "section_tempo"):
        np.testing.assert_allclose(once.values[key] - twice.values[key], np.log10(2), atol=1e-6)
    for key in ("onset_deviation", "articulation"):
        np.testing.assert_allclose(once.values[key], twice.values[key], atol=1e-6)


@given(scores, st.data())
def test_unmatched_notes_are_masked_and_never_zero(notes: list, data: st.DataObject) -> None:
    score = make_score(*map(list, zip(*notes, strict=True)))
    played = np.array(data.draw(st.lists(st.booleans(), min_size=len(notes), max_size=len(notes))))
    features = features_of(score, metronomic(score, 90), np.where(played, np.arange(len(notes)), -1))
    for key in ("velocity", "onset_deviation", "articulation", "pedal_at_start", "pedal_cut_time", "mmidi_pitch"):
        assert not features.masks[key][~played].any()
        assert np.isnan(features.values[key][~played]).all()
    for key, mask in features.masks.items():
        assert (mask == ~np.isnan(features.values[key])).all() or key == "articulation_loss_weight"
    assert (features.values["align_matched"] == played).all()


def test_the_last_beat_has_its_own_tempo() -> None:
    score = make_score([0, 4, 8, 12, 16], [60] * 5, [4] * 5)
    onset = np.array([0.0, 0.5, 1.0, 1.5, 3.5])
    performed = play(onset, np.full(5, 0.4), np.full(5, 60))
    corrected = features_of(score, performed).values["beat_tempo"]
    published = performance_features(score, performed, np.arange(5), "published").values["beat_tempo"]
    np.testing.assert_allclose(10 ** corrected[3:], 30)
    np.testing.assert_allclose(10 ** published[3:], 120)


def test_one_late_match_does_not_unseat_the_onsets_after_it() -> None:
    score = make_score([0, 4, 8, 12, 16, 20], [60] * 6, [4] * 6)
    onset = np.array([0.0, 0.5, 9.0, 1.5, 2.0, 2.5])
    times = onset_times(score.notes, onset, DIVISIONS)
    assert times.div.tolist() == [0, 4, 12, 16, 20]
    assert times.mismatched.tolist() == [2]


@given(scores, st.lists(st.floats(0, 60), min_size=40, max_size=40))
def test_onset_times_always_rise_in_a_playable_order(notes: list, seconds: list[float]) -> None:
    score = make_score(*map(list, zip(*notes, strict=True)))
    times = onset_times(score.notes, np.array(seconds[: len(notes)]), DIVISIONS)
    assert (np.diff(times.div) > 0).all()
    assert (np.diff(times.sec) > np.diff(times.div) / DIVISIONS / 600 * 60).all()
    assert len(times.div) >= 1


def test_nothing_timed_gives_masks_not_an_error() -> None:
    score = make_score([0, 4], [60, 62], [4, 4])
    features = features_of(score, metronomic(score, 60), np.array([-1, -1]))
    assert not features.masks["beat_tempo"].any()
    assert not features.masks["beat_dynamics"].any()


def test_a_released_pedal_is_up_by_default_and_sticks_when_published() -> None:
    controls = [(0.0, 64, 100), (1.0, 64, 0)]
    performed = play(np.array([0.5, 2.0]), np.array([0.2, 0.2]), np.array([60, 62]), controls)
    corrected = pedal_values(performed.notes, performed.controls, DEFAULT)
    published = pedal_values(performed.notes, performed.controls, PUBLISHED)
    assert corrected["at_start"].tolist() == [100, 0]
    assert published["at_start"].tolist() == [100, 100]


def test_cut_is_a_release_between_a_note_and_the_next_that_is_pressed_again() -> None:
    controls = [(0.0, 64, 100), (1.0, 64, 0), (1.8, 64, 90)]
    performed = play(np.array([0.5, 2.0]), np.array([0.2, 0.2]), np.array([60, 62]), controls)
    first = pedal_values(performed.notes, performed.controls, DEFAULT)[0]
    assert (first["at_end"], first["cut"]) == (100, 0)
    assert first["cut_sec"] == pytest.approx(1.0 - 0.7)


def test_refresh_is_the_lowest_pedal_during_the_note_and_its_time() -> None:
    controls = [(0.0, 64, 100), (1.0, 64, 20), (1.2, 64, 20), (1.5, 64, 90)]
    performed = play(np.array([0.5]), np.array([2.0]), np.array([60]), controls)
    value = pedal_values(performed.notes, performed.controls, DEFAULT)[0]
    assert (value["at_start"], value["at_end"], value["refresh"]) == (100, 90, 20)
    assert value["refresh_sec"] == pytest.approx(0.5)


@given(st.permutations(range(4)))
def test_pedal_values_of_a_note_do_not_depend_on_its_row(order: list[int]) -> None:
    controls = [(0.0, 64, 100), (1.0, 64, 0), (1.8, 64, 90), (2.5, 64, 10), (3.8, 64, 20)]
    performed = play(np.array([0.5, 2.0, 3.0, 4.0]), np.full(4, 0.2), np.array([60, 62, 64, 65]), controls)
    expected = pedal_values(performed.notes, performed.controls, DEFAULT)
    values = pedal_values(performed.notes[order], performed.controls, DEFAULT)
    np.testing.assert_array_equal(values, expected[order])


def test_a_pedal_event_on_the_tick_of_a_note_counts_for_it() -> None:
    performed = play(np.array([1.0]), np.array([1.0]), np.array([60]), [(1.0, 64, 80), (2.0, 67, 127)])
    value = pedal_values(performed.notes, performed.controls, DEFAULT)[0]
    assert (value["at_start"], value["soft"]) == (80, 0)


def test_smooth_switch_values() -> None:
    assert SIGMOID[[0, 56, 64, 72, 127]].tolist() == [0, 34, 63, 92, 126]


def test_group_dynamics_is_half_mean_half_maximum_in_every_group() -> None:
    velocity = np.array([60.0, 80.0, np.nan, 40.0, 50.0, np.nan])
    group = np.array([0, 0, 1, 2, 2, 2])
    np.testing.assert_allclose(group_dynamics(velocity, group), [75, 75, np.nan, 47.5, 47.5, 47.5])
    published = published_group_dynamics(velocity, group)
    np.testing.assert_allclose(published, [75, 75, 75, 35, 35, 35])  # fills the gap; the last group is too low


def test_published_order_drops_notes_without_length_and_renumbers_matches() -> None:
    notes = play(np.array([0.0, 0.0, 1.0, 2.0]), np.array([2.0, 1.0, 0.0, 1.0]), np.array([60, 64, 65, 110])).notes
    rows = published_rows(notes)
    assert rows.tolist() == [1, 0]
    assert renumbered(np.array([0, 1, 2, 3, -1]), rows).tolist() == [1, 0, -1, -1, -1]


def test_joining_survives_a_shorter_pickup_and_merged_unisons() -> None:
    score = make_score([0, 1, 13, 13, 25], [60, 62, 64, 64, 65], [1, 4, 4, 8, 4])
    score.notes["is_overlapped"][2] = score.notes["duration_div"][2] == 4
    score.notes["is_overlapped"][3] = not score.notes["is_overlapped"][2]
    long_pickup = np.array([0.0, 3.25, 6.25, 9.25])
    joined = join_notes(score, long_pickup, np.array([60, 62, 64, 65]), np.array(["p0n1", "p0n2", "p0n3", "p0n9"]))
    kept = int(np.flatnonzero(score.notes["duration_div"] == 8)[0])
    assert joined.tolist() == [0, 1, kept, 4]
    assert match_of(joined, np.array([[0, 7], [2, 5]]), 5).tolist().count(-1) == 3


def test_notes_of_one_onset_and_pitch_join_in_written_order() -> None:
    score = make_score([0, 4, 4], [60, 62, 62], [4, 0, 4])
    notes = score.notes.copy()
    notes["is_grace"] = [False, True, False]
    score = replace(score, notes=notes)
    names = np.array(["p0n1", "p0n10", "p0n9"])  # the principal is written after its grace note: n9 before n10
    assert join_notes(score, np.array([0.0, 1.0, 1.0]), np.array([60, 62, 62]), names).tolist() == [0, 2, 1]
