"""Known music, written in all the ways that MusicXML allows, is read as it is; damaged documents never do harm."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from musicxml_strategies import WrittenFile, damaged_files, written_files

from percepiano_core.errors import DataError
from percepiano_core.features.score.read import read_score
from percepiano_core.score.repeats import full_order
from percepiano_core.score.written_score import WrittenScore, read_written_score

ROUNDING = 3e-3  # quarters; decimals of four digits
NAN_WHERE_ABSENT = {"distance_from_abs_dynamic", "distance_from_recent_tempo", "qpm_primo", "section_tempo"}
SECONDS_A_SCORE = 5.0


def saved(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def order_of(score: WrittenScore) -> list[int]:
    return full_order([bar.marks for bar in score.bars])


def rows(*columns: object) -> np.ndarray:
    return np.array(sorted(zip(*columns, strict=True)), dtype=float).reshape(-1, len(columns))


def assert_the_same(found: np.ndarray, expected: list[tuple]) -> None:
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, np.array(sorted(expected), dtype=float).reshape(found.shape), atol=ROUNDING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scores")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(written_files)
def test_what_is_written_is_what_is_struck(folder: Path, written: WrittenFile) -> None:
    score = read_written_score(saved(folder, written.name, written.content))
    notes = score.struck_notes(order_of(score))
    plain, grace = notes[~notes["is_grace"]], notes[notes["is_grace"]]
    struck = [(round(float(onset), 3), pitch, float(length)) for onset, length, pitch in written.known.struck]
    found = [np.round(plain["onset_quarter"], 3), plain["pitch"], plain["duration_quarter"]]
    assert_the_same(rows(*found), struck)
    assert_the_same(rows(grace["onset_quarter"], grace["pitch"]), written.known.graces)
    assert [
        repair for repair in score.repairs if "its metre says" not in repair
    ] == []  # some bars are longer on purpose


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(written_files)
def test_features_are_of_the_same_notes_and_finite(folder: Path, written: WrittenFile) -> None:
    path = saved(folder, written.name, written.content)
    table = read_score(path, "default", "")
    score = read_written_score(path)
    struck = score.struck_notes(order_of(score))
    hidden = {(round(float(onset), 2), pitch) for onset, pitch in written.known.hidden}
    keys = [(round(float(note["onset_quarter"]), 2), int(note["pitch"])) for note in struck[~struck["is_grace"]]]
    own = table.notes[~table.notes["is_grace"]]
    assert sorted({(round(float(note["onset_quarter"]), 2), int(note["pitch"])) for note in own}) == sorted(
        {key for key in keys if key not in hidden}
    )
    assert set(table.note_ids) <= set(struck["note_id"])
    for key, values in table.features.items():
        assert np.isfinite(values).all() or key in NAN_WHERE_ABSENT, key


def within_bounds(path: Path) -> None:
    """A result or one line, in time."""
    started = time.process_time()
    try:
        score = read_written_score(path)
        score.struck_notes(order_of(score))
        read_score(path, "default", "")
    except DataError as error:
        assert "\n" not in str(error)
    assert time.process_time() - started < SECONDS_A_SCORE


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged_files)
def test_a_damaged_score_is_read_or_refused_in_one_line(folder: Path, damaged: tuple[str, bytes]) -> None:
    within_bounds(saved(folder, *damaged))
