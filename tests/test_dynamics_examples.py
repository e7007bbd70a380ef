"""Containers of recordings: what goes in comes out, and what does not fit is refused in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from percepiano_core.dynamics.examples.examples import Example, read_examples, write_examples
from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.dynamics.examples.mazurkabl_examples import mazurka_examples
from percepiano_core.dynamics.examples.recordings_examples import annotated_pieces, recording_examples
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.store.container import write_container


def example(name: str = "piece/one", beats: int = 12, duration: float = 8.0, seed: int = 0) -> Example:
    rng = np.random.default_rng(seed)
    level = np.repeat([2, 4, 0], beats // 3)
    first = np.arange(beats) % 3 == 0
    return Example(
        name=name,
        group="piece",
        duration=duration,
        beat_times=np.linspace(0.5, duration - 0.5, beats),
        labels=BeatLabels(level, np.arange(beats) == 4, first, first),
        inputs={
            "curves8": rng.random((8, round(duration * 50) + 1)),
            "bssl": rng.random((22, round(duration * 50) + 1)),
        },
    )


def test_recordings_survive_a_container(tmp_path: Path) -> None:
    written = [example("piece/b", seed=1), replace(example("piece/a", duration=9.5), unreliable=True)]
    write_examples(tmp_path / "piece.h5", written)
    found = read_examples(tmp_path / "piece.h5")
    assert [each.name for each in found] == ["piece/b", "piece/a"]
    assert [each.unreliable for each in found] == [False, True]
    for ours, theirs in zip(written, found, strict=True):
        assert (theirs.group, theirs.duration) == (ours.group, ours.duration)
        for field in ("level", "change_point", "downbeat", "measure"):
            assert np.array_equal(getattr(theirs.labels, field), getattr(ours.labels, field))
        assert np.array_equal(theirs.downbeat_times, ours.downbeat_times)
        assert theirs.inputs["bssl"].dtype == np.float16
        assert theirs.inputs["bssl"] == pytest.approx(ours.inputs["bssl"], abs=1e-3)


def test_only_the_named_inputs_are_read(tmp_path: Path) -> None:
    write_examples(tmp_path / "piece.h5", [example()])
    assert set(read_examples(tmp_path / "piece.h5", ["bssl"])[0].inputs) == {"bssl"}
    with pytest.raises(UserError, match=r"piece/one has no input logmel \(it has bssl, curves8\)"):
        read_examples(tmp_path / "piece.h5", ["logmel"])


def test_equal_recordings_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("first.h5", "second.h5"):
        write_examples(tmp_path / name, [example()])
    assert (tmp_path / "first.h5").read_bytes() == (tmp_path / "second.h5").read_bytes()


def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path) -> None:
    good = example()
    broken = {
        "not of its 11 beats": replace(good, beat_times=good.beat_times[:-1]),
        "not in order of time": replace(good, beat_times=good.beat_times[::-1]),
        "not channels x 401 frames": replace(good, inputs={"bssl": np.zeros((22, 400))}),
        "not finite in half precision": replace(good, inputs={"bssl": np.full((22, 401), np.nan)}),
    }
    for problem, bad in broken.items():
        with pytest.raises(DataError, match=problem) as error:
            write_examples(tmp_path / "piece.h5", [bad])
        assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_another_file_is_no_container(tmp_path: Path) -> None:
    (tmp_path / "notes.h5").write_text("no container")
    write_container(tmp_path / "other.h5", "features", 1, {})
    for name in ("notes.h5", "other.h5", "absent.h5"):
        with pytest.raises(UserError, match=name):
            read_examples(tmp_path / name)


def test_a_broken_curve_is_listed_and_the_other_recordings_are_used(tmp_path: Path) -> None:
    for folder in ("beat_time", "markings_dyn", "sones/M06-1"):
        (tmp_path / folder).mkdir(parents=True)
    rows = [f"{i},{i // 3},{i % 3},{0.5 * i + 0.2},{0.5 * i + 0.3},{0.5 * i + 0.4}" for i in range(9)]
    header = "index,measure_number,beat_number,pid1-01,pid2-01,pid3-01"
    (tmp_path / "beat_time" / "M06-1beat_time.csv").write_text("\n".join([header, *rows]))
    (tmp_path / "markings_dyn" / "M06-1markings.csv").write_text("p,f\n1,4\np,f\n")
    curve = "".join(f"{(row + 1) * 512 / 44100:.6f},{1 + row % 5}\n" for row in range(500))
    (tmp_path / "sones" / "M06-1" / "pid1-01Ntot.csv").write_text(curve)
    (tmp_path / "sones" / "M06-1" / "pid2-01Ntot.csv").write_text(curve.replace("1.0", "loud", 1))
    found = list(mazurka_examples(tmp_path, "M06-1"))
    assert [type(each) for each in found] == [Example, DataError, DataError]
    assert "pid2-01Ntot.csv: not a loudness curve" in str(found[1]) and "\n" not in str(found[1])
    assert "no such loudness curve" in str(found[2])
    assert found[0].inputs["curves8"].shape == (8, round(found[0].duration * 50) + 1)
    assert found[0].labels.level.tolist() == [2] * 3 + [4] * 6
    (tmp_path / "markings_dyn" / "M06-1markings.csv").write_text("p,loud\n1,4\np,loud\n")
    [broken] = mazurka_examples(tmp_path, "M06-1")
    assert isinstance(broken, DataError) and "M06-1markings.csv: 'loud' is not one of" in str(broken)
    write_examples(tmp_path / "none.h5", [])
    assert read_examples(tmp_path / "none.h5") == []


def test_recordings_of_ones_own_are_read_with_their_annotations(tmp_path: Path) -> None:
    for folder in ("beat_time", "markings_dyn", "audio/song", "loose"):
        (tmp_path / folder).mkdir(parents=True)
    rows = [f"{i},{i // 3},{i % 3},{0.5 * i + 0.2},{0.5 * i + 0.3},{0.5 * i + 0.4}" for i in range(9)]
    header = "index,measure_number,beat_number,me,you,unheard"
    (tmp_path / "beat_time" / "songbeat_time.csv").write_text("\n".join([header, *rows]))
    (tmp_path / "markings_dyn" / "songmarkings.csv").write_text("p,f\n1,4\np,f\n")
    for name in ("audio/song/me.wav", "loose/other.wav"):
        soundfile.write(tmp_path / name, 0.1 * np.sin(np.arange(5 * 22050)), 22050)
    (tmp_path / "audio/song/you.wav").write_text("no sound")
    assert list(sound_files(tmp_path)) == ["audio/song/me", "audio/song/you", "loose/other"]
    assert annotated_pieces(tmp_path) == ["song"]
    mine, yours = recording_examples(tmp_path, "song", ["bssl"])
    assert (mine.name, mine.group, mine.inputs["bssl"].shape) == ("song/me", "song", (22, 251))
    assert mine.labels.level.tolist() == [2] * 3 + [4] * 6
    assert mine.labels.downbeat.tolist() == [True, False, False] * 3
    assert isinstance(yours, DataError) and "not a readable recording" in str(yours)
    (tmp_path / "beat_time" / "songbeat_time.csv").write_text(header)
    [broken] = recording_examples(tmp_path, "song", ["bssl"])
    assert isinstance(broken, DataError) and "songbeat_time.csv: " in str(broken)
