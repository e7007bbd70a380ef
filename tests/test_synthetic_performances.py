"""The synthetic performances carry the expression they are said to carry, and their truth is true."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import mido
import numpy as np
import pytest

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.corpus.records import Performance
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic") / "corpus"
    write_corpus(folder, Settings(seed=3))
    return folder


@pytest.fixture(scope="module")
def takes(root: Path) -> list[tuple[Performance, PerformedMidi, Rows]]:
    """Every performance: its record, what its MIDI file holds, its true alignment."""
    return [
        (each, read_performance(root / each.midi), _rows(root / "alignment" / f"{each.performance}.csv"))
        for each in read_manifest(root / "manifest.csv")
    ]


def _rows(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _expression(root: Path) -> dict[str, dict[str, float]]:
    rows = _rows(root / "expression.csv")
    return {row.pop("performance"): {key: float(value) for key, value in row.items()} for row in rows}


def test_the_true_alignment_names_every_note_of_score_and_performance_once(takes: list) -> None:
    notes_of_segment: dict[str, set[str]] = defaultdict(set)
    for record, performed, rows in takes:
        played = sorted(int(row["perf_note_index"]) for row in rows if row["perf_note_index"])
        assert played == list(range(len(performed.notes)))
        written = [row["score_note_id"] for row in rows if row["score_note_id"]]
        assert len(set(written)) == len(written)
        notes_of_segment[record.segment] |= {" ".join(sorted(written))}
    assert all(len(lists) == 1 for lists in notes_of_segment.values())


def test_the_true_alignment_shows_the_notes_of_the_midi_file(takes: list) -> None:
    for _, performed, rows in takes:
        for row in (row for row in rows if row["label"] != "deletion"):
            note = performed.notes[int(row["perf_note_index"])]
            assert float(row["perf_onset_s"]) == pytest.approx(note["onset_sec"], abs=6e-6)
            assert (int(row["perf_pitch"]), int(row["perf_velocity"])) == (note["pitch"], note["velocity"])
            assert row["label"] == "insertion" or row["score_pitch"] == row["perf_pitch"]


def test_a_deadpan_performance_is_the_notation_itself(takes: list) -> None:
    for record, performed, rows in (take for take in takes if take[0].deadpan):
        assert {row["label"] for row in rows} == {"match"}
        assert not len(performed.controls), record.performance
        latest: dict[float, float] = defaultdict(float)  # grace notes come before their principal
        for row in rows:
            onset = float(row["score_onset_quarter"])
            latest[onset] = max(latest[onset], float(row["perf_onset_s"]))
        onsets, seconds = np.array(sorted(latest.items())).T
        slope, start = np.polyfit(onsets, seconds, 1)
        assert np.abs(seconds - (slope * onsets + start)).max() < 0.002


def test_people_make_about_as_many_slips_as_their_parameters_say(root: Path, takes: list) -> None:
    expression = _expression(root)
    people = [take for take in takes if not take[0].deadpan]
    written = np.array([sum(row["label"] != "insertion" for row in rows) for _, _, rows in people])
    missed = sum(row["label"] == "deletion" for _, _, rows in people for row in rows)
    extra = sum(row["label"] == "insertion" for _, _, rows in people for row in rows)
    rates = ("omission_rate", "insertion_rate", "wrong_rate")
    chance = {key: np.array([expression[take[0].performance][key] for take in people]) for key in rates}
    assert missed == pytest.approx(np.sum(written * (chance["omission_rate"] + chance["wrong_rate"])), rel=0.2)
    assert extra == pytest.approx(np.sum(written * (chance["insertion_rate"] + chance["wrong_rate"])), rel=0.2)


def test_a_key_is_released_before_it_is_struck_again(takes: list) -> None:
    for _, performed, _ in takes:
        order = np.lexsort((performed.notes["onset_tick"], performed.notes["pitch"]))
        notes = performed.notes[order]
        same = np.diff(notes["pitch"]) == 0
        assert (notes["offset_tick"][:-1][same] < notes["onset_tick"][1:][same]).all()
        assert (notes["offset_tick"] > notes["onset_tick"]).all()


def _measured(performed: PerformedMidi, rows: Rows) -> dict[str, float]:
    """What can be heard of some parameters, with the true alignment."""
    matched = [row for row in rows if row["label"] == "match"]
    index = np.array([int(row["perf_note_index"]) for row in matched])
    quarter = np.array([float(row["score_onset_quarter"]) for row in matched])
    notes = performed.notes[index]
    slope = np.polyfit(quarter, notes["onset_sec"], 1)[0]
    pedal = performed.controls[performed.controls["number"] == 64]
    down = np.sum(np.diff(pedal["sec"])[pedal["value"][:-1] > 0]) if len(pedal) else 0.0
    return {
        "quarter_sec": float(slope),
        "velocity": float(notes["velocity"].mean()),
        "velocity_sd": float(notes["velocity"].std()),
        "down_share": float(down / notes["onset_sec"].max()),
        "depth": float(pedal["value"].max() / 127) if len(pedal) else 0.0,
        "length": float(np.median(notes["offset_sec"] - notes["onset_sec"]) / slope),
    }


@pytest.mark.parametrize(
    ("parameter", "measure", "lowest"),
    [
        ("tempo_factor", "quarter_sec", -0.9),
        ("dynamic_level", "velocity", 0.6),
        ("dynamic_range", "velocity_sd", 0.5),
        ("pedal_use", "down_share", 0.8),
        ("pedal_depth", "depth", 0.8),
        ("legato", "length", 0.7),
    ],
)
def test_expression_can_be_heard(root: Path, takes: list, parameter: str, measure: str, lowest: float) -> None:
    """Correlation inside segments of a parameter with what is measured in the MIDI file."""
    expression = _expression(root)
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for record, performed, rows in takes:
        if not record.deadpan:
            value = _measured(performed, rows)[measure]
            pairs[record.segment].append((expression[record.performance][parameter], value))
    centred = np.concatenate([np.array(each) - np.mean(each, axis=0) for each in pairs.values()])
    correlation = np.corrcoef(centred.T)[0, 1]
    assert correlation * np.sign(lowest) > abs(lowest)


def test_the_melody_leads_by_its_parameter(root: Path, takes: list) -> None:
    expression = _expression(root)
    errors = []
    for record, _, rows in (take for take in takes if take[0].piece == "Synthetic_Sonatina_mv1"):
        together: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row in (row for row in rows if row["label"] == "match"):
            together[row["score_onset_quarter"]].append((int(row["score_pitch"]), float(row["perf_onset_s"])))
        gaps = [min(chord)[1] - max(chord)[1] for chord in together.values() if len(chord) == 2]
        errors.append(1000 * np.mean(gaps) - expression[record.performance]["melody_lead"])
    assert abs(np.mean(errors)) < 3
    assert np.max(np.abs(errors)) < 20


def test_true_beats_lie_where_their_notes_are_struck(root: Path, takes: list) -> None:
    beats: dict[str, Rows] = defaultdict(list)
    for row in _rows(root / "beats.csv"):
        beats[row["performance"]].append(row)
    for record, _, rows in takes:
        mine = beats[record.performance]
        second = np.array([float(row["onset_sec"]) for row in mine])
        assert (np.diff(second) > 0.1).all()
        assert [row["downbeat"] for row in mine].count("1") == record.bars
        assert {row["dynamic"] for row in mine} <= {"pp", "p", "mf", "f", "ff"}
        struck = defaultdict(list)
        for row in (row for row in rows if row["label"] == "match"):
            struck[row["score_onset_quarter"]].append(float(row["perf_onset_s"]))
        gaps = [
            np.median(struck[row["score_onset_quarter"]]) - s
            for row, s in zip(mine, second, strict=True)
            if row["score_onset_quarter"] in struck
        ]
        assert np.median(np.abs(gaps)) < 0.06


def test_one_recording_a_piece_ends_long_after_its_last_note(root: Path, takes: list) -> None:
    tails = {
        record.performance: performed.end_sec - performed.notes["offset_sec"].max() for record, performed, _ in takes
    }
    late = {name for name, tail in tails.items() if tail > 5}
    assert len(late) == 6  # five pieces, and the short excerpt of one
    assert all(18 < tails[name] < 25 for name in late)


def test_files_are_written_as_the_real_recordings_are(root: Path, takes: list) -> None:
    for record, performed, _ in takes:
        midi = mido.MidiFile(root / record.midi)
        assert (midi.type, len(midi.tracks), midi.ticks_per_beat) == (0, 1, 480)
        assert record.deadpan or {64, 67} == set(performed.controls["number"].tolist())
        assert performed.notes["onset_sec"].min() >= 0
    levels = {
        int(v) for _, performed, _ in takes for v in performed.controls["value"][performed.controls["number"] == 64]
    }
    assert len(levels) > 20  # half pedal


def test_another_pianist_changes_nobody_else(root: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "few", Settings(seed=3, segments=4, pianists=2))
    for each in read_manifest(tmp_path / "few" / "manifest.csv"):
        assert (tmp_path / "few" / each.midi).read_bytes() == (root / each.midi).read_bytes()
