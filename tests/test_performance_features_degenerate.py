"""Performances and scores of which little is left: every function gives masks, NaN or one DataError, and no crash."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from performance_cases import aligned, aligned_score, make_score, play

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.tempo_map import added_notes, bar_seconds, is_interrupted
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.errors import DataError
from percepiano_core.features.descriptors.performance import performance_descriptors
from percepiano_core.features.performance.segment import performance_entry
from percepiano_core.features.score_table import ScoreTable

N_ALIGNED, N_SCORE = 147, 11  # descriptors of a good alignment, and of one without a course
SCALE = list(range(60, 66))


def case(
    onset_div: list[int],
    length_div: list[int],
    onset_sec: list[float],
    length_sec: list[float],
    matched: list[bool],
    graces: list[bool],
    ornamented: list[bool] = (),
) -> tuple[ScoreTable, PerformedMidi, Alignment]:
    """A score of one note a pitch, note i played by performed note i; and its grid, empty where it has no length."""
    count = len(onset_div)
    score = make_score(onset_div, [90 - i for i in range(count)], length_div)
    score.notes["is_grace"] = np.array(graces)
    if not score.notes["duration_div"].any():
        none = np.empty(0)
        score = replace(score, beat_positions=none, measure_starts=none, section_positions=none)
    order = np.argsort(onset_sec, kind="stable")
    performed = play(np.array(onset_sec)[order], np.array(length_sec)[order], score.notes["pitch"][order])
    place = np.argsort(order)
    matches = [(row, int(place[row])) for row in range(count) if matched[row]]
    notes = aligned_score(score, np.flatnonzero(ornamented).tolist(), np.flatnonzero(graces).tolist())
    return score, performed, aligned(notes, performed, matches)


def check(score: ScoreTable, performed: PerformedMidi, alignment: Alignment) -> None:
    """All features and descriptors are defined; only the published preset may refuse."""
    match = np.full(len(score.notes), -1)
    match[alignment.matches[:, 0]] = alignment.matches[:, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        entry = performance_entry(score, performed, match, "default", alignment=alignment)
        for key, values in entry.values.items():
            assert not np.isinf(values).any(), key
            if key != "articulation_loss_weight":
                np.testing.assert_array_equal(entry.masks[key], ~np.isnan(values), err_msg=key)
        try:
            published = performance_entry(score, performed, match, "published")
        except DataError:
            pass
        else:
            assert all(np.isfinite(values).all() for values in published.values.values())
        row = performance_descriptors(performed, alignment)
        assert not any(np.isinf(value) for value in row.values())
        assert len([name for name in row if name.startswith("aligned_")]) in (N_ALIGNED, N_SCORE)
        bar_seconds(alignment.score_notes, performed, alignment.matches)


counts = st.integers(1, 6)
flags = st.sampled_from([[False] * 6, [True] * 6, [True, False] * 3, [False] + [True] * 5])
times = st.sampled_from([[0.0] * 6, [1.0] * 6, [0.5 * i for i in range(6)], [0.5 * (5 - i) for i in range(6)]])


@given(
    counts,
    st.sampled_from([[0] * 6, [0, 4, 8, 12, 16, 20], [0, 0, 0, 4, 4, 4], [3] * 6, [0, 0, 0, 0, 0, 1]]),
    st.sampled_from([[0] * 6, [4] * 6, [0, 4] * 3]),
    times,
    st.sampled_from([[0.0] * 6, [0.4] * 6, [0.0, 0.4] * 3]),
    flags,
    flags,
)
def test_little_is_left_of_a_performance(
    count: int,
    onset_div: list[int],
    length_div: list[int],
    onset_sec: list[float],
    length_sec: list[float],
    matched: list[bool],
    graces: list[bool],
) -> None:
    fields = (onset_div, length_div, onset_sec, length_sec, matched, graces)
    check(*case(*(field[:count] for field in fields)))


@pytest.mark.parametrize("compat", ["default", "published"])
def test_a_score_without_a_beat_has_no_tempo(compat: str) -> None:
    score, performed, alignment = case([0] * 3, [0] * 3, [0.0, 0.5, 1.0], [0.4] * 3, [True] * 3, [False] * 3)
    match = alignment.matches[:, 1]
    if compat == "published":
        with pytest.raises(DataError, match="fewer than two matched onsets"):
            performance_entry(score, performed, match, compat)
    else:
        assert not performance_entry(score, performed, match, compat).masks["beat_tempo"].any()


def test_notes_of_no_length_leave_the_published_preset_without_notes() -> None:
    score, performed, alignment = case([0, 4, 8], [4] * 3, [0.0, 0.5, 1.0], [0.0] * 3, [True] * 3, [False] * 3)
    with pytest.raises(DataError, match="fewer than two matched onsets"):
        performance_entry(score, performed, alignment.matches[:, 1], "published")


def test_a_score_without_length_has_no_notes_a_quarter() -> None:
    _, performed, alignment = case([0] * 3, [0] * 3, [0.0] * 3, [0.4] * 3, [True] * 3, [False] * 3)
    row = performance_descriptors(performed, alignment)
    assert np.isnan(row["aligned_score_notes_per_quarter"])
    assert row["aligned_score_quarters"] == 0
    assert row["aligned_failed"] == 1


def test_simultaneous_notes_of_no_length_have_no_rate() -> None:
    _, performed, alignment = case([0, 4, 8], [4] * 3, [0.0] * 3, [0.0] * 3, [True] * 3, [False] * 3)
    row = performance_descriptors(performed, alignment)
    assert np.isnan(row["aligned_matched_notes_per_sec"])
    assert np.isnan(row["aligned_sustain_presses_per_sec"])
    assert row["aligned_sustain_down"] == 0


def test_nothing_is_interrupted_where_nothing_is_timed() -> None:
    _, performed, alignment = case([0, 4], [4] * 2, [0.0, 0.5], [0.4] * 2, [False] * 2, [False] * 2)
    added = added_notes(alignment, performed)
    assert is_interrupted(added, np.empty(0), np.empty(0)).tolist() == []
    assert is_interrupted(added, np.zeros(1), np.zeros(1)).tolist() == []
