"""The steps of the alignment on notes made by hand: what each of them keeps, merges, matches and maps."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from alignment_cases import SCALE, performance_of, random_score, scale_performance, score_of
from hypothesis import given, settings
from hypothesis import strategies as st
from written_scores import ATTRIBUTES, note, rest

from percepiano_core.alignment.alignment import Alignment, Thresholds
from percepiano_core.alignment.match import align, one_to_one, without_doubles
from percepiano_core.alignment.pitch_dtw import PitchSetDtw, accumulated_cost
from percepiano_core.alignment.simulate import ORDINARY, simulate
from percepiano_core.alignment.tempo_map import DEFAULT_SECONDS_PER_QUARTER, TempoMap, bar_seconds, tempo_map
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.score.struck_notes import merge_unisons
from percepiano_core.score.written_score import read_written_score

TREMOLO = "<notations><ornaments><tremolo type='{}'>{}</tremolo></ornaments></notations>"


def struck(folder: Path, bar: str) -> np.ndarray:
    """Notes to strike of one bar."""
    path = folder / "score.musicxml"
    measure = f"<measure number='1'>{ATTRIBUTES}{bar}</measure>"
    path.write_text(f"<score-partwise><part id='P1'>{measure}</part></score-partwise>", encoding="utf-8")
    return read_written_score(path).struck_notes()


class TestQuality:
    alignment = Alignment(SCALE, np.array([True] * 9 + [False]), np.array([[0, 0], [1, 1], [3, 4], [7, 8]]))

    def test_what_is_not_matched_is_a_deletion_or_an_insertion(self) -> None:
        assert self.alignment.deletions.tolist() == [2, 4, 5, 6]
        assert self.alignment.insertions.tolist() == [2, 3, 5, 6, 7, 9]

    def test_doubled_strokes_do_not_count_against_the_performance(self) -> None:
        assert self.alignment.score_coverage == 4 / 8
        assert self.alignment.performance_coverage == 4 / 9
        assert self.alignment.c == 8 / 17
        assert self.alignment.status == "failed"

    @pytest.mark.parametrize(
        ("quality", "status"),
        [(1.0, "good"), (0.95, "good"), (0.949, "usable"), (0.9, "usable"), (0.8, "reported"), (0.799, "failed")],
    )
    def test_the_thresholds_belong_to_the_better_status(self, quality: float, status: str) -> None:
        assert Thresholds().status(quality) == status

    def test_other_thresholds_give_another_verdict(self) -> None:
        assert Thresholds(good=0.5, usable=0.4, reported=0.3).status(self.alignment.c) == "usable"


class TestPitchDtw:
    @given(
        st.lists(st.integers(0, 3), min_size=1, max_size=8),
        st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=7),
    )
    def test_the_rowwise_table_equals_the_cellwise_one(self, pitches: list[int], pitch_sets: list[set[int]]) -> None:
        cost = np.array([[0.0 if pitch in pitch_set else 1.0 for pitch_set in pitch_sets] for pitch in pitches])
        expected = np.full((len(pitches) + 1, len(pitch_sets) + 1), np.inf)
        expected[0, 0] = 0
        for row, column in itertools.product(range(len(pitches)), range(len(pitch_sets))):
            before = expected[row, column], expected[row, column + 1], expected[row + 1, column]
            expected[row + 1, column + 1] = cost[row, column] + min(before)
        np.testing.assert_array_equal(accumulated_cost(cost), expected[1:, 1:])

    @given(
        st.lists(st.integers(0, 3), min_size=1, max_size=8),
        st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=7),
    )
    def test_the_path_is_connected_and_costs_the_distance(self, pitches: list[int], pitch_sets: list[set[int]]) -> None:
        distance, path = PitchSetDtw()(np.array(pitches), pitch_sets)
        assert path[0].tolist() == [0, 0]
        assert path[-1].tolist() == [len(pitches) - 1, len(pitch_sets) - 1]
        assert {tuple(step) for step in np.diff(path, axis=0).tolist()} <= {(0, 1), (1, 0), (1, 1)}
        assert distance == sum(pitches[row] not in pitch_sets[column] for row, column in path)

    def test_the_matcher_finds_the_same_as_with_its_own_table(self) -> None:
        from parangonar.match.matchers import DualDTWNoteMatcher

        from percepiano_core.alignment import match

        for seed in range(5):
            known = simulate(random_score(seed, 40), ORDINARY, np.random.default_rng(seed))
            rows = np.arange(len(known.performed.notes))
            score, performance = (
                match._matcher_score(known.score_notes),
                match._matcher_performance(known.performed, rows),
            )
            lines = DualDTWNoteMatcher()(score, performance)
            expected = sorted((x["score_id"], x["performance_id"]) for x in lines if x["label"] == "match")
            found = match._dual_dtw(known.score_notes, known.performed, rows)
            assert [tuple(pair) for pair in found.tolist()] == expected


class TestAlign:
    def test_an_exact_performance_matches_note_by_note(self) -> None:
        assert align(SCALE, scale_performance()).matches.tolist() == [[i, i] for i in range(8)]

    def test_an_omitted_note_is_a_deletion_and_an_extra_one_an_insertion(self) -> None:
        played = performance_of(*[(0.5 * i, 60 + i) for i in range(8) if i != 3], (3.7, 90))
        alignment = align(SCALE, played)
        assert alignment.deletions.tolist() == [3]
        assert alignment.insertions.tolist() == [7]

    def test_the_louder_of_two_strokes_within_15_ms_stays(self) -> None:
        kept = without_doubles(performance_of((1.0, 60, 50), (1.0, 60, 70), (1.015, 60, 90), (1.02, 62), (1.031, 60)))
        assert kept.tolist() == [False, True, False, True, True]

    def test_each_note_is_used_once_and_the_closest_to_the_time_map_wins(self) -> None:
        score = score_of((0, 1, 60), (1, 1, 64), (1, 1, 67))
        played = performance_of((0.0, 60), (0.9, 67), (1.0, 64), (1.0, 67))
        candidates = np.array([[0, 0], [1, 2], [2, 1], [2, 3], [0, 3]])
        assert one_to_one(score, played, candidates).tolist() == [[0, 0], [1, 2], [2, 3]]

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 1000), st.integers(1, 30))
    def test_a_later_start_changes_nothing(self, seed: int, seconds: int) -> None:
        known = simulate(random_score(seed), ORDINARY, np.random.default_rng(seed))
        notes = known.performed.notes.copy()
        notes["onset_sec"] += seconds
        later = PerformedMidi(notes, known.performed.controls, 480, 99.0)
        first, second = align(known.score_notes, known.performed), align(known.score_notes, later)
        np.testing.assert_array_equal(first.matches, second.matches)

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 1000))
    def test_matches_join_equal_pitches_one_to_one(self, seed: int) -> None:
        known = simulate(random_score(seed), ORDINARY, np.random.default_rng(seed))
        matches = align(known.score_notes, known.performed).matches
        score_rows, performed_rows = matches.T
        assert len(set(score_rows)) == len(set(performed_rows)) == len(matches)
        np.testing.assert_array_equal(
            known.score_notes["pitch"][score_rows], known.performed.notes["pitch"][performed_rows]
        )

    @pytest.mark.parametrize(
        "played",
        [[(1.0, 61)], [(1.0, 100), (2.0, 100)], [(0.1 * i, 60) for i in range(100)], [(5.0, 67)]],
        ids=["one note", "no common pitch", "one pitch, too often", "the last note only"],
    )
    def test_a_performance_of_something_else_fails_quietly(self, played: list[tuple[float, int]]) -> None:
        assert align(SCALE, performance_of(*played)).status == "failed"

    @pytest.mark.parametrize("onset", [0.0, 1.0, 30.0])
    def test_a_single_note_can_be_aligned_wherever_it_begins(self, onset: float) -> None:
        assert align(score_of((0, 1, 60)), performance_of((onset, 60))).matches.tolist() == [[0, 0]]


class TestTempoMap:
    def test_knots_are_medians_and_grace_notes_are_left_out(self) -> None:
        score = score_of((0, 1, 60), (0, 1, 64), (0, 1, 67), (1, 0, 71), (1, 1, 72), grace=(3,))
        played = performance_of((0.0, 60), (0.1, 64), (0.3, 67), (0.6, 71), (1.0, 72))
        knots = tempo_map(score, played, np.array([[i, i] for i in range(5)]))
        assert knots.score_onsets.tolist() == [0, 1]
        assert knots.performed_onsets.tolist() == [0.1, 1.0]

    def test_a_single_onset_falls_back_to_the_default_tempo(self) -> None:
        one = tempo_map(SCALE, scale_performance(start=3.0), np.array([[2, 2]]))
        np.testing.assert_allclose(one(np.array([2.0, 4.0])), [4.0, 4.0 + 2 * DEFAULT_SECONDS_PER_QUARTER])

    @given(st.lists(st.floats(0.1, 2.0), min_size=2, max_size=20))
    def test_the_map_never_goes_back_and_passes_through_its_knots(self, steps: list[float]) -> None:
        knots = TempoMap(np.arange(len(steps), dtype=float), np.cumsum(steps))
        seconds = knots(np.linspace(-3, len(steps) + 3, 200))
        assert (np.diff(seconds) >= 0).all()
        np.testing.assert_allclose(knots(knots.score_onsets), knots.performed_onsets)

    def test_beyond_the_ends_the_slope_of_the_outermost_eight_onsets_goes_on(self) -> None:
        knots = TempoMap(np.arange(20.0), np.concatenate([np.arange(10.0), 9 + 2.0 * np.arange(1, 11)]))
        np.testing.assert_allclose(knots(np.array([-2.0, 21.0])), [-2.0, knots.performed_onsets[-1] + 4.0])

    def test_knots_out_of_order_are_made_monotone(self) -> None:
        score, played = score_of((0, 1, 60), (1, 1, 62), (2, 1, 64)), performance_of((0.0, 60), (0.5, 64), (0.9, 62))
        knots = tempo_map(score, played, np.array([[0, 0], [1, 2], [2, 1]]))
        assert knots.performed_onsets.tolist() == [0.0, 0.9, 0.9]


class TestScoreSide:
    def test_a_bar_begins_where_its_first_note_is_played(self) -> None:
        score = SCALE.copy()
        score["measure"] = np.arange(len(score)) // 2
        matches = np.array([[i, i] for i in range(len(score))])
        played = scale_performance(start=3.0)
        found = bar_seconds(score, played, matches)
        assert [place for place, _ in found] == list(range(1, 1 + len(set(score["measure"]))))
        np.testing.assert_allclose([second for _, second in found], played.notes["onset_sec"][::2][: len(found)])
        assert bar_seconds(score, played, matches[:0]) == []

    def test_of_a_unison_the_longest_stays_and_the_first_of_equals(self) -> None:
        notes = score_of((0, 1, 60), (0, 2, 60), (0, 2, 60), (0, 1, 64), (1, 1, 60))
        assert merge_unisons(notes)["note_id"].tolist() == ["p0n1", "p0n3", "p0n4"]

    def test_grace_notes_are_never_merged(self) -> None:
        assert len(merge_unisons(score_of((0, 0, 60), (0, 0, 60), (0, 1, 60), grace=(0, 1)))) == 3

    @pytest.mark.parametrize(("strokes", "length"), [(1, 0.5), (2, 0.25)])
    def test_a_tremolo_alternates_its_chords_over_the_whole_span(
        self, tmp_path: Path, strokes: int, length: float
    ) -> None:
        start, stop = (TREMOLO.format(kind, strokes) for kind in ("start", "stop"))
        bar = rest(8) + note("C", 4, inside=start) + note("E", 4, head="<chord/>") + note("G", 4, inside=stop)
        expanded = struck(tmp_path, bar + note("C", 4))
        onsets = np.arange(2, 4, length)
        lower = expanded[np.isin(expanded["pitch"], [60, 64]) & (expanded["onset_quarter"] < 4)]
        upper = expanded[expanded["pitch"] == 67]
        assert lower["onset_quarter"].tolist() == np.repeat(onsets[::2], 2).tolist()
        assert upper["onset_quarter"].tolist() == onsets[1::2].tolist()
        np.testing.assert_allclose(upper["onset_beat"], upper["onset_quarter"])
        assert set(upper["duration_quarter"]) == {length}
        assert upper["note_id"].tolist() == [f"p0n3~{i}" for i in range(len(upper))]
        assert len(expanded) == len(lower) + len(upper) + 1

    def test_a_start_tag_without_partner_changes_nothing(self, tmp_path: Path) -> None:
        tagged, plain = (rest(8) + note("C", 4, inside=tag) + note("G", 8) for tag in (TREMOLO.format("start", 1), ""))
        np.testing.assert_array_equal(struck(tmp_path, tagged), struck(tmp_path, plain))
