"""Sound and scores for tests that listen: decaying sines in place of a piano, and a small two-staff score."""

from __future__ import annotations

from pathlib import Path

import numpy as np

RATE = 22050
DIVISIONS = 2


def sound_of(notes: list[tuple[float, float, int]], seconds: float | None = None, level: float = 0.1) -> np.ndarray:
    """Waveform at 22,050 Hz of notes (onset and length in seconds, MIDI pitch), each with two harmonics."""
    end = max(onset + length for onset, length, _ in notes) + 0.3
    waveform = np.zeros(round((seconds or end) * RATE), dtype=np.float32)
    for onset, length, pitch in notes:
        t = np.arange(round(length * RATE)) / RATE
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        wave = sum(np.sin(2 * np.pi * frequency * k * t) / k for k in (1, 2, 3)) * np.exp(-3 * t) * level
        start = round(onset * RATE)
        waveform[start : start + len(wave)] += np.asarray(wave, dtype=np.float32)[: len(waveform) - start]
    return waveform


def scale_score(path: Path, bars: list[list[int]], repeat_first: int = 0, marks: str = "") -> Path:
    """A score in 4/4, a pitch a quarter; the first `repeat_first` bars are repeated; `marks` goes into bar 1."""
    measures = []
    for number, pitches in enumerate(bars, start=1):
        attributes = (
            f"<attributes><divisions>{DIVISIONS}</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
        )
        head = f"{attributes}</attributes>{marks}" if number == 1 else ""
        notes = "".join(_note(f"n{number}{index}", pitch) for index, pitch in enumerate(pitches))
        repeat = '<barline location="right"><repeat direction="backward"/></barline>' if number == repeat_first else ""
        measures.append(f'<measure number="{number}">{head}{notes}{repeat}</measure>')
    parts = '<part-list><score-part id="P1"><part-name>Piano</part-name></score-part></part-list>'
    path.write_text(f'<score-partwise version="3.1">{parts}<part id="P1">{"".join(measures)}</part></score-partwise>')
    return path


def played(bars: list[list[int]], seconds_a_quarter: float) -> list[tuple[float, float, int]]:
    """Notes of such bars at a constant tempo, from 0.5 s on."""
    pitches = [pitch for bar in bars for pitch in bar]
    return [(0.5 + i * seconds_a_quarter, seconds_a_quarter * 0.95, pitch) for i, pitch in enumerate(pitches)]


def _note(name: str, pitch: int) -> str:
    step, alter = [("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("F", 1), ("G", 0)][pitch % 12 % 8]
    altered = f"<alter>{alter}</alter>" if alter else ""
    written = f"<pitch><step>{step}</step>{altered}<octave>{pitch // 12 - 1}</octave></pitch>"
    return f'<note id="{name}">{written}<duration>{DIVISIONS}</duration><voice>1</voice><type>quarter</type></note>'
