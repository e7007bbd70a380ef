"""`percepiano align` as a user meets it: the table, the summary, and one clear line where it cannot work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from percepiano_core.alignment.table import COLUMNS, match_pairs, read_alignment_csv

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def write_score(path: Path) -> Path:
    """A scale of eight quarters."""
    names = ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5")
    notes = [
        f"<note><pitch><step>{name[0]}</step><octave>{name[1]}</octave></pitch>"
        "<duration>1</duration><voice>1</voice><type>quarter</type></note>"
        for name in names
    ]
    attributes = (
        "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    path.write_text(
        "<score-partwise version='3.1'><part-list><score-part id='P1'><part-name/></score-part></part-list>"
        f"<part id='P1'><measure number='1'>{attributes}{''.join(notes[:4])}</measure>"
        f"<measure number='2'>{''.join(notes[4:])}</measure></part></score-partwise>"
    )
    return path


def write_performance(path: Path, pitches: tuple[int, ...]) -> Path:
    track = mido.MidiTrack()
    for pitch in pitches:
        track.append(mido.Message("note_on", note=pitch, velocity=64, time=0))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=480))
    midi = mido.MidiFile(ticks_per_beat=480)
    midi.tracks.append(track)
    midi.save(path)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command with a score, a performance and out.csv; both inputs are made where they are not given."""

    def align(score: Path | None = None, performance: Path | None = None, output: str = "out.csv") -> object:
        score = score or write_score(tmp_path / "s.musicxml")
        performance = performance or write_performance(tmp_path / "p.mid", SCALE)
        code = "from percepiano_core.cli.app import main; main()"
        arguments = ["align", str(score), str(performance), "-o", str(tmp_path / output)]
        return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)

    return align  # type: ignore[return-value]


def test_the_table_and_a_summary_line(run: Run, tmp_path: Path) -> None:
    result = run()
    rows = read_alignment_csv(tmp_path / "out.csv")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    assert "8 matches, 0 deletions, 0 insertions" in result.stdout
    assert result.stdout.strip().endswith("quality 1.000: good")
    assert tuple(rows[0]) == COLUMNS
    assert match_pairs(rows) == {(f"{index:.4f}", pitch, index) for index, pitch in enumerate(SCALE)}


def test_other_music_is_written_with_a_warning(run: Run, tmp_path: Path) -> None:
    result = run(performance=write_performance(tmp_path / "other.mid", (30, 31, 32, 60)))
    assert result.returncode == 0
    assert result.stderr.count("\n") == 1
    assert "other.mid: does not fit the score" in result.stderr
    assert {row["label"] for row in read_alignment_csv(tmp_path / "out.csv")} >= {"deletion", "insertion"}


def check_one_line(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert all(word in result.stderr for word in words)


def test_a_truncated_performance_is_one_line(run: Run, tmp_path: Path) -> None:
    path = write_performance(tmp_path / "cut.mid", SCALE)
    path.write_bytes(path.read_bytes()[:24])
    check_one_line(run(performance=path), "cut.mid", "not a readable MIDI file")


def test_what_was_repaired_in_a_performance_is_one_line_beside_the_result(run: Run, tmp_path: Path) -> None:
    path = write_performance(tmp_path / "cut.mid", SCALE)
    path.write_bytes(path.read_bytes()[:-6])
    result = run(performance=path)
    assert result.returncode == 0
    assert result.stderr.count("\n") == 1
    assert "cut.mid: irregular, and used: the file ends in the middle of track 1; 1 note without a" in result.stderr


def test_a_performance_without_notes_is_one_line(run: Run, tmp_path: Path) -> None:
    check_one_line(run(performance=write_performance(tmp_path / "empty.mid", ())), "empty.mid", "has no notes")


def test_a_missing_performance_is_one_line(run: Run, tmp_path: Path) -> None:
    check_one_line(run(performance=tmp_path / "nowhere.mid"), "nowhere.mid: no such file; check the name")


def test_a_missing_score_is_one_line(run: Run, tmp_path: Path) -> None:
    check_one_line(run(score=tmp_path / "nowhere.musicxml"), "nowhere.musicxml: no such file; check the name")


def test_a_malicious_score_is_one_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bomb.musicxml"
    path.write_text('<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]><score-partwise>&a;</score-partwise>')
    check_one_line(run(score=path), "bomb.musicxml", "declares entities or refers to other files")


def test_a_midi_file_as_score_is_one_line(run: Run, tmp_path: Path) -> None:
    check_one_line(
        run(score=write_performance(tmp_path / "swapped.mid", SCALE)), "swapped.mid", "is a MIDI file, not a score"
    )


def test_an_unwritable_output_is_one_line(run: Run) -> None:
    check_one_line(run(output="no/folder/out.csv"), "out.csv", "cannot be written")
