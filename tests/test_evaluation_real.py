"""On the real ratings: the documented scores of the mean and of trivial baselines, through files to Table 3."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from evaluation_cases import write_blocks
from golden_files import golden_split

from percepiano_core.corpus.manifest import write_manifest
from percepiano_core.corpus.records import Performance
from percepiano_core.evaluation.ratings.table3 import TableSpec, score_runs, table3, table3_folds
from percepiano_core.evaluation.table_rows import ModelRow
from percepiano_core.metrics.ratings import mse_per_dimension, r2_per_dimension
from percepiano_core.ratings.ceiling import noise_variance, write_noise
from percepiano_core.ratings.person_ratings import person_ratings
from percepiano_core.ratings.table import read_ratings
from percepiano_core.store.predictions import FoldPredictions

ROWS = (ModelRow("mean", "Mean", "none"), ModelRow("segment_mean", "Segment mean", "none"))
SPEC = TableSpec(ROWS, ("performer", "segment_clean", "both", "work"), "published", "hash", replicates=300)
Predict = Callable[[Sequence[str], Sequence[str]], np.ndarray]  # train, test -> [test, 19]


@pytest.fixture(scope="module")
def corpus(golden: Path) -> list[Performance]:
    with (golden / "splits" / "corpus.csv").open(newline="") as file:
        return [_performance(row) for row in csv.DictReader(file)]


def _performance(row: Mapping[str, str]) -> Performance:
    work = row["work"][:4] if row["work"].startswith("D960") else row["work"]
    return Performance(
        performance=row["stem"],
        segment=row["segment"],
        piece=row["piece"],
        work=work,
        movement=row["work"],
        composer="",
        bars=int(row["bars"]),
        segment_number=row["seg"],
        player=row["player"],
        performer=f"{work}/{row['player']}",
        player_index=-1,
        deadpan=row["player"].startswith("Score"),
        midi="",
        score="",
    )


@pytest.fixture(scope="module")
def labels(percepiano_files: Path) -> dict[str, np.ndarray]:
    content = json.loads((percepiano_files / "label_2round_mean_reg_19_with0_rm_highstd0.json").read_text())
    return {name.strip(): np.array(values[:19]) for name, values in content.items()}


@pytest.fixture(scope="module")
def tables(
    golden: Path,
    percepiano_files: Path,
    corpus: list[Performance],
    labels: dict[str, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table 3 (by split and model) and the fold table of both models."""
    folder = tmp_path_factory.mktemp("real")
    write_manifest(folder / "manifest.csv", corpus)
    votes = person_ratings(read_ratings(percepiano_files / "labels" / "total_2rounds.csv")[0])
    write_noise(folder / "noise.csv", noise_variance(votes, {each.performance: each.movement for each in corpus}))
    runs: list[Path] = []
    for model, predict in (("mean", mean_of(labels)), ("segment_mean", segment_means(labels, corpus))):
        blocks = [block for split in SPEC.splits for block in run(golden, split, model, predict, labels, corpus)]
        runs += write_blocks(folder, blocks, inputs="none")
    rows = score_runs(runs, folder / "manifest.csv", folder / "noise.csv", SPEC)
    return table3(rows, SPEC).set_index(["split", "model"]), table3_folds(rows)


def mean_of(labels: Mapping[str, np.ndarray]) -> Predict:
    return lambda train, test: np.tile(np.mean([labels[name] for name in train], axis=0), (len(test), 1))


def segment_means(labels: Mapping[str, np.ndarray], corpus: Sequence[Performance]) -> Predict:
    """Train mean of the segment, else of the work, else of everything."""
    info = {each.performance: each for each in corpus}

    def predict(train: Sequence[str], test: Sequence[str]) -> np.ndarray:
        known = defaultdict(list)
        for name in train:
            for key in (info[name].segment, info[name].work, ""):
                known[key].append(labels[name])
        keys = [[info[name].segment, info[name].work, ""] for name in test]
        return np.array([np.mean(known[next(key for key in found if key in known)], axis=0) for found in keys])

    return predict


def run(golden: Path, split: str, model: str, predict: Predict, labels, corpus) -> list[FoldPredictions]:
    folds = golden_split(golden, split)
    stems = [each.performance for each in corpus]
    blocks = []
    for fold, roles in folds.items():
        test = tuple(roles["test"])
        train = roles.get("train") or _cross_train(golden, fold, roles, stems)
        targets = np.array([labels[name] for name in test])
        blocks.append(FoldPredictions(split, fold, 0, model, test, targets, predict(train, test)))
    return blocks


def _cross_train(golden: Path, fold: str, roles: Mapping[str, Sequence[str]], stems: Sequence[str]) -> list[str]:
    """Train of `both`: neither the fold's row nor its column, and not valid."""
    with (golden / "splits" / "corpus.csv").open(newline="") as file:
        cell = {row["stem"]: (row["row"], row["col"]) for row in csv.DictReader(file)}
    valid = set(roles["valid"])
    return [name for name in stems if cell[name][0] != fold[0] and cell[name][1] != fold[1] and name not in valid]


@pytest.mark.parametrize(
    ("split", "model", "r2", "mse"),
    [  # docs/models.md, "Reference baselines"
        ("performer", "Mean", -0.071, 0.01255),
        ("performer", "Segment mean", 0.342, 0.00775),
        ("segment_clean", "Mean", -0.038, None),
        ("segment_clean", "Segment mean", -0.024, None),
        ("both", "Mean", -0.041, None),
        ("both", "Segment mean", -0.082, None),
        ("work", "Mean", -0.075, None),
    ],
)
def test_look_ups_have_their_documented_scores(tables, split: str, model: str, r2: float, mse: float | None) -> None:
    row = tables[0].loc[(split, model)]
    assert row["r2"] == pytest.approx(r2, abs=0.0006)
    assert mse is None or row["mse"] == pytest.approx(mse, abs=6e-6)
    assert row["r2_ci_low"] < row["r2"] < row["r2_ci_high"]
    assert row["within_segment_r"] == 0


def test_the_secondary_mean_over_folds_has_its_documented_value(tables) -> None:
    folds = tables[1]
    means = folds[(folds["fold"] == "mean") & (folds["model"] == "Mean")].set_index("split")["r2"]
    assert means["segment_clean"] == pytest.approx(-0.091, abs=0.0006)
    assert means["both"] == pytest.approx(-0.126, abs=0.0006)
    assert means["work"] == pytest.approx(-0.125, abs=0.0006)


@pytest.mark.parametrize(("split", "ceiling", "n_test"), [("performer", 0.646, 193), ("both", 0.745, 1202)])
def test_ceilings_and_sizes_are_the_documented_ones(tables, split: str, ceiling: float, n_test: int) -> None:
    row = tables[0].loc[(split, "Mean")]
    assert row["ceiling"] == pytest.approx(ceiling, abs=0.0006)
    assert row["n_test"] == n_test


def test_the_performer_test_holds_people_only_so_both_scores_agree(tables) -> None:
    row = tables[0].loc[("performer", "Segment mean")]
    assert row["r2_humans"] == pytest.approx(row["r2"])


def test_the_mean_of_all_other_performances_has_its_documented_error(golden: Path, labels) -> None:
    test = golden_split(golden, "performer")["0"]["test"]
    train = sorted(set(labels) - set(test))
    targets = np.array([labels[name] for name in test])
    predictions = mean_of(labels)(train, test)
    assert len(train) == 1009
    assert mse_per_dimension(targets, predictions).mean() == pytest.approx(0.012401, abs=1e-6)
    assert r2_per_dimension(targets, predictions).mean() == pytest.approx(-0.0561, abs=1e-4)
