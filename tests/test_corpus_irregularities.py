"""Irregularities: what is known of the published corpus is found in its data."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import mido
import pytest

from percepiano_core.corpus.irregularities import COLUMNS, find_irregularities, write_irregularities
from percepiano_core.corpus.irregularity import CONSEQUENCES
from percepiano_core.corpus.readers import list_performances
from percepiano_core.corpus.records import Performance

# docs/corpus.md, "Irregularities of the released data"
PUBLISHED = {
    "blank_in_name": 1,
    "late_end_of_track": 774,
    "tick_resolution": 5,
    "several_tempo_events": 8,
    "several_tracks": 124,
    "no_sustain_pedal": 92,
    "key_pressure": 412,
    "identical_performances": 21,
    "overlapping_segments": 28,
    "differs_from_score_midi": 5,
    "label_key_lacking": 13,
    "score_without_performance": 2 * 161,
    "empty_score_midi": 2,
    "stray_file": 3,
}


@pytest.mark.slow
def test_irregularities_of_the_published_corpus_are_the_known_ones(percepiano_root: Path, tmp_path: Path) -> None:
    found = find_irregularities("percepiano", list_performances("percepiano", percepiano_root), percepiano_root)
    assert Counter(each.kind for each in found) == PUBLISHED
    details = {(each.kind, each.subject): each.detail for each in found}
    assert details["identical_performances", "Schubert_D935_no.3_4bars_Score2_9"].endswith(
        "Schubert_D935_no.3_4bars_Score_9"
    )
    assert ("blank_in_name", "Schubert_D935_no.3_4bars_2_1") in details
    assert {each.subject for each in found if each.kind == "overlapping_segments"} == {
        f"Schubert_D960_{movement}_16bars_{number}"
        for movement, numbers in (("mv2", range(1, 10)), ("mv3", (1, 7, 8, 12, 18, 19)))
        for number in (f"{n:02d}" for n in numbers)
    }
    write_irregularities(tmp_path / "irregularities.csv", found)
    with (tmp_path / "irregularities.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(found)
    assert all(row[3] for row in rows)


def midi_file(path: Path, pitches: list[int], ticks: int = 480, tail: int = 0) -> None:
    midi, track = mido.MidiFile(ticks_per_beat=ticks), mido.MidiTrack()
    for pitch in pitches:
        track += [mido.Message("note_on", note=pitch, velocity=60), mido.Message("note_off", note=pitch, time=ticks)]
    track.append(mido.MetaMessage("end_of_track", time=tail))
    midi.tracks.append(track)
    midi.save(path)


def performance(name: str, bars: int, player: str = "anna") -> Performance:
    return Performance(
        name,
        f"tune_{bars}bars",
        "tune",
        "op1",
        "op1",
        "",
        bars,
        "1",
        player,
        f"op1/{player}",
        0,
        False,
        f"{name}.mid",
        "",
    )


def test_irregularities_of_an_own_corpus_are_found(tmp_path: Path) -> None:
    midi_file(tmp_path / "long.mid", [60, 62, 64, 65], ticks=960)
    midi_file(tmp_path / "short.mid", [62, 64], tail=480 * 40)
    midi_file(tmp_path / "copy.mid", [62, 64], tail=480 * 40)
    (tmp_path / "broken.mid").write_bytes((tmp_path / "long.mid").read_bytes()[:24])
    performances = [performance(name, 8 if name == "long" else 4) for name in ("long", "short", "broken")]
    found = find_irregularities("manifest", [*performances, performance("copy", 4, "berta")], tmp_path)
    assert {(each.kind, each.subject) for each in found if each.kind != "no_sustain_pedal"} == {
        ("identical_performances", "copy"),
        ("late_end_of_track", "copy"),
        ("late_end_of_track", "short"),
        ("overlapping_segments", "tune_8bars"),
        ("tick_resolution", "long"),
        ("unreadable_midi", "broken"),
    }


def test_every_kind_has_a_consequence() -> None:
    assert set(PUBLISHED) < set(CONSEQUENCES)
    assert all(CONSEQUENCES.values())
