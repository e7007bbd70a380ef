"""MazurkaBL: the reader and the labels give the counts that were measured, and a broken file gives one clear line."""

from __future__ import annotations

import csv
import math
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from percepiano_core.corpus.mazurkabl import (
    EXCLUDED_MAZURKAS,
    LEVELS,
    UNRELIABLE,
    Mazurka,
    curve_path,
    list_mazurkas,
    read_beat_loudness,
    read_loudness_curve,
    read_mazurka,
)
from percepiano_core.dynamics.examples.labels import beat_labels
from percepiano_core.dynamics.examples.rolls import positive_weight, training_starts
from percepiano_core.dynamics.inputs.curves import curve_duration
from percepiano_core.errors import DataError, UserError
from percepiano_core.metrics.levels_and_beats import CLASSES
from percepiano_core.splits.folds import Fold
from percepiano_core.splits.piece_folds import FOLDS, make_fold, read_blocks


@pytest.fixture(scope="session")
def mazurkas(mazurkabl_root: Path) -> list[Mazurka]:
    return [read_mazurka(mazurkabl_root, name) for name in list_mazurkas(mazurkabl_root)]


@pytest.fixture(scope="session")
def facts(golden: Path) -> dict[str, dict[str, str]]:
    with (golden / "dynamics" / "mazurkabl_facts.csv").open(encoding="utf-8", newline="") as file:
        return {row["mazurka"]: row for row in csv.DictReader(file)}


def recordings(mazurkas: list[Mazurka]) -> list[tuple[str, str]]:
    return [(mazurka.name, pid) for mazurka in mazurkas for pid in mazurka.beats.columns]


def test_every_mazurka_has_the_known_counts(mazurkas: list[Mazurka], facts: dict[str, dict[str, str]]) -> None:
    assert {m.name for m in mazurkas} == set(facts) - set(EXCLUDED_MAZURKAS)
    for mazurka in mazurkas:
        fact, labels, beat = facts[mazurka.name], beat_labels(mazurka), mazurka.beats.beat
        found = {
            "recordings": len(mazurka.beats.columns),
            "beats": len(beat),
            "bars": labels.measure.sum(),
            "first_beat_number": beat[0],
            "n_beat0": labels.downbeat.sum(),
            "n_beat2": beat_labels(mazurka, "upstream").downbeat.sum(),
            "marks": len(mazurka.marks),
            "first_marked_beat": mazurka.marks[0].beat + 1,
            "change_points": labels.change_point.sum(),
            "cp_at_beat1": labels.change_point[0],
            "excluded_pids": len(UNRELIABLE.get(mazurka.name, ())),
            **{f"n_{level}": (labels.level == CLASSES[level]).sum() for level in LEVELS},
        }
        assert {key: int(value) for key, value in found.items()} == {key: int(fact[key]) for key in found}, mazurka.name


def test_the_marks_give_the_known_levels(marked_mazurkas: list[Mazurka], facts: dict[str, dict[str, str]]) -> None:
    for mazurka in marked_mazurkas:
        fact, labels = facts[mazurka.name], beat_labels(mazurka)
        counts = {f"n_{level}": int((labels.level == CLASSES[level]).sum()) for level in LEVELS}
        counts |= {"change_points": int(labels.change_point.sum()), "cp_at_beat1": int(labels.change_point[0])}
        assert counts == {key: int(fact[key]) for key in counts}, mazurka.name


def test_the_corpus_has_the_known_totals(mazurkas: list[Mazurka]) -> None:
    labels = {mazurka.name: beat_labels(mazurka) for mazurka in mazurkas}
    instances: Counter[str] = Counter()
    for mazurka in mazurkas:
        of_score, count = labels[mazurka.name], len(mazurka.beats.columns)
        instances += {level: count * int((of_score.level == code).sum()) for level, code in CLASSES.items()}
        instances["change point"] += count * int(of_score.change_point.sum())
        instances["at beat 1"] += count * int(of_score.change_point[0])
        instances["downbeat"] += count * int(of_score.downbeat.sum())
    assert instances == {
        **{"p": 372_658, "f": 204_545, "pp": 47_685, "mf": 39_029, "ff": 21_292},
        **{"change point": 19_033, "at beat 1": 1_502, "downbeat": 228_041},
    }
    assert sum(len(mazurka.marks) for mazurka in mazurkas) == 531
    assert sum(int(of_score.change_point.sum()) for of_score in labels.values()) == 410
    assert len(recordings(mazurkas)) == 1_999


def test_the_excluded_mazurkas_are_counted_but_cannot_be_labelled(mazurkabl_root: Path) -> None:
    assert len(list_mazurkas(mazurkabl_root, excluded=())) == 46
    with pytest.raises(DataError, match="'fermata' is not one of pp, p, mf, f, ff; write one of these"):
        read_mazurka(mazurkabl_root, "M06-4")


def test_beat_numbers_count_from_zero_and_a_pickup_is_the_third_beat(mazurkas: list[Mazurka]) -> None:
    first = next(mazurka for mazurka in mazurkas if mazurka.name == "M06-1")
    assert (first.beats.beat[:2].tolist(), first.beats.measure[:2].tolist()) == ([2, 0], [1, 2])
    assert beat_labels(first).downbeat.sum() == 112


def test_an_unknown_protocol_is_refused(marked_mazurkas: list[Mazurka]) -> None:
    with pytest.raises(UserError, match="use corrected or upstream"):
        beat_labels(marked_mazurkas[0], "published")


def test_times_loudness_and_curves_name_the_same_recordings(mazurkabl_root: Path, durations: dict[str, float]) -> None:
    for name in ("M41-1", "M06-1"):
        times = set(read_mazurka(mazurkabl_root, name).beats.columns)
        assert times == set(read_beat_loudness(mazurkabl_root, name).columns)
        assert {f"{name}/{pid}" for pid in times} == {key for key in durations if key.startswith(name)}


def test_a_corrected_pid_is_left_alone(mazurkabl_root: Path, tmp_path: Path) -> None:
    source, target = (
        mazurkabl_root / "beat_dyn" / "M41-1beat_dynNORM.csv",
        tmp_path / "beat_dyn" / "M41-1beat_dynNORM.csv",
    )
    target.parent.mkdir()
    target.write_text(source.read_text().replace("pid9070b-01", "pid9070b-09"))
    corrected, published = read_beat_loudness(tmp_path, "M41-1"), read_beat_loudness(mazurkabl_root, "M41-1")
    assert list(corrected.columns) == list(published.columns)


def test_loudness_curves_are_read_in_sone(mazurkabl_root: Path, durations: dict[str, float]) -> None:
    curve = read_loudness_curve(mazurkabl_root, "M41-3", "pid1263-27")
    assert curve[:2].tolist() == [2.7468316, 3.7243383]
    assert curve_duration(len(curve)) == pytest.approx(durations["M41-3/pid1263-27"])


def test_test_folds_hold_every_recording_and_train_leaves_out_eleven(marked_mazurkas: list[Mazurka]) -> None:
    folds = all_folds(marked_mazurkas)
    assert [len(fold.test) for fold in folds] == [398, 408, 379, 410, 404]
    assert len({name for fold in folds for name in fold.test}) == 1_999
    complete = [
        make_fold(k, recordings(marked_mazurkas), read_blocks(), leave_out_unreliable=False) for k in range(FOLDS)
    ]
    left_out = {name for full, fold in zip(complete, folds, strict=True) for name in set(full.train) - set(fold.train)}
    assert left_out == {f"{mazurka}/{pid}" for mazurka, pids in UNRELIABLE.items() for pid in pids}


def test_no_mazurka_is_in_two_roles(marked_mazurkas: list[Mazurka]) -> None:
    for fold in all_folds(marked_mazurkas):
        roles = [{name.split("/")[0] for name in names} for names in (fold.train, fold.valid, fold.test)]
        assert sum(map(len, roles)) == len(set.union(*roles)) == 44


def test_blocks_are_the_frozen_ones(facts: dict[str, dict[str, str]]) -> None:
    assert read_blocks() == {name: int(fact["fold1988"]) for name, fact in facts.items() if fact["fold1988"]}


def test_a_mazurka_without_a_block_is_named() -> None:
    with pytest.raises(DataError, match="M99-1: is in no fold"):
        make_fold(0, [("M99-1", "pid1-01")], read_blocks())


def test_steps_an_epoch_and_positive_weights_are_the_published_ones(
    mazurkas: list[Mazurka], durations: dict[str, float]
) -> None:
    labels = {mazurka.name: beat_labels(mazurka, "upstream") for mazurka in mazurkas}
    steps, weights = [], []
    for fold in all_folds(mazurkas):
        seconds = [durations[name] for name in fold.train]
        steps.append(math.ceil(sum(len(training_starts(duration)) for duration in seconds) / 10))
        of_train = [labels[name.split("/")[0]] for name in fold.train]
        events = [sum(int(getattr(each, kind).sum()) for each in of_train) for kind in ("downbeat", "change_point")]
        beats = sum(len(each.level) for each in of_train)
        weights.append([positive_weight(seconds, count) for count in (beats, *events)])
    assert steps == [465, 510, 522, 545, 515]
    beat, downbeat, change_point = np.transpose(weights).tolist()
    assert beat == [18, 17, 18, 20, 19]
    assert downbeat == [69, 66, 68, 72, 69]
    assert change_point == [1010, 864, 743, 904, 1064]


def all_folds(mazurkas: list[Mazurka]) -> list[Fold]:
    return [make_fold(number, recordings(mazurkas), read_blocks()) for number in range(FOLDS)]


BEATS = ",measure_number,beat_number,pid1-01,pid2-01\n0,1,2,0.5,0.6\n1,2,0,1.0,1.2\n2,2,1,1.5,1.9\n"
MARKS = "piano,forte\n1,3\np,f\n"


def small_corpus(root: Path, beats: str = BEATS, marks: str = MARKS) -> Path:
    for folder, name, text in (("beat_time", "M1beat_time.csv", beats), ("markings_dyn", "M1markings.csv", marks)):
        (root / folder).mkdir()
        (root / folder / name).write_text(text)
    return root


def test_a_folder_of_the_same_layout_is_read(tmp_path: Path) -> None:
    mazurka = read_mazurka(small_corpus(tmp_path), *list_mazurkas(tmp_path))
    assert mazurka.beats.columns["pid2-01"].tolist() == [0.6, 1.2, 1.9]
    labels = beat_labels(mazurka)
    assert labels.level.tolist() == [CLASSES["p"], CLASSES["p"], CLASSES["f"]]
    assert labels.change_point.tolist() == [True, False, True]
    assert labels.measure.tolist() == [True, True, False]


@pytest.mark.parametrize(
    "beats, problem",
    [
        ("", "it is empty"),
        ("a,b\n1,2\n", "its columns are not index, measure_number"),
        (BEATS.replace("1.2", "x"), "line 3 holds 'x' in place of a number"),
        (BEATS.replace("1.2", "nan"), "line 3 holds 'nan', which is not a finite number"),
        (BEATS.replace(",1.9", ""), "line 4 has 4 cells in place of 5"),
        (BEATS.replace("1.9", "1.2"), "beat 3 of pid2-01 is not after the last"),
        (BEATS.replace("pid2-01", "pid1-01"), "two columns have the same name"),
    ],
)
def test_a_broken_beat_table_gives_one_clear_line(tmp_path: Path, beats: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem) as error:
        read_mazurka(small_corpus(tmp_path, beats=beats), "M1")
    assert "M1beat_time.csv" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "marks, problem",
    [
        ("p\n1\n", "1 beats for 0 dynamic marks"),
        ("p,p\n1,2\np\n", "2 beats for 1 dynamic marks"),
        ("p\n4\np\n", "within 1 to 3"),
        ("p,f\n2,1\np,f\n", "increasing"),
        ("p\n1.5\np\n", "not whole"),
        ("p\n1\nrit\n", "'rit' is not one of"),
    ],
)
def test_broken_marks_give_one_clear_line(tmp_path: Path, marks: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        read_mazurka(small_corpus(tmp_path, marks=marks), "M1")


@pytest.mark.parametrize(
    "text, problem",
    [
        (None, "no such loudness curve"),
        ("0.011609977\n", "rows of seconds and sone"),
        ("a,b\n", "not a loudness curve"),
        ("0.02,1.0\n", "not 512 samples"),
        ("0.011609977,nan\n", "not 512 samples"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_a_broken_curve_gives_one_clear_line(tmp_path: Path, text: str | None, problem: str) -> None:
    (tmp_path / "sones" / "M1").mkdir(parents=True)
    if text is not None:
        (tmp_path / "sones" / "M1" / "pid1-01Ntot.csv").write_text(text)
    with pytest.raises(DataError, match=problem) as error:
        read_loudness_curve(tmp_path, "M1", "pid1-01")
    assert "\n" not in str(error.value)


def test_an_empty_folder_is_not_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no MazurkaBL here"):
        list_mazurkas(tmp_path)


def test_curves_written_from_the_pack_are_read(shared: Path, mazurkabl_root: Path, tmp_path: Path) -> None:
    (tmp_path / "sones_q").symlink_to(mazurkabl_root / "sones_q")
    script = tmp_path / "decode_sones.py"
    shutil.copy(shared / "data" / "decode_sones.py", script)
    subprocess.run([sys.executable, script, tmp_path, "M41-3"], check=True, capture_output=True)
    pids = [path.name.removesuffix("Ntot.csv") for path in (mazurkabl_root / "sones" / "M41-3").iterdir()]
    assert len(pids) == 39
    for pid in pids[::8]:
        decoded, published = (read_loudness_curve(root, "M41-3", pid) for root in (tmp_path, mazurkabl_root))
        assert np.abs(decoded - published).max() < 0.0006


@pytest.mark.parametrize(
    "excerpt, pid, row",
    [("dynamics_demo1_rubinstein-2896", "pid9059b-16", 8312), ("dynamics_demo2_magallof-2914", "pid9074g-12", 7722)],
)
def test_our_loudness_follows_the_published_curves_of_the_real_excerpts(
    mazurkabl_root: Path, excerpt: str, pid: str, row: int
) -> None:
    from percepiano_core.dynamics.inputs.loudness import bark_loudness

    root = Path(os.environ.get("MAZURKABL_ROOT", mazurkabl_root))
    recording = root / "media" / f"{excerpt}.wav"
    if not recording.is_file() or not curve_path(root, "M63-3", pid).is_file():
        pytest.skip("needs the media folder and the M63-3 curves of the published MazurkaBL: set MAZURKABL_ROOT")
    waveform, rate = soundfile.read(recording)
    found = bark_loudness(waveform, rate, hop=512, mode="ma").total
    curve = read_loudness_curve(root, "M63-3", pid)[row : row + len(found)]
    assert np.corrcoef(found, curve)[0, 1] > 0.95
