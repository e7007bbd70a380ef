"""What a transcription costs, and how far it is from the truth: renderings of PercePiano, and real recordings.

    OMP_NUM_THREADS=1 python benchmarks/transcription.py CORPUS [RECORDINGS]

CORPUS is the folder of PercePiano: six human performances, drawn once, are rendered (FluidR3, 44.1 kHz) and compared
with their MIDI. RECORDINGS is a folder of recordings, compared with the MIDI beside them of the same name, else with
the corpus' performance of that name, after a constant shift of the clock is taken off. Prints a table in Markdown.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from percepiano_core.audio.transcription.agreement import agreement, clock_shift
from percepiano_core.audio.transcription.transcribe import Transcriber, by_network
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.midi_files import midi_files
from percepiano_core.corpus.readers import list_performances
from percepiano_core.sound.recording import read_recording
from percepiano_core.sound.recording_files import sound_files
from percepiano_core.sound.rendering import RenderSettings, find_font, render

FONT, SAMPLE_RATE, DRAWN, SEED = "FluidR3_GM.sf2", 44100, 6, 0
COLUMNS = (
    *("recording", "s", "CPU s a s", "true notes", "heard", "onset F1", "with velocity", "onset error, ms"),
    *("velocity r", "velocity difference", "clock shift, s"),
)


def row(transcriber: Transcriber, name: str, recording: Path, midi: Path, shifted: bool) -> str:
    """One line of the table."""
    seconds = len(read_recording(recording, SAMPLE_RATE)) / SAMPLE_RATE
    begin = time.process_time()
    heard = transcriber(recording).notes
    cost = (time.process_time() - begin) / seconds
    true = read_performance(midi).notes
    shift = clock_shift(true, heard) if shifted else 0.0
    said = agreement(true, heard, shift)
    cells = [name, f"{seconds:.1f}", f"{cost:.2f}", str(said.true_notes), str(said.heard_notes), f"{said.f1:.3f}"]
    cells += [f"{said.velocity_f1:.3f}", f"{1000 * said.onset_error_sec:.1f}", f"{said.velocity_correlation:.3f}"]
    cells += [f"{said.velocity_difference:+.0f}", f"{shift:+.3f}" if shifted else "-"]
    return f"| {' | '.join(cells)} |"


def drawn(corpus: Path) -> dict[str, Path]:
    """Name -> MIDI file of human performances, drawn by SEED."""
    human = sorted(each.performance for each in list_performances("percepiano", corpus) if not each.deadpan)
    files = midi_files("percepiano", corpus)
    names = np.random.default_rng(SEED).choice(human, DRAWN, replace=False).tolist()
    return {name: files[name] for name in names}


def main(corpus: Path, recordings: Path | None) -> None:
    """Print the table."""
    transcriber = by_network()
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")
    font = find_font(FONT)
    with tempfile.TemporaryDirectory() as folder:
        for name, midi in drawn(corpus).items():
            rendering = Path(folder) / f"{name}.flac"
            render(midi, rendering, font, RenderSettings(sample_rate=SAMPLE_RATE))
            print(row(transcriber, name, rendering, midi, shifted=False), flush=True)
    files = midi_files("percepiano", corpus)
    for name, recording in sound_files(recordings).items() if recordings else ():
        beside = recording.with_suffix(".mid")
        if beside.is_file() or name in files:
            print(
                row(transcriber, name, recording, beside if beside.is_file() else files[name], shifted=True), flush=True
            )
    print(f"\nmost memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]), *[None] * (3 - len(sys.argv)))
