"""Fit one network on one fold: from examples and their notes to predictions and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from percepiano_core.errors import UserError
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.symbolic.networks.network import Network, Notes, TrainableModule
from percepiano_core.symbolic.networks.pretraining import Pretrainer, pretraining_plan
from percepiano_core.symbolic.networks.recipe import Recipe, recipe
from percepiano_core.symbolic.networks.training import Report, Role, Trainer
from percepiano_core.training.checkpoint import TrainingState

TRAINING = ("recipe", "training", "masked_notes")
"""Settings of the training: a recipe's name, values that replace the recipe's, and the plan by which notes are guessed
before ratings are learned (PretrainingPlan, and `notes`, a file of others; null: not at all). All others are the
network's."""


MASKED_STATE = "masked_notes.state"  # beside the state of the training


@dataclass(frozen=True, eq=False)
class FittedFold:
    """What fitting gives: ratings [n, 19] of the valid and test roles, the network at its best epoch, its history."""

    valid: np.ndarray
    test: np.ndarray
    network: Network
    state: TrainingState


def fit_fold(
    module: TrainableModule,
    roles: Roles,
    notes: Notes,
    settings: Mapping[str, Any],
    seed: int,
    *,
    state_path: Path | None = None,
    key: str = "",
    report: Report = print,
    unrated: Notes | None = None,
    device: torch.device | str = "cpu",
) -> FittedFold:
    """Train on the train role, let the valid role choose the epoch, predict both; the test labels are never read.

    A performance without notes is not learned from, and is predicted as the mean of the train role. `unrated` are notes
    of other performances, to be guessed beside those of the train role where the settings say so (`masked_notes`).
    """
    plan = recipe(settings.get("recipe", "default"), settings.get("training", {}))
    learned, judged = _with_notes(roles.train, notes), _with_notes(roles.valid, notes)
    if not len(learned) or not len(judged):
        raise UserError("features", "no performance of the train or valid role has notes", "look at results/quality")
    report(f"{len(learned)} performances to learn from, {len(judged)} to choose by")
    torch.manual_seed(seed)
    network = module.prepare(learned, notes, {name: value for name, value in settings.items() if name not in TRAINING})
    trainer = Trainer(network, plan, seed, state_path=state_path, key=key, report=report, device=device)
    to_learn, to_choose = (_role(network, each, notes, plan) for each in (learned, judged))
    if settings.get("masked_notes") is not None:
        _guess_notes(trainer, to_learn, to_choose, settings["masked_notes"], unrated or {})
    state = trainer.train(to_learn, to_choose)
    mean = learned.labels.mean(axis=0)
    of_valid, of_test = (_predicted(trainer, network, role, notes, mean) for role in (roles.valid, roles.test))
    return FittedFold(of_valid, of_test, network, state)


def _guess_notes(trainer: Trainer, learned: Role, judged: Role, values: Mapping[str, Any], unrated: Notes) -> None:
    """Pre-train the network on the notes of both roles' performances, whose ratings play no part, and on `unrated`."""
    plan = pretraining_plan({name: value for name, value in values.items() if name != "notes"})
    if trainer.network.masked_task is None:
        raise UserError("masked_notes", "this network has no notes to guess", "leave it out")
    state_path = None if trainer.state_path is None else trainer.state_path.with_name(MASKED_STATE)
    task = trainer.network.masked_task()
    pretrainer = Pretrainer(
        task,
        plan,
        trainer.seed,
        state_path=state_path,
        key=trainer.key,
        report=trainer.report,
    )
    pretrainer.train([*learned.inputs, *task.parts(unrated)], judged.inputs)


def _with_notes(examples: Examples, notes: Notes) -> Examples:
    return examples.rows(np.array([name in notes for name in examples.performances.tolist()], dtype=bool))


def _role(network: Network, examples: Examples, notes: Notes, plan: Recipe) -> Role:
    weights = examples.n_raters**plan.rater_weight
    segments = np.unique(examples.segments, return_inverse=True)[1]
    return Role(network.encode(examples, notes), examples.labels, weights / weights.mean(), segments)


def _predicted(trainer: Trainer, network: Network, examples: Examples, notes: Notes, mean: np.ndarray) -> np.ndarray:
    known = np.array([name in notes for name in examples.performances.tolist()], dtype=bool)
    predicted = np.tile(mean, (len(examples), 1))
    if known.any():
        predicted[known] = trainer.predict(network.encode(examples.rows(known), notes))
    return predicted
