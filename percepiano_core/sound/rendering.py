"""Sound of MIDI files, by FluidSynth: a piano that differs from a recording in all but the notes and the pedal.

Reverberation and chorus are off and the level is kept, so that the loudness of two renderings with the same settings
can be compared. FluidSynth takes its default font when it cannot read the one it is given, and says that all went well:
hence the font is found, looked at and hashed before. See docs/rendering.md, "What is checked, and why".
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile  # type: ignore[import-untyped]

from percepiano_core.corpus.midi import PerformedMidi, read_performance
from percepiano_core.corpus.midi_writing import write_performance
from percepiano_core.errors import DataError, UserError
from percepiano_core.files import replacing

PROGRAM = "fluidsynth"
FONT_FOLDERS = tuple(
    Path(folder)
    for folder in (
        *("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts"),
        *("/usr/local/share/soundfonts", "/opt/homebrew/share/soundfonts", "/usr/local/share/sounds/sf2"),
    )
)
SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24"}  # how each kind of file holds samples
LONGEST_SECONDS = 7200  # of a rendering: its samples are held in memory, 176 kB a second at 22050 Hz
SUSTAIN_PEDAL, PEDAL_DOWN = 64, 64  # controller number, and its value from which the dampers are up


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """How a performance sounds.

    Attributes
    ----------
    sample_rate : Hz
    gain : of the synthesiser, 0 to 10; at 0.5 peaks are near 0.2
    polyphony : voices that may sound at once
    tail_seconds : of the decay that is kept after the last note is released; the rest is cut off
    """

    sample_rate: int = 22050
    gain: float = 0.5
    polyphony: int = 256
    tail_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class SoundFont:
    """A sound font that is there, and the sha256 of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Rendering:
    """What was written: seconds, the largest absolute sample, and the sha256 of the samples.

    The hash is of the samples as the file gives them back, float32, little-endian, channels interleaved. Files of equal
    samples may differ (a WAV file of floats holds the time of writing).
    """

    seconds: float
    peak: float
    sha256: str


def find_program() -> Path:
    """Where FluidSynth is; UserError where it is not installed."""
    found = shutil.which(PROGRAM)
    if found is None:
        raise UserError(PROGRAM, "not found, and nothing else renders MIDI here", "apt-get install fluidsynth")
    return Path(found)


def program_version() -> str:
    """FluidSynth's version, as "2.3.1"."""
    shown = subprocess.run([find_program(), "--version"], capture_output=True, text=True, check=True).stdout
    return shown.split("version", 1)[1].split()[0]


def find_font(font: str | Path) -> SoundFont:
    """The font at a path, or of a file name that is looked for where fonts are installed.

    UserError where there is none, or the file is not a sound font.
    """
    candidates = [Path(font), *(folder / font for folder in FONT_FOLDERS)]
    path = next((each for each in candidates if each.is_file()), None)
    if path is None:
        remedy = "apt-get install fluid-soundfont-gm (or timgm6mb-soundfont), or name another font"
        raise UserError(font, "no such sound font, and FluidSynth would take another silently", remedy)
    with path.open("rb") as file:
        header = file.read(12)
        if header[:4] != b"RIFF" or header[8:] != b"sfbk":
            raise UserError(path, "not a sound font, and FluidSynth would take another silently", "name another font")
        file.seek(0)
        return SoundFont(path, hashlib.file_digest(file, "sha256").hexdigest())


def render(midi: Path | str, output: Path | str, font: SoundFont, settings: RenderSettings) -> Rendering:
    """Write the sound of a MIDI file, whole or not at all, in two channels: WAV in floats, or FLAC in 24 bits.

    Ends `tail_seconds` after the last note, or after the pedal that holds it. DataError for a MIDI file that cannot be
    read, holds no notes or is too loud for FLAC; UserError without FluidSynth or for another kind of output.
    """
    output = Path(output)
    if output.suffix not in SUBTYPES:
        raise UserError(output, "neither WAV nor FLAC", f"end its name by {' or '.join(SUBTYPES)}")
    performed = read_performance(midi)
    end = sounding_end(performed) + settings.tail_seconds
    if end > LONGEST_SECONDS:
        problem = f"sounds for {end / 3600:.1f} hours, and {LONGEST_SECONDS / 3600:g} are the most that is rendered"
        raise DataError(midi, problem, "look for a pause that is far too long, or cut the file")
    samples = _sound(performed, Path(midi), font, settings)[: round(end * settings.sample_rate)]
    peak = float(np.abs(samples).max(initial=0.0))
    if peak > 1 and output.suffix == ".flac":
        raise DataError(midi, f"is too loud for FLAC (peak {peak:.2f})", "lower the gain, or render to .wav")
    with replacing(output) as part:
        kind = output.suffix.lstrip(".").upper()
        soundfile.write(part, samples, settings.sample_rate, format=kind, subtype=SUBTYPES[output.suffix])
        return Rendering(len(samples) / settings.sample_rate, peak, samples_digest(part))


def samples_digest(recording: Path | str) -> str:
    """Hash of a sound file's samples, whatever else is in the file (see `Rendering`)."""
    samples, _ = soundfile.read(recording, dtype="float32", always_2d=True)
    return hashlib.sha256(samples.astype("<f4").tobytes()).hexdigest()


def sounding_end(performed: PerformedMidi) -> float:
    """When the last note ends: its key is up and the sustain pedal, if it was down then, is lifted (seconds)."""
    released = float(performed.notes["offset_sec"].max())
    pedal = performed.controls[performed.controls["number"] == SUSTAIN_PEDAL]
    before = pedal[pedal["sec"] <= released]
    if not len(before) or before["value"][-1] < PEDAL_DOWN:
        return released
    lifts = pedal["sec"][(pedal["sec"] > released) & (pedal["value"] < PEDAL_DOWN)]
    return float(lifts[0]) if len(lifts) else performed.end_sec


def _sound(performed: PerformedMidi, midi: Path, font: SoundFont, settings: RenderSettings) -> np.ndarray:
    """Samples [n, 2] of the file, or of what was read from it where FluidSynth would read it otherwise, or for days."""
    if not performed.repairs and performed.end_sec < LONGEST_SECONDS:
        return _synthesised(midi, font, settings)
    with tempfile.TemporaryDirectory() as folder:
        repaired = Path(folder) / midi.name
        write_performance(repaired, performed)
        return _synthesised(repaired, font, settings)


def _synthesised(midi: Path, font: SoundFont, settings: RenderSettings) -> np.ndarray:
    """Samples [n, 2] float32 that FluidSynth makes; the user's and the system's FluidSynth settings are passed over."""
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "rendering.wav"
        command: list[str | Path] = [
            *(find_program(), "-ni", "-q", "-f", os.devnull, "-r", str(settings.sample_rate), "-R", "0", "-C", "0"),
            *("-g", str(settings.gain), "-o", f"synth.polyphony={settings.polyphony}"),
            *("-T", "wav", "-O", "float", "-F", wav, font.path, midi.resolve()),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode or not wav.is_file():
            said = (run.stderr.strip() or f"exit status {run.returncode}").splitlines()[-1]
            raise DataError(midi, f"FluidSynth cannot render it ({said})", "try the file in FluidSynth itself")
        return soundfile.read(wav, dtype="float32", always_2d=True)[0]
