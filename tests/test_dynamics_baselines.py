"""Baselines that learn nothing: change points by PELT, beats by librosa."""

from __future__ import annotations

import numpy as np
import pytest

from percepiano_core.dynamics.beat_models.beat_tracking import track_beats, track_beats_of_features
from percepiano_core.dynamics.beat_models.pelt import beat_loudness, choose_penalty, pelt_change_points
from percepiano_core.metrics.levels_and_beats import event_counts


def steps(*levels: float) -> np.ndarray:
    """16 beats of each level, with a little noise."""
    noise = np.random.default_rng(0).normal(0, 0.1, 16 * len(levels))
    return np.repeat(np.array(levels), 16) + noise


def test_steps_of_loudness_are_change_points() -> None:
    assert np.flatnonzero(pelt_change_points(steps(1, 3, 2, 5), penalty=2)).tolist() == [16, 32, 48]


def test_unit_and_offset_of_the_loudness_do_not_matter() -> None:
    loudness = steps(1, 3, 2, 5)
    assert np.array_equal(pelt_change_points(loudness, 5), pelt_change_points(7 * loudness + 3, 5))


def test_a_higher_penalty_gives_fewer_change_points() -> None:
    loudness = np.random.default_rng(1).normal(size=300)
    counts = [pelt_change_points(loudness, penalty).sum() for penalty in (1, 5, 50, 5000)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] == 0


@pytest.mark.parametrize("loudness", [np.empty(0), np.ones(1), np.array([1.0, 2.0, 3.0]), np.full(50, 2.0)])
def test_too_few_beats_or_constant_loudness_have_no_change_point(loudness: np.ndarray) -> None:
    assert pelt_change_points(loudness, 2).tolist() == [False] * len(loudness)


def test_the_penalty_with_the_best_change_points_is_chosen() -> None:
    loudness = steps(1, 1.5, 1, 5)
    true = np.zeros(64, dtype=bool)
    true[48] = True
    assert choose_penalty([(loudness, true)], [0.01, 20.0, 10000.0]) == 20.0


def test_loudness_of_a_beat_is_the_mean_around_it() -> None:
    curve = np.arange(501.0)
    found = beat_loudness(curve, np.array([0.0, 5.0, 10.0]), reach=0.1)
    assert found.tolist() == [2.5, 250.0, 497.5]  # cut at the borders


def clicks(period: float, seconds: float = 20.0, rate: int = 22050) -> tuple[np.ndarray, np.ndarray]:
    """A decaying tone every `period` seconds from 0.5 s on, and when."""
    times = np.arange(0.5, seconds - 1, period)
    t = np.arange(round(0.2 * rate)) / rate
    waveform = np.zeros(round(seconds * rate), dtype=np.float32)
    for time in times:
        start = round(time * rate)
        waveform[start : start + len(t)] += (np.exp(-20 * t) * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    return waveform, times


def test_regular_tones_are_tracked_from_sound_and_from_loudness() -> None:
    waveform, times = clicks(0.5)
    frames = np.arange(1001) / 50
    curve = sum(np.where(frames >= time, np.exp(-10 * np.maximum(frames - time, 0)), 0) for time in times)
    assert event_counts(times, track_beats(waveform)).f1 > 0.9
    assert event_counts(times, track_beats_of_features(np.asarray(curve))).f1 > 0.9


def test_silence_has_no_beats() -> None:
    assert not len(track_beats(np.zeros(44100, dtype=np.float32)))
    assert not len(track_beats_of_features(np.zeros((22, 200))))
