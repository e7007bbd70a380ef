"""The rules behind the score features of notes: which are played, for how long, and where in the metre."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written_scores import ATTRIBUTES, BAR, direction, grace, note, read, rest, tied

from percepiano_core.errors import DataError
from percepiano_core.features.score.metre_features import time_signature_vector
from percepiano_core.features.score.read import read_score
from percepiano_core.score.corrections import DEFAULT, PUBLISHED, Corrections
from percepiano_core.score.events import TimeSignature
from percepiano_core.score.metre import ROUNDING_TOLERANCE, beat_importance, last_at_or_before, without_gaps


def test_graces_come_first_in_playing_order_and_mark_the_chord_they_lead_to(tmp_path: Path) -> None:
    bar = grace("D") + grace("E") + grace("G", chord=True) + note("C", 12) + note("E", 12, head="<chord/>")
    table = read(tmp_path, bar, BAR)
    assert table.notes["grace_order"].tolist() == [-2, -1, -1, 0, 0, 0]
    assert table.notes["pitch"].tolist() == [62, 67, 64, 64, 60, 60]
    assert table.features["preceded_by_grace_note"].tolist() == [0, 0, 0, 1, 1, 0]
    assert table.features["notation"][:3, 8].tolist() == [1, 1, 1]
    assert table.notes["duration_div"][:3].tolist() == [0, 0, 0]


@pytest.mark.parametrize("corrections", [DEFAULT, PUBLISHED])
def test_a_tie_over_the_barline_is_one_note(tmp_path: Path, corrections: Corrections) -> None:
    bars = (note("C", 12, inside=tied("start")), note("C", 4, inside=tied("stop")) + note("D", 8))
    table = read(tmp_path, *bars, corrections=corrections)
    assert table.notes["duration_quarter"].tolist() == [4, 2]


def test_a_tie_without_a_partner_stays_only_when_corrected(tmp_path: Path) -> None:
    bars = (BAR, note("D", 12, inside=tied("stop")))
    assert len(read(tmp_path, *bars).notes) == 2
    assert len(read(tmp_path, *bars, corrections=PUBLISHED).notes) == 1


def test_of_two_notes_on_one_key_the_shorter_is_overlapped(tmp_path: Path) -> None:
    bar = note("C", 12) + "<backup><duration>12</duration></backup>" + note("C", 4, voice=2) + note("D", 8, voice=2)
    table = read(tmp_path, bar, BAR)
    assert table.notes["is_overlapped"].tolist() == [False, True, False, False]


def test_rests_are_fused_and_belong_to_the_note_before_them(tmp_path: Path) -> None:
    fermata = "<notations><fermata/></notations>"
    bars = (note("C", 4) + rest(4) + rest(4, inside=fermata), note("D", 8) + rest(4))
    table = read(tmp_path, *bars)
    assert table.features["following_rest"].tolist() == [2, 1]
    assert table.features["followed_by_fermata_rest"].tolist() == [1, 0]


def test_hidden_rests_are_no_rests(tmp_path: Path) -> None:
    table = read(tmp_path, note("C", 12), note("D", 8) + rest(4, hidden=True))
    assert table.features["following_rest"].tolist() == [0, 0]


def test_a_slur_covers_the_notes_between_its_ends(tmp_path: Path) -> None:
    start, stop = (f"<notations><slur type='{kind}' number='1'/></notations>" for kind in ("start", "stop"))
    bar = note("C", 4, inside=start) + note("D", 4) + note("E", 4, inside=stop)
    table = read(tmp_path, bar, BAR)
    assert table.features["slur_beam_vec"][:, :3].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_beams_of_a_chord(tmp_path: Path) -> None:
    begin, end = "<beam number='1'>begin</beam>", "<beam number='1'>end</beam>"
    bar = note("C", 2, inside=begin) + note("D", 2, inside=end) + note("F", 2, head="<chord/>") + note("E", 8)
    beams = {
        name: read(tmp_path, bar, corrections=corrections).features["slur_beam_vec"][:, 3:].tolist()
        for name, corrections in (("default", DEFAULT), ("published", PUBLISHED))
    }
    assert beams["default"] == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]]
    assert beams["published"] == [[1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_repeats_and_first_endings_are_played(tmp_path: Path) -> None:
    ending = "<barline location='left'><ending number='1' type='start'/></barline>"
    back = "<barline><ending number='1' type='stop'/><repeat direction='backward'/></barline>"
    table = read(tmp_path, note("C", 12), ending + note("D", 12) + back, note("E", 12))
    assert table.notes["pitch"].tolist() == [60, 62, 60, 64]
    assert table.notes["measure"].tolist() == [1, 2, 3, 4]
    assert table.measure_starts.tolist() == [0, 12, 24, 36]


def test_da_capo_al_fine(tmp_path: Path) -> None:
    fine, back = (direction("<words>x</words>", f"<sound {kind}='yes'/>") for kind in ("fine", "dacapo"))
    table = read(tmp_path, note("C", 12), note("D", 12) + fine, note("E", 12) + back)
    assert table.notes["pitch"].tolist() == [60, 62, 64, 60, 62]


def test_divisions_that_change_are_brought_to_one_grid(tmp_path: Path) -> None:
    finer = "<attributes><divisions>6</divisions></attributes>"
    table = read(tmp_path, note("C", 12), finer + note("D", 18), note("E", 18))
    assert table.divisions == 12
    assert table.notes["onset_quarter"].tolist() == [0, 3, 6]


def test_two_parts_become_one_score(tmp_path: Path) -> None:
    parts = (ATTRIBUTES + note("E", 12), ATTRIBUTES.replace(">4</div", ">2</div") + note("C", 6, octave=3))
    xml = "".join(f"<part id='P{i}'><measure number='1'>{bar}</measure></part>" for i, bar in enumerate(parts))
    path = tmp_path / "parts.musicxml"
    path.write_text(f"<score-partwise>{xml}</score-partwise>", encoding="utf-8")
    table = read_score(path, compat="default", composer="Bach")
    assert table.notes["pitch"].tolist() == [64, 48]
    assert table.notes["duration_quarter"].tolist() == [3, 3]
    assert table.locations["voice"].tolist() == [1, 11]


def test_an_incomplete_opening_bar_is_a_pickup(tmp_path: Path) -> None:
    table = read(tmp_path, note("G", 4), BAR, BAR)
    assert table.notes["onset_quarter"].tolist() == [-1, 0, 3]
    assert table.notes["onset_div"].tolist() == [0, 4, 16]
    assert table.features["beat_position"].tolist() == pytest.approx([2 / 3, 0, 0])
    published = read(tmp_path, note("G", 4), BAR, BAR, corrections=PUBLISHED)
    assert published.notes["onset_quarter"].tolist() == [0, 1, 4]
    assert published.features["beat_position"].tolist() == [0, 0, 0]


def test_a_tremolo_of_sixteenths(tmp_path: Path) -> None:
    start, stop = (
        f"<notations><ornaments><tremolo type='{kind}'>2</tremolo></ornaments></notations>"
        for kind in ("start", "stop")
    )
    bar = note("C", 2, inside=start) + note("E", 2, head="<chord/>") + note("G", 2, inside=stop) + note("C", 8)
    table = read(tmp_path, bar, BAR)
    assert table.notes["pitch"].tolist() == [64, 60, 67, 64, 60, 67, 60, 60]
    assert table.notes["onset_div"].tolist() == [0, 0, 1, 2, 2, 3, 4, 12]


def test_one_bar_is_a_score(tmp_path: Path) -> None:
    table = read(tmp_path, note("C", 4) + note("D", 8))
    assert table.features["beat_position"].tolist() == pytest.approx([0, 1 / 3])
    assert table.features["xml_position"].tolist() == pytest.approx([0, 1 / 3])


@pytest.mark.parametrize(
    ("first", "bar", "problem"),
    [
        (ATTRIBUTES.replace(">4</div", ">0</div"), BAR, "divisions"),
        (ATTRIBUTES.replace(">3<", ">3+x<"), BAR, "beats"),
        (ATTRIBUTES.replace(">3<", ">0<"), BAR, "'0' in its <beats>"),
        (ATTRIBUTES, BAR.replace("12", "twelve"), "duration"),
        (ATTRIBUTES, BAR + "<backup/>", "backup"),
        (ATTRIBUTES, BAR.replace(">C<", ">H<"), "step"),
        (ATTRIBUTES, BAR.replace("<octave>4", "<octave>40"), "MIDI"),
    ],
)
def test_notes_that_cannot_be_placed_are_a_data_error(tmp_path: Path, first: str, bar: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        read(tmp_path, bar, first=first)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("numerator", "position", "expected"),
    [
        (3, 0, 4),
        (3, 1 / 3, 2),
        (3, 1 / 2, 1),
        (3, 2 / 3, 1),
        (3, 1 / 6, 1),
        (3, 1 / 12, 0.5),
        (3, 0.1, 0),
        (2, 0.5, 3),
        (2, 0.25, 1),
        (2, 0.125, 0.5),
        (5, 0.4, 2),
        (7, 2 / 7, 2),
        (7, 0.5, 0),
        (9, 1 / 3, 2),
    ],
)
def test_beat_importance_by_the_published_rules(numerator: int, position: float, expected: float) -> None:
    assert beat_importance(position, numerator) == expected


@given(
    parts=st.sampled_from([4, 8]),
    step=st.integers(0, 7),
    error=st.floats(-ROUNDING_TOLERANCE / 2, ROUNDING_TOLERANCE / 2),
)
def test_a_tolerant_importance_forgives_rounding(parts: int, step: int, error: float) -> None:
    position = (step % parts) / parts
    assert beat_importance(position + error, 2, ROUNDING_TOLERANCE) == beat_importance(position, 2)


def test_time_signatures_as_flags() -> None:
    flags = {
        (3, 4): [0, 1, 0, 0, 0, 0, 1, 0, 0],
        (2, 2): [1, 0, 0, 0, 0, 1, 0, 0, 0],
        (6, 8): [1, 0, 0, 1, 0, 0, 0, 1, 0],
        (5, 32): [0, 0, 0, 0, 1, 0, 0, 0, 1],
    }
    for (numerator, denominator), expected in flags.items():
        assert time_signature_vector(TimeSignature(0, numerator, denominator)).tolist() == expected


@given(st.lists(st.integers(0, 30), min_size=1).map(sorted))
def test_gap_free_indices_rise_by_at_most_one(indices: list[int]) -> None:
    result = without_gaps(np.array(indices))
    assert result[0] == min(indices[0], 1)
    assert set(np.diff(result).tolist()) <= {0, 1}
    np.testing.assert_array_equal(np.diff(result) > 0, np.diff(indices) > 0)


@given(st.lists(st.floats(-5, 5), min_size=1, unique=True).map(sorted), st.floats(-6, 6))
def test_the_last_position_not_after(positions: list[float], position: float) -> None:
    index = last_at_or_before(positions, position)
    assert index == max(sum(p <= position for p in positions) - 1, 0)
