"""Reading recordings: decoded once for all rates, and found by the names of performances."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from percepiano_core.dynamics.inputs.inputs import KINDS, recording_inputs, waveform_inputs
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound import decoding, recording
from percepiano_core.sound.recording import read_at_rates, read_recording
from percepiano_core.sound.recording_files import recording_of, recordings_of, sound_files


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The files that are decoded while a test runs."""
    files, opened = [], decoding.opened

    def counted(path: Path) -> Any:
        files.append(path)
        return opened(path)

    monkeypatch.setattr(recording, "opened", counted)
    yield files


def sound(path: Path, rate: int = 48000, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(0).normal(size=(round(seconds * rate), 2)), rate)
    return path


def test_a_file_is_decoded_once_for_all_rates(tmp_path: Path, decoded: list[Any]) -> None:
    path = sound(tmp_path / "a.wav")
    found = read_at_rates(path, [22050, 44100, 48000, 22050], None)
    assert decoded == [path] and list(found) == [22050, 44100, 48000]
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    for wanted, waveform in found.items():
        assert waveform.dtype == np.float32
        assert np.array_equal(waveform, soxr.resample(samples.mean(axis=1), rate, wanted))
    assert np.array_equal(read_recording(path, 44100, None), found[44100])
    loudest = [np.abs(waveform).max() for waveform in read_at_rates(path, [22050, 44100]).values()]
    assert loudest == pytest.approx([10 ** (-1 / 20)] * 2)


def test_all_inputs_are_made_of_one_decoding(tmp_path: Path, decoded: list[Any]) -> None:
    path = sound(tmp_path / "a.wav")
    together = recording_inputs(path, tuple(KINDS))
    assert decoded == [path]
    for kind, values in together.items():
        alone = waveform_inputs(read_at_rates(path, [22050, KINDS[kind].sample_rate]), [kind])[kind]
        assert np.array_equal(values, alone)


def test_a_real_recording_is_read_bit_for_bit_as_the_published_tables_had_it(shared: Path) -> None:
    found = read_at_rates(shared / "data/recordings/cut_bach.mp3", [22050, 44100])
    for rate, waveform in found.items():
        samples, own = soundfile.read(shared / "data/recordings/cut_bach.mp3", dtype="float32", always_2d=True)
        mono = soxr.resample(samples.mean(axis=1), own, rate)
        expected = (mono * (10 ** (-1 / 20) / float(np.abs(mono).max()))).astype(np.float32)
        assert np.array_equal(waveform, expected)


def test_broken_recordings_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 22050)
    soundfile.write(tmp_path / "nan.wav", np.full(9, np.nan), 22050, subtype="FLOAT")
    for name, problem in (
        ("text", "not a readable"),
        ("empty", "no samples"),
        ("nan", "not finite"),
        ("x", "no such file"),
    ):
        with pytest.raises(DataError, match=problem) as error:
            read_at_rates(tmp_path / f"{name}.wav", [22050])
        assert "\n" not in str(error.value)


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_a_recording_is_found_by_the_whole_name_first_and_by_its_last_part_else(tmp_path: Path) -> None:
    touch(tmp_path, "Bach/Fugue_1/Shi05M.MP3", "album/Lee01.flac", "album/Shi05M.wav", "no.3_4bars_3_5 .ogg", "x.txt")
    names = ["Bach/Fugue_1/Shi05M", "Bach/Fugue_2/Lee01", "no.3_4bars_3_5", "absent", "x"]
    assert recordings_of(names, tmp_path) == {
        "Bach/Fugue_1/Shi05M": tmp_path / "Bach/Fugue_1/Shi05M.MP3",
        "Bach/Fugue_2/Lee01": tmp_path / "album/Lee01.flac",
        "no.3_4bars_3_5": tmp_path / "no.3_4bars_3_5 .ogg",
    }
    assert recording_of("Lee01", tmp_path) == tmp_path / "album/Lee01.flac"
    assert recording_of("no", tmp_path) is None
    assert recordings_of(["a"], tmp_path / "absent") == {}


def test_ambiguous_recordings_are_one_line(tmp_path: Path) -> None:
    touch(tmp_path, "one/a.wav", "two/a.mp3", "b.wav", "b.flac", "c.wav")
    with pytest.raises(UserError, match=r"several files may be the recording of Piece/a \(one/a.wav, two/a.mp3\)"):
        recording_of("Piece/a", tmp_path)
    with pytest.raises(UserError, match=r"recording of b \(b.flac, b.wav\); keep one"):
        recordings_of(["c", "b"], tmp_path)
    with pytest.raises(UserError, match=r"c.wav may be the recording of P/c or of Q/c; call it P/c.wav or Q/c.wav"):
        recordings_of(["P/c", "Q/c"], tmp_path)
    assert recording_of("one/a", tmp_path) == tmp_path / "one/a.wav"


def test_sound_files_of_a_folder_are_named_by_their_paths(tmp_path: Path) -> None:
    touch(tmp_path, "b/no.3.WAV", "a.ogg", "notes.mid")
    assert sound_files(tmp_path) == {"a": tmp_path / "a.ogg", "b/no.3": tmp_path / "b/no.3.WAV"}
    assert sound_files(tmp_path / "absent") == {}
