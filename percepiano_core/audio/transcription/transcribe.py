"""Recordings to MIDI: what a transcriber hears in a file, as a performance like any other.

A transcriber is any function from a recording's path to a PerformedMidi. There are two: `by_network` (transkun), and
`from_folder`, the MIDI files that another program has made of the recordings. docs/transcription.md has what they cost
and how far they are from the truth.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from percepiano_core.corpus.midi import CONTROL_DTYPE, NOTE_DTYPE, PerformedMidi, read_performance
from percepiano_core.corpus.midi_files import midi_files
from percepiano_core.corpus.midi_writing import TICKS_PER_QUARTER, TICKS_PER_SECOND, write_performance
from percepiano_core.errors import DataError, UserError
from percepiano_core.files import replacing
from percepiano_core.job import concerning
from percepiano_core.quality import QualityLine, from_error
from percepiano_core.sound.recording import read_recording
from percepiano_core.sound.repair import Tell, unheard

if TYPE_CHECKING:
    from percepiano_core.audio.transcription.transkun import Event

Transcriber = Callable[[Path], PerformedMidi]
KIND = ".mid"
STAGE = "transcription"  # of the lines of quality
PEDAL_DOWN, PEDAL_UP = 127, 0  # on and off can be heard, how far it is down cannot


@dataclass(frozen=True, slots=True)
class Transcription:
    """One transcription that was written.

    Attributes
    ----------
    name : of the recording
    midi : the file
    notes, pedals : how many notes, and how often a pedal goes down
    cpu_sec : of this process
    """

    name: str
    midi: Path
    notes: int
    pedals: int
    cpu_sec: float


def by_network(
    threads: int = 1,
    progress: Callable[[float], None] = lambda done: None,
    tell: Callable[[Path], Tell] = lambda _: unheard,
) -> Transcriber:
    """Transkun, loaded once; UserError where it is not installed.

    threads : of torch; the last bits of sums, and with them a doubtful note, may depend on it
    progress : is told the share of a recording that is done; tell : path -> what is told each thing that was repaired

    The transcriber raises DataError for a file that is no readable recording, and where no notes are heard.
    """
    from percepiano_core.audio.transcription.network import SAMPLE_RATE
    from percepiano_core.audio.transcription.transkun import hear
    from percepiano_core.audio.transcription.weights import load_network

    network = load_network()

    def transcribed(recording: Path) -> PerformedMidi:
        waveform = read_recording(recording, SAMPLE_RATE, peak_dbfs=None, tell=tell(recording))
        events = hear(network, waveform, threads, progress) if waveform.any() else []
        performed = performance_of(events)
        if not len(performed.notes):
            raise DataError(recording, "no notes heard", "check that it is a recording of a piano, and not silence")
        return performed

    return transcribed


def from_folder(folder: Path | str) -> Transcriber:
    """MIDI files of a folder, and of those below it, that are called as the recordings: "album/x.wav" is "any/x.mid".

    UserError where the folder holds no MIDI, or several files of one name; the transcriber raises DataError for a
    recording that has none.
    """
    by_stem: dict[str, Path] = {}
    for path in midi_files("folder", folder).values():
        other = by_stem.setdefault(path.stem.strip(), path)
        if other != path:
            raise UserError(path, f"a transcription of the same name as {other}", "keep one, or rename one")

    def transcribed(recording: Path) -> PerformedMidi:
        found = by_stem.get(recording.stem.strip())
        if found is None:
            remedy = f"put {recording.stem}{KIND} there, or leave the recording out"
            raise DataError(recording, f"has no transcription in {folder}", remedy)
        return read_performance(found)

    return transcribed


def transcribe_files(
    recordings: Mapping[str, Path], folder: Path | str, transcriber: Transcriber
) -> Iterator[Transcription | DataError]:
    """Write `{name}.mid` of each recording (name -> file) into a folder, in order: what was written, or why not."""
    for name, recording in recordings.items():
        begin = time.process_time()
        try:
            with concerning(recording):
                performed = transcriber(recording)
        except DataError as error:
            yield error
            continue
        path = Path(folder) / f"{name}{KIND}"
        with replacing(path) as part:
            write_performance(part, performed)
        pedals = int(np.count_nonzero(performed.controls["value"] >= (PEDAL_DOWN + 1) // 2))
        yield Transcription(name, path, len(performed.notes), pedals, time.process_time() - begin)


def transcribed_batch(
    recordings: Mapping[str, Path], folder: Path | str, transcriber: Transcriber, progress: Callable[[str], None]
) -> list[QualityLine]:
    """Transcribe recordings into a folder; a line of quality for each that cannot be, `progress` is told the others."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    lines = []
    for name, done in zip(recordings, transcribe_files(recordings, folder, transcriber), strict=True):
        if isinstance(done, DataError):
            lines.append(from_error(STAGE, name, done, "it has no transcription"))
        else:
            progress(f"{name}: {done.notes} notes, {done.cpu_sec:.1f} s of CPU time")
    return lines


def transcribed_files(folders: Iterable[Path | str]) -> dict[str, Path]:
    """Name of each performance -> its transcription in one of the folders of jobs."""
    found = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for folder in map(Path, folders)
        for path in sorted(folder.rglob(f"*{KIND}"))
    }
    return dict(sorted(found.items()))


def performance_of(events: Iterable[Event]) -> PerformedMidi:
    """Notes and pedals as a MIDI file holds them: times to the nearest of 960 ticks a second.

    Reading the file that is written of it gives the same ticks. Of notes of one pitch and tick the first is kept.
    """
    notes: list[tuple[int, int, float, float, int, int]] = []
    controls: list[tuple[int, float, int, int]] = []
    last_onset: dict[int, int] = {}
    for event in sorted(events, key=lambda event: (event.onset_sec, event.track)):
        onset, offset = (round(second * TICKS_PER_SECOND) for second in (event.onset_sec, event.offset_sec))
        if last_onset.get(event.track) == onset:
            continue
        last_onset[event.track] = onset
        offset = max(offset, onset + 1)
        seconds = (onset / TICKS_PER_SECOND, offset / TICKS_PER_SECOND)
        if event.track > 0:  # a velocity of 0 would end a note
            notes.append((onset, offset, *seconds, event.track, max(event.velocity, 1)))
        else:
            controls.append((onset, seconds[0], -event.track, PEDAL_DOWN))
            controls.append((offset, seconds[1], -event.track, PEDAL_UP))
    notes.sort(key=lambda note: (note[0], note[4], note[1]))
    controls.sort(key=lambda control: (control[0], control[2], control[3]))  # up before down again
    end = max([note[3] for note in notes] + [control[1] for control in controls], default=0.0)
    return PerformedMidi(np.array(notes, NOTE_DTYPE), np.array(controls, CONTROL_DTYPE), TICKS_PER_QUARTER, end)
