"""Shards of the mel cache: whole or not at all, the same bytes for the same sound, damage told in one line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
from killed_runs import run_until_killed

from percepiano_core.audio.mel_cache.building import build_shard
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.crops import fill_batch, random_starts
from percepiano_core.audio.mel_cache.front_ends import front_end, mel_of_recording
from percepiano_core.audio.mel_cache.normalisation import MelNormalisation
from percepiano_core.audio.mel_cache.shard import StoredMel, write_shard
from percepiano_core.errors import UserError

PIANO, AST = front_end("piano22k"), front_end("ast16k")
NAMES = (" Schubert_1", "Bach/Fugue_1/Shi05M", "Мазурка")


def made_up(name: str, frames: int, seed: int = 0) -> StoredMel:
    rng = np.random.default_rng(seed)
    return StoredMel(name, (-40 + 20 * rng.normal(size=(frames, 128))).astype(np.float32), f"{seed:064x}")


def written(path: Path, count: int = 3, frames: int = 40) -> Path:
    mels = (made_up(name, frames + number, number) for number, name in enumerate(NAMES[:count]))
    write_shard(path, PIANO, "noise", mels)
    return path


@pytest.fixture
def recordings(tmp_path: Path) -> dict[str, Path]:
    """Five seconds of sound in all; the third is none."""
    files = {name: tmp_path / f"sound_{number}.wav" for number, name in enumerate(NAMES)}
    rng = np.random.default_rng(0)
    for number, path in enumerate(files.values()):
        soundfile.write(path, 0.1 * rng.normal(size=22050 * (number + 1)), 22050)
    files["text"] = tmp_path / "text.wav"
    files["text"].write_text("no sound")
    files["silent"] = tmp_path / "silent.wav"
    soundfile.write(files["silent"], np.zeros(22050), 22050)
    return files


def test_what_was_written_is_read(tmp_path: Path) -> None:
    cache = MelCache([written(tmp_path / "a.h5")], PIANO)
    assert cache.names == NAMES and NAMES[0] in cache and "other" not in cache
    for number, name in enumerate(NAMES):
        expected = made_up(name, 40 + number, number)
        assert cache.frames(name) == 40 + number
        assert (cache.source_sha256(name), cache.sound(name)) == (expected.source_sha256, "noise")
        np.testing.assert_array_equal(cache.mel(name, np.float16), expected.mel.astype(np.float16))
        assert cache.mel(name).dtype == np.float32
    cache.verify()


def test_shards_together_are_one_cache(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.h5", PIANO, "x", [made_up("one", 10)])
    write_shard(tmp_path / "b.h5", PIANO, "x", [])
    write_shard(tmp_path / "c.h5", PIANO, "x", [made_up("two", 0), made_up("three", 5)])
    cache = MelCache([tmp_path / "a.h5", tmp_path / "b.h5", tmp_path / "c.h5"], PIANO)
    assert [cache.view(name).shape for name in cache.names] == [(10, 128), (0, 128), (5, 128)]
    with pytest.raises(UserError, match=r"four: it has no spectrogram among the 3 of piano22k"):
        cache.frames("four")
    with pytest.raises(UserError, match=r"c\.h5: two is in it and in .*c\.h5; open the shards of one kind"):
        MelCache([tmp_path / "c.h5", tmp_path / "c.h5"], PIANO)


def test_files_become_a_shard_and_those_that_cannot_are_listed(tmp_path: Path, recordings: dict[str, Path]) -> None:
    told: list[str] = []
    lines = build_shard(tmp_path / "a.h5", recordings, PIANO, "noise", root=tmp_path, progress=told.append)
    assert told == list(recordings)
    cache = MelCache([tmp_path / "a.h5"], PIANO)
    assert cache.names == NAMES
    for name in NAMES:
        direct = mel_of_recording(recordings[name], PIANO)
        np.testing.assert_allclose(cache.mel(name), direct, rtol=2**-11, atol=0)
    assert [(line.subject, line.file, line.consequence) for line in lines] == [
        ("text", "text.wav", "the performance is left out"),
        ("silent", "silent.wav", "the performance is left out"),
    ]
    assert "text" in lines[0].problem and lines[1].problem == "it is silent throughout"


def test_processes_write_the_same_bytes_as_one(tmp_path: Path, recordings: dict[str, Path]) -> None:
    build_shard(tmp_path / "one.h5", recordings, PIANO, "noise")
    again = build_shard(tmp_path / "again.h5", recordings, PIANO, "noise")
    lines = build_shard(tmp_path / "two.h5", recordings, PIANO, "noise", processes=2)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "again.h5").read_bytes()
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    assert lines == again


KILLED = """
import sys, time
from pathlib import Path
from test_mel_cache import PIANO, made_up, write_shard

def slow():
    for number in range(1000):
        yield made_up(f"p{number}", 400, number)
        print("wrote", number, flush=True)
        time.sleep(0.01)

write_shard(Path(sys.argv[1]) / "a.h5", PIANO, "noise", slow())
"""


@pytest.mark.parametrize("there", [False, True])
def test_a_killed_writer_leaves_no_shard_or_the_old_one(tmp_path: Path, there: bool) -> None:
    before = written(tmp_path / "a.h5").read_bytes() if there else b""
    run_until_killed(KILLED, tmp_path, "wrote 3")
    assert [path.name for path in tmp_path.iterdir()] == (["a.h5"] if there else [])
    assert not there or (tmp_path / "a.h5").read_bytes() == before


def one_line(path: Path, front: str = "piano22k") -> str:
    with pytest.raises(UserError) as caught:
        MelCache([path], front_end(front)).verify()
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


def test_a_shard_that_was_cut_short_is_told_in_one_line(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.h5").read_bytes()
    for length in (0, 7, 100, 2048, len(whole) // 2, len(whole) - 1):
        (tmp_path / "a.h5").write_bytes(whole[:length])
        assert "cannot be read as a shard of spectrograms" in one_line(tmp_path / "a.h5")


def test_an_altered_shard_is_told_in_one_line_or_holds_what_it_did(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.h5").read_bytes()
    expected = [made_up(name, 40 + number, number).mel.astype(np.float16) for number, name in enumerate(NAMES)]
    rng, found = np.random.default_rng(0), 0
    header = list(range(0, 4096, 53))
    for place in [*header, *rng.integers(0, len(whole), 60)]:
        altered = bytearray(whole)
        altered[place] ^= 0x55
        (tmp_path / "b.h5").write_bytes(altered)
        try:
            cache = MelCache([tmp_path / "b.h5"], PIANO)
            mels = [cache.mel(name, np.float16) for name in NAMES]
        except UserError as error:
            assert "\n" not in str(error)
            found += 1
        else:
            assert cache.names == NAMES
            assert all(np.array_equal(mel, right) for mel, right in zip(mels, expected, strict=True))
    assert found > 40


def test_something_else_and_another_front_end_are_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("no shard")
    assert "cannot be read as a shard" in one_line(tmp_path / "text.h5")
    assert "there is no such shard of spectrograms; make it first" in one_line(tmp_path / "none.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["kind"], file.attrs["schema_version"] = "alignments", 3
    assert "holds alignments of schema 3, not mel_shard of 1" in one_line(tmp_path / "other.h5")
    path = written(tmp_path / "a.h5")
    assert "was made by the front end piano22k, not by ast16k; name piano22k" in one_line(path, "ast16k")
    with h5py.File(path, "r+") as file:
        file.attrs["front_end_digest"] = "0" * 12
    assert "was made by another version of piano22k (000000000000); delete it, run again" in one_line(path)


def memory_of(action: object) -> int:
    tracemalloc.start()
    action()  # type: ignore[operator]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    """Neither of writing nor of reading; a spectrogram of 2000 frames is 0.5 MB as stored."""
    one = made_up("", 2000)
    normalisation = MelNormalisation(mean=-40.0, std=20.0)

    def write(count: int) -> None:
        write_shard(tmp_path / f"{count}.h5", PIANO, "x", (StoredMel(f"p{n}", one.mel, "") for n in range(count)))

    def read(count: int) -> None:
        cache = MelCache([tmp_path / f"{count}.h5"], PIANO)
        out, rng = np.empty((8, 256, 128), np.float32), np.random.default_rng(0)
        for _ in range(5):
            names = [cache.names[number] for number in rng.integers(0, count, 8)]
            starts = random_starts([cache.frames(name) for name in names], 256, rng)
            fill_batch(cache.views(names), starts, normalisation, cache.silence, out)
        cache.verify()

    write(1), read(1)
    for action in (write, read):
        few, many = memory_of(lambda action=action: action(16)), memory_of(lambda action=action: action(64))
        assert many < few + 1e6, action.__name__
        assert many < 12e6, "64 spectrograms are 33 MB"
