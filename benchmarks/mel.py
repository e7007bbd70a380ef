"""What spectrograms and crops of them cost on one core, beside librosa and files of pickled spectrograms.

    OMP_NUM_THREADS=1 python benchmarks/mel.py

Prints a table in Markdown. All ways are measured in turn in one process, the core's time is taken (so that other work
on the machine does not count), and of several rounds the fastest. The sound is generated: a minute of decaying tones
in noise. Targets: mel alone 2 times as fast as librosa, file to mel 2.5 times, crops 8 times as fast as from pickles.
"""

from __future__ import annotations

import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import librosa
import numpy as np
import soundfile

from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.crops import fill_batch, fill_stored_batch, random_starts
from percepiano_core.audio.mel_cache.front_ends import front_end, mel_of_recording
from percepiano_core.audio.mel_cache.mel_statistics import mel_statistics
from percepiano_core.audio.mel_cache.normalisation import MelNormalisation
from percepiano_core.audio.mel_cache.shard import StoredMel, write_shard

SECONDS, ROUNDS = 60, 9
# performances and frames of each: 30.7 s, the mean of PercePiano, and 433 s, the median of MAESTRO
CORPORA = {"PercePiano": (400, 1322), "MAESTRO": (40, 18650)}
CROP_ROUNDS = 60
BATCH, CROP = 32, 256
NORMALISATION = MelNormalisation(mean=-40.0, std=20.0)
PIANO, AST = front_end("piano22k"), front_end("ast16k")
MELS = {"sr": 22050, "n_fft": 2048, "hop_length": 512, "n_mels": 128}


def sound(sample_rate: int) -> np.ndarray:
    """Two channels [samples, 2] float32: a chord every half second, and noise at -70 dB."""
    rng = np.random.default_rng(0)
    time_of = np.arange(sample_rate // 2) / sample_rate
    notes = []
    for _ in range(2 * SECONDS):
        pitches = 440 * 2 ** (rng.integers(-24, 24, 4) / 12)
        notes.append(sum(np.sin(2 * np.pi * pitch * time_of) * np.exp(-4 * time_of) for pitch in pitches))
    mono = 0.05 * np.concatenate(notes)
    return (mono[:, None] + 3e-4 * rng.normal(size=(len(mono), 2))).astype(np.float32)


def fastest(ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of the core's time that each way takes, all measured in turn."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            took[name].append(1000 * (time.process_time() - start))
    return {name: min(times) for name, times in took.items()}


def spectrograms(folder: Path) -> dict[str, float]:
    """Milliseconds a minute of sound."""
    wav, flac = folder / "cd.wav", folder / "rendering.flac"
    soundfile.write(wav, sound(44100), 44100, subtype="PCM_16")
    soundfile.write(flac, sound(22050), 22050, subtype="PCM_24")
    waveform = librosa.load(wav, sr=22050)[0]
    waveform16k = librosa.load(wav, sr=16000)[0]
    mel = PIANO.spectrogram(waveform)
    return fastest(
        {
            "mel: librosa, power": lambda: librosa.feature.melspectrogram(y=waveform, **MELS),
            "mel: librosa, dB": lambda: librosa_mel(waveform),
            "mel: piano22k": lambda: PIANO.spectrogram(waveform),
            "mel: ast16k": lambda: AST.spectrogram(waveform16k),
            "WAV to mel: librosa": lambda: librosa_mel(librosa.load(wav, sr=22050)[0]),
            "WAV to mel: piano22k": lambda: mel_of_recording(wav, PIANO),
            "FLAC to mel: librosa": lambda: librosa_mel(librosa.load(flac, sr=22050)[0]),
            "FLAC to mel: piano22k": lambda: mel_of_recording(flac, PIANO),
            "mel to 283 statistics": lambda: mel_statistics(mel, PIANO),
        }
    )


def librosa_mel(waveform: np.ndarray) -> np.ndarray:
    """As one computes it by librosa."""
    return librosa.power_to_db(librosa.feature.melspectrogram(y=waveform, **MELS), ref=1.0, top_db=None)


def crops(folder: Path, performances: int, frames: int) -> dict[str, float]:
    """Milliseconds a batch of normalised random crops."""
    rng = np.random.default_rng(0)
    names = [f"performance_{number:04d}" for number in range(performances)]
    one = (-40 + 20 * rng.normal(size=(frames, 128))).astype(np.float32)
    write_shard(folder / "shard.h5", PIANO, "noise", (StoredMel(name, one, "0" * 64) for name in names))
    for name in names:
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(one))
    cache = MelCache([folder / "shard.h5"], PIANO)
    batch = np.empty((BATCH, CROP, 128), np.float32)

    def drawn() -> tuple[list[str], np.ndarray]:
        chosen = [names[number] for number in rng.integers(0, len(names), BATCH)]
        return chosen, random_starts([frames] * BATCH, CROP, rng)

    def from_cache() -> None:
        chosen, starts = drawn()
        fill_batch(cache.views(chosen), starts, NORMALISATION, cache.silence, batch)

    stored = np.empty(batch.shape, np.float16)

    def as_stored() -> None:
        chosen, starts = drawn()
        fill_stored_batch(cache.views(chosen), starts, cache.silence, stored)

    def from_pickles() -> None:
        for crop, name, start in zip(batch, *drawn(), strict=True):
            mel = pickle.loads((folder / f"{name}.pickle").read_bytes())
            crop[:] = NORMALISATION(mel[start : start + CROP])

    with h5py.File(folder / "shard.h5", "r") as file:
        dataset = file["mel"]

        def through_h5py() -> None:
            chosen, starts = drawn()
            parts = [
                dataset[begin : begin + CROP]
                for begin in (names.index(name) * frames + start for name, start in zip(chosen, starts, strict=True))
            ]
            fill_batch(parts, np.zeros(BATCH, np.int64), NORMALISATION, cache.silence, batch)

        ways = {
            "pickles": from_pickles,
            "cache": from_cache,
            "cache, through h5py": through_h5py,
            "cache, float16 as stored": as_stored,
        }
        return fastest(ways, CROP_ROUNDS)


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"| {SECONDS} s of sound, one core | ms |\n|---|---|")
        for way, milliseconds in spectrograms(folder).items():
            print(f"| {way} | {milliseconds:.1f} |")
        print(f"\n| {BATCH} random crops of {CROP} frames | ms | crops a second |\n|---|---|---|")
        for corpus, sizes in CORPORA.items():
            for way, milliseconds in crops(folder, *sizes).items():
                print(f"| lengths of {corpus}: {way} | {milliseconds:.2f} | {1000 * BATCH / milliseconds:.0f} |")
    print(f"\nlargest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
