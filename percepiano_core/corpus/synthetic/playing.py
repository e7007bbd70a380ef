"""A performance simulated from a score and an expression: onsets, lengths, velocities, pedals, and slips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.synthetic.dynamics import intended_level, is_soft
from percepiano_core.corpus.synthetic.music import DIVISIONS, SegmentScore, phrase_arch, score_notes
from percepiano_core.corpus.synthetic.pianists import Expression, is_deadpan

TICKS_PER_QUARTER = 480
TICKS_PER_SECOND = 960  # 480 ticks a quarter, 500000 microseconds a quarter: an arbitrary clock, as in the real corpus
PLAYED_DTYPE = np.dtype(
    [
        ("onset_tick", "i8"),
        ("offset_tick", "i8"),
        ("pitch", "i2"),
        ("velocity", "i2"),
        ("score_row", "i4"),  # row of the score notes; -1 for an extra or wrong note
    ]
)
_GRID = 6  # divisions: the tempo curve is integrated in 16ths
_BEAT_MEMORY = 0.5  # lag-1 correlation of beat lengths
_FINAL_SLOWING = 0.12  # log tempo at the last barline, for everyone but a machine
_WRITTEN_RIT = 0.15  # more of it where the score says rit.
_GRACE_SECONDS = 0.075
_LEGATO_UNDER_SLUR = 0.08
_SHORTEST_SECONDS = 0.04
_CLOSEST_TICKS = 30  # two strokes of one key are never nearer than about 31 ms
_ACCENT, _SFORZATO, _DOWNBEAT = 9.0, 14.0, 2.5  # velocity
_SLIP_DISTANCE_TICKS = 240  # a slip never lands on a key that is struck within a quarter of a second
_MELODY = 1


@dataclass(frozen=True, slots=True)
class Playing:
    """What was played.

    Attributes
    ----------
    score : SCORE_DTYPE [m], the notes to be played
    notes : PLAYED_DTYPE [n], sorted by (onset, pitch, length)
    controls : rows (tick, number, value) in time order
    beat_onset : divisions [b]; beat_second : seconds [b] of each beat by the tempo curve, and of the end
    """

    score: np.ndarray
    notes: np.ndarray
    controls: list[tuple[int, int, int]]
    beat_onset: np.ndarray
    beat_second: np.ndarray


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds of score positions, piecewise linear between grid points."""

    divisions: np.ndarray
    seconds: np.ndarray

    def at(self, position: np.ndarray) -> np.ndarray:
        return np.interp(position, self.divisions, self.seconds)


def play(score: SegmentScore, expression: Expression, rng: np.random.Generator) -> Playing:
    """Play a segment; a deadpan expression (all deviations zero) gives the notation itself."""
    written = score_notes(score)
    deadpan = is_deadpan(expression)
    clock = _clock(score, expression, deadpan, rng)
    onset = _onsets(written, clock, expression, rng)
    length = _lengths(written, clock, expression)
    velocity = _velocities(score, written, expression, rng)
    notes = np.zeros(len(written), dtype=PLAYED_DTYPE)
    notes["onset_tick"] = np.rint(onset * TICKS_PER_SECOND)
    notes["offset_tick"] = notes["onset_tick"] + np.rint(length * TICKS_PER_SECOND)
    notes["pitch"], notes["velocity"], notes["score_row"] = written["pitch"], velocity, np.arange(len(written))
    notes = _separated(_with_slips(notes, written, expression, rng))
    beats = np.arange(0, score.end + 1, score.metre.beat)
    controls = _pedals(score, clock, expression, rng) if not deadpan else []
    return Playing(written, notes, controls, beats, clock.at(beats))


def _clock(score: SegmentScore, expression: Expression, deadpan: bool, rng: np.random.Generator) -> _Clock:
    """Tempo curve: written tempo, phrase arch, wandering beats, slowing at the end."""
    grid = np.arange(-score.pickup, score.end + 1, _GRID)
    middle = grid[:-1] + _GRID / 2
    slowness = expression["rubato"] * (phrase_arch(score, middle) - 1 / 3)
    slowness += _wandering(score, middle, expression["unsteadiness"], rng)
    if not deadpan:
        slowness += _slowing(score, middle, _FINAL_SLOWING + 0.5 * expression["rubato"])
    second = 60.0 / score.quarters_per_minute / expression["tempo_factor"] * _GRID / DIVISIONS
    start = 0.0 if deadpan else rng.uniform(0.4, 2.0)
    return _Clock(grid, start + np.concatenate([[0.0], np.cumsum(second * np.exp(slowness))]))


def _wandering(score: SegmentScore, position: np.ndarray, sd: float, rng: np.random.Generator) -> np.ndarray:
    beat = np.floor_divide(position, score.metre.beat).astype(int) + int(score.pickup > 0)
    noise = rng.standard_normal(beat.max() + 1)
    for index in range(1, len(noise)):
        noise[index] = _BEAT_MEMORY * noise[index - 1] + np.sqrt(1 - _BEAT_MEMORY**2) * noise[index]
    return sd * noise[beat]


def _slowing(score: SegmentScore, position: np.ndarray, amount: float) -> np.ndarray:
    written = any(mark.kind == "words" and "rit" in mark.value for mark in score.marks)
    last_bar = np.clip((position - (score.end - score.metre.bar)) / score.metre.bar, 0.0, 1.0)
    return (amount + _WRITTEN_RIT * written) * last_bar**2


def _onsets(written: np.ndarray, clock: _Clock, expression: Expression, rng: np.random.Generator) -> np.ndarray:
    """Seconds [m]: the beat's time, melody early, chords spread upwards, grace notes before, and jitter."""
    melody = written["voice"] == _MELODY
    onset = clock.at(written["onset"]) - melody * expression["melody_lead"] / 1000
    onset += ~melody * _rank_in_chord(written) * expression["chord_spread"] / 1000
    onset += written["grace_order"] * _GRACE_SECONDS
    return np.maximum(0.0, onset + rng.standard_normal(len(written)) * expression["timing_jitter"] / 1000)


def _rank_in_chord(written: np.ndarray) -> np.ndarray:
    """0 for the lowest to 1 for the highest note of each onset; 0 for single notes."""
    starts = np.flatnonzero(np.r_[True, np.diff(written["onset"]) > 0])
    size = np.diff(np.r_[starts, len(written)])
    place = np.arange(len(written)) - np.repeat(starts, size)
    return place / np.maximum(1, np.repeat(size, size) - 1)


def _lengths(written: np.ndarray, clock: _Clock, expression: Expression) -> np.ndarray:
    """Seconds [m] that keys are held."""
    nominal = clock.at(written["onset"] + written["duration"]) - clock.at(written["onset"])
    ratio = expression["legato"] + _LEGATO_UNDER_SLUR * written["slurred"]
    ratio = np.where(written["articulation"] == "staccato", expression["staccato"], ratio)
    held = np.where(written["duration"] == 0, _GRACE_SECONDS, ratio * nominal)
    return np.maximum(_SHORTEST_SECONDS, held)


def _velocities(
    score: SegmentScore, written: np.ndarray, expression: Expression, rng: np.random.Generator
) -> np.ndarray:
    """MIDI velocities [m], 8 to 124."""
    onset = written["onset"]
    level = intended_level(score, expression, onset)
    level += np.where(written["voice"] == _MELODY, 0.5, -0.5) * expression["balance"]
    level += expression["dynamic_range"] * (
        _ACCENT * (written["articulation"] == "accent") + _DOWNBEAT * (onset % score.metre.bar == 0)
    )
    sforzati = [mark.onset for mark in score.marks if mark.value == "sf"]
    level += expression["mark_following"] * _SFORZATO * np.isin(onset, sforzati)
    level += rng.standard_normal(len(written)) * expression["velocity_jitter"]
    return np.clip(np.rint(level), 8, 124)


def _with_slips(notes: np.ndarray, written: np.ndarray, expression: Expression, rng: np.random.Generator) -> np.ndarray:
    """Leave notes out, strike neighbours, add stray notes; the first and the last onset stay intact."""
    inner = (written["onset"] > written["onset"].min()) & (written["onset"] < written["onset"].max())
    chance = rng.random(len(notes))
    omitted = inner & (chance < expression["omission_rate"])
    wrong = inner & ~omitted & (chance > 1 - expression["wrong_rate"])
    stray = inner & (rng.random(len(notes)) < expression["insertion_rate"])
    slips = np.concatenate([_displaced(notes[wrong], notes, rng), _strays(notes[stray], notes, rng)])
    return np.concatenate([notes[~(omitted | wrong)], slips])


def _displaced(chosen: np.ndarray, notes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The chosen notes one or two semitones beside, where no such key is struck nearby."""
    slips = chosen.copy()
    slips["pitch"] += rng.choice(np.array([-2, -1, 1, 2], dtype="i2"), len(chosen))
    slips["score_row"] = -1
    near = np.abs(slips["onset_tick"][:, None] - notes["onset_tick"]) < _SLIP_DISTANCE_TICKS
    return slips[~(near & (slips["pitch"][:, None] == notes["pitch"])).any(axis=1)]


def _strays(chosen: np.ndarray, notes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Soft short neighbours of the chosen notes, struck with or just after them."""
    slips = _displaced(chosen, notes, rng)
    slips["onset_tick"] += rng.integers(0, 60, len(slips))
    slips["offset_tick"] = slips["onset_tick"] + rng.integers(60, 150, len(slips))
    slips["velocity"] = np.maximum(8, (slips["velocity"] * 0.7).astype("i2"))
    return slips


def _separated(notes: np.ndarray) -> np.ndarray:
    """A key is up before it is struck again, and never struck twice at once; sorted by (onset, pitch, length)."""
    notes = notes[np.lexsort((notes["onset_tick"], notes["pitch"]))]
    same_key = np.r_[False, (np.diff(notes["pitch"]) == 0) & (np.diff(notes["onset_tick"]) < _CLOSEST_TICKS)]
    notes = notes[~same_key]
    again = np.r_[np.diff(notes["pitch"]) == 0, False]
    next_onset = np.r_[notes["onset_tick"][1:], 0]
    notes["offset_tick"] = np.where(again, np.minimum(notes["offset_tick"], next_onset - 1), notes["offset_tick"])
    return notes[np.lexsort((notes["offset_tick"], notes["pitch"], notes["onset_tick"]))]


def _pedals(
    score: SegmentScore, clock: _Clock, expression: Expression, rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """CC64 changed with the harmony, syncopated by the lag; CC67 in soft passages. Both are stated at tick 0."""
    depth, lag = round(127 * expression["pedal_depth"]), expression["pedal_lag"] / 1000
    rows = [(0.0, 64, 0), (0.0, 67, 0)]
    down = soft = False
    for harmony in score.harmonies:
        start = float(clock.at(np.array(harmony.onset)))
        if down:
            rows += [(start + lag / 2 - 0.02, 64, depth // 2), (start + lag / 2, 64, 0)]
        down = bool(rng.random() < expression["pedal_use"])
        if down:
            rows += [(start + lag, 64, depth // 2), (start + lag + 0.02, 64, depth)]
        wants_soft = is_soft(score, harmony.onset) and bool(rng.random() < expression["soft_pedal"])
        if wants_soft != soft:
            rows.append((max(0.0, start - 0.05), 67, 100 if wants_soft else 0))
            soft = wants_soft
    end = float(clock.seconds[-1])
    rows += [(end + 0.3, 64, 0)] * down + [(end + 0.3, 67, 0)] * soft
    ticks = [(round(second * TICKS_PER_SECOND), number, value) for second, number, value in rows]
    return sorted(ticks, key=lambda row: row[0])
