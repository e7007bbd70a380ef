"""Transcription: what is made of the network's output, what is written, how far it is from the truth; and the network.

What needs the weights skips where the package transkun is not installed.
"""

from __future__ import annotations

import itertools
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

torch = pytest.importorskip("torch", reason="transcription needs torch")

from percepiano_core.audio.transcription import transkun, weights  # noqa: E402
from percepiano_core.audio.transcription.agreement import agreement, clock_shift  # noqa: E402
from percepiano_core.audio.transcription.decoding import best_events  # noqa: E402
from percepiano_core.audio.transcription.network import HOP, TRACKS, TranskunNetwork  # noqa: E402
from percepiano_core.audio.transcription.transcribe import (  # noqa: E402
    Transcription,
    by_network,
    from_folder,
    performance_of,
    transcribe_files,
)
from percepiano_core.audio.transcription.transkun import WINDOW_FRAMES, Event, window_begins  # noqa: E402
from percepiano_core.corpus.midi import NOTE_DTYPE, PerformedMidi, read_performance  # noqa: E402
from percepiano_core.corpus.midi_files import midi_files  # noqa: E402
from percepiano_core.corpus.midi_writing import write_performance  # noqa: E402
from percepiano_core.errors import DataError, UserError  # noqa: E402
from percepiano_core.sound.recording import read_recording  # noqa: E402
from percepiano_core.sound.rendering import RenderSettings, find_font, find_program, render  # noqa: E402

FONTS = ("FluidR3_GM.sf2", "TimGM6mb.sf2")
REAL = "Beethoven_WoO80_var27_8bars_3_15"
needs_transkun = pytest.mark.skipif(find_spec("transkun") is None, reason=f"needs transkun: {weights.INSTALL}")


def notes_of(*rows: tuple[float, int, int]) -> np.ndarray:
    """Onset, pitch, velocity; each lasts 0.2 s."""
    notes = np.zeros(len(rows), NOTE_DTYPE)
    notes["onset_sec"], notes["pitch"], notes["velocity"] = zip(*rows, strict=True) if rows else ((), (), ())
    notes["offset_sec"] = notes["onset_sec"] + 0.2
    return notes


def event(track: int, onset: float, offset: float, velocity: int = 60, whole: bool = True) -> Event:
    frames = [round(second * transkun.SAMPLE_RATE / HOP) for second in (onset, offset)]
    return Event(track, *frames, onset, offset, velocity, whole)


def scale() -> PerformedMidi:
    return performance_of([event(60 + step, step / 4, step / 4 + 0.2, 40 + step) for step in range(8)])


def same_ticks(one: PerformedMidi, other: PerformedMidi) -> bool:
    return all(np.array_equal(one.notes[name], other.notes[name]) for name in ("onset_tick", "offset_tick", "velocity"))


# How far from the truth


def test_a_copy_agrees_wholly() -> None:
    notes = notes_of((0.1, 60, 40), (0.6, 64, 80), (0.6, 67, 90))
    same = agreement(notes, notes)
    assert (same.true_notes, same.heard_notes, same.matched_notes) == (3, 3, 3)
    assert same.precision == same.recall == same.f1 == same.velocity_f1 == 1
    assert same.onset_error_sec == same.velocity_difference == 0 and same.velocity_correlation == pytest.approx(1)


def test_late_wrong_missing_and_added_notes_count() -> None:
    true = notes_of((0, 60, 40), (1, 62, 50), (2, 64, 60), (3, 65, 70))
    heard = notes_of((0.02, 60, 50), (1.06, 62, 60), (2.04, 64, 70), (3, 66, 80), (4, 67, 90))
    found = agreement(true, heard)
    assert (found.matched_notes, found.precision, found.recall) == (2, 0.4, 0.5)
    assert found.f1 == pytest.approx(4 / 9) and found.onset_error_sec == pytest.approx(0.03)
    assert found.velocity_difference == 10


def test_a_velocity_that_does_not_fit_counts_against_the_f1_with_velocity() -> None:
    true = notes_of(*((step / 2, 40 + step, 20 + 2 * step) for step in range(40)))
    heard = true.copy()
    heard["velocity"][3] = 110
    assert agreement(true, heard).f1 == 1 > agreement(true, heard).velocity_f1 >= 0.9


@pytest.mark.parametrize("lacking", ["true", "heard"])
def test_nothing_agrees_with_nothing(lacking: str) -> None:
    notes, none = notes_of((0, 60, 40)), notes_of()
    found = agreement(none, notes) if lacking == "true" else agreement(notes, none)
    assert found.f1 == found.matched_notes == 0 and np.isnan(found.onset_error_sec)
    assert clock_shift(none, notes) == 0


def test_the_shift_of_the_clock_is_found_and_taken_off() -> None:
    rng = np.random.default_rng(1)
    true = notes_of(*((float(second), int(rng.integers(40, 80)), 60) for second in np.cumsum(rng.uniform(0.1, 1, 60))))
    heard = true[rng.random(60) > 0.2].copy()
    heard["onset_sec"] += 1.234 + rng.normal(0, 0.004, len(heard))
    heard["offset_sec"] = heard["onset_sec"] + 0.2
    shift = clock_shift(true, heard)
    assert shift == pytest.approx(1.234, abs=0.003)
    assert agreement(true, heard, shift).precision == 1


# From the network's output to events


def worth(events: list[tuple[int, int]], pairs: np.ndarray, single: np.ndarray) -> float:
    return sum(single[begin] if begin == end else pairs[begin, end] for begin, end in events)


def every_way(frames: int, at: int = 0) -> list[list[tuple[int, int]]]:
    """All series of events from frame `at` on that share no more than the frames they begin and end in."""
    if at == frames - 1:
        return [[], [(at, at)]]
    jumps = [[], *([(at, end)] for end in range(at + 1, frames))]
    return [
        [*alone, *jump, *rest]
        for alone, jump in itertools.product([[], [(at, at)]], jumps)
        for rest in every_way(frames, jump[0][1] if jump else at + 1)
    ]


def test_the_best_of_all_ways_is_found() -> None:
    rng = np.random.default_rng(0)
    frames, tracks = 6, 5
    end, begin = (rng.normal(size=(tracks, frames, 3)).astype(np.float32) for _ in range(2))
    single = rng.normal(size=(tracks, frames)).astype(np.float32)
    found = best_events(*map(torch.from_numpy, (end, begin, single)), np.zeros(tracks, dtype=int))
    for track in range(tracks):
        lengths = np.subtract.outer(np.arange(frames), np.arange(frames)).T
        pairs = begin[track] @ end[track].T * lengths
        best = max(worth(way, pairs, single[track]) for way in every_way(frames))
        own = [(first, last) for number, first, last in found.tolist() if number == track]
        assert worth(own, pairs, single[track]) == pytest.approx(best, rel=1e-5)


def test_blocks_of_begins_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors = [torch.from_numpy(rng.normal(size=(4, 50, 8)).astype(np.float32)) for _ in range(2)]
    inputs = (*vectors, torch.from_numpy(rng.normal(size=(4, 50)).astype(np.float32)), np.zeros(4, dtype=int))
    whole = best_events(*inputs)
    monkeypatch.setattr("percepiano_core.audio.transcription.decoding.BLOCK", 7)
    assert np.array_equal(best_events(*inputs), whole) and len(whole) > 4


def test_a_track_is_decoded_from_its_start_on() -> None:
    rng = np.random.default_rng(0)
    vectors = [torch.from_numpy(rng.normal(size=(2, 30, 8)).astype(np.float32)) for _ in range(2)]
    found = best_events(*vectors, torch.zeros(2, 30), np.array([0, 20]))
    assert found[found[:, 0] == 1, 1].min() >= 20 > found[found[:, 0] == 0, 1].min()


@pytest.mark.parametrize("seconds", [0.0, 0.01, 3.0, 15.0, 15.97, 16.2, 30.0, 31.0, 601.0])
def test_windows_cover_the_sound_and_overlap(seconds: float) -> None:
    samples = round(seconds * transkun.SAMPLE_RATE)
    begins = window_begins(samples)
    steps = np.diff(begins)
    assert begins[0] <= 0 and (begins[-1] + WINDOW_FRAMES) * HOP >= samples
    assert (steps > 0).all() and (steps <= WINDOW_FRAMES - transkun.OVERLAP).all()
    assert len(begins) == 1 if seconds <= 15.9 else len(begins) <= 1 + np.ceil(seconds / 13.9)


def test_a_note_that_goes_on_in_the_next_window_is_one_note() -> None:
    track = [event(60, 2, 15.9, whole=False)]
    window = track[0].last - transkun.OVERLAP
    transkun._add(track, event(60, 14, 17), False, window)
    assert [(each.onset_sec, each.offset_sec, each.whole) for each in track] == [(2, 17, True)]


def test_a_note_that_is_heard_again_with_its_end_replaces_itself_and_a_new_one_does_not() -> None:
    cut = event(60, 15, 15.9, whole=False)
    window = cut.first - 20
    track = [cut]
    transkun._add(track, event(60, 15.01, 17), True, window)
    assert [each.offset_sec for each in track] == [17]
    track = [event(60, 2, 15.9, whole=False)]
    transkun._add(track, event(60, 15.5, 17), True, window)
    assert [(each.onset_sec, each.offset_sec) for each in transkun._without_overlaps(track)] == [(2, 15.5), (15.5, 17)]


def test_an_end_without_a_beginning_is_no_note() -> None:
    track: list[Event] = []
    transkun._add(track, event(60, 0, 1), False, 0)
    assert track == []


# What is written


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = [
        event(60, 0, 0.5, 0),
        event(60, 0.5, 0.5001, 90),
        event(-64, 0.1, 0.6),
        event(-64, 0.6, 1),
        event(-67, 0, 2),
    ]
    performed = performance_of(made)
    write_performance(tmp_path / "x.mid", performed)
    again = read_performance(tmp_path / "x.mid")
    for read, made_of in ((again.notes, performed.notes), (again.controls, performed.controls)):
        assert all(read[name] == pytest.approx(made_of[name], abs=1e-12) for name in made_of.dtype.names)
    assert again.end_sec == performed.end_sec == 2 and again.repairs == ()
    assert performed.notes["velocity"].tolist() == [1, 90]
    assert performed.controls[performed.controls["number"] == 64]["value"].tolist() == [127, 0, 127, 0]


def test_nothing_heard_is_a_performance_without_notes() -> None:
    assert len(performance_of([]).notes) == 0


def test_each_recording_is_written_and_the_bad_one_is_told(tmp_path: Path) -> None:
    def transcriber(recording: Path) -> PerformedMidi:
        if recording.stem == "bad":
            raise ValueError("odd")
        return scale()

    files = {name: tmp_path / f"{name}.wav" for name in ("a/first", "bad", "last")}
    first, bad, last = transcribe_files(files, tmp_path / "out", transcriber)
    assert isinstance(first, Transcription) and isinstance(last, Transcription) and isinstance(bad, DataError)
    assert (first.name, first.notes, first.pedals) == ("a/first", 8, 0)
    assert same_ticks(read_performance(tmp_path / "out" / "a" / "first.mid"), scale())
    assert "bad.wav" in str(bad) and sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "last.mid"]


# Transcriptions that another program has made


def test_a_folder_of_midi_is_a_transcriber(tmp_path: Path) -> None:
    (tmp_path / "midi" / "album").mkdir(parents=True)
    write_performance(tmp_path / "midi" / "album" / "one.mid", scale())
    transcriber = from_folder(tmp_path / "midi")
    assert same_ticks(transcriber(tmp_path / "one.wav"), scale())
    with pytest.raises(DataError, match=r"two\.wav: has no transcription in .*midi; put two\.mid there"):
        transcriber(tmp_path / "two.wav")


def test_a_folder_that_is_ambiguous_or_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no MIDI file there"):
        from_folder(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_performance(tmp_path / folder / "x.mid", scale())
    with pytest.raises(UserError, match="a transcription of the same name"):
        from_folder(tmp_path)


# Errors


def test_without_the_package_one_line_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"^transkun: is not installed.*; pip install --no-deps transkun==2\.0\.1$"):
        by_network()


def test_another_version_of_the_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda name: SimpleNamespace(submodule_search_locations=[str(tmp_path)]))
    with pytest.raises(UserError, match="another version of transkun"):
        by_network()
    (tmp_path / "pretrained").mkdir()
    torch.save({"state_dict": {"a": torch.zeros(1)}}, tmp_path / "pretrained" / "2.0.pt")
    with pytest.raises(UserError, match="holds other weights"):
        by_network()


def test_silence_and_what_is_no_sound_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "load_network", TranskunNetwork)
    transcriber = by_network()
    soundfile.write(tmp_path / "silence.wav", np.zeros(44100), 44100)
    with pytest.raises(DataError, match=r"silence\.wav: no notes heard"):
        transcriber(tmp_path / "silence.wav")
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(DataError, match=r"text\.wav: not a readable recording"):
        transcriber(tmp_path / "text.wav")


def test_the_network_has_as_many_parameters_as_the_released_one() -> None:
    assert sum(parameter.numel() for parameter in TranskunNetwork().parameters()) == 13_613_711


# The command


def command():
    import typer

    from percepiano_core.cli.transcribe_command import transcribe

    app = typer.Typer()
    app.command()(transcribe)
    return app


def test_the_command_writes_midi_and_tells_of_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def transcriber(recording: Path) -> PerformedMidi:
        if recording.stem == "silence":
            raise DataError(recording, "no notes heard", "check it")
        return scale()

    monkeypatch.setattr("percepiano_core.audio.transcription.transcribe.by_network", lambda *_: transcriber)
    for name in ("a.wav", "silence.wav", "b.wav"):
        (tmp_path / name).touch()
    names = [str(tmp_path / name) for name in ("a.wav", "silence.wav", "b.wav")]
    ran = CliRunner().invoke(command(), [*names, "-o", str(tmp_path / "out")])
    assert ran.exit_code == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mid", "b.mid"]
    assert "a.mid: 8 notes, 0 pedals, " in ran.output and "silence.wav: no notes heard; check it" in ran.output


def test_the_command_refuses_what_it_cannot_do_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("a.wav", "b/a.flac"):
        (tmp_path / name).touch()
    names = [str(tmp_path / name) for name in ("a.wav", "b/a.flac")]
    ran = CliRunner().invoke(command(), [*names, "-o", str(tmp_path)])
    assert isinstance(ran.exception, UserError) and "several would be written to a.mid" in str(ran.exception)


def test_wrong_names_are_a_line_each_and_keep_nothing_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "album"
    (folder / "cd 2").mkdir(parents=True)
    (tmp_path / "bare").mkdir()
    for name in ("album/a.wav", "album/cd 2/b.flac", "album/text.txt", "c.wav"):
        (tmp_path / name).touch()
    monkeypatch.setattr(
        "percepiano_core.audio.transcription.transcribe.by_network", lambda *_: lambda recording: scale()
    )
    names = [str(tmp_path / name) for name in ("none.wav", "album", "bare", "c.wav")]
    ran = CliRunner().invoke(command(), [*names, "-o", str(tmp_path / "out")])
    assert ran.exit_code == 1
    assert "none.wav: no such file; check the name" in ran.output and "bare: holds no sound files" in ran.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mid", "b.mid", "c.mid"]
    assert CliRunner().invoke(command(), [names[0], "-o", str(tmp_path / "not")]).exit_code == 1
    assert not (tmp_path / "not").exists()


def test_a_transcription_never_takes_the_place_of_its_recording(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mid", np.zeros(9), 22050, format="WAV")
    ran = CliRunner().invoke(command(), [str(tmp_path / "a.mid"), "-o", str(tmp_path)])
    assert isinstance(ran.exception, UserError) and "is one of the inputs" in str(ran.exception)


# With the weights


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, percepiano_excerpt: Path) -> tuple[Path, PerformedMidi]:
    """The first 8 s of a performance with many notes, and its sound at 44.1 kHz."""
    try:
        find_program()
        font = next(find_font(name) for name in FONTS if _is_there(name))
    except (UserError, StopIteration):
        pytest.skip("needs FluidSynth and a sound font")
    files = [path for path in midi_files("folder", percepiano_excerpt).values() if "Score" not in path.stem]
    performed = max(
        (read_performance(path) for path in files), key=lambda each: int((each.notes["onset_sec"] < 7).sum())
    )
    notes = performed.notes[performed.notes["onset_sec"] < 7]
    controls = performed.controls[performed.controls["sec"] < 8]
    folder = tmp_path_factory.mktemp("rendered")
    cut = PerformedMidi(notes, controls, performed.ticks_per_quarter, 8.0)
    write_performance(folder / "cut.mid", cut)
    render(folder / "cut.mid", folder / "cut.wav", font, RenderSettings(sample_rate=44100))
    return folder / "cut.wav", cut


def _is_there(font: str) -> bool:
    try:
        return bool(find_font(font))
    except UserError:
        return False


@needs_transkun
@pytest.mark.slow
def test_a_rendering_is_heard(rendered: tuple[Path, PerformedMidi]) -> None:
    recording, performed = rendered
    shares: list[float] = []
    transcriber = by_network(progress=shares.append)
    heard = transcriber(recording)
    found = agreement(performed.notes, heard.notes)
    assert found.true_notes > 30 and found.f1 > 0.9 and found.onset_error_sec < 0.01
    assert shares == [1.0]
    assert np.array_equal(transcriber(recording).notes, heard.notes)


@needs_transkun
@pytest.mark.slow
def test_a_real_recording_is_heard(shared: Path, percepiano_root: Path) -> None:
    recording = shared / "data" / "recordings" / f"{REAL}.wav"
    if not recording.is_file():
        pytest.skip("needs the real recordings")
    heard = by_network()(recording)
    true = read_performance(midi_files("percepiano", percepiano_root)[REAL])
    found = agreement(true.notes, heard.notes, clock_shift(true.notes, heard.notes))
    assert found.true_notes == 244 and 219 <= found.heard_notes <= 239
    assert found.f1 > 0.93 and found.onset_error_sec < 0.02


def _released_network(monkeypatch: pytest.MonkeyPatch) -> torch.nn.Module:
    """Transkun's own network; what it names of pretty_midi and torchaudio is not used, or stands in the weights."""
    import json

    filters = SimpleNamespace(melscale_fbanks=lambda n_freqs, n_mels, **_: torch.empty(n_freqs, n_mels))
    for name in ("pretty_midi", "torchaudio"):
        stand_in = ModuleType(name)
        stand_in.functional = filters  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, stand_in)
    from transkun.ModelTransformer import Config, TransKun

    path = weights.weights_file()
    config = Config()
    config.__dict__.update(json.loads(path.with_suffix(".conf").read_text())["Model"]["config"])
    network = TransKun(config).eval()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])
    return network


@needs_transkun
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_window_is_heard_as_by_the_released_network(
    rendered: tuple[Path, PerformedMidi], monkeypatch: pytest.MonkeyPatch
) -> None:
    released, network = _released_network(monkeypatch), weights.load_network()
    waveform = transkun._sound(read_recording(rendered[0], 44100, None), 0)
    with torch.inference_mode():
        from transkun.Util import makeFrame

        frames = makeFrame(torch.from_numpy(waveform)[None], HOP, 4096)[None]
        scores, context = released.processFramesBatch(frames)
        paths = scores.decode(forcedStartPos=[0] * len(TRACKS), forward=False)
        own = network(torch.from_numpy(waveform))
        found = best_events(*network.scorer(own), np.zeros(len(TRACKS), dtype=int))
        velocity, _, _ = network.attributes(own, torch.from_numpy(found))
        notes = released.transcribeFrames(frames, forcedStartPos=[0] * len(TRACKS))[0][0]
    assert torch.allclose(own, context[0], atol=5e-3)  # of values up to 40
    assert found.tolist() == [[track, *pair] for track, path in enumerate(paths) for pair in path]
    assert sorted(velocity.tolist()) == sorted(note.velocity for note in notes)
