"""What a network's logits become: beats, levels and marks, their tables and their picture."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.dynamics.listen.heard_tables import write_beats, write_frames
from percepiano_core.dynamics.listen.listening import LEVELS, Heard, LevelAt, heard, level_marks
from percepiano_core.dynamics.listen.picture import draw

FRAMES = 500


def logits(**events: list[int]) -> dict[str, np.ndarray]:
    """Logits that say events at frames; the levels rise from pp to ff, and blank is always likelier."""
    found = {task: np.full((FRAMES, 1), -4.0) for task in ("beat", "downbeat", "change_point")}
    for task, frames in events.items():
        found[task][frames] = 4.0
    levels = np.zeros((FRAMES, 6))
    levels[:, 0] = 9.0
    levels[np.arange(FRAMES), 1 + np.arange(FRAMES) * 5 // FRAMES] = 3.0
    return found | {"dynamic": levels}


def example() -> Heard:
    said = logits(beat=[50, 150, 250, 350, 450], downbeat=[52, 350], change_point=[240, 449])
    return heard(said, np.linspace(0, 20, FRAMES), threshold=0.0)


def test_events_are_found_and_moved_to_beats() -> None:
    found = example()
    assert found.beats.tolist() == [1, 3, 5, 7, 9]
    assert found.downbeat.tolist() == [True, False, False, True, False]
    assert found.change_point.tolist() == [False, False, True, False, True]


def test_a_beat_always_has_a_level_and_a_stretch_has_one_mark() -> None:
    found = example()
    assert [LEVELS[level] for level in found.levels.argmax(axis=1)] == ["pp", "p", "mf", "f", "ff"]
    assert found.marks[0] == LevelAt(0, "pp")  # pp and p are as likely; the softer is said
    assert [mark.beat for mark in found.marks] == [0, 2, 4]


def test_a_stretch_of_the_same_level_has_no_mark_of_its_own() -> None:
    levels = np.log(np.array([[0.1, 0.6, 0.1, 0.1, 0.1]] * 4 + [[0.1, 0.1, 0.1, 0.6, 0.1]] * 2))
    change = np.array([True, False, True, False, True, False])
    assert level_marks(levels, change) == (LevelAt(0, "p"), LevelAt(4, "f"))


def test_one_beat_does_not_outvote_its_stretch() -> None:
    levels = np.log(np.array([[0.1, 0.6, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.6, 0.1], [0.1, 0.6, 0.1, 0.1, 0.1]]))
    assert level_marks(levels, np.zeros(3, dtype=bool)) == (LevelAt(0, "p"),)


def test_a_higher_threshold_finds_fewer_changes() -> None:
    said = logits(beat=[50, 150], change_point=[50, 150])
    assert [heard(said, np.ones(FRAMES), threshold).change_point.sum() for threshold in (0.0, 5.0)] == [2, 0]


def test_without_beats_there_are_no_marks() -> None:
    found = heard(logits(downbeat=[100]), np.ones(FRAMES), 0.0)
    assert (len(found.beats), len(found.downbeat), found.marks) == (0, 0, ())


@pytest.mark.parametrize("found", [example(), heard(logits(), np.ones(FRAMES), 0.0)], ids=["beats", "no beats"])
def test_tables_have_a_row_a_frame_and_a_row_a_beat(found: Heard, tmp_path: Path) -> None:
    write_frames(tmp_path / "frames.csv", found)
    write_beats(tmp_path / "beats.csv", found)
    frames, beats = (
        list(csv.DictReader((tmp_path / name).read_text().splitlines())) for name in ("frames.csv", "beats.csv")
    )
    assert (len(frames), len(beats)) == (FRAMES, len(found.beats))
    assert [row["time"] for row in frames[:3]] == ["0.00", "0.02", "0.04"]
    assert all(sum(float(row[level]) for level in LEVELS) == pytest.approx(1, abs=1e-3) for row in frames)
    assert [row["mark"] for row in beats if row["mark"]] == [mark.level for mark in found.marks]
    assert sum(int(row["downbeat"]) for row in beats) == found.downbeat.sum()


def test_the_picture_is_the_same_each_time_and_needs_no_beats(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(example(), tmp_path / name, "title")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    draw(heard(logits(), np.ones(FRAMES), 0.0), tmp_path / "none.svg", "title")
