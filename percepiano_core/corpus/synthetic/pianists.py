"""The simulated pianists: what each parameter of expression is, and what it is in each performance.

A value is mean + sd * z, cut to its limits. z has unit variance: a part of the person in all works, a part of the
person in this work, a part that all people share in this phrase (what the music asks for), and a part of this
performance alone. So a pianist is recognisable, a phrase has its character, and nothing is played the same twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from percepiano_core.corpus.synthetic.music import stream

PERSON_SHARE, WORK_SHARE, PHRASE_SHARE, PERFORMANCE_SHARE = 0.20, 0.10, 0.30, 0.40  # of the variance of z


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob of a performance: its distribution over people, and where a deadpan performance has it."""

    key: str
    unit: str
    mean: float
    sd: float
    low: float
    high: float
    deadpan: float
    meaning: str


PARAMETERS = (
    Parameter("tempo_factor", "ratio", 1.0, 0.15, 0.65, 1.45, 1.0, "tempo played / written"),
    Parameter("rubato", "log", 0.10, 0.06, 0.0, 0.30, 0.0, "slowing at the ends of four bars against their middle"),
    Parameter("unsteadiness", "log", 0.035, 0.018, 0.004, 0.10, 0.0, "sd of the length of a beat, correlated .5"),
    Parameter("timing_jitter", "ms", 9.0, 4.0, 1.0, 25.0, 0.0, "sd of each onset"),
    Parameter("melody_lead", "ms", 16.0, 11.0, 0.0, 50.0, 0.0, "melody before the other notes"),
    Parameter("chord_spread", "ms", 9.0, 6.0, 0.0, 35.0, 0.0, "lowest to highest accompanying note of a chord"),
    Parameter("legato", "ratio", 0.88, 0.12, 0.50, 1.15, 0.95, "key held / written length"),
    Parameter("staccato", "ratio", 0.42, 0.10, 0.20, 0.70, 0.50, "key held / written length under a dot"),
    Parameter("pedal_use", "share", 0.65, 0.28, 0.0, 1.0, 0.0, "harmonies that are pedalled"),
    Parameter("pedal_depth", "share", 0.75, 0.22, 0.30, 1.0, 0.75, "CC64 / 127 while down; below 1 is half pedal"),
    Parameter(
        "pedal_lag", "ms", 110.0, 60.0, 10.0, 320.0, 110.0, "harmony's onset to the new pedal; the old one lasts half"
    ),
    Parameter("soft_pedal", "share", 0.35, 0.30, 0.0, 1.0, 0.0, "chance of CC67 in p and pp"),
    Parameter("dynamic_level", "velocity", 62.0, 8.0, 40.0, 86.0, 64.0, "velocity at mf"),
    Parameter("dynamic_range", "ratio", 1.0, 0.35, 0.25, 2.0, 0.8, "scale of all dynamic contrast"),
    Parameter("mark_following", "ratio", 1.0, 0.30, 0.15, 1.7, 1.0, "weight of the written marks in it"),
    Parameter("balance", "velocity", 11.0, 6.0, -4.0, 28.0, 0.0, "melody minus accompaniment"),
    Parameter("velocity_jitter", "velocity", 4.0, 1.6, 0.8, 9.0, 0.0, "sd of each velocity"),
    Parameter("omission_rate", "share", 0.010, 0.008, 0.0, 0.04, 0.0, "score notes left out"),
    Parameter("insertion_rate", "share", 0.008, 0.008, 0.0, 0.04, 0.0, "extra notes a score note"),
    Parameter("wrong_rate", "share", 0.007, 0.007, 0.0, 0.035, 0.0, "score notes with a neighbouring pitch"),
)
DEADPAN = "Score"  # player name of deadpan performances, as in the real corpus

Expression = Mapping[str, float]


def expression(seed: int, player: str, work: str, phrase: str, segment: str) -> dict[str, float]:
    """Parameter values of one performance."""
    if player == DEADPAN:
        return {parameter.key: parameter.deadpan for parameter in PARAMETERS}
    z = (
        np.sqrt(PERSON_SHARE) * _draw(seed, "person", player)
        + np.sqrt(WORK_SHARE) * _draw(seed, "person", player, work)
        + np.sqrt(PHRASE_SHARE) * _draw(seed, "phrase", phrase)
        + np.sqrt(PERFORMANCE_SHARE) * _draw(seed, "performance", player, segment)
    )
    return {
        p.key: round(float(np.clip(p.mean + p.sd * value, p.low, p.high)), 6)
        for p, value in zip(PARAMETERS, z, strict=True)
    }


def is_deadpan(values: Expression) -> bool:
    """Whether a machine plays: people are never perfectly steady."""
    return values["unsteadiness"] == 0.0


def _draw(seed: int, *names: str) -> np.ndarray:
    return stream(seed, *names).standard_normal(len(PARAMETERS))
