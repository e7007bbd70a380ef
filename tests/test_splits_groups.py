"""Text groups: which segments count as the same text, on hand-made sequences and on the real scores."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pytest
from golden_files import read_gzipped_json

from percepiano_core.corpus import percepiano
from percepiano_core.errors import UserError
from percepiano_core.score.text import read_text
from percepiano_core.splits.groups import chord_sequence, read_groups, text_groups, write_groups

SCALE = [(60 + step,) for step in range(20)]
OTHER = [(30 + step,) for step in range(20)]
ONE_WORK = dict.fromkeys("abc", "w")


def test_chords_join_what_starts_together_after_rounding() -> None:
    onset = np.array([0.0, 0.004, 1.0, 0.5])
    assert chord_sequence(onset, np.array([64, 60, 72, 67])) == [(60, 64), (67,), (72,)]


def test_equal_texts_of_one_work_are_one_group_named_by_the_first() -> None:
    assert text_groups({"b": SCALE, "a": SCALE, "c": OTHER}, ONE_WORK) == {"a": "a", "b": "a", "c": "c"}


def test_equal_texts_of_two_works_stay_apart() -> None:
    assert text_groups({"a": SCALE, "b": SCALE}, {"a": "v", "b": "w"}) == {"a": "a", "b": "b"}


def test_groups_are_closed_under_links() -> None:
    # a and c share nothing, b is the two together, as a long excerpt contains two short ones
    assert set(text_groups({"a": SCALE, "b": SCALE + OTHER, "c": OTHER}, ONE_WORK).values()) == {"a"}


@pytest.mark.parametrize(("shared", "linked"), [(12, True), (11, False)])
def test_a_link_needs_60_percent_of_the_shorter(shared: int, linked: bool) -> None:
    groups = text_groups({"a": SCALE, "b": SCALE[:shared] + OTHER[shared:]}, ONE_WORK)
    assert (groups["a"] == groups["b"]) is linked


def test_single_matching_chords_are_chance() -> None:
    alternating = [chord for pair in zip(SCALE, OTHER, strict=True) for chord in pair]
    assert len(set(text_groups({"a": SCALE, "b": alternating}, ONE_WORK).values())) == 2


def test_runs_of_two_chords_count() -> None:
    def with_fillers(lowest: int) -> list[tuple[int, ...]]:
        return [chord for i in range(0, 20, 2) for chord in (*SCALE[i : i + 2], (lowest + i,))]

    assert len(set(text_groups({"a": with_fillers(10), "b": with_fillers(11)}, ONE_WORK).values())) == 1


def test_an_empty_score_is_linked_to_nothing() -> None:
    assert text_groups({"a": [], "b": [], "c": SCALE}, ONE_WORK) == {"a": "a", "b": "b", "c": "c"}


def test_groups_are_read_back_as_written(tmp_path: Path) -> None:
    write_groups(tmp_path / "groups.csv", {"b": "a", "a": "a"})
    assert (tmp_path / "groups.csv").read_bytes() == b"segment,group\na,a\nb,a\n"
    assert read_groups(tmp_path / "groups.csv") == {"a": "a", "b": "a"}


def test_a_table_that_holds_no_groups_is_refused(tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("segment,row\na,1\n", encoding="utf-8")
    with pytest.raises(UserError, match="has no column group"):
        read_groups(tmp_path / "groups.csv")
    with pytest.raises(UserError, match="is missing"):
        read_groups(tmp_path / "none.csv")


def golden_chords(golden: Path) -> dict[str, list[tuple[int, ...]]]:
    stored = read_gzipped_json(golden / "splits" / "text_chords.json.gz")
    return {segment: [tuple(chord) for chord in chords] for segment, chords in stored.items()}


def test_texts_of_real_scores_are_the_golden_ones(percepiano_files: Path, golden: Path) -> None:
    expected = golden_chords(golden)
    performances, _ = percepiano.survey(percepiano_files)
    for segment, score in {each.segment: each.score for each in performances}.items():
        assert chord_sequence(*read_text(percepiano_files / score)) == expected[segment], segment


@pytest.mark.parametrize(("threshold", "count"), [(0.5, 45), (0.6, 46), (0.9, 48)])
def test_real_texts_have_the_measured_number_of_groups(
    percepiano_names: Path, golden: Path, threshold: float, count: int
) -> None:
    with (golden / "splits" / "corpus.csv").open(encoding="utf-8") as file:
        expected = {row["segment"]: row["group"] for row in csv.DictReader(file)}
    performances, _ = percepiano.survey(percepiano_names)
    chords = golden_chords(golden)
    start = time.perf_counter()
    groups = text_groups(chords, {each.segment: each.work for each in performances}, threshold)
    assert time.perf_counter() - start < 5
    assert len(set(groups.values())) == count
    if threshold == 0.6:
        assert groups == expected
