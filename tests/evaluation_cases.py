"""A small made-up corpus with runs, for the tests of scores, tables and figures."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from percepiano_core.corpus.manifest import write_manifest
from percepiano_core.corpus.records import Performance
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.evaluation.ratings.cohort import Cohort
from percepiano_core.evaluation.ratings.table3 import TableSpec
from percepiano_core.evaluation.ratings.test_sets import TestSet
from percepiano_core.evaluation.table_rows import ModelRow
from percepiano_core.store.predictions import FoldPredictions, write_predictions
from percepiano_core.training.run_folder import RunInfo, write_run_info

WIDTH = len(DIMENSION_KEYS)
SEGMENTS, PLAYERS = 6, ("0", "1", "2", "Score")
MODELS = (
    ModelRow("mean", "Mean", "none"),
    ModelRow("ridge", "Ridge", "descriptors"),
    ModelRow("trees", "ExtraTrees", "descriptors"),
    ModelRow("bilstm_sa_han", "Bi-LSTM + SA + HAN", "score79"),
)


def performances() -> list[Performance]:
    """Six segments, each by three people and a deadpan performance."""
    return [
        Performance(
            performance=f"piece_{player}_{segment}",
            segment=f"piece_{segment}",
            piece="piece",
            work="W",
            movement="W",
            composer="Nobody",
            bars=4,
            segment_number=str(segment),
            player=player,
            performer=f"W/{player}",
            player_index=-1,
            deadpan=player == "Score",
            midi="",
            score="",
        )
        for segment in range(SEGMENTS)
        for player in PLAYERS
    ]


def cohort() -> Cohort:
    played = performances()
    return Cohort(
        row={each.performance: i for i, each in enumerate(played)},
        segments=np.array([each.segment for each in played]),
        performers=np.array([each.performer for each in played]),
        human=np.array([not each.deadpan for each in played]),
        noise=np.full((len(played), WIDTH), 0.002),
    )


def targets(names: Sequence[str]) -> np.ndarray:
    """Made-up ratings: always the same for a performance."""
    everything = np.random.default_rng(7).normal(0.5, 0.12, (SEGMENTS * len(PLAYERS), WIDTH)).clip(0, 1).round(6)
    row = {each.performance: i for i, each in enumerate(performances())}
    return everything[[row[name] for name in names]]


def predictions(model: str, names: Sequence[str], seed: int = 0, fold: str = "0") -> np.ndarray:
    """Ratings with an error that depends on model, seed and fold; "mean" predicts one number."""
    if model == "mean":
        return np.full((len(names), WIDTH), 0.48 + 0.01 * len(fold))
    error = {"ridge": 0.08, "trees": 0.05}[model]
    generator = np.random.default_rng([*model.encode(), *fold.encode(), seed])
    return (0.7 * targets(names) + 0.15 + generator.normal(0, error, (len(names), WIDTH))).round(6)


def names_of(players: Sequence[str] = PLAYERS, segments: Sequence[int] = range(SEGMENTS)) -> tuple[str, ...]:
    return tuple(sorted(f"piece_{player}_{segment}" for player in players for segment in segments))


FOLDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "performer": {fold: names_of(("0", "1")) for fold in "0123"},
    "segment_seed42": {fold: names_of(segments=(0, 1, 2)) for fold in "01"},
    "segment_seed43": {fold: names_of(segments=(2, 4)) for fold in "01"},
    "work": {"a": names_of(segments=(0, 1, 2)), "b": names_of(segments=(3, 4, 5))},
}


def blocks(model: str, splits: Sequence[str] = tuple(FOLDS), seeds: Sequence[int] = (0,)) -> list[FoldPredictions]:
    return [
        FoldPredictions(split, fold, seed, model, names, targets(names), predictions(model, names, seed, fold))
        for split in splits
        for fold, names in FOLDS[split].items()
        for seed in seeds
    ]


def write_corpus(folder: Path) -> tuple[Path, Path]:
    """Manifest and noise files."""
    write_manifest(folder / "manifest.csv", performances())
    with (folder / "noise.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("performance", *DIMENSION_KEYS))
        writer.writerows([each.performance, *[0.002] * WIDTH] for each in performances())
    return folder / "manifest.csv", folder / "noise.csv"


def run_info(**changes) -> RunInfo:
    """What made a run of the ridge regression; `changes` as a test needs."""
    given = {
        "system": "symbolic",
        "data": "published",
        "model": "ridge",
        "module": "perception.descriptor_models.ridge",
        "inputs": "descriptors",
        "settings": {},
        "split": "performer",
        "fold": "0",
        "seed": 0,
        "corpus": "real",
        "config_digest": "c0ffee",
        "code_digest": "code",
    }
    return RunInfo(**(given | changes))


def write_blocks(folder: Path, written: Sequence[FoldPredictions], **changes) -> list[Path]:
    """A run folder below `folder` for each of the blocks."""
    folders = []
    for block in written:
        run = folder / f"{block.model}/{block.split}/fold{block.fold}/seed{block.seed}"
        write_predictions(run / "predictions.csv", [block])
        told = {"model": block.model, "split": block.split, "fold": block.fold, "seed": block.seed}
        write_run_info(run, run_info(**(told | changes)))
        folders.append(run)
    return folders


def write_runs(folder: Path, model: str, corpus: str = "real", config_digest: str = "c0ffee", **kind) -> list[Path]:
    """Run folders of a model, one a fold and seed."""
    inputs = {row.model: row.inputs for row in MODELS}[model]
    return write_blocks(folder, blocks(model, **kind), inputs=inputs, corpus=corpus, config_digest=config_digest)


def spec(**changes) -> TableSpec:
    given = {
        "rows": MODELS,
        "splits": ("performer", "segment", "work"),
        "labels": "published",
        "config_digest": "table",
    }
    return TableSpec(**(given | {"replicates": 200} | changes))


DIRECTIONS = np.arange(WIDTH) % 5  # five components hold 86 % of the real ratings' variance, so dimensions repeat five
RANDOM_TRUTH = 1 - (0.03**2 + 0.06**2) / (0.08**2 + 0.05**2 + 0.06**2)  # R2 of random_test_set on endless clusters


def random_test_set(generator: np.random.Generator, segments: int, performers: int, fits: int = 1) -> TestSet:
    """Every performer plays most segments; ratings and errors share effects of segment and performer."""
    pairs = [(s, p) for s in range(segments) for p in range(performers) if generator.random() < 0.8]
    s, p = np.array(pairs).T

    def normal(sd: float, *shape: int) -> np.ndarray:
        return generator.normal(0, sd, (*shape, 5))[..., DIRECTIONS]

    ratings = 0.5 + normal(0.08, segments)[s] + normal(0.05, performers)[p] + normal(0.06, len(pairs))
    errors = normal(0.03, segments)[s] + normal(0.06, fits, len(pairs))
    return TestSet(
        split="made_up",
        performances=tuple(f"{i}" for i in range(len(pairs))),
        targets=ratings,
        predictions=ratings + errors,
        segments=s.astype(str),
        performers=p.astype(str),
        human=np.ones(len(pairs), dtype=bool),
        noise=np.zeros(ratings.shape),
    )
