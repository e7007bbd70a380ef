"""Trained networks of the workflow as one ensemble: found, told apart by system, checked to belong together.

A run folder (rule `train`) holds a network's weights, what made them, and what it said about its validation role. How
networks are asked is their system's own: symbolic/networks/ensemble.py and audio/networks/ensemble.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from percepiano_core.errors import UserError
from percepiano_core.store.predictions import VALID_FILE, FoldPredictions, read_predictions
from percepiano_core.training.named_arrays import read_arrays
from percepiano_core.training.run_folder import WEIGHTS_FILE, RunInfo, read_run_info

LAYOUT = ("labels", "model", "split")  # folders below that of a system
PREFERRED = {"labels": "published", "split": "performer"}
MODULE = "module"  # key of the header: the module that made the network, below percepiano_core
DYNAMICS = "dynamics"
OLD_DYNAMICS = "percepiano dynamics network"  # with which the format in headers of older files of them begins
EXPECTED = ("a trained network", "train the model again")


@dataclass(frozen=True)
class System:
    """Networks of ratings of one system.

    Attributes
    ----------
    name : folder below runs/, and what the names of their modules begin with
    told : what they do, in words
    model : that is preferred
    reads : what one of them may be given, as its run says
    trained : weights that the shipped configuration makes, below results/
    """

    name: str
    told: str
    model: str
    reads: tuple[str, ...]
    trained: str

    @property
    def remedy(self) -> str:
        """What to do where there are none."""
        return f"train some first (snakemake --cores 8 results/{self.trained}), or name others by --weights"


@dataclass(frozen=True, eq=False)
class Member:
    """A trained network: its file, what made it, and what it said about its validation role."""

    weights: Path
    info: RunInfo
    valid: list[FoldPredictions]


def models_there(results: Path, system: System) -> set[str]:
    """Names of the models of a system that have a trained network in a results folder."""
    folder = results / "runs" / system.name
    parts = [path.relative_to(folder).parts for path in _weights_below(folder)]
    return {each[LAYOUT.index("model")] for each in parts if len(each) > len(LAYOUT)}


def workflow_weights(results: Path, system: System, chosen: Mapping[str, str | None]) -> list[Path]:
    """Weights of one model on one split and label derivation, all folds and seeds, in a results folder of the workflow.

    `chosen` names the folders of LAYOUT; for None it is the preferred one if it is there, else the only one.
    """
    folder = results / "runs" / system.name
    preferred = {**PREFERRED, "model": system.model}
    for level in LAYOUT:
        there = sorted({path.relative_to(folder).parts[0] for path in _weights_below(folder)})
        if not there:
            raise UserError(folder, "no trained network here", system.remedy)
        folder /= _choice(level, chosen[level], preferred[level], there)
    return _weights_below(folder)


def given_weights(places: Iterable[Path]) -> list[Path]:
    """The files named, and all weights below the folders named; UserError for a place without any."""
    found: dict[Path, None] = {}
    for place in places:
        here = [place] if place.is_file() else _weights_below(place)
        if not here:
            raise UserError(place, "no trained network here", f"name {WEIGHTS_FILE} files, or folders that hold some")
        found.update(dict.fromkeys(here))
    return list(found)


def by_system(weights: Iterable[Path], systems: Sequence[System]) -> dict[str, list[Path]]:
    """Name of each system that has some -> its weights, by the headers of the files; UserError as of `system_of`."""
    found: dict[str, list[Path]] = {}
    for path in weights:
        found.setdefault(system_of(path, systems).name, []).append(path)
    return found


def system_of(weights: Path, systems: Sequence[System]) -> System:
    """The system of a file of weights; UserError for a network of none of them, and for what is no network."""
    _, header = read_arrays(weights, *EXPECTED)
    begins = str(header.get(MODULE)).split(".")[0]
    if begins == DYNAMICS or str(header.get("format")).startswith(OLD_DYNAMICS):
        problem = "it is a network of dynamics, which hears recordings and rates no performances"
        remedy = "give it to `percepiano dynamics`, and name weights of a network of ratings here"
        raise UserError(weights, problem, remedy)
    found = next((system for system in systems if system.name == begins), None)
    if found is None:
        places = " or ".join(f"runs/{system.name}" for system in systems)
        raise UserError(weights, "it is no network of ratings (an encoder alone, say)", f"name weights below {places}")
    return found


def read_members(system: System, weights: Sequence[Path]) -> list[Member]:
    """The members of an ensemble; UserError unless all have their run beside them, on the same labels and split."""
    members = [_member(system, path) for path in weights]
    check_alike(members)
    return members


def check_alike(members: Sequence[Member]) -> None:
    """UserError for networks of different labels or splits, whose ratings cannot be averaged."""
    for member in members[1:]:
        for what, told, first in zip(("labels", "split"), _data(member), _data(members[0]), strict=True):
            if told != first:
                problem = f"is of {what} {told}, but {members[0].weights} of {first}"
                raise UserError(member.weights, problem, f"rate with runs of one {what} alone")


def split_of(member: Member) -> str:
    """The split whose validation role the member was held out from."""
    return member.valid[0].split


def _weights_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob(WEIGHTS_FILE))


def _choice(level: str, wanted: str | None, preferred: str, there: Sequence[str]) -> str:
    if wanted is None:
        if preferred in there:
            return preferred
        if len(there) == 1:
            return there[0]
    elif wanted in there:
        return wanted
    problem = "choose one" if wanted is None else f"no trained network of {wanted}"
    raise UserError(f"--{level}", problem, f"there are networks of {', '.join(there)}")


def _member(system: System, weights: Path) -> Member:
    valid = weights.with_name(VALID_FILE)
    if not valid.is_file():
        problem = f"{VALID_FILE} is missing beside it, and intervals are calibrated by that"
        raise UserError(weights, problem, "name weights in their run folder")
    info = read_run_info(weights.parent)
    if info.inputs not in system.reads:
        raise UserError(weights, f"reads {info.inputs}", f"name networks that read {' or '.join(system.reads)}")
    return Member(weights, info, read_predictions(valid))


def _data(member: Member) -> tuple[str, str]:
    return member.info.data, split_of(member)
