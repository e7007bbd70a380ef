"""Rating of performances, from their files to a report: from their notes, from their sound, or the mean of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from percepiano_core.audio.networks.system import SYSTEM as AUDIO
from percepiano_core.cli.rating_by_notes import ScoreGiven, rate_notes
from percepiano_core.cli.rating_networks import SYSTEMS
from percepiano_core.cli.rating_report import Asked, Report
from percepiano_core.perception.ensemble import Member, split_of
from percepiano_core.perception.intervals import HeldOut, averaged, half_widths, held_out, rated
from percepiano_core.perception.rating_curve import RatingCurve
from percepiano_core.sound.repair import Tell, unheard
from percepiano_core.symbolic.networks.system import SYSTEM as SYMBOLIC


@dataclass(frozen=True)
class Performances:
    """The files to be rated by their names, and which of them are recordings."""

    files: Mapping[str, Path]
    recordings: Sequence[str]

    @property
    def midis(self) -> list[Path]:
        """Those that are none."""
        return [path for name, path in self.files.items() if name not in self.recordings]


@dataclass(eq=False)
class _Said:
    """What is collected on the way: ratings of each ensemble [k, n, 19], and parts of the report."""

    ratings: list[np.ndarray] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, RatingCurve] = field(default_factory=dict)


def rate_files(
    members: Mapping[str, Sequence[Member]],
    performances: Performances,
    score: ScoreGiven | None,
    level: float,
    curves: bool,
    tell: Callable[[Path], Tell],
) -> tuple[Report, dict[str, RatingCurve]]:
    """The report, and ratings over time where they are wanted.

    members : name of each system that is asked -> its networks
    score : what is read for networks of notes; None where there are none
    level : share of ratings that an interval covers
    tell : recording -> what is told each thing that was repaired in it
    """
    said = _Said()
    if score is not None and SYMBOLIC.name in members:
        _by_notes(said, members[SYMBOLIC.name], performances, score, tell)
    if AUDIO.name in members:
        # what was repaired in a recording is told once
        _by_sound(said, members[AUDIO.name], performances, curves, (lambda _: unheard) if said.ratings else tell)
    valid = _held_out(members)
    every = [member for each in members.values() for member in each]
    report = Report(
        ratings=rated(said.ratings, half_widths(valid, level)),
        names=tuple(performances.files),
        level=level,
        calibrated_on=len(valid),
        labels=every[0].info.data,
        split=split_of(every[0]),
        asked=tuple(_asked(each.told, members[each.name]) for each in SYSTEMS if each.name in members),
        **said.parts,
    )
    return report, said.curves


def _by_notes(
    said: _Said,
    members: Sequence[Member],
    performances: Performances,
    score: ScoreGiven,
    tell: Callable[[Path], Tell],
) -> None:
    found = rate_notes(members, performances.files, performances.recordings, score, tell)
    said.ratings.append(found.members)
    said.parts |= {"score": score.path, "composer": found.composer}
    said.parts |= {"alignments": found.alignments, "transcribed": found.transcribed}


def _by_sound(
    said: _Said,
    members: Sequence[Member],
    performances: Performances,
    curves: bool,
    tell: Callable[[Path], Tell],
) -> None:
    # Imported here because JAX takes seconds, and is not installed everywhere.
    from percepiano_core.audio.networks.ensemble import hear

    found = hear(members, performances.files, curves=curves, tell=tell)
    said.ratings.append(found.members)
    said.parts["likeness"] = found.likeness
    said.curves = found.curves


def _held_out(members: Mapping[str, Sequence[Member]]) -> HeldOut:
    """What the ensembles said of performances that they held out; their mean where there are two."""
    ensembles = [held_out(fold for member in each for fold in member.valid) for each in members.values()]
    return ensembles[0] if len(ensembles) == 1 else averaged(ensembles)


def _asked(told: str, members: Sequence[Member]) -> Asked:
    return Asked(len(members), ", ".join(sorted({member.info.model for member in members})), told)
