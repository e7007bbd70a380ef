"""The written manifest, its hashes, and the facts of a file's content."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from percepiano_core.corpus.content import COLUMNS, content_facts, write_content
from percepiano_core.corpus.manifest import corpus_hash, file_sha256, read_manifest, with_hashes, write_manifest
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi, read_performance
from percepiano_core.corpus.readers import list_performances, ratings_path
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.trim import music_end
from percepiano_core.errors import DataError
from percepiano_core.quality import QualityLine, from_error, read_quality, write_quality

SAMPLED = 20  # performances at least, spread over all works, people and deadpan


def sample(root: Path) -> list[Performance]:
    performances = list_performances("percepiano", root)
    return performances[:: max(1, len(performances) // SAMPLED)]


def performed(offsets: list[float], pedal: list[tuple[float, int]], end: float = 30.0) -> PerformedMidi:
    notes = np.zeros(len(offsets), NOTE_DTYPE)
    notes["offset_sec"] = offsets
    controls = np.array([(0, second, 64, value) for second, value in pedal], dtype=CONTROL_DTYPE)
    return PerformedMidi(notes, controls, 480, end)


def test_manifest_survives_its_file(percepiano_files: Path, tmp_path: Path) -> None:
    performances = with_hashes(sample(percepiano_files), percepiano_files)
    write_manifest(tmp_path / "manifest.csv", performances)
    assert read_manifest(tmp_path / "manifest.csv") == performances
    first = performances[0]
    assert first.midi_sha256 == file_sha256(percepiano_files / first.midi)
    assert first.score_sha256 == file_sha256(percepiano_files / first.score)


def test_a_manifest_of_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="has no column performance"):
        read_manifest(tmp_path / "manifest.csv")


def test_corpus_hash_sees_content_and_not_order(percepiano_files: Path, tmp_path: Path) -> None:
    performances = with_hashes(sample(percepiano_files), percepiano_files)
    ratings = ratings_path("percepiano", percepiano_files)
    whole = corpus_hash(performances, ratings)
    changed = [replace(performances[0], midi_sha256="0" * 64), *performances[1:]]
    other_ratings = tmp_path / "ratings.csv"
    other_ratings.write_text("user\n")
    assert corpus_hash(reversed(performances), ratings) == whole
    assert corpus_hash(changed, ratings) != whole
    assert corpus_hash(performances, other_ratings) != whole


def test_the_ratings_table_is_the_published_one(percepiano_files: Path) -> None:
    assert file_sha256(ratings_path("percepiano", percepiano_files)).startswith("96a61ce89a311979")


def test_facts_of_the_files_equal_the_golden_table(percepiano_files: Path, golden: Path) -> None:
    with (golden / "splits" / "corpus.csv").open(newline="") as file:
        expected = {row["stem"]: row for row in csv.DictReader(file)}
    for each in sample(percepiano_files):
        facts, row = content_facts(read_performance(percepiano_files / each.midi)), expected[each.performance]
        for fact, column in (("n_notes", "n_notes"), ("n_sustain", "n_cc64")):
            assert facts[fact] == int(row[column])
        for fact, column in (("first_onset_sec", "first_on"), ("last_onset_sec", "last_on"), ("end_sec", "midi_end")):
            assert facts[fact] == pytest.approx(float(row[column]), abs=6e-5)
        assert facts["last_offset_sec"] == pytest.approx(float(row["last_off"]), abs=6e-5)
        assert facts["last_offset_sec"] <= facts["music_end_sec"] <= facts["end_sec"]


def test_facts_are_written_and_empty_for_an_unreadable_file(percepiano_files: Path, tmp_path: Path) -> None:
    first, second = list_performances("percepiano", percepiano_files)[:2]
    write_content(tmp_path / "content.csv", [replace(second, midi="missing.mid"), first], percepiano_files)
    with (tmp_path / "content.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1][:3] == [first.performance, "64", "1.000000"]
    assert rows[2] == [second.performance, *[""] * (len(COLUMNS) - 1)]


def test_music_ends_with_its_last_note() -> None:
    assert music_end(performed([4.0, 9.0, 7.0], [])) == 9.0


def test_a_pedal_that_holds_the_last_note_prolongs_the_music() -> None:
    assert music_end(performed([9.0], [(1.0, 127), (10.5, 80), (11.0, 20), (25.0, 0)])) == 11.0


def test_a_pedal_pressed_after_the_last_note_prolongs_nothing() -> None:
    assert music_end(performed([9.0], [(1.0, 127), (8.0, 0), (20.0, 127), (25.0, 0)])) == 9.0


def test_a_pedal_that_is_never_released_prolongs_nothing() -> None:
    assert music_end(performed([9.0], [(1.0, 127)])) == 9.0


def test_quality_lines_are_written_in_one_order(tmp_path: Path) -> None:
    error = DataError(tmp_path / "midi" / "a.mid", "no notes", "replace it")
    lines = [from_error("features", "a", error, "left out", tmp_path), from_error("corpus", "b", error, 'left, "out"')]
    write_quality(tmp_path / "quality.csv", lines)
    assert read_quality(tmp_path / "quality.csv") == [lines[1], lines[0]]
    assert lines[0] == QualityLine(
        stage="features",
        subject="a",
        file="midi/a.mid",
        problem="no notes",
        consequence="left out",
        remedy="replace it",
    )
