"""MIDI files to sound: what FluidSynth is given, and what is checked before and after."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.midi_files import midi_files
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.corpus.trim import music_end
from percepiano_core.errors import DataError, UserError
from percepiano_core.sound import rendering
from percepiano_core.sound.rendering import (
    RenderSettings,
    SoundFont,
    find_font,
    find_program,
    render,
    samples_digest,
    sounding_end,
)
from percepiano_core.sound.renderings import read_renderings, render_files, rendering_path, write_renderings

SETTINGS = RenderSettings()
SMALL_FONTS = ("TimGM6mb.sf2", "default-GM.sf2")


@pytest.fixture(scope="module")
def font() -> SoundFont:
    """A small sound font; tests that sound skip where FluidSynth or a font is not installed."""
    if shutil.which("fluidsynth") is None:
        pytest.skip("needs FluidSynth (apt-get install fluidsynth timgm6mb-soundfont)")
    for name in SMALL_FONTS:
        try:
            return find_font(name)
        except UserError:
            continue
    pytest.skip("needs a sound font (apt-get install timgm6mb-soundfont)")


def write_midi(
    path: Path, pedal: tuple[int | None, int | None] = (None, None), velocity: int = 64, end_tick: int = 960
) -> Path:
    """Two quarters of 480 ticks at 120 (0 to 0.5 and 0.5 to 1 s); the pedal goes down and up at ticks."""
    events = [(tick, 64, value) for tick, value in zip(pedal, (127, 0), strict=True) if tick is not None]
    messages = [(tick, mido.Message("control_change", control=number, value=value)) for tick, number, value in events]
    for start, pitch in ((0, 60), (480, 67)):
        messages.append((start, mido.Message("note_on", note=pitch, velocity=velocity)))
        messages.append((start + 480, mido.Message("note_off", note=pitch)))
    messages.sort(key=lambda pair: pair[0])
    track = mido.MidiTrack()
    at = 0
    for tick, message in messages:
        track.append(message.copy(time=tick - at))
        at = tick
    track.append(mido.MetaMessage("end_of_track", time=end_tick - at))
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(path)
    return path


@pytest.mark.parametrize(
    ("pedal", "end"),
    [((None, None), 1.0), ((100, 500), 1.0), ((100, 1440), 1.5), ((100, None), 2.0)],
)
def test_the_sound_ends_with_the_last_key_or_with_the_pedal_that_holds_it(
    tmp_path: Path, pedal: tuple[int | None, int | None], end: float
) -> None:
    path = write_midi(tmp_path / "a.mid", pedal, end_tick=1920)
    assert sounding_end(read_performance(path)) == pytest.approx(end)


def test_a_rendering_has_the_samples_that_are_said(tmp_path: Path, font: SoundFont) -> None:
    made = render(write_midi(tmp_path / "a.mid"), tmp_path / "a.flac", font, SETTINGS)
    samples, rate = soundfile.read(tmp_path / "a.flac", always_2d=True)
    assert (rate, samples.shape) == (22050, (44100, 2))  # 1 s of notes, 1 s of tail
    assert made.seconds == 2.0
    assert made.peak == pytest.approx(np.abs(samples).max(), abs=1e-6)
    assert 0.001 < made.peak < 1
    assert made.sha256 == samples_digest(tmp_path / "a.flac")
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("a.mid", "a.flac")] == []


def test_equal_input_gives_equal_samples_and_equal_flac_files(tmp_path: Path, font: SoundFont) -> None:
    midi = write_midi(tmp_path / " with a space.mid")
    hashes = {render(midi, tmp_path / name, font, SETTINGS).sha256 for name in ("a.flac", "b.flac")}
    assert len(hashes) == 1
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_the_level_is_kept(tmp_path: Path, font: SoundFont) -> None:
    soft, loud = (
        render(
            write_midi(tmp_path / f"{velocity}.mid", velocity=velocity), tmp_path / f"{velocity}.wav", font, SETTINGS
        ).peak
        for velocity in (30, 100)
    )
    assert loud > 3 * soft


def test_a_wav_file_holds_floats_and_a_flac_file_24_bits_of_them(tmp_path: Path, font: SoundFont) -> None:
    midi = write_midi(tmp_path / "a.mid")
    for kind, subtype in ((".wav", "FLOAT"), (".flac", "PCM_24")):
        render(midi, tmp_path / f"a{kind}", font, SETTINGS)
        assert soundfile.info(tmp_path / f"a{kind}").subtype == subtype
    pair = [soundfile.read(tmp_path / f"a{kind}")[0] for kind in (".wav", ".flac")]
    assert np.abs(pair[0] - pair[1]).max() < 2**-23


def test_settings_are_those_of_the_call_not_of_the_users_fluidsynth(
    tmp_path: Path, font: SoundFont, monkeypatch: pytest.MonkeyPatch
) -> None:
    midi = write_midi(tmp_path / "a.mid")
    plain = render(midi, tmp_path / "a.flac", font, SETTINGS).sha256
    (tmp_path / ".fluidsynth").write_text("gain 3\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert render(midi, tmp_path / "b.flac", font, SETTINGS).sha256 == plain


def test_a_missing_font_is_one_line_before_anything_is_rendered() -> None:
    with pytest.raises(UserError, match="no such sound font") as error:
        find_font("absent.sf2")
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sf2").write_text("RIFF, or so it says")
    with pytest.raises(UserError, match="not a sound font"):
        find_font(tmp_path / "a.sf2")


def test_a_font_is_found_by_its_name_and_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.sf2").write_bytes(b"RIFF\0\0\0\0sfbk")
    monkeypatch.setattr(rendering, "FONT_FOLDERS", (tmp_path,))
    found = find_font("a.sf2")
    assert found.path == tmp_path / "a.sf2"
    assert found.sha256 == hashlib.sha256(b"RIFF\0\0\0\0sfbk").hexdigest()


def test_a_missing_program_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(UserError, match="fluidsynth: not found"):
        find_program()


def test_a_broken_midi_file_is_one_line(tmp_path: Path, font: SoundFont) -> None:
    broken = tmp_path / "broken.mid"
    broken.write_bytes(write_midi(tmp_path / "a.mid").read_bytes()[:24])
    with pytest.raises(DataError, match="not a readable MIDI file"):
        render(broken, tmp_path / "a.flac", font, SETTINGS)
    assert not (tmp_path / "a.flac").exists()


def test_a_repaired_file_sounds_as_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_midi(tmp_path / "cut.mid")
    path.write_bytes(path.read_bytes()[:-8])
    given = []

    def synthesised(midi: Path, font: SoundFont, settings: RenderSettings) -> np.ndarray:
        given.append(read_performance(midi))
        return np.zeros((9, 2), dtype=np.float32)

    monkeypatch.setattr(rendering, "_synthesised", synthesised)
    render(path, tmp_path / "a.wav", SoundFont(tmp_path, ""), SETTINGS)
    assert read_performance(path).repairs
    assert not given[0].repairs
    np.testing.assert_allclose(given[0].notes["offset_sec"], read_performance(path).notes["offset_sec"], atol=1e-3)


def test_days_of_sound_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "days.mid"
    messages = [mido.Message("note_on", note=60, time=1 << 28), mido.Message("note_off", note=60, time=480)]
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(path)
    with pytest.raises(DataError, match=r"sounds for 77\.7 hours"):
        render(path, tmp_path / "a.wav", SoundFont(tmp_path, ""), SETTINGS)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="neither WAV nor FLAC"):
        render(tmp_path / "a.mid", tmp_path / "a.mp3", SoundFont(tmp_path, ""), SETTINGS)


def test_many_files_are_rendered_and_the_broken_one_is_listed(tmp_path: Path, font: SoundFont) -> None:
    files = {f"Composer/Piece/{name}": write_midi(tmp_path / f"{name}.mid") for name in ("one", "two")}
    (tmp_path / "broken.mid").write_text("no MIDI")
    files["Composer/Piece/broken"] = tmp_path / "broken.mid"
    rendered, unusable = render_files(files, tmp_path / "sound", font, SETTINGS, tmp_path)
    assert [each.name for each in rendered] == ["Composer/Piece/one", "Composer/Piece/two"]
    assert [(line.subject, line.file) for line in unusable] == [("Composer/Piece/broken", "broken.mid")]
    assert rendered[0].samples_sha256 == samples_digest(rendering_path(tmp_path / "sound", "Composer/Piece/one"))
    write_renderings(tmp_path / "table.csv", rendered)
    assert read_renderings(tmp_path / "table.csv") == rendered


def test_a_name_that_leads_out_of_the_folder_is_listed_and_not_written(tmp_path: Path, font: SoundFont) -> None:
    midi = write_midi(tmp_path / "a.mid")
    files = {"../out": midi, str(tmp_path / "absolute"): midi, "in/..": midi}
    rendered, unusable = render_files(files, tmp_path / "sound", font, SETTINGS, tmp_path)
    assert rendered == [] and [line.subject for line in unusable] == list(files)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]


def test_odd_names_are_names(tmp_path: Path, font: SoundFont) -> None:
    names = ("no.3 (live)", "Bach/ Fügue #1", "-q", "50%.flac", "a'b\"c$(d)")
    files = {name: write_midi(tmp_path / f"{index}.mid") for index, name in enumerate(names)}
    rendered, unusable = render_files(files, tmp_path / "sound", font, SETTINGS)
    assert unusable == [] and [each.name for each in rendered] == list(names)
    assert all((tmp_path / "sound" / f"{name}.flac").is_file() for name in names)
    odd = write_midi(tmp_path / "-F out $(x) 'y'.mid")
    assert render_files({"odd": odd}, tmp_path / "sound", font, SETTINGS)[0][0].seconds == 2.0


def test_the_synthetic_corpus_is_rendered(tmp_path: Path, font: SoundFont) -> None:
    write_corpus(tmp_path / "corpus", Settings(seed=3, segments=1, pianists=2))
    files = midi_files("manifest", tmp_path / "corpus")
    rendered, unusable = render_files(files, tmp_path / "sound", font, SETTINGS, tmp_path / "corpus")
    assert unusable == [] and [each.name for each in rendered] == list(files) and len(files) == 3
    for each in rendered:
        end = sounding_end(read_performance(files[each.name]))
        assert each.seconds == pytest.approx(end + SETTINGS.tail_seconds, abs=1e-3)


def test_real_rated_performances_are_rendered_without_their_silent_ends(
    tmp_path: Path, font: SoundFont, percepiano_root: Path
) -> None:
    files = midi_files("percepiano", percepiano_root)
    stripped = [name for name, path in files.items() if path.stem != name]
    names = [*stripped, "Schubert_D935_no.3_4bars_3_5", "Beethoven_WoO80_thema_8bars_Score_1"]
    chosen = {name: files[name] for name in names}
    assert len(stripped) == 1  # the one whose file name has a blank
    rendered, unusable = render_files(chosen, tmp_path / "sound", font, SETTINGS, percepiano_root)
    assert unusable == [] and [each.name for each in rendered] == names
    for each in rendered:
        performed = read_performance(files[each.name])
        assert each.peak > 0.01 and music_end(performed) < each.seconds < 30
        assert rendering_path(tmp_path / "sound", each.name).name == f"{each.name}.flac"


def test_another_table_is_no_table_of_renderings(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    for name, problem in (("table.csv", "has no column name"), ("absent.csv", "is missing")):
        with pytest.raises(UserError, match=problem):
            read_renderings(tmp_path / name)
