"""Levels in scores: following a recording, writing MusicXML that other programs read, engraving it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import partitura
import pytest
from partitura.score import ConstantLoudnessDirection, unfold_part_maximal
from sine_piano import played, scale_score, sound_of

from percepiano_core.alignment.score_notes import load_score
from percepiano_core.alignment.unfolding import with_deep_stack
from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi
from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.dynamics.listen.marked_score import (
    as_document,
    engrave,
    follow_score,
    mark_score,
    placed,
    write_document,
)
from percepiano_core.dynamics.listen.musicxml_marks import PlacedLevel, add_accidentals, key_alterations, replace_levels
from percepiano_core.dynamics.listen.score_following import follow
from percepiano_core.dynamics.listen.transcribed_score import (
    DIVISIONS,
    bar_quarters,
    beat_positions,
    quantised_notes,
    score_of_transcription,
)
from percepiano_core.errors import UserError

BARS = [[60, 64, 67, 62], [65, 60, 64, 66], [67, 63, 60, 61], [62, 67, 65, 60], [64, 61, 66, 60]]


def levels_in(path: Path) -> list[tuple[float, str]]:
    """(quarter, level) of each level that partitura reads."""
    part = partitura.load_musicxml(str(path)).parts[0]
    return [
        (round(float(part.quarter_map(each.start.t)), 3), each.text)
        for each in part.iter_all(ConstantLoudnessDirection)
    ]


# following


def test_a_recording_with_a_changing_tempo_is_followed() -> None:
    pitches = np.array([pitch for bar in BARS * 2 for pitch in bar])
    lengths = np.linspace(0.35, 0.8, len(pitches))
    onsets = 0.7 + np.concatenate([[0], np.cumsum(lengths)[:-1]])
    waveform = sound_of(list(zip(onsets, lengths, pitches, strict=True)))
    path = follow(waveform, np.arange(len(pitches), dtype=float), np.ones(len(pitches)), pitches)
    assert np.abs(path.quarter_at(onsets + 0.1) - np.arange(len(pitches))).max() < 0.6
    assert (np.diff(path.times) > 0).all()
    assert (np.diff(path.quarters) >= 0).all()
    assert path.quarter_at(np.array([0.0, 1e6])).tolist() == [path.quarters[0], path.quarters[-1]]


def test_another_piece_costs_more(tmp_path: Path) -> None:
    score = scale_score(tmp_path / "a.musicxml", BARS)
    own, other = (follow_score(score, sound_of(played(bars, 0.5))).path.cost for bars in (BARS, [[61, 66, 61, 66]] * 5))
    assert own < 0.3 < other


@pytest.mark.parametrize("repeats", [False, True])
def test_repeats_are_written_out_where_they_are_played(tmp_path: Path, repeats: bool) -> None:
    score = scale_score(tmp_path / "a.musicxml", BARS, repeat_first=2)
    bars = BARS[:2] + BARS if repeats else BARS
    followed = follow_score(score, sound_of(played(bars, 0.4)))
    assert followed.unfolded is repeats
    assert len(followed.document.findall("part/measure")) == len(bars)


@pytest.mark.filterwarnings("ignore")
def test_slurs_and_tuplets_across_a_repeat_do_not_stop_the_writing(asap_root: Path) -> None:
    score = load_score(asap_root / "Haydn/Keyboard_Sonatas/32-1/xml_score.musicxml")
    unfolded = with_deep_stack(lambda: unfold_part_maximal(score, update_ids=True))
    assert any(None in note.slur_starts for note in unfolded.parts[0].notes)
    assert len(list(as_document(unfolded).iter("note"))) > 2000


# writing


def test_levels_stand_where_they_are_heard_and_replace_the_written_ones(tmp_path: Path) -> None:
    written = "<direction><direction-type><dynamics><ff/></dynamics></direction-type></direction>"
    accent = "<direction><direction-type><dynamics><sf/></dynamics></direction-type></direction>"
    score = scale_score(tmp_path / "a.musicxml", BARS, marks=written + accent)
    followed = follow_score(score, sound_of(played(BARS, 0.5)))
    times = 0.5 + 0.5 * np.array([0, 6, 6.2, 10, 15]) + 0.05
    assert mark_score(followed, times, ["p", "mf", "f", "f", "pp"]) == 3
    write_document(followed.document, tmp_path / "b.musicxml")
    assert levels_in(tmp_path / "b.musicxml") == [(0, "p"), (6, "f"), (15, "pp")]
    text = (tmp_path / "b.musicxml").read_text()
    assert "<sf" in text
    assert "<ff" not in text


def test_all_else_of_a_score_stays(tmp_path: Path) -> None:
    score = scale_score(tmp_path / "a.musicxml", BARS, repeat_first=2)
    document = read_musicxml(score)
    replace_levels(document, [PlacedLevel(1, 1.5, "p"), PlacedLevel(4, 0.0, "ff")])
    write_document(document, tmp_path / "b.musicxml")
    assert levels_in(tmp_path / "b.musicxml") == [(5.5, "p"), (16.0, "ff")]
    second = document.findall("part/measure")[1]
    assert [each.tag for each in second][-4:] == ["backup", "direction", "forward", "barline"]
    before, after = (partitura.load_musicxml(str(tmp_path / name)).parts[0] for name in ("a.musicxml", "b.musicxml"))
    assert np.array_equal(before.note_array(), after.note_array())


def test_the_score_is_engraved_with_its_levels(tmp_path: Path) -> None:
    document = read_musicxml(scale_score(tmp_path / "a.musicxml", BARS))
    replace_levels(document, [PlacedLevel(0, 0.0, "p")])
    write_document(document, tmp_path / "b.musicxml")
    pages = engrave(tmp_path / "b.musicxml", tmp_path)
    assert [page.name for page in pages] == ["b_1.svg"]
    first = pages[0].read_bytes()
    assert b'class="dynam"' in first
    engrave(tmp_path / "b.musicxml", tmp_path)
    assert pages[0].read_bytes() == first


def test_a_mazurkas_score_takes_a_level(mazurkabl_root: Path, tmp_path: Path) -> None:
    path = mazurkabl_root / "xml_scores" / "mazurka24-1.xml"
    document = read_musicxml(path)
    assert levels_in(path) == []
    assert replace_levels(document, [PlacedLevel(4, 2.0, "ff")]) == 1
    write_document(document, tmp_path / "a.musicxml")
    assert [level for _, level in levels_in(tmp_path / "a.musicxml")] == ["ff"]
    assert engrave(tmp_path / "a.musicxml", tmp_path)


# accidentals


def measure_of(*notes: str, key: int = 0) -> Element:
    """A score of one measure; a note is "1C#4": voice (also its staff), step, alteration, octave."""
    signs = {"#": 1, "b": -1}
    written, last = "", "1"
    for note in notes:
        voice, step, sign, octave = re.fullmatch(r"(\d)([A-G])([#b]?)(\d)", note).groups()  # type: ignore[union-attr]
        if voice != last:
            written += f"<backup><duration>{written.count('<duration>')}</duration></backup>"
        last = voice
        alter = f"<alter>{signs[sign]}</alter>" if sign else ""
        pitch = f"<pitch><step>{step}</step>{alter}<octave>{octave}</octave></pitch>"
        written += (
            f"<note>{pitch}<duration>1</duration><voice>{voice}</voice><type>quarter</type><staff>1</staff></note>"
        )
    attributes = f"<attributes><divisions>1</divisions><key><fifths>{key}</fifths></key></attributes>"
    return fromstring(f"<score-partwise><part><measure>{attributes}{written}</measure></part></score-partwise>")


@pytest.mark.parametrize(
    ("notes", "key", "signs"),
    [
        (["1C#4", "1C#4", "1C4", "1C#5"], 0, ["sharp", None, "natural", "sharp"]),
        (["1B4", "1Bb4", "1Bb4"], -1, ["natural", "flat", None]),
        (["1F#4", "1C#4", "1G#4"], 2, [None, None, "sharp"]),
        (["1C#4", "2C4"], 0, ["sharp", "natural"]),  # at one time in two voices: in order
    ],
)
def test_signs_are_printed_where_a_reader_needs_them(notes: list[str], key: int, signs: list[str | None]) -> None:
    score = measure_of(*notes, key=key)
    add_accidentals(score)
    assert [note.findtext("accidental") for note in score.iter("note")] == signs


def test_key_signatures_alter_in_their_order() -> None:
    assert key_alterations(3) == {"F": 1, "C": 1, "G": 1}
    assert key_alterations(-2) == {"E": -1, "B": -1}
    assert key_alterations(0) == {}


# transcriptions


def transcription(*notes: tuple[float, float, int]) -> PerformedMidi:
    rows = [(0, 0, onset, onset + length, pitch, 64) for onset, length, pitch in notes]
    return PerformedMidi(np.array(rows, dtype=NOTE_DTYPE), np.zeros(0, dtype=CONTROL_DTYPE), 480, 60.0)


def test_times_become_beats_also_before_the_first_and_after_the_last() -> None:
    beats = np.array([1.0, 1.5, 2.5])
    assert beat_positions(np.array([0.5, 1.0, 1.25, 2.0, 3.0]), beats).tolist() == [-1, 0, 0.5, 1.5, 2.5]


def test_a_bar_is_the_commonest_distance_of_downbeats() -> None:
    assert bar_quarters(np.isin(np.arange(20), [2, 5, 8, 12, 15])) == 3
    assert bar_quarters(np.isin(np.arange(20), [0, 1, 2, 3, 5, 7])) == 2  # not 1
    assert bar_quarters(np.zeros(9, dtype=bool)) == bar_quarters(np.ones(9, dtype=bool)) == 4


def test_chords_of_a_staff_end_together_and_before_the_next() -> None:
    notes = quantised_notes(
        transcription((1.02, 0.1, 64), (1.0, 0.9, 67), (1.5, 0.1, 65), (1.0, 1.0, 40)), beats_at(1.0)
    )
    rows = {int(note["pitch"]): (int(note["onset_div"]), int(note["duration_div"])) for note in notes}
    assert rows == {64: (0, 4), 67: (0, 4), 65: (4, 1), 40: (0, 8)}


def beats_at(start: float) -> np.ndarray:
    return start + 0.5 * np.arange(12)


def test_a_transcription_becomes_a_score_with_its_levels(tmp_path: Path) -> None:
    notes = [(0.5 + 0.5 * index, 0.45, pitch) for index, pitch in enumerate([60, 64, 67, 61, 40, 72, 66, 60, 48, 55])]
    downbeat = np.arange(12) % 3 == 1
    part, first_beat = score_of_transcription(transcription(*notes), beats_at(1.0), downbeat)
    positions = first_beat + DIVISIONS * np.array([0, 4, 6])
    document = as_document(part)
    assert replace_levels(document, placed(part, positions, ["mf", "p", "ff"])) == 3
    write_document(document, tmp_path / "a.musicxml")
    read = partitura.load_musicxml(str(tmp_path / "a.musicxml")).parts[0]
    assert [(m.end.t - m.start.t) // DIVISIONS for m in read.measures] == [3] * 4
    assert sorted(note.midi_pitch for note in read.notes_tied) == sorted(pitch for _, _, pitch in notes)
    # beat 1, a downbeat, begins the second bar; the first note is a quarter before beat 0
    assert [level for _, level in levels_in(tmp_path / "a.musicxml")] == ["mf", "p", "ff"]
    starts = [m.start.t for m in read.measures]
    marks = [each.start.t for each in read.iter_all(ConstantLoudnessDirection)]
    assert marks == [first_beat, starts[2], starts[2] + 2 * DIVISIONS]
    assert engrave(tmp_path / "a.musicxml", tmp_path)


def test_a_score_needs_beats() -> None:
    with pytest.raises(UserError, match="fewer than two beats"):
        score_of_transcription(transcription((0.0, 1.0, 60)), np.array([1.0]), np.array([True]))


def test_notes_long_after_the_recording_are_refused() -> None:
    with pytest.raises(UserError, match="goes on for 17 minutes after the last beat"):
        score_of_transcription(transcription((1000.0 + 6.5, 1.0, 60)), beats_at(1.0), np.ones(12, dtype=bool))
