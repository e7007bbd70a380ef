"""Rolls, losses and decoding: equal to the golden values, and their borders."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs the torch extra")

import torch

from percepiano_core.dynamics.examples.rolls import event_roll, level_roll, training_starts
from percepiano_core.dynamics.network.losses import masked_cross_entropy, shift_tolerant_bce, total_loss
from percepiano_core.dynamics.predictions.decoding import (
    decode_beats,
    decode_change_points,
    decode_levels,
    merge_adjacent,
    peaks,
)
from percepiano_core.sound.frame_grid import event_frames, frame_count, nearest

TIMES, LEVELS = np.array([0.51, 1.02, 1.49, 2.0]), np.array([2, 2, 4, 4])


@pytest.fixture(scope="module")
def known(golden: Path) -> dict[str, Any]:
    return json.loads((golden / "dynamics" / "losses_decode.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("tolerance", [0, 1, 3])
@pytest.mark.parametrize("weight", [None, 5.0])
def test_shift_tolerant_loss_equals_the_golden_one(known: dict[str, Any], tolerance: int, weight: float | None) -> None:
    logits = (2 * torch.sin(0.7 * torch.arange(41)) - 0.5)[None]
    targets = torch.zeros(1, 41)
    targets[0, [10, 30]] = 1
    loss = shift_tolerant_bce(logits, targets, weight, tolerance)
    assert loss.item() == pytest.approx(known[f"stbce_tol{tolerance}_pw{weight}"], rel=1e-6)


def test_cross_entropy_equals_the_golden_one(known: dict[str, Any]) -> None:
    frames, classes = torch.arange(41)[:, None], torch.arange(6)[None]
    logits, targets = torch.cos(0.3 * frames * (classes + 1))[None], (torch.arange(41) % 6)[None]
    mask = (torch.arange(41) % 5 == 0).float()[None]
    assert masked_cross_entropy(logits, targets, mask).item() == pytest.approx(known["ce_masked"], rel=1e-6)
    unmasked = masked_cross_entropy(logits, targets, torch.zeros(1, 41)).item()
    assert unmasked == pytest.approx(known["ce_unmasked"], rel=1e-6)


def test_an_event_late_by_the_tolerance_costs_no_more() -> None:
    targets, exact, late = torch.zeros(3, 1, 60)
    targets[0, 30], exact[0, 30], late[0, 33] = 1, 9, 9
    assert torch.equal(shift_tolerant_bce(exact, targets, 20.0), shift_tolerant_bce(late, targets, 20.0))
    later = late.roll(1, dims=1)
    assert shift_tolerant_bce(later, targets, 20.0) > shift_tolerant_bce(late, targets, 20.0)


def test_total_loss_is_the_sum_of_the_tasks() -> None:
    logits = {"dynamic": torch.rand(2, 50, 6), "beat": torch.rand(2, 50, 1), "change_point": torch.rand(2, 50, 1)}
    events = torch.zeros(2, 50)
    events[:, 20] = 1
    targets = {"dynamic": torch.ones(2, 50, dtype=torch.long), "beat": events, "change_point": events}
    losses = total_loss(logits, targets, {"beat": 18, "change_point": 900})
    assert losses["total"].item() == pytest.approx(sum(losses[task].item() for task in logits))
    assert losses["dynamic"].item() == pytest.approx(-logits["dynamic"].log_softmax(-1)[:, 20, 1].mean().item())


def test_rolls_equal_the_golden_ones(known: dict[str, Any]) -> None:
    assert event_frames(TIMES).tolist() == known["roll"]
    assert np.flatnonzero(event_roll(TIMES, 126)).tolist() == known["roll"]
    assert level_roll(TIMES, LEVELS, 126, duration=2.3).tolist() == known["dynroll_start0"]
    assert level_roll(TIMES, LEVELS, 126, duration=2.3, start=1.0).tolist() == known["dynroll_start1"]


def test_a_window_without_beats_carries_the_level_before_it() -> None:
    assert level_roll(TIMES, LEVELS, 5, duration=9.0, start=1.2).tolist() == [2] * 5
    assert level_roll(TIMES, LEVELS, 5, duration=9.0, start=5.0).tolist() == [4] * 5
    assert level_roll(TIMES, LEVELS, 5, duration=4.0, start=5.0).tolist() == [0] * 5


def test_half_frames_go_to_the_even_one_and_outside_events_are_left_out() -> None:
    assert event_frames(np.array([0.01, 0.03, 0.05])).tolist() == [0, 2, 2]
    assert np.flatnonzero(event_roll(np.array([0.9, 1.0, 1.04, 1.2]), 5, start=1.0)).tolist() == [0, 2]


def test_training_windows_never_need_padding() -> None:
    assert [training_starts(d) for d in (59.9, 60.0, 89.9, 90.0, 125.0)] == [[], [0], [0], [0, 30], [0, 30, 60]]
    assert frame_count(60.0) == 3001


def test_beats_decode_to_the_golden_ones(known: dict[str, Any]) -> None:
    beat, downbeat = np.full(100, -5.0), np.full(100, -5.0)
    beat[[10, 11, 13, 40, 44, 70, 90]] = 2, 2, 1.5, 3, 0.1, 0.0, 0.5
    downbeat[[12, 60]] = 1, 2
    beats, downbeats = decode_beats(beat, downbeat)
    assert beats == pytest.approx(known["pp_beats"])
    assert downbeats == pytest.approx(known["pp_downbeats"])
    assert merge_adjacent(np.array([3, 4, 5, 9, 11, 12])).tolist() == known["dedup"]


def test_downbeats_without_beats_stay() -> None:
    downbeat = np.full(50, -1.0)
    downbeat[20] = 1
    beats, downbeats = decode_beats(np.zeros(50), downbeat)
    assert (beats.tolist(), downbeats.tolist()) == ([], [0.4])


def test_change_points_snap_to_the_golden_beats(known: dict[str, Any]) -> None:
    beats, logits = np.array([0, 8, 19, 30, 45]), np.full(50, -9.0)
    logits[[4, 5, 20, 21, 49]] = 1
    assert beats[decode_change_points(logits, beats)].tolist() == known["cp_snap"]
    assert not decode_change_points(logits, beats, threshold=1.5).any()
    assert decode_change_points(logits, np.array([], dtype=int)).tolist() == []


def test_levels_are_the_largest_of_six_and_late_beats_take_the_last_frame() -> None:
    logits = np.eye(6)[[3, 0, 5]]
    assert decode_levels(logits, np.array([0, 1, 2, 9])).tolist() == [3, 0, 5, 5]


@given(
    grid=st.lists(st.integers(0, 60), min_size=1, max_size=12).map(sorted),
    values=st.lists(st.integers(-5, 70), max_size=12),
)
def test_nearest_is_the_first_of_the_nearest(grid: list[int], values: list[int]) -> None:
    expected = [int(np.argmin(np.abs(np.array(grid) - value))) for value in values]
    assert nearest(np.array(values, dtype=float), np.array(grid, dtype=float)).tolist() == expected


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_peaks_are_the_maxima_of_their_surroundings(logits: list[float]) -> None:
    expected = [
        i
        for i, value in enumerate(logits)
        if value > 0 and value == max(logits[max(i - 3, 0) : i + 4], default=math.nan)
    ]
    assert peaks(np.array(logits)).tolist() == expected
