"""Trained networks of the workflow as one ensemble: found, checked to belong together, asked.

A run folder (rule `train`) holds a network's weights, what made them, and what it said about its validation role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples
from percepiano_core.store.predictions import VALID_FILE, FoldPredictions, read_predictions
from percepiano_core.symbolic.networks.network import Network, Notes
from percepiano_core.symbolic.networks.network_file import read_network, refuse_other_systems
from percepiano_core.training.run_folder import WEIGHTS_FILE, RunInfo, read_run_info

SYSTEM = "symbolic"  # folder below runs/
LAYOUT = ("labels", "model", "split")  # folders below it
PREFERRED = {"labels": "published", "model": "bilstm_descriptors", "split": "performer"}
READABLE = ("notes", "notes+descriptors", "performed")  # what a network may be given, as its run says
TRAINED = "results/runs/symbolic/published/bilstm_descriptors/performer/fold{0..3}/seed{0,1}/weights.safetensors"
TRAIN_FIRST = f"train some first (snakemake --cores 8 {TRAINED}), or name others by --weights"


@dataclass(frozen=True, eq=False)
class Member:
    """A trained network: its file, what made it, and what it said about its validation role."""

    weights: Path
    info: RunInfo
    valid: list[FoldPredictions]


def workflow_weights(results: Path, chosen: Mapping[str, str | None]) -> list[Path]:
    """Weights of one model on one split and label derivation, all folds and seeds, in a results folder of the workflow.

    `chosen` names the folders of LAYOUT; for None it is that of PREFERRED if it is there, else the only one.
    """
    folder = results / "runs" / SYSTEM
    for level in LAYOUT:
        there = sorted({path.relative_to(folder).parts[0] for path in _weights_below(folder)})
        if not there:
            raise UserError(folder, "no trained network here", TRAIN_FIRST)
        folder /= _choice(level, chosen[level], there)
    return _weights_below(folder)


def given_weights(places: Iterable[Path]) -> list[Path]:
    """The files named, and all weights below the folders named; UserError for a place without any."""
    found: dict[Path, None] = {}
    for place in places:
        here = [place] if place.is_file() else _weights_below(place)
        if not here:
            raise UserError(place, "no trained network here", TRAIN_FIRST)
        found.update(dict.fromkeys(here))
    return list(found)


def read_members(weights: Sequence[Path]) -> list[Member]:
    """The members of an ensemble; UserError unless all have their run beside them, on the same labels and split."""
    members = [_member(path) for path in weights]
    for member in members[1:]:
        for what, told, first in zip(("labels", "split"), _data(member), _data(members[0]), strict=True):
            if told != first:
                problem = f"is of {what} {told}, but {members[0].weights} of {first}"
                raise UserError(member.weights, problem, f"rate with runs of one {what} alone")
    return members


def split_of(member: Member) -> str:
    """The split whose validation role the member was held out from."""
    return member.valid[0].split


def ask(members: Sequence[Member], examples: Examples, notes: Notes, performed: Notes) -> np.ndarray:
    """Ratings of each member [k, n, 19], 0 to 1.

    A member reads `notes` (features of the score's notes) or `performed` (store/performed.py), as it was trained.
    """
    read = [performed if member.info.inputs == "performed" else notes for member in members]
    return np.stack(
        [_predicted(read_network(each.weights), examples, given) for each, given in zip(members, read, strict=True)]
    )


def unlabelled(descriptors: Mapping[str, Mapping[str, float]]) -> Examples:
    """Unlabelled performances, from their descriptors, as a network reads them."""
    names = np.array(list(descriptors))
    columns = tuple(next(iter(descriptors.values())))
    return Examples(
        performances=names,
        segments=names,
        pieces=names,
        movements=names,
        works=names,
        performers=names,
        deadpan=np.zeros(len(names), dtype=bool),
        features=np.array([[row[column] for column in columns] for row in descriptors.values()]),
        feature_names=columns,
        labels=np.full((len(names), len(DIMENSION_KEYS)), np.nan),
        n_raters=np.full(len(names), np.nan),
    )


def _weights_below(folder: Path) -> list[Path]:
    return sorted(folder.rglob(WEIGHTS_FILE))


def _choice(level: str, wanted: str | None, there: Sequence[str]) -> str:
    if wanted is None:
        if PREFERRED[level] in there:
            return PREFERRED[level]
        if len(there) == 1:
            return there[0]
    elif wanted in there:
        return wanted
    problem = "choose one" if wanted is None else f"no trained network of {wanted}"
    raise UserError(f"--{level}", problem, f"there are networks of {', '.join(there)}")


def _member(weights: Path) -> Member:
    refuse_other_systems(weights)
    valid = weights.with_name(VALID_FILE)
    if not valid.is_file():
        problem = f"{VALID_FILE} is missing beside it, and intervals are calibrated by that"
        raise UserError(weights, problem, "name weights in their run folder")
    info = read_run_info(weights.parent)
    if info.inputs not in READABLE:
        raise UserError(weights, f"reads {info.inputs}", f"name networks that read {' or '.join(READABLE)}")
    return Member(weights, info, read_predictions(valid))


def _data(member: Member) -> tuple[str, str]:
    return member.info.data, split_of(member)


def _predicted(network: Network, examples: Examples, notes: Notes) -> np.ndarray:
    with torch.inference_mode():
        logits = network.module(network.collate(network.encode(examples, notes)))
    return torch.sigmoid(logits).numpy().astype(float)
