"""The synthetic corpus as examples: each simulated pianist's excerpts of a piece played one after the other.

Loudness is not rendered: each note adds its velocity's energy at its onset, which dies away, and the curve is that of
the total. It serves to show that training and scoring run, and what they find where the truth is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from percepiano_core.corpus.mazurkabl import CURVE_HOP, CURVE_RATE
from percepiano_core.corpus.midi import read_performance
from percepiano_core.corpus.records import Performance
from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.labels import BeatLabels
from percepiano_core.dynamics.inputs.curves import curve_duration, loudness_channels
from percepiano_core.metrics.levels_and_beats import CLASSES

SILENCE_SECONDS = 1.0  # between two excerpts
DECAY_SECONDS = 0.8  # in which a note's energy falls to 1/e
DECIBELS_A_VELOCITY = 0.35  # about 40 dB between the softest and the loudest note
FULL_VELOCITY = 127
SONE_EXPONENT = 0.3  # of the energy: ten times the energy is twice as loud


def synthetic_examples(root: Path | str, piece: str, performances: Iterable[Performance]) -> Iterator[Example]:
    """One example a pianist of a piece; the deadpan performance is left out, for nobody chose its dynamics."""
    beats = pd.read_csv(Path(root) / "beats.csv", dtype={"performance": "str"})
    by_performance = dict(list(beats.groupby("performance")))
    players = defaultdict(list)
    for each in performances:
        if each.piece == piece and not each.deadpan:
            players[each.player].append(each)
    for player, played in sorted(players.items()):
        ordered = sorted(played, key=lambda each: each.segment)
        parts = [(Path(root) / each.midi, by_performance[each.performance]) for each in ordered]
        yield _example(f"{piece}/{player}", piece, parts)


def _example(name: str, piece: str, parts: list[tuple[Path, pd.DataFrame]]) -> Example:
    begin, curves, times, tables = 0, [], [], []
    for midi, beats in parts:
        curve = _loudness(read_performance(midi).notes, float(beats["onset_sec"].iloc[-1]))
        curves.append(curve)
        times.append(beats["onset_sec"].to_numpy() + begin * CURVE_HOP / CURVE_RATE)
        tables.append(beats)
        begin += len(curve)
    curve, table = np.concatenate(curves), pd.concat(tables)
    level = table["dynamic"].map(CLASSES).to_numpy(dtype=np.int64)
    downbeat = table["downbeat"].to_numpy() > 0
    change = np.diff(level, prepend=level[0]) != 0
    return Example(
        name=name,
        group=piece,
        duration=curve_duration(len(curve)),
        beat_times=np.concatenate(times),
        labels=BeatLabels(level, change, downbeat, downbeat),
        inputs={"curves8": loudness_channels(curve)},
    )


def _loudness(notes: np.ndarray, last_beat: float) -> np.ndarray:
    """Loudness of notes with some silence after the last note and beat (s), on the grid of MazurkaBL's curves."""
    rows = np.rint(notes["onset_sec"] * CURVE_RATE / CURVE_HOP).astype(np.int64)
    end = max(float(notes["onset_sec"].max()), last_beat) + DECAY_SECONDS + SILENCE_SECONDS
    length = int(end * CURVE_RATE / CURVE_HOP)
    energy = np.zeros(length)
    decibels = DECIBELS_A_VELOCITY * (notes["velocity"].astype(np.float64) - FULL_VELOCITY)
    np.add.at(energy, rows, 10 ** (decibels / 10))
    kept = np.exp(-CURVE_HOP / CURVE_RATE / DECAY_SECONDS)
    return lfilter([1.0], [1.0, -kept], energy) ** SONE_EXPONENT
