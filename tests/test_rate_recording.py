"""`percepiano rate` of recordings: by networks that hear them, by what a transcriber hears in them, or by both."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("jax", reason="needs the jax extra")

from neural_cases import made_corpus
from sine_piano import RATE, sound_of
from test_rate_command import one_line, run_info, write_member
from test_training_jax_adapter import compiled_once

from percepiano_core.audio.ast.settings import AstSettings, AstSize
from percepiano_core.audio.mel_cache.front_ends import front_end, mel_of_recording
from percepiano_core.audio.mel_cache.normalisation import MelNormalisation
from percepiano_core.audio.networks.ast_ratings import MODULE, Settings, begun_network
from percepiano_core.audio.networks.clip_form import ClipForm
from percepiano_core.audio.networks.curve import sliding_windows
from percepiano_core.audio.networks.network_file import network_header, predicted_ratings, read_network
from percepiano_core.audio.networks.training_sound import HEADER, TrainingSound, likeness, training_sound
from percepiano_core.cli.app import main
from percepiano_core.corpus import percepiano
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.synthetic.writing import Settings as CorpusSettings
from percepiano_core.corpus.synthetic.writing import write_corpus
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.perception.rating_ways import chosen_ways
from percepiano_core.store.predictions import FoldPredictions, write_predictions
from percepiano_core.training.jax_adapter import module_arrays
from percepiano_core.training.named_arrays import write_arrays
from percepiano_core.training.run_folder import write_run_info

__all__ = ["compiled_once"]

Rate = Callable[..., int]
FRONT = front_end("piano22k")
FRAMES = 64  # of a clip: 1.5 s
TOO_LOW = 0.3  # error of the networks of sound on what they held out; those of notes are 0.1 too high


def made_mels(count: int = 30) -> list[np.ndarray]:
    """Spectrograms of made-up sound that vary in level, brightness and onsets."""
    rng = np.random.default_rng(0)
    mels = []
    for _ in range(count):
        tilt, level, beats = rng.uniform(-0.4, -0.1), rng.uniform(-40, -20), rng.integers(5, 15)
        loud = 20 * np.exp(-(np.arange(120)[:, None] % beats) / 4)
        mels.append((level + loud + tilt * np.arange(128) + rng.normal(0, 2, (120, 128))).astype(np.float16))
    return mels


def write_ear(folder: Path, seed: int, fold: str, sound: TrainingSound | None = None, frames: int = FRAMES) -> None:
    """A run folder of a small network that hears sound and has learned nothing."""
    network = AstSettings(size=AstSize(16, 1, 1, 16), frames=frames, dropout=0.0, head_dropout=0.0, groups="single")
    form = ClipForm(frames, -100.0, MelNormalisation(mean=-50.0, std=20.0, performances=30, front_end=FRONT.name))
    begun = begun_network(Settings(network=network), form, seed)
    header = network_header(MODULE, begun) | ({HEADER: sound.description} if sound else {})
    write_arrays(folder / "weights.safetensors", module_arrays(begun.module), header)
    names = tuple(f"{fold}{i}" for i in range(10))
    flat = np.full((10, len(DIMENSION_KEYS)), 0.5)
    said = FoldPredictions("performer", fold, seed, "ast", names, flat, flat - TOO_LOW)
    write_predictions(folder / "valid.csv", [said])
    info = run_info("mel", "clean", {}, fold, seed)
    write_run_info(folder, replace(info, system="audio", model="ast", module=MODULE))


@pytest.fixture(scope="module")
def waltz(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A score and its performances."""
    folder = tmp_path_factory.mktemp("corpus")
    write_corpus(folder, CorpusSettings(segments=1, pianists=2))
    return next(folder.glob("scores/*.musicxml")), sorted(folder.glob("performances/*"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks that hear sound, and one that reads notes, of the same labels and split."""
    folder = tmp_path_factory.mktemp("run") / "results"
    for fold in ("0", "1"):
        write_ear(folder / f"runs/audio/clean/ast/performer/fold{fold}/seed0", int(fold), fold)
    write_member(folder / "runs/symbolic/clean/han/performer/fold0/seed0", 0, "0", *made_corpus(16))
    return folder


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Recordings by what they are: two of music, one of them with a strange ending, silence, one too short."""
    folder = tmp_path_factory.mktemp("sounds")
    music = sound_of([(0.3 * i, 0.5, 60 + 2 * (i % 7)) for i in range(16)])
    waveforms = {
        "take.wav": music,
        "other.flac": music[::-1] * 0.5,
        "silence.wav": 0 * music,
        "short.wav": music[:9000],
    }
    for name, waveform in waveforms.items():
        soundfile.write(folder / name, waveform, RATE)
    (folder / "other.flac").rename(folder / "other.mid")
    (folder / "text.wav").write_text("no sound")
    (folder / "film.wav").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture
def rate(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rate:
    """Run the command on files with the networks of `results`; gives the status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: object, results: Path = results) -> int:
        monkeypatch.setattr(sys, "argv", ["percepiano", "rate", *map(str, arguments), "--results", str(results)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def transcriber(waltz: tuple[Path, list[Path]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hears the first performance of the waltz in everything."""
    played = read_performance(waltz[1][0])
    fake = "percepiano_core.audio.transcription.transcribe.by_network"
    monkeypatch.setattr(fake, lambda **_: lambda recording: played)


def told(path: Path | str) -> dict:
    return json.loads(Path(path).read_text())


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open() as file:
        return list(csv.DictReader(file))


def ratings(of: dict, part: str = "rating") -> np.ndarray:
    return np.array([of["ratings"][key][part] for key in DIMENSION_KEYS])


def heard(path: Path, results: Path) -> np.ndarray:
    """What each network of sound says of a recording [k, 19]."""
    mel = mel_of_recording(path, FRONT).astype(np.float16)
    weights = sorted((results / "runs/audio").rglob("weights.safetensors"))
    return np.array([predicted_ratings(read_network(each), [mel], together=1)[0] for each in weights])


def test_a_recording_without_a_score_is_heard(rate: Rate, sounds: dict, results: Path, capsys) -> None:
    assert rate(sounds["take"], "-o", "out.json") == 0
    shown = capsys.readouterr().out
    assert "as heard, without a score" in shown
    assert "Mean of 2 networks (ast, clean labels" in shown
    assert "take: whether its sound is like what the networks learned from is not known: their files hold" in shown
    said = told("out.json")
    assert said["score"] is None and said["ways"] == [{"networks": 2, "model": "ast", "told": "hear sound"}]
    take = said["performances"]["take"]
    assert take["alignment"] is None and take["transcribed_notes"] is None
    np.testing.assert_allclose(ratings(take), heard(sounds["take"], results).mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(ratings(take, "spread"), heard(sounds["take"], results).std(axis=0), atol=1e-4)
    lowest = np.maximum(ratings(take) - TOO_LOW, 0)
    np.testing.assert_allclose(ratings(take, "interval_low"), lowest, atol=2e-4)


def test_what_is_in_a_file_decides_and_not_its_name(rate: Rate, sounds: dict) -> None:
    assert rate(sounds["take"], sounds["other"], "-o", "out.csv", "-o", "out.svg") == 0
    assert [row["performance"] for row in rows("out.csv")] == ["take"] * 19 + ["other"] * 19


def test_with_a_score_it_is_transcribed_and_rated_as_its_midi_is(
    rate: Rate, sounds: dict, waltz: tuple[Path, list[Path]], transcriber: None, capsys
) -> None:
    assert rate(sounds["take"], *waltz[1][:2], "--score", waltz[0], "-o", "out.json") == 0
    shown = capsys.readouterr().out
    assert "notes heard by transkun 2.0" in shown and "pedals are on or off" in shown
    assert shown.count("heard by") == 1, "only the recording is"
    first, same, different = told("out.json")["performances"].values()
    np.testing.assert_allclose(ratings(first), ratings(same), atol=2e-3)  # times are rounded to ticks
    assert np.abs(ratings(first) - ratings(different)).max() > 0
    assert first["transcribed_notes"] == len(read_performance(waltz[1][0]).notes) and first["alignment"]
    assert same["transcribed_notes"] is None


def test_both_ways_together_are_the_mean_of_the_two(
    rate: Rate, sounds: dict, waltz: tuple[Path, list[Path]], transcriber: None, results: Path, capsys
) -> None:
    score = ("--score", waltz[0])
    assert rate(sounds["take"], *score, "--by", "transcription", "-o", "notes.json") == 0
    capsys.readouterr()
    assert rate(sounds["take"], *score, "--by", "both", "--model", "ast", "-o", "both.json") == 0
    assert "Mean of the means of the 1 that read notes (han) and the 2 that hear sound (ast)" in capsys.readouterr().out
    by_notes = ratings(told("notes.json")["performances"]["take"])
    both = told("both.json")["performances"]["take"]
    expected = (by_notes + heard(sounds["take"], results).mean(axis=0)) / 2
    np.testing.assert_allclose(ratings(both), expected, atol=2e-4)
    # on the ten performances that both held out one was .1 too high, the other .3 too low
    np.testing.assert_allclose(ratings(both, "interval_high") - ratings(both), 0.1, atol=2e-4)
    assert told("both.json")["calibrated_on"] == 10


def test_curves_are_of_windows_half_a_clip_apart(rate: Rate, sounds: dict) -> None:
    assert rate(sounds["take"], sounds["other"], "--curve", "c.csv", "--curve", "c.png", "-o", "out.json") == 0
    frames = len(mel_of_recording(sounds["take"], FRONT))
    starts = [*range(0, frames - FRAMES, FRAMES // 2), frames - FRAMES]
    of_take = [row for row in rows("c.csv") if row["performance"] == "take"]
    seconds = [float(row["seconds"]) for row in of_take]
    np.testing.assert_allclose(seconds, (np.array(starts) + FRAMES / 2) * 512 / 22050, atol=1e-3)
    mean = [np.mean([float(row[key]) for row in of_take]) for key in DIMENSION_KEYS]
    np.testing.assert_allclose(mean, ratings(told("out.json")["performances"]["take"]), atol=2e-4)
    assert {row["performance"] for row in rows("c.csv")} == {"take", "other"}
    assert Path("c.png").read_bytes().startswith(b"\x89PNG")


def test_a_short_recording_is_one_window() -> None:
    windows = sliding_windows(np.zeros((40, 128), np.float16), FRAMES, FRONT)
    assert len(windows.mels) == 1 and windows.seconds == pytest.approx([20 * 512 / 22050])
    assert windows.length == pytest.approx(40 * 512 / 22050)


def test_the_training_sound_tells_what_is_unlike_it() -> None:
    mels = made_mels(120)
    sound = training_sound(mels[:60], FRONT)
    assert sound is not None and training_sound(mels[:10], FRONT) is None
    normal = MelNormalisation(mean=-30.0, std=20.0, performances=30, front_end=FRONT.name)
    alike = [likeness(mel, FRONT, sound, normal) for mel in mels[60:]]
    assert np.mean([each.is_within for each in alike]) > 0.7
    assert str(alike[0]).startswith("its sound is within what the networks learned from (") or not alike[0].is_within
    noise = np.random.default_rng(1).normal(-20, 2, (120, 128)).astype(np.float16)
    other = likeness(noise, FRONT, sound, normal)
    assert other.times > 1.5 and str(other).startswith("its sound is unlike what the networks learned from (")
    unknown = likeness(noise, FRONT, None, normal)
    assert not unknown.is_within and "its mean is 0.5 standard deviations above theirs" in str(unknown)
    published = likeness(noise, FRONT, None, replace(normal, performances=0))
    assert str(published).endswith("is not known: their files say nothing about it")


def test_the_distance_from_the_training_sound_is_told(rate: Rate, sounds: dict, tmp_path: Path, capsys) -> None:
    sound = training_sound(made_mels(), FRONT)
    write_ear(tmp_path / "run", 0, "0", sound)
    assert rate(sounds["take"], "--weights", tmp_path / "run", "-o", "out.json") == 0
    assert "times as far from its mean as 95 of 100 of it; above all" in capsys.readouterr().out
    assert told("out.json")["performances"]["take"]["distance_from_training_sound"] > 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("silence", ("silence.wav: it is silent throughout",)),
        ("short", ("short.wav: it is too short to rate (0.4 s)", "some bars")),
        ("text", ("text.wav: not a readable recording (it is a text)",)),
        ("film", ("film.wav: it is MPEG-4", "convert it")),
    ],
)
def test_a_file_that_cannot_be_heard_is_one_line(name: str, words: tuple, rate: Rate, sounds: dict, capsys) -> None:
    assert rate(sounds[name]) == 1
    one_line(capsys.readouterr(), *words)


def test_a_missing_file_is_one_line(rate: Rate, capsys) -> None:
    assert rate("nothing.wav") == 1
    one_line(capsys.readouterr(), "nothing.wav: no such file; check the name")


def test_midi_for_networks_that_hear_is_one_line(rate: Rate, results: Path, waltz, capsys) -> None:
    assert rate(waltz[1][0], "--by", "sound") == 1
    one_line(capsys.readouterr(), waltz[1][0].name, "it is a MIDI file", "give the recording")
    assert rate(waltz[1][0], "--score", waltz[0], "--weights", results / "runs/audio") == 1
    one_line(capsys.readouterr(), "it is a MIDI file", "networks that read notes (and the score) by --weights")


def test_weights_of_another_system_are_one_line(
    rate: Rate, results: Path, sounds: dict, tmp_path: Path, capsys
) -> None:
    assert rate(sounds["take"], "--by", "sound", "--weights", results / "runs/symbolic") == 1
    one_line(capsys.readouterr(), "--weights: no network among them can hear sound", "runs/audio")
    write_arrays(tmp_path / "weights.safetensors", {"a": np.zeros(2)}, {"encoder": {}})
    assert rate(sounds["take"], "--weights", tmp_path / "weights.safetensors") == 1
    one_line(capsys.readouterr(), "it is no network of ratings (an encoder alone", "runs/symbolic or runs/audio")


def test_a_transcription_of_other_music_names_the_recording(
    rate: Rate, sounds: dict, golden: Path, transcriber: None, tmp_path: Path, capsys
) -> None:
    write_corpus(tmp_path / "corpus", CorpusSettings(segments=2, pianists=1))
    scores = sorted((tmp_path / "corpus/scores").glob("*.musicxml"))
    statuses = []
    for score in scores:
        statuses.append(rate(sounds["take"], "--score", score))
        captured = capsys.readouterr()
        if statuses[-1]:
            one_line(captured, f"{sounds['take']}: does not fit the score", "as transkun 2.0 hears it", "same piece")
    assert sorted(statuses) == [0, 1]


@pytest.mark.parametrize(("by", "missing"), [("sound", "jax"), ("both", "torch")])
def test_a_missing_framework_is_one_line(
    by: str, missing: str, rate: Rate, sounds: dict, waltz, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr("percepiano_core.cli.rating_networks.find_spec", lambda name: None)
    assert rate(sounds["take"], "--by", by, "--score", waltz[0]) == 1
    one_line(capsys.readouterr(), f"{missing}: is not installed", f"pip install -e '.[{missing}]'")


def test_a_missing_transcriber_is_one_line(
    rate: Rate, sounds: dict, waltz, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr("percepiano_core.audio.transcription.weights.PACKAGE", "not_there")
    assert rate(sounds["take"], "--score", waltz[0]) == 1
    one_line(capsys.readouterr(), "not_there: is not installed", "transkun==2.0.1")


def test_curves_of_notes_are_one_line(rate: Rate, sounds: dict, waltz, capsys) -> None:
    assert rate(sounds["take"], "--score", waltz[0], "--curve", "c.csv") == 1
    one_line(capsys.readouterr(), "--curve: needs networks that hear sound", "--by sound")
    assert rate(sounds["take"], "--curve", "c.json") == 1
    one_line(capsys.readouterr(), "cannot write a .json", ".csv, .svg, .png")


def test_clips_of_two_lengths_make_no_curve(rate: Rate, sounds: dict, tmp_path: Path, capsys) -> None:
    for seed, frames in enumerate((FRAMES, FRAMES // 2)):
        write_ear(tmp_path / f"run/seed{seed}", seed, "0", frames=frames)
    assert rate(sounds["take"], "--weights", tmp_path / "run", "--curve", "c.csv") == 1
    one_line(capsys.readouterr(), "hears clips of another length", "one model")


def test_networks_that_are_named_and_not_asked_are_told(
    rate: Rate, sounds, results, waltz, transcriber, capsys
) -> None:
    assert rate(sounds["take"], "--score", waltz[0], "--weights", results) == 0
    assert "--weights: 2 networks named that hear sound not asked" in capsys.readouterr().err


SCORE, MIDI = Path("score.musicxml"), [Path("played.mid")]


@pytest.mark.parametrize(
    ("by", "midis", "score", "there", "ways"),
    [
        ("auto", [], None, ("symbolic", "audio"), ("audio",)),
        ("auto", [], SCORE, ("symbolic", "audio"), ("symbolic",)),
        ("auto", [], SCORE, ("audio",), ("audio",)),
        ("auto", MIDI, SCORE, ("symbolic", "audio"), ("symbolic",)),
        ("auto", [], SCORE, (), ("symbolic",)),
        ("auto", [], None, (), ("audio",)),
        ("sound", [], SCORE, ("symbolic",), ("audio",)),
        ("transcription", MIDI, SCORE, ("audio",), ("symbolic",)),
        ("both", [], SCORE, (), ("symbolic", "audio")),
    ],
)
def test_the_way_follows_from_files_score_and_networks(by, midis, score, there, ways) -> None:
    assert chosen_ways(by, midis, score, there) == ways


@pytest.mark.parametrize(
    ("by", "midis", "score", "there", "problem"),
    [
        ("auto", [], None, ("symbolic",), "--score: is missing"),
        ("both", [], None, ("symbolic", "audio"), "--score: is missing"),
        ("both", MIDI, SCORE, ("symbolic", "audio"), "played.mid: it is a MIDI file"),
        ("auto", MIDI, None, ("audio",), "played.mid: it is a MIDI file"),
    ],
)
def test_ways_that_cannot_be_gone_are_clear_errors(by, midis, score, there, problem) -> None:
    with pytest.raises(UserError, match=problem):
        chosen_ways(by, midis, score, there)


@pytest.mark.slow
def test_a_real_recording_is_rated_from_its_sound_and_from_what_is_heard_in_it(
    rate: Rate, shared: Path, percepiano_root: Path, results: Path, capsys
) -> None:
    pytest.importorskip("transkun", reason="needs transkun")
    name = "Beethoven_WoO80_var27_8bars_3_15"
    recording = shared / "data" / "recordings" / f"{name}.wav"
    if not recording.is_file():
        pytest.skip("needs the real recordings")
    assert rate(recording, "-o", "sound.json", "--curve", "curve.svg") == 0
    take = told("sound.json")["performances"][name]
    np.testing.assert_allclose(ratings(take), heard(recording, results).mean(axis=0), atol=1e-4)
    played = next(each for each in percepiano.survey(percepiano_root)[0] if each.performance == name)
    assert rate(recording, "--score", percepiano_root / played.score, "-o", "both.json", "--by", "both") == 0
    both = told("both.json")["performances"][name]
    assert 200 < both["transcribed_notes"] < 250 and both["alignment"]["status"] in ("good", "usable")
    assert "notes heard by transkun 2.0" in capsys.readouterr().out
