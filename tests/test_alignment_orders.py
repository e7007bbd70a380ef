"""Performances that do not play every bar once: repeats, bars skipped or doubled, excerpts, added notes, transposed.

A small score with random bars stands for any; its performances are drawn by `simulate`, so every true match is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from alignment_cases import performance_of
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.alignment.account import departures, repeats
from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.performance import align_performance
from percepiano_core.alignment.simulate import ORDINARY, Playing, simulate
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.score.repeats import RepeatMarks
from percepiano_core.score.struck_notes import ALIGNED_NOTE_DTYPE

BARS, ONSETS = 24, 8  # bars of a whole score, eighths a bar
STEADY = Playing(tempo_sd=0.05)
PLAIN = RepeatMarks()


@dataclass(frozen=True)
class DrawnBar:
    number: str
    start: float
    length: float
    marks: RepeatMarks


class DrawnScore:
    """Has what `align_performance` asks of a WrittenScore: bars of random eighths over random bass notes."""

    def __init__(self, marks: Sequence[RepeatMarks], seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        self.bars = tuple(DrawnBar(str(bar + 1), 4.0 * bar, 4.0, mark) for bar, mark in enumerate(marks))
        self.pitches = generator.integers(60, 84, (len(marks), ONSETS))
        self.basses = generator.integers(36, 56, (len(marks), 2))
        self.ornamented: set[int] = set()

    def struck_notes(self, order: Sequence[int] | None = None) -> np.ndarray:
        rows = []
        for place, bar in enumerate(range(len(self.bars)) if order is None else order):
            upper = [(0.5 * step, 0.5, pitch) for step, pitch in enumerate(self.pitches[bar])]
            lower = [(2.0 * step, 2.0, pitch) for step, pitch in enumerate(self.basses[bar])]
            for onset, length, pitch in sorted([*upper, *lower], key=lambda note: (note[0], note[2])):
                name = f"b{bar}o{onset}p{pitch}-{place}"
                time = 4.0 * place + onset
                ornamented = bar in self.ornamented and onset == 0.0 and pitch >= 60
                rows.append((name, time, length, time, pitch, 1, 1, place, False, ornamented, False))
        return np.array(rows, dtype=ALIGNED_NOTE_DTYPE)


def played(score: DrawnScore, order: Sequence[int], playing: Playing = STEADY, seed: int = 1) -> PerformedMidi:
    return simulate(score.struck_notes(order), playing, np.random.default_rng(seed)).performed


def aligned(score: DrawnScore, order: Sequence[int], playing: Playing = STEADY) -> Alignment:
    return align_performance(score, played(score, order, playing))  # type: ignore[arg-type]


def told(alignment: Alignment) -> list[tuple[str, str, str]]:
    return [(each.kind, each.first_bar, each.last_bar) for each in alignment.excursions]


def marked(**signs: dict[int, bool]) -> list[RepeatMarks]:
    marks = [PLAIN] * BARS
    for name, bars in signs.items():
        for bar, value in bars.items():
            marks[bar] = replace(marks[bar], **{name: value})
    return marks


WRITTEN = list(range(BARS))


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_repeat_is_followed_as_often_as_it_was_played(taken: int) -> None:
    score = DrawnScore(marked(forward={4: True}, backward={9: True}))
    order = [*range(10), *[*range(4, 10)] * taken, *range(10, BARS)]
    found = aligned(score, order)
    assert list(found.order) == order
    assert len(found.matches) == len(found.score_notes) == len(score.struck_notes(order))
    assert found.repeats[0].taken == taken
    assert departures(found) == []


def test_the_right_ending_is_played_in_each_pass() -> None:
    marks = marked(backward={9: True}, endings={9: (1,), 10: (2,)}, ending_starts={9: True, 10: True})  # type: ignore[arg-type]
    order = [*range(10), *range(9), *range(10, BARS)]
    assert list(aligned(DrawnScore(marks), order).order) == order


def test_a_da_capo_ends_at_fine() -> None:
    score = DrawnScore(marked(fine={7: True}, da_capo={BARS - 1: True}))
    found = aligned(score, [*WRITTEN, *range(8)])
    assert list(found.order) == [*WRITTEN, *range(8)]
    assert repeats(found) == [f"da capo from bar {BARS} to bar 1: taken"]


def test_skipped_bars_are_told_and_their_notes_stay_unplayed() -> None:
    found = aligned(DrawnScore([PLAIN] * BARS), [*range(10), *range(15, BARS)])
    assert list(found.order) == WRITTEN
    assert told(found) == [("skipped", "11", "15")]
    assert set(found.score_notes["measure"][found.deletions].tolist()) == set(range(10, 15))
    assert found.c == 1.0
    assert departures(found)[0].startswith("bars 11 to 15 not played (50 notes; before ")


def test_bars_missing_at_the_end_are_after_the_last_note() -> None:
    found = aligned(DrawnScore([PLAIN] * BARS), [*range(BARS - 5)])
    last = found.excursions[-1]
    assert last.kind == "skipped"
    assert departures(found)[-1].endswith(f"; after {last.seconds[0]:.1f} s)")


def test_doubled_bars_are_matched_twice() -> None:
    order = [*range(13), *range(8, BARS)]
    found = aligned(DrawnScore([PLAIN] * BARS), order)
    assert list(found.order) == order
    assert told(found) == [("doubled", "9", "13")]
    assert len(found.matches) == len(found.score_notes)


@pytest.mark.parametrize("wrong, like", [(range(5, 10), 15), (range(16, 21), 6)])
def test_bars_that_the_score_has_wrong_are_not_taken_for_like_bars_elsewhere(wrong: range, like: int) -> None:
    score = DrawnScore([PLAIN] * BARS)
    performed = played(score, [*range(wrong.start), *range(like, like + len(wrong)), *range(wrong.stop, BARS)])
    found = align_performance(score, performed)  # type: ignore[arg-type]
    assert list(found.order) == WRITTEN
    assert {each.kind for each in found.excursions} <= {"extra", "skipped"}
    outside = ~np.isin(found.score_notes["measure"], wrong)
    assert set(np.flatnonzero(outside)) <= set(found.matches[:, 0].tolist())


def test_bars_played_ahead_and_then_from_where_it_went_wrong_are_a_jump() -> None:
    order = [*range(5), *range(12, 22), *range(5, BARS)]
    assert list(aligned(DrawnScore([PLAIN] * BARS), order).order) == [*range(22), *range(5, BARS)]


@pytest.mark.parametrize(
    ("bars", "excursions"),
    [
        (range(12), [("skipped", "13", "24")]),
        (range(12, BARS), [("skipped", "1", "12")]),
        (range(6, 18), [("skipped", "1", "6"), ("skipped", "19", "24")]),
    ],
)
def test_a_part_of_a_piece_is_aligned_as_that_part(bars: range, excursions: list[tuple[str, str, str]]) -> None:
    found = aligned(DrawnScore([PLAIN] * BARS), bars)
    assert found.status == "good"
    assert told(found) == excursions
    assert len(found.matches) == 10 * len(bars)


def test_notes_before_and_after_are_not_smeared_over_the_score() -> None:
    score = DrawnScore([PLAIN] * BARS)
    other = played(DrawnScore([PLAIN] * 4, seed=9), range(4)).notes
    inner = played(score, WRITTEN).notes
    later = inner.copy()
    behind = other.copy()
    for field, tick in (("onset", "onset_tick"), ("offset", "offset_tick")):
        later[f"{field}_sec"] += 30.0
        behind[f"{field}_sec"] += 30.0 + inner["offset_sec"].max() + 2.0
        later[tick] += 30 * 960
        behind[tick] = np.round(behind[f"{field}_sec"] * 960)
    notes = np.concatenate([other, later, behind])
    found = align_performance(score, replace(played(score, WRITTEN), notes=notes))  # type: ignore[arg-type]
    assert [each.kind for each in found.excursions] == ["before", "after"]
    assert sorted(found.matches[:, 1].tolist()) == list(range(len(other), len(other) + len(inner)))
    assert found.c == 1.0


@pytest.mark.parametrize("semitones", [-12, -3, 1, 5])
def test_a_transposed_performance_is_matched_and_said_to_be_one(semitones: int) -> None:
    score = DrawnScore([PLAIN] * BARS)
    performed = played(score, WRITTEN)
    notes = performed.notes.copy()
    notes["pitch"] += semitones
    found = align_performance(score, replace(performed, notes=notes))  # type: ignore[arg-type]
    assert found.transposition == semitones
    assert len(found.matches) == len(notes)
    direction = "higher" if semitones > 0 else "lower"
    assert f"semitone{'s' * (abs(semitones) > 1)} {direction} than the score" in departures(found)[0]


@pytest.mark.parametrize("seed", range(20, 26))
def test_other_music_fails(seed: int) -> None:
    other = played(DrawnScore([PLAIN] * BARS, seed=seed), WRITTEN)
    assert align_performance(DrawnScore([PLAIN] * BARS), other).status == "failed"  # type: ignore[arg-type]


def test_two_notes_are_too_few_to_tell() -> None:
    score = DrawnScore([PLAIN] * BARS)
    found = align_performance(score, performance_of((1.0, int(score.pitches[0, 0])), (1.5, int(score.pitches[0, 1]))))  # type: ignore[arg-type]
    assert found.status == "failed"


def test_sixteen_repeated_notes_are_sixteen_matches() -> None:
    score = DrawnScore([PLAIN] * 2)
    score.pitches[:] = 60
    score.basses[:] = 60
    found = align_performance(score, performance_of(*[(0.5 + 0.2 * step, 60) for step in range(16)]))  # type: ignore[arg-type]
    steps = np.unique(found.score_notes["onset_quarter"][found.matches[:, 0]])
    assert len(found.matches) == len(steps) == 16


def test_the_notes_of_a_trill_belong_to_its_note() -> None:
    score = DrawnScore([PLAIN] * BARS)
    score.ornamented = {5}
    score.pitches[5, :3] = 72, 78, 80
    performed = played(score, WRITTEN, replace(STEADY, jitter_sec=0.0))
    matches = align_performance(score, performed).matches  # type: ignore[arg-type]
    notes = score.struck_notes()
    row = int(np.flatnonzero(notes["is_ornamented"])[0])
    stroke = performed.notes[dict(matches.tolist())[row]]
    trill = np.repeat(stroke, 8)
    trill["pitch"] = [74, 72] * 4
    trill["onset_sec"] += 0.02 * np.arange(1, 9)
    trill["onset_tick"] = np.round(trill["onset_sec"] * 960)
    everything = np.concatenate([performed.notes, trill])
    everything = everything[np.lexsort((everything["pitch"], everything["onset_tick"]))]
    found = align_performance(score, replace(performed, notes=everything))  # type: ignore[arg-type]
    assert len(found.ornament_notes) == 8
    assert set(found.ornament_notes[:, 0].tolist()) == {row}
    assert not len(found.insertions)
    assert found.c == 1.0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 9), st.integers(5, 9))
def test_a_passage_left_out_leaves_the_rest_as_it_was(seed: int, start: int, length: int) -> None:
    score = DrawnScore([PLAIN] * BARS, seed=seed)
    order = [*range(start), *range(start + length, BARS)]
    found = aligned(score, order, ORDINARY)
    assert list(found.order) == WRITTEN
    assert not set(range(start, start + length)) & set(found.score_notes["measure"][found.matches[:, 0]].tolist())
    assert (np.diff(found.matches[:, 0]) > 0).all()
    assert len(set(found.matches[:, 1].tolist())) == len(found.matches)
