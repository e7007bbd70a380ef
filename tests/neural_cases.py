"""Made performances for training networks: notes under the published keys, ratings that follow from the playing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import torch

from percepiano_core.features.assembly import NoteTable
from percepiano_core.features.feature_sets import FEATURE_SETS, KEY_WIDTHS
from percepiano_core.perception.examples import Examples
from percepiano_core.perception.folds import Roles
from percepiano_core.symbolic.networks.network import Network, load_network_module
from percepiano_core.training.run import Trained, TrainingRun
from percepiano_core.training.torch_adapter import load_module

TINY = {"preset": "bilstm_sa_han_small", "standardise": "all", "architecture": {"hidden": 8, "dropout": 0.0}}
QUICK = {"epochs": 6, "batch_size": 8, "learning_rate": 0.01}
QUIET = TrainingRun(report=lambda line: None)


def train_fold(
    module: str,
    roles: Roles,
    notes: Mapping[str, NoteTable],
    settings: Mapping[str, Any],
    seed: int = 0,
    run: TrainingRun = QUIET,
) -> Trained[np.ndarray]:
    """Train the network of a module, as a workflow's script does."""
    return import_module(f"percepiano_core.{module}").train_fold(roles, notes, settings, seed, run)


def network_of(trained: Trained) -> Network:
    """The network that a training gave, as from its file."""
    network = load_network_module(trained.header["module"]).restore(trained.header["description"])
    load_module(network.module, trained.weights)
    network.module.eval()
    return network


def predicted(network: Network, examples: Examples, notes: Mapping[str, NoteTable]) -> np.ndarray:
    """Ratings of a network in one batch."""
    with torch.inference_mode():
        return torch.sigmoid(network.module(network.collate(network.encode(examples, notes)))).numpy()


def made_notes(rng: np.random.Generator, n: int, loudness: float, touch: float) -> NoteTable:
    """`n` notes in groups of three a beat, two beats a measure; a louder and longer playing shows in two features."""
    shapes = {key: n if KEY_WIDTHS[key] == 1 else (n, KEY_WIDTHS[key]) for key in FEATURE_SETS["published101"]}
    values = {key: rng.normal(size=shape) for key, shape in shapes.items()}
    values["velocity"] = 64 + 12 * loudness + rng.normal(size=n)
    values["articulation"] = touch + 0.3 * rng.normal(size=n)
    beat = np.arange(n) // 3
    masks = {key: np.ones(n, dtype=bool) for key in values}
    return NoteTable(values, masks, {"beat": beat, "measure": beat // 2, "voice": 1 + np.arange(n) % 2})


def made_corpus(n: int = 40, seed: int = 0, shuffled: bool = False) -> tuple[Roles, dict[str, NoteTable]]:
    """Half of `n` performances to learn from, a quarter each to choose by and to predict."""
    rng = np.random.default_rng(seed)
    loudness, touch = rng.normal(size=(2, n))
    notes = {f"p{i:02d}": made_notes(rng, 12 + 3 * (i % 5), loudness[i], touch[i]) for i in range(n)}
    weights = np.random.default_rng(1).normal(size=(2, 19))
    labels = 1 / (1 + np.exp(-0.7 * np.stack([loudness, touch], axis=1) @ weights))
    if shuffled:
        labels = rng.permutation(labels)
    names = np.array(list(notes))
    keys = dict.fromkeys(("performances", "segments", "pieces", "movements", "works", "performers"), names)
    examples = Examples(
        **keys,
        deadpan=np.zeros(n, dtype=bool),
        features=np.stack([loudness, touch], axis=1),
        feature_names=("raw_loudness", "raw_touch"),
        labels=labels,
        n_raters=np.full(n, 5.0),
    )
    rows = np.arange(n)
    train, valid, test = rows % 4 < 2, rows % 4 == 2, rows % 4 == 3
    hidden = replace(examples, labels=np.full_like(labels, np.nan))
    return Roles(examples.rows(train), examples.rows(valid), hidden.rows(test)), notes
