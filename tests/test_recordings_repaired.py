"""Recordings as they come: read and repaired with a word about it, or refused in one line."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path, PurePath

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sine_piano import RATE, played, sound_of

from percepiano_core.errors import DataError
from percepiano_core.sound.recording import read_recording
from percepiano_core.sound.recording_files import recording_of, sound_files
from percepiano_core.sound.repair import Repair
from percepiano_core.sound.sound_formats import refuse_what_is_no_sound

MUSIC = sound_of(played([[60, 64, 67, 62], [65, 60, 64, 66]], 0.25))
SECONDS = len(MUSIC) / RATE
KINDS = {  # ending -> format, subtype
    "wav": ("WAV", "PCM_16"),
    "u8.wav": ("WAV", "PCM_U8"),
    "24.wav": ("WAV", "PCM_24"),
    "32.wav": ("WAV", "PCM_32"),
    "float.wav": ("WAV", "FLOAT"),
    "double.wav": ("WAV", "DOUBLE"),
    "extensible.wav": ("WAVEX", "PCM_24"),
    "rf64.wav": ("RF64", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
}


def written(path: Path, samples: np.ndarray = MUSIC, rate: int = RATE, **kind: str) -> Path:
    soundfile.write(path, samples, rate, **kind)
    return path


def read(path: Path, peak_dbfs: float | None = None) -> tuple[np.ndarray, list[Repair]]:
    """The waveform, and what was told about it."""
    told: list[Repair] = []
    return read_recording(path, RATE, peak_dbfs, told.append), told


def only(told: list[Repair]) -> str:
    (repair,) = told
    assert "\n" not in str(repair)
    return str(repair)


def refused(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_recording(path)
    assert "\n" not in str(error.value) and error.value.subject == str(path)
    return str(error.value).removeprefix(f"{path}: ")


def alike(found: np.ndarray, expected: np.ndarray = MUSIC) -> float:
    """Correlation over what both have."""
    shared = min(len(found), len(expected))
    return float(np.corrcoef(found[:shared], expected[:shared])[0, 1])


# kinds


@pytest.mark.parametrize("ending", KINDS)
def test_every_kind_of_file_is_read_without_a_word(ending: str, tmp_path: Path) -> None:
    sound_format, subtype = KINDS[ending]
    samples = MUSIC - MUSIC.mean()
    path = written(tmp_path / f"a.{ending}", np.stack([samples] * 2, axis=1), format=sound_format, subtype=subtype)
    found, told = read(path)
    assert len(found) == len(MUSIC) and alike(found) > 0.98
    assert [repair for repair in told if "offset" not in repair.problem] == []  # 8 bits are half a step off centre


def test_opus_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.opus", np.repeat(MUSIC, 2), 48000, format="OGG", subtype="OPUS")
    found, told = read(path)
    assert len(found) == pytest.approx(2 * len(MUSIC) * RATE / 48000, abs=1) and told == []


@pytest.mark.parametrize("rate", [8000, 11025, 32000, 96000, 192000])
def test_every_rate_is_read(rate: int, tmp_path: Path) -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    found, told = read(written(tmp_path / "a.wav", tone, rate))
    expected = 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert np.abs(found - expected)[500:-500].max() < 2e-3 and told == []


@pytest.mark.parametrize("rate", [12, 1_000_000])
def test_an_impossible_rate_is_refused(rate: int, tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "a.wav").read_bytes())
    data[24:28] = struct.pack("<I", rate)
    (tmp_path / "a.wav").write_bytes(data)
    assert f"its header says {rate} samples a second" in refused(tmp_path / "a.wav")


def test_a_rate_of_0_is_told_in_words(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path / "a.wav").read_bytes())
    data[24:28] = bytes(4)
    (tmp_path / "a.wav").write_bytes(data)
    assert "its header gives an impossible rate" in refused(tmp_path / "a.wav")


@pytest.mark.parametrize("ending", ["flac", "ogg", "mp3", "aiff"])
def test_a_file_is_known_by_its_content_and_a_wrong_ending_is_named(ending: str, tmp_path: Path) -> None:
    sound_format, subtype = KINDS[ending]
    path = written(tmp_path / "a.wav", MUSIC, format=sound_format, subtype=subtype)
    found, told = read(path)
    assert len(found) == len(MUSIC)
    assert f"it is {sound_format}, though its name ends in .wav" in only(told)


@pytest.mark.parametrize("name", ["a.raw", "a.vox", "a.gsm", "a", "a.txt"])
def test_the_ending_of_a_name_neither_helps_nor_hinders(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav").rename(tmp_path / name)
    assert np.array_equal(read(path)[0], read(written(tmp_path / "b.wav"))[0])
    path.write_bytes(b"no sound at all " * 40)
    assert "it is a text" in refused(path)


FOREIGN = {
    "MPEG-4": (b"\0\0\0\x20ftypM4A \0\0\0\0" + b"\1" * 200, "ffmpeg -i 'FOLDER/a b.wav' 'FOLDER/a b-converted.wav'"),
    "AAC": (b"\xff\xf1\x50\x80" + bytes(range(256)) * 8, "convert it: ffmpeg"),
    "Windows Media": (bytes.fromhex("3026b2758e66cf11") + b"\1" * 200, "convert it: ffmpeg"),
    "WebM": (b"\x1a\x45\xdf\xa3" + b"\1" * 200, "convert it: ffmpeg"),
    "MIDI": (b"MThd\0\0\0\x06\0\1\0\1\1\xe0", "fluidsynth"),
    "web page": (b"\n<!DOCTYPE html><html>", "give the recording itself"),
    "MusicXML": (b'<?xml version="1.0"?><score-partwise/>', "give the recording itself"),
    "a zip archive": (b"PK\3\4" + b"\1" * 200, "unpack it"),
    "PDF": (b"%PDF-1.4", "give the recording itself"),
    "picture": (b"\x89PNG\r\n", "give the recording itself"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
    "an empty file": (b"", "copy or export it again"),
    "zero bytes only": (bytes(9000), "copy or export it again"),
    "it is a text": ("dear reader, kära läsare".encode(), "give the recording itself"),
    "not a readable recording": (bytes(range(256)) * 20, "give the recording as WAV, FLAC, OGG or MP3"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_is_no_readable_sound_is_named_with_a_remedy_that_helps(what: str, tmp_path: Path) -> None:
    data, remedy = FOREIGN[what]
    path = tmp_path / "a b.wav"
    path.write_bytes(data)
    line = refused(path)
    assert what in line and remedy in line.replace(str(tmp_path), "FOLDER")


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "absent.wav")
    assert "is a folder" in refused(tmp_path)
    assert "is a device" in refused(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a.m4a", "ffmpeg -i a.m4a a.wav"),
        ("x/a.WAV", "ffmpeg -i x/a.WAV x/a-converted.wav"),
        ("-a.m4a", "ffmpeg -i ./-a.m4a ./-a.wav"),
        ("$a.m4a", "ffmpeg -i '$a.m4a' '$a.wav'"),
    ],
)
def test_the_command_that_converts_writes_another_file_in_the_same_folder(name: str, command: str) -> None:
    with pytest.raises(DataError, match="MPEG-4") as error:
        refuse_what_is_no_sound(PurePath(name), FOREIGN["MPEG-4"][0])
    assert error.value.remedy == f"convert it: {command}"


def test_sound_that_must_be_converted_is_found_and_gives_way_to_what_can_be_read(tmp_path: Path) -> None:
    for name in ("one.m4a", "one.aiff", "two.wma", "three.OPUS"):
        (tmp_path / name).touch()
    found = {name: path.name for name, path in sound_files(tmp_path).items()}
    assert found == {"one": "one.aiff", "three": "three.OPUS", "two": "two.wma"}
    assert recording_of("Piece/one", tmp_path) == tmp_path / "one.aiff"


# headers and ends


def wav(
    path: Path, riff: int | None = None, data: int | None = None, tail: bytes = b"", cut: int | None = None
) -> Path:
    """A WAV file of 16 bits with sizes of one's own in its header, and bytes after its sound."""
    content = bytearray(written(path, subtype="PCM_16").read_bytes())
    assert content[36:40] == b"data"
    for at, size in ((4, riff), (40, data)):
        if size is not None:
            content[at : at + 4] = struct.pack("<I", size)
    path.write_bytes((bytes(content) + tail)[:cut])
    return path


@pytest.mark.parametrize(
    ("riff", "data", "says"),
    [
        (0, 0, "the length of the sound in its header is wrong"),
        (36, 0, "the length of the sound in its header is wrong"),
        (0xFFFFFFFF, 0xFFFFFFFF, "does not say how much sound it has"),
        (0x7FFFFFFF, 0x7FFFFFDB, "does not say how much sound it has"),
        (None, 4410, "the length of the sound in its header is wrong"),
    ],
)
def test_sizes_that_were_left_open_or_are_wrong_are_read_to_the_end(
    riff: int | None, data: int | None, says: str, tmp_path: Path
) -> None:
    found, told = read(wav(tmp_path / "a.wav", riff, data))
    assert np.array_equal(found, read(written(tmp_path / "b.wav"))[0])
    assert says in only(told) and f"({SECONDS:.2f} s)" in only(told)


def test_what_follows_the_sound_by_the_rules_is_not_read_as_sound(tmp_path: Path) -> None:
    whole = read(written(tmp_path / "a.wav"))[0]
    info = b"LIST" + struct.pack("<I", 10) + b"INFOabcdef"
    found, told = read(wav(tmp_path / "b.wav", tail=info * 400))
    assert np.array_equal(found, whole) and told == []
    found, told = read(wav(tmp_path / "c.wav", tail=b"\1\2\3\4" * 22050))
    assert np.array_equal(found, whole)
    assert "has 88200 bytes that its header does not count; they are left out" in only(told)


@pytest.mark.parametrize("ending", ["wav", "24.wav", "rf64.wav", "flac", "mp3", "aiff", "au", "caf", "w64"])
def test_a_file_that_breaks_off_is_read_so_far_with_what_is_missing(ending: str, tmp_path: Path) -> None:
    sound_format, subtype = KINDS[ending]
    path = written(tmp_path / f"a.{ending}", np.tile(MUSIC, 4), format=sound_format, subtype=subtype)
    whole = read(path)[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    found, told = read(path)
    line = only(told)
    missing = len(whole) / RATE - len(found) / RATE
    assert f"{missing:.1f}" in line or f"{missing - 0.05:.1f}" in line or f"{missing + 0.05:.1f}" in line
    assert f"the first {len(found) / RATE:.2f} s are used" in line
    assert 0.6 < len(found) / len(whole) < 0.8 and alike(found, whole) > 0.99


def test_an_ogg_file_without_its_end_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ogg", np.tile(MUSIC, 12), format="OGG", subtype="VORBIS")
    assert read(path)[1] == []
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(3000))
    assert read(path)[1] == []
    path.write_bytes(whole[: len(whole) * 3 // 4])
    assert "it is cut short, and does not say how much is missing" in only(read(path)[1])
    path.write_bytes(whole[:-5])
    assert "it is cut short" in only(read(path)[1])


@pytest.mark.parametrize("cut", [4, 20, 30, 44])
def test_a_file_that_breaks_off_in_its_header_is_one_line(cut: int, tmp_path: Path) -> None:
    assert refused(wav(tmp_path / "a.wav", cut=cut))


# samples


def test_channels_that_cancel_each_other_are_heard(tmp_path: Path) -> None:
    room = 0.02 * np.random.default_rng(0).normal(size=(len(MUSIC), 2))
    path = written(
        tmp_path / "a.wav", np.stack([MUSIC, -0.9 * MUSIC], axis=1) + room * np.abs(MUSIC).max(), subtype="FLOAT"
    )
    found, told = read(path)
    assert "its channels cancel each other" in only(told)
    assert abs(alike(found)) > 0.99 and np.abs(found).max() == pytest.approx(0.95 * np.abs(MUSIC).max(), rel=0.1)
    exact = written(tmp_path / "b.wav", np.stack([MUSIC, -MUSIC], axis=1))
    assert abs(alike(read(exact)[0])) > 0.999


def test_one_channel_of_many_that_runs_against_the_others_is_turned(tmp_path: Path) -> None:
    channels = np.stack([MUSIC, -MUSIC, np.zeros_like(MUSIC), 0.5 * MUSIC, -0.5 * MUSIC, np.zeros_like(MUSIC)], axis=1)
    found, told = read(written(tmp_path / "a.wav", channels))
    assert "cancel" in only(told) and abs(alike(found)) > 0.999


def test_stereo_as_it_is_recorded_is_the_plain_mean(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    wide = rng.normal(size=(22050, 2)) @ np.array([[1, -0.2], [-0.2, 1]]) * 0.1
    one_sided = np.stack([MUSIC, np.zeros_like(MUSIC), np.zeros_like(MUSIC), np.zeros_like(MUSIC)], axis=1)
    for name, samples in (("wide", wide - wide.mean(axis=0)), ("one", one_sided - one_sided.mean(axis=0))):
        path = written(tmp_path / f"{name}.wav", samples, subtype="FLOAT")
        found, told = read(path)
        assert told == [] and np.array_equal(found, samples.astype(np.float32).mean(axis=1))


def test_an_offset_is_taken_off_and_named_if_it_is_large(tmp_path: Path) -> None:
    plain = read(written(tmp_path / "a.wav", MUSIC - MUSIC.mean(), subtype="FLOAT"))[0]
    found, told = read(written(tmp_path / "b.wav", MUSIC - MUSIC.mean() + 0.2, subtype="FLOAT"))
    assert np.abs(found - plain).max() < 1e-4
    assert "a constant offset of 0.200 of full scale; that is taken off" in only(told)
    small = np.abs(MUSIC).max() / 200
    found, told = read(written(tmp_path / "c.wav", MUSIC - MUSIC.mean() + small, subtype="FLOAT"))
    assert np.abs(found - plain).max() < 1e-4 and told == []


def test_samples_that_are_no_numbers_are_refused_with_their_place(tmp_path: Path) -> None:
    samples = MUSIC.copy()
    samples[30000] = np.nan
    path = written(tmp_path / "a.wav", samples, subtype="FLOAT")
    assert f"samples that are not finite numbers, the first at {30000 / RATE:.2f} s" in refused(path)
    samples[20000] = 1e30
    path = written(tmp_path / "b.wav", samples, subtype="FLOAT")
    assert f"samples that are as large as 1e+30, the first at {20000 / RATE:.2f} s" in refused(path)
    whole_numbers = written(tmp_path / "c.wav", MUSIC * 2**31, subtype="FLOAT")
    assert alike(read(whole_numbers)[0]) > 0.999


def test_dither_is_silence_and_a_soft_recording_is_not(tmp_path: Path) -> None:
    dither = np.random.default_rng(0).integers(-1, 2, RATE).astype(np.int16)
    assert not read(written(tmp_path / "a.wav", dither), -1.0)[0].any()
    offset = np.full(RATE, 4000, dtype=np.int16)
    assert not read(written(tmp_path / "b.wav", offset + dither), -1.0)[0].any()
    assert read(written(tmp_path / "c.wav", MUSIC * 1e-6, subtype="FLOAT"), -1.0)[0].max() > 0.5
    assert not read(written(tmp_path / "e.wav", MUSIC * 1e-40, subtype="FLOAT"), -1.0)[0].any()
    assert read(written(tmp_path / "d.wav", MUSIC * 1e-2, subtype="PCM_16"), -1.0)[0].max() > 0.5


@pytest.mark.parametrize("samples", [1, 2, 100])
def test_a_few_samples_are_a_recording(samples: int, tmp_path: Path) -> None:
    found, told = read(written(tmp_path / "a.wav", MUSIC[12000 : 12000 + samples], subtype="FLOAT"))
    assert len(found) == samples and told == []


def test_only_the_result_of_a_long_recording_is_held(tmp_path: Path) -> None:
    minutes = np.tile(np.repeat(MUSIC, 2), 30)[: 60 * 2 * RATE]
    path = written(tmp_path / "a.wav", np.stack([minutes] * 4, axis=1), 2 * RATE)
    size = 4 * 60 * RATE
    tracemalloc.start()
    read_recording(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * size  # the samples of the file are 8 times the result


@example(kind="au", changes=[(4, 0)], kept=4)
@settings(max_examples=120, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["wav", "flac", "aiff", "caf", "au", "ogg"]),
    changes=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=6),
    kept=st.one_of(st.none(), st.integers(0, 40), st.integers(0, 400)),
)
def test_damaged_bytes_give_a_waveform_or_one_line(
    kind: str, changes: list[tuple[int, int]], kept: int | None, tmp_path: Path
) -> None:
    sound_format, subtype = KINDS[kind]
    path = written(tmp_path / f"a.{kind}", MUSIC[:4000], format=sound_format, subtype=subtype)
    data = bytearray(path.read_bytes())
    for at, byte in changes:
        data[at % len(data)] = byte
    path.write_bytes(data[:kept])
    try:
        found, told = read(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert found.ndim == 1 and found.dtype == np.float32 and np.isfinite(found).all()
        assert all("\n" not in str(repair) for repair in told)
