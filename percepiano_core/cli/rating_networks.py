"""The trained networks that `percepiano rate` asks: those named, or those of a results folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import typer

from percepiano_core.audio.networks.system import SYSTEM as AUDIO
from percepiano_core.errors import UserError
from percepiano_core.perception.ensemble import (
    Member,
    System,
    by_system,
    check_alike,
    given_weights,
    models_there,
    read_members,
    workflow_weights,
)
from percepiano_core.perception.rating_ways import By, chosen_ways
from percepiano_core.symbolic.networks.system import SYSTEM as SYMBOLIC
from percepiano_core.wording import counted

SYSTEMS = (SYMBOLIC, AUDIO)
FRAMEWORKS = {SYMBOLIC.name: "torch", AUDIO.name: "jax"}  # each an extra of the same name


@dataclass(frozen=True)
class Wanted:
    """What a person says of the networks.

    Attributes
    ----------
    by : the way that recordings are rated
    weights : files and folders; none: those of `results`
    results : folder of a run of the workflow
    chosen : labels, model and split in it; None: not said
    """

    by: By
    weights: Sequence[Path]
    results: Path
    chosen: Mapping[str, str | None]

    def members(self, midis: Sequence[Path], score: Path | None, curves: bool) -> dict[str, list[Member]]:
        """Name of each system that is asked -> its networks, all of the same labels and split.

        midis : the performances that are MIDI files
        curves : whether ratings over time are wanted, which need networks that hear sound
        """
        given = by_system(given_weights(self.weights), SYSTEMS) if self.weights else None
        ways = chosen_ways(self.by, midis, score, self._there() if given is None else given)
        if curves and AUDIO.name not in ways:
            raise UserError("--curve", "needs networks that hear sound, and these read notes", "add --by sound")
        found = {each.name: self._members(each, given) for each in SYSTEMS if each.name in ways}
        check_alike([member for members in found.values() for member in members])
        for system in SYSTEMS:
            if given and system.name in given and system.name not in ways:
                left_out = f"{counted(len(given[system.name]), 'network')} named that {system.told} not asked"
                typer.echo(f"--weights: {left_out}; --by both asks all", err=True)
        return found

    def _there(self) -> list[str]:
        """Systems with a trained network, of the model named where one of them has that."""
        models = {each.name: models_there(self.results, each) for each in SYSTEMS}
        named = [name for name, there in models.items() if self.chosen["model"] in there]
        return named or [name for name, there in models.items() if there]

    def _members(self, system: System, given: Mapping[str, list[Path]] | None) -> list[Member]:
        framework = FRAMEWORKS[system.name]
        if find_spec(framework) is None:
            raise UserError(
                framework,
                f"is not installed, and networks that {system.told} need it",
                f"pip install -e '.[{framework}]'",
            )
        if given is None:
            return read_members(system, workflow_weights(self.results, system, self._chosen(system)))
        if system.name not in given:
            problem = f"no network among them can {system.told}"
            raise UserError("--weights", problem, f"name weights below runs/{system.name}, or another --by")
        return read_members(system, given[system.name])

    def _chosen(self, system: System) -> Mapping[str, str | None]:
        """Both ways together: a model named is that of the system that has it, and the other has its preferred one."""
        having = [each.name for each in SYSTEMS if self.chosen["model"] in models_there(self.results, each)]
        is_other = self.by == "both" and having and system.name not in having
        return {**self.chosen, "model": None} if is_other else self.chosen
