"""Slices of long performances, as the published code cuts them, and what every slice keeps."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.symbolic.han.notes.note_sequences import note_sequence
from percepiano_core.symbolic.han.notes.slicing import consecutive_spans, cut, slice_spans


def measures(n: int) -> np.ndarray:
    return np.arange(n) // 10


@pytest.mark.parametrize(
    ("n", "length", "spans"),
    [
        (413, 5000, [(0, 413)]),
        (45, 40, [(0, 45)]),
        (75, 40, [(0, 50), (30, 75)]),
        (95, 40, [(0, 50), (50, 95), (40, 70)]),
        (
            200,
            40,
            [(0, 50), (160, 200), (40, 70), (60, 90), (80, 110), (100, 130), (120, 150)],
        ),
    ],
)
def test_slices_are_the_published_ones(n, length, spans):
    assert slice_spans(measures(n), length, Random(7)) == spans


def test_consecutive_slices_are_the_published_ones():
    assert consecutive_spans(measures(200), 40) == [(0, 50), (50, 100), (100, 150), (150, 200)]


any_measures = st.lists(st.integers(1, 30), min_size=1, max_size=30).map(
    lambda sizes: np.repeat(np.arange(len(sizes)), sizes)
)


@given(any_measures, st.integers(2, 40), st.integers(0, 9))
def test_slices_begin_with_a_measure_hold_notes_and_reach_both_ends(measure, length, seed):
    for spans in (slice_spans(measure, length, Random(seed)), consecutive_spans(measure, length)):
        assert all(0 <= begin < end <= len(measure) for begin, end in spans)
        assert all(begin == 0 or measure[begin] != measure[begin - 1] for begin, _ in spans)
        assert min(begin for begin, _ in spans) == 0
        assert max(end for _, end in spans) == len(measure)


@given(any_measures, st.integers(2, 40))
def test_consecutive_slices_take_every_note_once(measure, length):
    spans = consecutive_spans(measure, length)
    assert np.concatenate([np.arange(*span) for span in spans]).tolist() == list(range(len(measure)))


def test_a_slice_counts_its_beats_and_measures_from_nothing():
    measure = measures(60)
    whole = note_sequence("p", np.arange(60)[:, None] * 1.0, np.arange(60) // 5, measure, np.ones(60, dtype=int))
    part = cut(whole, (20, 50))
    assert part.features[:, 0].tolist() == list(range(20, 50))
    assert (part.beat[0], part.measure[0], part.measure[-1]) == (0, 0, 2)
