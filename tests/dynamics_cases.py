"""Made-up recordings whose loudness follows their levels, for the tests of dynamics."""

from __future__ import annotations

import numpy as np

from percepiano_core.dynamics.examples.examples import Example
from percepiano_core.dynamics.examples.labels import BeatLabels

LOUDNESS = np.array([0.0, 0.2, 0.6, 1.0, 1.6, 2.4])  # of each class


def recording(
    name: str, group: str, beats: int = 96, seed: int = 0, noise: float = 0.05, kind: str = "curves8"
) -> Example:
    """A beat every 0.7 s, bars of three; the level changes every 12 beats or so, and the loudness with it.

    The score (levels) follows from the group, what is played from the name and the seed. Each beat has an attack.
    """
    score = np.random.default_rng([*group.encode()])
    levels = [int(score.integers(1, 6))]
    while len(levels) < beats:
        levels += [int(score.choice([level for level in range(1, 6) if level != levels[-1]]))] * 12
    level = np.array(levels[:beats])
    rng = np.random.default_rng([seed, *name.encode()])
    times = 0.5 + 0.7 * np.arange(beats) + rng.normal(0, 0.02, beats)
    duration = float(times[-1] + 1)
    frames = round(duration * 50) + 1
    beat = np.clip(np.searchsorted(times, np.arange(frames) / 50, side="right") - 1, 0, None)
    since = np.arange(frames) / 50 - times[beat]
    downbeat = np.arange(beats) % 3 == 0
    attack = np.exp(-np.abs(since) / 0.1) * np.where(downbeat[beat], 0.6, 0.3)
    loudness = np.abs(LOUDNESS[level][beat] + attack + rng.normal(0, noise, frames))
    change = np.diff(level, prepend=level[0]) != 0
    channels = np.stack([loudness, np.gradient(loudness)])
    return Example(name, group, duration, times, BeatLabels(level, change, downbeat, downbeat), {kind: channels})


def pieces(groups: int = 6, each: int = 2, **options: float) -> list[Example]:
    """Several recordings of several pieces."""
    return [recording(f"p{group}/r{i}", f"p{group}", **options) for group in range(groups) for i in range(each)]
