"""The rules from MIDI to sound and to what networks are given, on a corpus of one piece laid out as ASAP is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import mido
import pytest
from sine_piano import scale_score
from workflow_runs import REPOSITORY, new_run, snakemake

from percepiano_core.dynamics.examples.examples import read_examples
from percepiano_core.quality import read_quality
from percepiano_core.sound.rendering import samples_digest
from percepiano_core.sound.renderings import read_renderings

pytestmark = pytest.mark.slow

FOLDER = Path("Composer/Piece")
STORE = "results/dynamics/examples/asap/Composer/Piece.h5"
QUALITY = "results/quality/recordings/asap_timgm6mb_0.csv"
BARS = [[60, 64, 67, 62], [65, 60, 64, 66]]
COLUMNS = ("composer", "title", "xml_score", "midi_performance", "robust_note_alignment", "note_alignments")


def write_asap(root: Path) -> None:
    """One piece, a quarter every half second from 0.5 s on, by two players; the MIDI file of the second is broken."""
    (root / FOLDER).mkdir(parents=True)
    mark = "<direction><direction-type><dynamics><p/></dynamics></direction-type></direction>"
    scale_score(root / FOLDER / "xml_score.musicxml", BARS, marks=mark)
    rows = []
    for player in ("One", "Two"):
        alignment = FOLDER / f"{player}_note_alignment.tsv"
        rows.append(("Composer", "Piece", FOLDER / "xml_score.musicxml", FOLDER / f"{player}.mid", "1.0", alignment))
        lines = [f"n{1 + i // 4}{i % 4}-1\tm{i}\t60\t{0.5 + 0.5 * i}" for i in range(8)]
        (root / alignment).write_text("\n".join(["xml_id\tmidi_id\tpitch\tonset", *lines, ""]))
        beats = [f"{0.5 + 0.5 * i}\t{0.5 + 0.5 * i}\t{'b' if i % 4 else 'db,4/4'}" for i in range(8)]
        (root / FOLDER / f"{player}_annotations.txt").write_text("\n".join([*beats, ""]))
    table = [",".join(map(str, row)) for row in (COLUMNS, *rows)]
    (root / "metadata.csv").write_text("\n".join([*table, ""]))
    track = mido.MidiTrack([mido.Message("note_on", note=60, velocity=0, time=480)])
    for pitch in (pitch for bar in BARS for pitch in bar):
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(root / FOLDER / "One.mid")
    (root / FOLDER / "Two.mid").write_bytes((root / FOLDER / "One.mid").read_bytes()[:24])


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_asap(tmp_path / "asap")
    settings = {"usual": "timgm6mb"}
    return new_run(tmp_path, rendering=settings, corpora={"asap": "asap"}, dynamics={"tracks": ["T2"]})


def test_performances_are_rendered_and_made_examples(run: Path) -> None:
    if not (shutil.which("fluidsynth") and Path("/usr/share/sounds/sf2/TimGM6mb.sf2").is_file()):
        pytest.skip("needs FluidSynth and a small font (apt-get install fluidsynth timgm6mb-soundfont)")
    snakemake(run, STORE, QUALITY, code=REPOSITORY)
    (rendered,) = read_renderings(run / "results/recordings/asap/timgm6mb/batch_0.csv")
    sound = run / "results/recordings/asap/timgm6mb/audio/0" / f"{rendered.name}.flac"
    assert rendered.samples_sha256 == samples_digest(sound)
    (line,) = read_quality(run / QUALITY)
    assert (line.subject, line.file) == ("Composer/Piece/Two", "Composer/Piece/Two.mid")
    (example,) = read_examples(run / STORE)
    assert (example.name, example.group) == ("Composer/Piece/One", "Composer/Piece")
    assert set(example.inputs) == {"bssl", "logmel", "curves8", "velocity"}
    assert example.labels.level.tolist() == [2] * 8
    loudness = example.inputs["bssl"].astype(float).sum(axis=0)
    assert loudness[:20].max() < 0.1 * loudness[25:].max()  # half a second of silence before the first note
    assert "Nothing to be done" in snakemake(run, STORE, QUALITY, code=REPOSITORY)


def test_a_missing_program_or_font_stops_the_run_in_one_line(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = run / "tools"
    tools.mkdir()
    for name in ("sh", "bash", "git"):
        (tools / name).symlink_to(shutil.which(name) or os.devnull)
    monkeypatch.setenv("PATH", str(tools))
    said = snakemake(run, STORE, code=REPOSITORY, check=False).splitlines()
    assert said[-1].startswith("fluidsynth: not found")
    assert not (run / "results").exists()
