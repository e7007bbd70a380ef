"""`percepiano dynamics` on files as people have them. The network here knows nothing; what it says is not looked at."""

from __future__ import annotations

import csv
from pathlib import Path

import mido
import numpy as np
import partitura
import pytest
import soundfile
import torch
from partitura.score import ConstantLoudnessDirection
from sine_piano import RATE, played, scale_score, sound_of
from typer.testing import CliRunner

from percepiano_core.cli import dynamics_command
from percepiano_core.cli.app import app
from percepiano_core.dynamics.network.architecture import NetworkConfig
from percepiano_core.dynamics.network.model import DynamicsNetwork
from percepiano_core.dynamics.network.weights import save_network
from percepiano_core.errors import PercePianoError
from percepiano_core.wording import counted

BARS = [[60, 64, 67, 62], [65, 60, 64, 66], [67, 63, 60, 61]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained network on Bark bands, whose beats are where its random logits peak."""
    torch.manual_seed(0)
    network = DynamicsNetwork(NetworkConfig(bands=22))
    with torch.no_grad():
        for task in ("beat", "downbeat"):
            network.head.outputs[task].bias += 5  # type: ignore[union-attr]
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    save_network(path, network, {"input": "bssl", "threshold": 0.0})
    return path


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recordings") / "recording.wav"
    soundfile.write(path, sound_of(played(BARS, 0.5)), RATE)
    return path


def run(*arguments: object) -> str:
    """What the command says; its error if it ends with one."""
    result = CliRunner().invoke(app, ["dynamics", *map(str, arguments)])
    if result.exception is not None:
        raise result.exception
    return result.output


def line_of(*arguments: object) -> str:
    """The one line of a refusal."""
    with pytest.raises(PercePianoError) as error:
        run(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_tables_and_a_picture_are_written(recording: Path, weights: Path, tmp_path: Path) -> None:
    said = run(recording, "--weights", weights, "-o", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["beats.csv", "dynamics.svg", "frames.csv"]
    frames = list(csv.DictReader((tmp_path / "out" / "frames.csv").read_text().splitlines()))
    assert len(frames) == soundfile.info(recording).frames // 441 + 1
    assert "beats" in said


def test_levels_stand_in_the_score(recording: Path, weights: Path, tmp_path: Path) -> None:
    score = scale_score(tmp_path / "score.musicxml", BARS)
    run(recording, "--score", score, "--weights", weights, "-o", tmp_path / "out")
    part = partitura.load_musicxml(str(tmp_path / "out" / "score.musicxml")).parts[0]
    assert list(part.iter_all(ConstantLoudnessDirection))
    assert (tmp_path / "out" / "score_1.svg").read_text().startswith("<svg")


def test_the_bars_of_a_part_are_named(weights: Path, tmp_path: Path) -> None:
    bars = np.random.default_rng(0).integers(60, 68, size=(30, 4)).tolist()
    score = scale_score(tmp_path / "score.musicxml", bars)
    soundfile.write(tmp_path / "part.wav", sound_of(played(bars[11:20], 0.5)), RATE)
    said = run(tmp_path / "part.wav", "--score", score, "--weights", weights, "-o", tmp_path / "out")
    assert "only bars 12 to 20 are played" in said
    part = partitura.load_musicxml(str(tmp_path / "out" / "score.musicxml")).parts[0]
    quarters = [float(part.quarter_map(each.start.t)) for each in part.iter_all(ConstantLoudnessDirection)]
    assert quarters and all(44 <= quarter <= 80 for quarter in quarters)


def test_one_is_one_and_two_are_two() -> None:
    assert [counted(n, "level") for n in (0, 1, 2)] == ["0 levels", "1 level", "2 levels"]


def test_what_was_repaired_or_is_lacking_is_a_line_each(weights: Path, tmp_path: Path) -> None:
    music = sound_of(played(BARS, 0.5))
    soundfile.write(tmp_path / "a.mp3", np.stack([music, -music], axis=1), RATE, format="WAV")
    said = run(tmp_path / "a.mp3", "--weights", weights, "-o", tmp_path / "out").splitlines()
    assert [line for line in said if "its channels cancel each other" in line]
    assert [line for line in said if "it is WAV, though its name ends in .mp3" in line]
    soundfile.write(tmp_path / "short.wav", music[20000:30000], RATE)
    assert "it lasts 0.45 s, which is too short" in run(
        tmp_path / "short.wav", "--weights", weights, "-o", tmp_path / "o"
    )
    deaf = DynamicsNetwork(NetworkConfig(bands=22))
    with torch.no_grad():
        deaf.head.outputs["beat"].bias -= 100  # type: ignore[union-attr]
    save_network(tmp_path / "deaf.safetensors", deaf, {"input": "bssl", "threshold": 0.0})
    said = run(tmp_path / "a.mp3", "--weights", tmp_path / "deaf.safetensors", "-o", tmp_path / "out")
    assert "no beat was heard in it" in said and "0 beats" in said


def test_another_score_is_doubted(recording: Path, weights: Path, tmp_path: Path) -> None:
    score = scale_score(tmp_path / "score.musicxml", [[61, 66, 61, 66]] * 3)
    said = run(recording, "--score", score, "--weights", weights, "-o", tmp_path / "out")
    assert "check that both are the same music" in said


def test_levels_stand_in_a_score_made_of_a_transcription(recording: Path, weights: Path, tmp_path: Path) -> None:
    midi, track = mido.MidiFile(ticks_per_beat=480), mido.MidiTrack()
    track.append(mido.Message("note_on", note=60, velocity=0, time=480))  # a rest of half a second
    for pitch in (pitch for bar in BARS for pitch in bar):
        track.append(mido.Message("note_on", note=pitch, velocity=64))
        track.append(mido.Message("note_off", note=pitch, time=480))
    midi.tracks.append(track)
    midi.save(tmp_path / "a.mid")
    run(recording, "--midi", tmp_path / "a.mid", "--weights", weights, "-o", tmp_path / "out")
    part = partitura.load_musicxml(str(tmp_path / "out" / "score.musicxml")).parts[0]
    assert sorted(note.midi_pitch for note in part.notes_tied) == sorted(pitch for bar in BARS for pitch in bar)
    assert list(part.iter_all(ConstantLoudnessDirection))


@pytest.mark.parametrize("kind", ["stereo at 48 kHz", "clipped", "shorter than a window", "one sample"])
def test_recordings_as_they_come_are_heard(kind: str, weights: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.3, size=(96000, 2))
    samples, rate = {
        "stereo at 48 kHz": (noise.clip(-1, 1), 48000),
        "clipped": ((20 * noise).clip(-1, 1), 44100),
        "shorter than a window": (noise[:300], 22050),
        "one sample": (noise[:1], 22050),
    }[kind]
    soundfile.write(tmp_path / "a.wav", samples, rate)
    run(tmp_path / "a.wav", "--weights", weights, "-o", tmp_path / "out")
    assert len((tmp_path / "out" / "frames.csv").read_text().splitlines()) == len(samples) * 50 // rate + 2


def test_silence_broken_files_and_contradictions_are_one_line(recording: Path, weights: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(22050), 22050)
    (tmp_path / "broken.wav").write_text("no sound")
    score = scale_score(tmp_path / "score.musicxml", BARS)
    rest = ("--weights", weights, "-o", tmp_path / "out")
    assert "it is silent" in line_of(tmp_path / "silent.wav", *rest)
    assert "not a readable recording" in line_of(tmp_path / "broken.wav", *rest)
    assert "no such file" in line_of(tmp_path / "absent.wav", *rest)
    assert "both say what is played" in line_of(recording, "--score", score, "--midi", score, *rest)
    assert "cannot be written" in line_of(recording, "--weights", weights, "-o", recording)
    assert "cannot be read as weights" in line_of(recording, "--weights", recording, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_of_the_workflow_are_found_and_named(
    recording: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "snakemake" in line_of(recording, "-o", tmp_path / "out")
    for track in ("T2", "T1"):
        folder = tmp_path / dynamics_command.RUNS / track / "network" / "pieces" / "fold0" / "seed0"
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(weights.read_bytes())
    assert "T1/network/pieces/fold0/seed0/weights.safetensors" in run(recording, "-o", tmp_path / "out")


def test_a_network_of_one_task_is_refused(recording: Path, tmp_path: Path) -> None:
    save_network(tmp_path / "one.safetensors", DynamicsNetwork(NetworkConfig(tasks=("beat",))))
    assert "they know no change_point" in line_of(recording, "--weights", tmp_path / "one.safetensors", "-o", tmp_path)
