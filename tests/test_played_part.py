"""What a performance that leaves bars out is described by: the bars that were played, without the jump between them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import mido
import numpy as np
import pytest
from written_scores import ATTRIBUTES, dynamics, note

from percepiano_core.alignment.alignment import Thresholds
from percepiano_core.alignment.performance import align_performance
from percepiano_core.alignment.played_part import bars_left_out, played_part
from percepiano_core.alignment.segment import align_segment
from percepiano_core.corpus.midi import read_performance
from percepiano_core.features.performance.from_files import read_played
from percepiano_core.features.performance.segment import segment_features
from percepiano_core.features.score.read import read_score
from percepiano_core.score.written_score import read_written_score
from percepiano_core.store.alignments import AlignedPerformance, read_segment_alignments, write_segment_alignments
from percepiano_core.store.features import read_segment_features, write_segment_features

STEPS = {0: "C", 2: "D", 4: "E", 5: "F", 7: "G", 9: "A", 11: "B"}
PITCHES = [12 * octave + step for octave in (4, 5, 6) for step in STEPS]
BARS = 24


def tune() -> list[list[int]]:
    """Three quarters a bar, no two bars alike."""
    return np.random.default_rng(3).choice(PITCHES, size=(BARS, 3)).tolist()


def written(path: Path, bars: list[list[int]], signs: dict[int, str]) -> Path:
    measures = "".join(
        f"<measure number='{i + 1}'>{ATTRIBUTES if i == 0 else ''}{signs.get(i, '')}"
        + "".join(note(STEPS[pitch % 12], 4, octave=pitch // 12 - 1) for pitch in bar)
        + "</measure>"
        for i, bar in enumerate(bars)
    )
    path.write_text(f"<score-partwise><part id='P1'>{measures}</part></score-partwise>", encoding="utf-8")
    return path


def played(path: Path, bars: list[list[int]]) -> Path:
    """The bars at 120 quarters a minute."""
    track = mido.MidiTrack()
    for pitch in [pitch for bar in bars for pitch in bar]:
        track.append(mido.Message("note_on", note=pitch, velocity=64, time=24))
        track.append(mido.Message("note_off", note=pitch, time=456))
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(path)
    return path


@pytest.mark.parametrize(("first", "stop"), [(8, 13), (0, 10), (14, BARS)])
def test_bars_that_were_left_out_are_no_rows_and_the_jump_no_tempo(tmp_path: Path, first: int, stop: int) -> None:
    bars = tune()
    score = written(tmp_path / "score.musicxml", bars, {2: dynamics("p"), first + 1: dynamics("ff")})
    midi = played(tmp_path / "take.mid", bars[:first] + bars[stop:])
    alignment = align_performance(read_written_score(score), read_performance(midi))
    assert bars_left_out(alignment) == tuple(range(first, stop))
    take = read_played(score, {"take": midi}, "default", "")["take"]
    assert len(take.notes.values["midi_pitch"]) == 3 * (BARS - (stop - first))
    assert take.notes.masks["align_matched"].all() and take.notes.values["align_matched"].all()
    tempo = 10 ** take.notes.values["beat_tempo"]
    np.testing.assert_allclose(tempo, 120, rtol=0.02)
    if 2 < first < stop < BARS:  # the sign in the bars left out holds behind them
        assert take.notes.values["dynamic"][3 * first][0] > take.notes.values["dynamic"][3 * first - 1][0]
    assert take.descriptors["aligned_deletion_rate"] == 0
    assert take.descriptors["aligned_insertion_rate"] == 0
    assert take.descriptors["aligned_tempo_step_mean"] == pytest.approx(0, abs=0.02)


def test_what_follows_a_passage_left_out_begins_where_that_began(tmp_path: Path) -> None:
    bars = tune()
    score = written(tmp_path / "score.musicxml", bars, {})
    midi = played(tmp_path / "take.mid", bars[:8] + bars[12:])
    part = played_part(align_performance(read_written_score(score), read_performance(midi)))
    np.testing.assert_allclose(part.score_notes["onset_quarter"], np.arange(3 * (BARS - 4)))
    assert (part.matches[:, 0] == np.arange(3 * (BARS - 4))).all()


def test_a_whole_performance_is_its_own_part(tmp_path: Path) -> None:
    bars = tune()
    alignment = align_performance(
        read_written_score(written(tmp_path / "score.musicxml", bars, {})),
        read_performance(played(tmp_path / "take.mid", bars)),
    )
    assert played_part(alignment) is alignment and bars_left_out(alignment) == ()


def test_players_of_one_segment_may_take_different_repeats(tmp_path: Path) -> None:
    bars = tune()
    sign = "<barline location='right'><repeat direction='backward'/></barline>"
    score = written(tmp_path / "score.musicxml", bars, {})
    score.write_text(score.read_text().replace("</measure><measure number='9'", f"{sign}</measure><measure number='9'"))
    takes = {"taken": bars[:8] + bars, "straight": bars, "again": bars[:8] + bars, "cut": bars[:8] + bars[14:]}
    files = {name: played(tmp_path / f"{name}.mid", takes[name]) for name in takes}
    notes, aligned, lines = align_segment(score, files, Thresholds(), tmp_path)
    assert len(notes) == 3 * BARS
    stored = {name: AlignedPerformance(*pair) for name, pair in aligned.items()}
    write_segment_alignments(tmp_path / "alignment.h5", notes, stored)
    read = {
        name: (each.performed, each.alignment)
        for name, each in read_segment_alignments(tmp_path / "alignment.h5").performances.items()
    }
    segment = segment_features(partial(read_score, score, "default", ""), read, "default")
    write_segment_features(tmp_path / "features.h5", segment)
    features = read_segment_features(tmp_path / "features.h5")
    assert len(features.scores) == 3  # two took the repeat
    for name, played_bars in takes.items():
        table = features.table(name)
        assert len(table.values["midi_pitch"]) == 3 * len(played_bars)
        assert table.values["midi_pitch"].tolist() == [pitch for bar in played_bars for pitch in bar]
        np.testing.assert_allclose(10 ** table.values["beat_tempo"], 120, rtol=0.02)
    assert [(line.subject, line.problem) for line in lines if "not played" in line.problem] == [
        ("cut", lines[-1].problem)
    ]
