"""An ornament is one note of its score; notes that the score does not have are no tempo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from performance_cases import aligned, aligned_score, make_score, play

from percepiano_core.alignment.alignment import Alignment
from percepiano_core.alignment.ornaments import with_whole_ornaments
from percepiano_core.alignment.table import write_alignment_csv
from percepiano_core.alignment.tempo_map import AddedNotes, is_interrupted
from percepiano_core.corpus.midi import PerformedMidi
from percepiano_core.features.performance.alignment_files import alignment_from_table
from percepiano_core.features.performance.segment import PerformanceEntry, performance_entry, without_matches
from percepiano_core.features.score_table import ScoreTable

# quarters of a melody over a bass at 120; the note at quarter 2 (72 over 48) has the ornament, rows by (onset, -pitch)
ONSETS, PITCHES, LENGTHS = [0, 4, 8, 8, 16, 20], [64, 65, 48, 72, 67, 69], [4, 4, 8, 8, 4, 4]
ORNAMENTED, BASS = 2, 3
SECONDS = np.array([0.0, 0.5, 1.0, 1.0, 2.0, 2.5])  # of the rows, as written


def with_strokes(strokes: list[tuple[float, float, int]], matched: int) -> tuple[ScoreTable, PerformedMidi, Alignment]:
    """The score, played in time but with these strokes (onset, offset in s, pitch) for the ornamented note."""
    score = make_score(ONSETS, PITCHES, LENGTHS)
    lengths = np.array(score.notes["duration_quarter"]) * 0.5
    plain = [
        (onset, onset + length, int(pitch), (row, True))
        for row, (onset, length, pitch) in enumerate(zip(SECONDS, lengths, score.notes["pitch"], strict=True))
        if row != ORNAMENTED
    ]
    ornament = [(on, off, pitch, (ORNAMENTED, i == matched)) for i, (on, off, pitch) in enumerate(strokes)]
    played = sorted([*plain, *ornament], key=lambda note: (note[0], note[2]))
    on, off, pitch, of = zip(*played, strict=True)
    performed = play(np.array(on), np.array(off) - np.array(on), np.array(pitch))
    matches = sorted((row, i) for i, (row, is_match) in enumerate(of) if is_match)
    ornaments = [(row, i) for i, (row, is_match) in enumerate(of) if not is_match]
    return score, performed, aligned(aligned_score(score, [ORNAMENTED]), performed, matches, ornaments)


def entry_of(
    score: ScoreTable, performed: PerformedMidi, alignment: Alignment, compat: str = "default"
) -> PerformanceEntry:
    match = np.full(len(score.notes), -1)
    match[alignment.matches[:, 0]] = alignment.matches[:, 1]
    return performance_entry(score, performed, match, compat, alignment=alignment)


MORDENT = [(1.0, 1.08, 72), (1.08, 1.16, 71), (1.16, 1.9, 72)]
TURN = [(1.0, 1.25, 74), (1.25, 1.5, 72), (1.5, 1.75, 71), (1.75, 1.9, 72)]


@pytest.mark.parametrize(("strokes", "matched"), [(MORDENT, 0), (MORDENT, 2), (TURN, 1), (TURN, 3)])
def test_an_ornament_begins_with_its_first_stroke_and_ends_with_its_last(strokes: list, matched: int) -> None:
    values = entry_of(*with_strokes(strokes, matched)).values
    np.testing.assert_allclose(10 ** values["beat_tempo"], 120)
    np.testing.assert_allclose(values["onset_deviation"], 0, atol=1e-9)
    assert values["articulation"][ORNAMENTED] == pytest.approx(np.log10(0.9))
    assert values["mmidi_start_time"][ORNAMENTED] == pytest.approx(1.0)
    assert values["mmidi_end_time"][ORNAMENTED] == pytest.approx(1.9)


def test_strokes_before_the_beat_lead_to_it() -> None:
    lead = [(0.84, 0.92, 72), (0.92, 1.0, 74), (1.0, 1.9, 72)]
    values = entry_of(*with_strokes(lead, 0)).values
    assert values["mmidi_start_time"][ORNAMENTED] == pytest.approx(1.0)
    np.testing.assert_allclose(values["onset_deviation"], 0, atol=1e-9)


def without_bass(strokes: list) -> tuple[ScoreTable, PerformedMidi, Alignment]:
    score, performed, alignment = with_strokes(strokes, 0)
    kept = alignment.matches[alignment.matches[:, 0] != BASS]
    return score, performed, aligned(alignment.score_notes, performed, kept, alignment.ornament_notes)


def test_an_ornament_alone_at_its_onset_begins_where_the_tempo_says() -> None:
    assert entry_of(*without_bass(MORDENT)).values["mmidi_start_time"][ORNAMENTED] == pytest.approx(1.0)


def test_where_an_ornament_alone_may_lead_to_the_beat_its_beginning_is_not_told() -> None:
    entry = entry_of(*without_bass([(0.84, 0.92, 72), (0.92, 1.0, 74), (1.0, 1.9, 72)]))
    for key in ("mmidi_start_time", "onset_deviation", "articulation"):
        assert np.isnan(entry.values[key][ORNAMENTED])
        assert not entry.masks[key][ORNAMENTED]
    assert entry.masks["velocity"][ORNAMENTED]
    assert entry.masks["pedal_at_start"][ORNAMENTED]


def test_the_published_preset_takes_one_stroke() -> None:
    score, performed, alignment = with_strokes(TURN, 1)
    match = np.full(len(score.notes), -1)
    match[alignment.matches[:, 0]] = alignment.matches[:, 1]
    expected = performance_entry(score, performed, match, "published").values
    for key, values in entry_of(score, performed, alignment, "published").values.items():
        np.testing.assert_array_equal(values, expected[key])


def test_the_pedal_at_the_end_of_an_ornament_is_that_of_its_last_stroke() -> None:
    score, performed, alignment = with_strokes(MORDENT, 0)
    pedalled = play(
        performed.notes["onset_sec"],
        performed.notes["offset_sec"] - performed.notes["onset_sec"],
        performed.notes["pitch"],
        [(0.0, 64, 100), (1.5, 64, 0)],
    )
    assert entry_of(score, pedalled, alignment).values["pedal_at_end"][ORNAMENTED] == 0


def test_a_table_of_the_alignment_says_the_same(tmp_path: Path) -> None:
    score, performed, alignment = with_strokes(TURN, 1)
    write_alignment_csv(tmp_path / "table.csv", alignment, performed)
    read = alignment_from_table(tmp_path / "table.csv", score, performed)
    expected = entry_of(score, performed, alignment).values
    for key, values in entry_of(score, performed, read).values.items():
        np.testing.assert_array_equal(values, expected[key], err_msg=key)


def test_a_failed_alignment_has_no_ornaments() -> None:
    _, performed, alignment = with_strokes(TURN, 1)
    assert with_whole_ornaments(performed, without_matches(alignment)) is performed


def test_a_performance_without_ornaments_stays_as_it_is() -> None:
    score, performed, alignment = with_strokes([(1.0, 1.9, 72)], 0)
    assert with_whole_ornaments(performed, alignment) is performed
    assert score.notes["pitch"][ORNAMENTED] == 72


def interrupted(
    gap: float, added: list[tuple[float, int]], *, named: bool = False
) -> tuple[ScoreTable, PerformedMidi, Alignment]:
    """Eight quarters at 120, with a gap of some seconds after the fourth in which notes (onset, pitch) are added."""
    score = make_score([4 * i for i in range(8)], [60 + i for i in range(8)], [4] * 8)
    onsets = [0.5 * i + (gap if i > 3 else 0.0) for i in range(8)]
    notes = sorted([*((on, 60 + i, i) for i, on in enumerate(onsets)), *((on, pitch, -1) for on, pitch in added)])
    performed = play(
        np.array([on for on, _, _ in notes]), np.full(len(notes), 0.45), np.array([p for _, p, _ in notes])
    )
    matches = [(row, i) for i, (_, _, row) in enumerate(notes) if row >= 0]
    extra = (added[0][0], added[-1][0]) if named else None
    return score, performed, aligned(aligned_score(score), performed, matches, extra=extra)


AGAIN = [(2.0, 60), (2.5, 62), (3.0, 64), (3.5, 67)]


@pytest.mark.parametrize("named", [False, True])
def test_time_taken_by_added_notes_is_no_tempo(named: bool) -> None:
    entry = entry_of(*interrupted(2.0, AGAIN, named=named))
    before = np.arange(8) == 3
    for key in ("beat_tempo", "measure_tempo", "section_tempo"):
        assert np.isnan(entry.values[key][before]).all()
        np.testing.assert_allclose(10 ** entry.values[key][~before], 120)
    for key, expected in (("onset_deviation", 0.0), ("articulation", np.log10(0.9))):
        np.testing.assert_array_equal(entry.masks[key], ~before)
        np.testing.assert_allclose(entry.values[key][~before], expected, atol=1e-9)


def test_a_note_held_over_an_added_passage_has_no_articulation() -> None:
    score = make_score([0, 4, 8, 8, 12, 16, 20], [60, 61, 62, 48, 63, 64, 65], [4, 4, 4, 12, 4, 4, 4])
    onsets = np.array([0.0, 0.5, 1.0, 1.0, 1.5, 4.0, 4.5])
    notes = sorted([*zip(onsets, score.notes["pitch"].tolist(), range(7), strict=True), *((*n, -1) for n in AGAIN)])
    performed = play(np.array([n[0] for n in notes]), np.full(11, 0.45), np.array([n[1] for n in notes]))
    matches = [(row, i) for i, (_, _, row) in enumerate(notes) if row >= 0]
    entry = entry_of(score, performed, aligned(aligned_score(score), performed, sorted(matches)))
    assert score.notes["pitch"][~entry.masks["articulation"]].tolist() == [48, 63]
    assert score.notes["pitch"][~entry.masks["beat_tempo"]].tolist() == [63]


@pytest.mark.parametrize(
    ("gap", "added"),
    [
        (2.0, []),  # a pause is tempo
        (2.0, AGAIN[:2]),  # so is one with two slips
        (0.0, [(1.6, 60), (1.7, 67), (1.8, 72), (1.9, 60)]),  # notes that take no time
        (2.0, [(2.0, 71), (2.5, 72), (3.0, 71), (3.5, 72)]),  # a trill that is not written
    ],
)
def test_what_is_no_added_passage_stays_tempo(gap: float, added: list) -> None:
    entry = entry_of(*interrupted(gap, added))
    assert entry.masks["beat_tempo"].all()
    assert 10 ** entry.values["beat_tempo"][3] == pytest.approx(60 / (0.5 + gap))


def test_a_wrong_match_does_not_hide_an_added_passage() -> None:
    score = make_score([4 * i for i in range(8)], [60 + i for i in range(8)], [4] * 8)
    right = [(0.5 * i + (2.0 if i > 3 else 0.0), 60 + i, i) for i in range(8)]
    right[5] = (2.25, 65, 5)  # found in the bars that were played again
    notes = sorted([*right, *((on, pitch, -1) for on, pitch in AGAIN)])
    performed = play(np.array([on for on, _, _ in notes]), np.full(12, 0.45), np.array([p for _, p, _ in notes]))
    matches = [(row, i) for i, (_, _, row) in enumerate(notes) if row >= 0]
    entry = entry_of(score, performed, aligned(aligned_score(score), performed, matches))
    assert np.flatnonzero(~entry.masks["beat_tempo"]).tolist() == [3]
    np.testing.assert_allclose(10 ** entry.values["beat_tempo"][[0, 1, 2, 4, 5, 6, 7]], 120)


@pytest.mark.parametrize("matched", [0, 1, 2])
def test_a_gap_in_which_the_score_is_played_is_no_added_passage(matched: int) -> None:
    onsets, pitches = (np.array(values) for values in zip(*AGAIN, strict=True))
    added = AddedNotes(np.empty((0, 2)), onsets, pitches, np.linspace(2.1, 3.4, matched))
    seconds = np.array([0.0, 0.5, 1.0, 1.5, 4.0, 4.5])
    assert is_interrupted(added, np.arange(6.0), seconds).any() == (matched < 2)
