"""Table 3: how well each model predicts the 19 dimensions on each split, from prediction files alone.

Inputs are run folders (`predictions.csv`, `run.json`), the manifest and the noise of the ratings; the code that made
the predictions is never imported. Every configured pair of split and model has a row; without a run its status is
"not run". docs/evaluation.md defines each column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from percepiano_core.digest import block_digest
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.bootstrap import Interval, bootstrap_r2, draw_clusters, interval
from percepiano_core.evaluation.ratings.cohort import Cohort, read_cohort
from percepiano_core.evaluation.ratings.published_results import published_beside
from percepiano_core.evaluation.ratings.scores import Scores, SplitScores, mean_scores, score_split
from percepiano_core.evaluation.ratings.test_sets import split_family
from percepiano_core.files import replacing
from percepiano_core.store.predictions import (
    PREDICTIONS_FILE,
    FoldPredictions,
    RunInfo,
    read_predictions,
    read_run_info,
)

TABLE3_COLUMNS = (
    "split", "model", "features", "labels", "r2", "r2_sd", "r2_ci_low", "r2_ci_high", "r2_humans", "ceiling", "mse",
    "pearson", "within_segment_r", "n_folds", "n_seeds", "n_test", "published_r2", "published_mse", "comparable",
    "status", "config_hash",
)  # fmt: skip
PER_DIMENSION_COLUMNS = (
    "split", "model", "features", "labels", "dimension", "r2", "r2_ci_low", "r2_ci_high", "r2_humans", "ceiling", "mse",
    "pearson", "within_segment_r", "published_r2", "comparable", "status",
)  # fmt: skip
FOLD_COLUMNS = (
    "split", "model", "fold", "r2", "r2_humans", "ceiling", "mse", "pearson", "within_segment_r", "n_test", "status",
)  # fmt: skip
MEASURED, SYNTHETIC, NOT_RUN = "measured", "synthetic", "not run"
MEAN_FOLD = "mean"  # row of the fold table: mean over the folds above it
MIXED = "mixed"  # features of a row whose runs differ in them


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model of the table: key as in prediction files, name as readers know it, features it reads where not run."""

    model: str
    name: str
    features: str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What the table is to show."""

    rows: tuple[ModelRow, ...]
    splits: tuple[str, ...]  # without draws: "segment", not "segment_seed42"
    labels: str  # label derivation of every run: "published" or "clean"
    config_hash: str
    corpus_kind: str = "real"  # "synthetic" marks everything made from it
    replicates: int = 1000  # of the bootstrap
    seed: int = 0  # of the bootstrap

    @property
    def synthetic(self) -> bool:
        """Whether the corpus was made by this project."""
        return self.corpus_kind == SYNTHETIC

    @property
    def measured_status(self) -> str:
        """Status of a row that was run."""
        return SYNTHETIC if self.synthetic else MEASURED


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRow:
    """One model on one split: the run's scores and intervals, or none of them."""

    split: str
    row: ModelRow
    scores: SplitScores | None = None
    ci: Interval | None = None  # of the mean over dimensions
    dimension_cis: tuple[Interval, ...] = ()
    features: str = ""
    config_hash: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """All predictions, and what made them, by (split without draw, model)."""

    blocks: dict[tuple[str, str], list[FoldPredictions]] = field(default_factory=lambda: defaultdict(list))
    infos: dict[tuple[str, str], list[RunInfo]] = field(default_factory=lambda: defaultdict(list))

    def features(self, key: tuple[str, str]) -> str:
        """The features that all the runs read, else "mixed"."""
        names = {info.features for info in self.infos[key]}
        return names.pop() if len(names) == 1 else MIXED

    def config_hash(self, key: tuple[str, str]) -> str:
        """The runs' configuration hash; where they have several (a draw each), one hash of them all."""
        hashes = sorted({info.config_hash for info in self.infos[key]})
        return hashes[0] if len(hashes) == 1 else block_digest({"config_hash": hashes})


def score_runs(
    run_folders: Iterable[Path | str], manifest: Path | str, noise: Path | str, spec: TableSpec
) -> list[ScoredRow]:
    """Score every configured pair of split and model, in the order of the spec; the costly step, done once.

    UserError: a run of other labels than the spec's, predictions that no row asks for, an unfinished run.
    """
    runs = read_runs(run_folders, spec)
    cohort = read_cohort(manifest, noise)
    return [_scored_row(split, row, runs, cohort, spec) for split in spec.splits for row in spec.rows]


def table3(rows: Sequence[ScoredRow], spec: TableSpec) -> pd.DataFrame:
    """One row a split and model, columns TABLE3_COLUMNS; scores are means over the 19 dimensions."""
    return pd.DataFrame([_table3_row(row, spec) for row in rows], columns=list(TABLE3_COLUMNS))


def table3_per_dimension(rows: Sequence[ScoredRow], spec: TableSpec) -> pd.DataFrame:
    """One row a split, model and dimension, columns PER_DIMENSION_COLUMNS."""
    records = [_dimension_row(row, i, spec) for row in rows for i in range(len(DIMENSION_KEYS))]
    return pd.DataFrame(records, columns=list(PER_DIMENSION_COLUMNS))


def table3_folds(rows: Sequence[ScoredRow], spec: TableSpec) -> pd.DataFrame:
    """One row a split (with draw), model and fold, and their mean, columns FOLD_COLUMNS; runs alone.

    For splits that pool out-of-fold predictions the mean is the secondary score: folds are small and each is measured
    against its own variance, so it reads lower than the pooled score.
    """
    records = [record for row in rows if row.scores for record in _fold_rows(row, row.scores, spec)]
    return pd.DataFrame(records, columns=list(FOLD_COLUMNS))


def write_table(path: Path | str, table: pd.DataFrame) -> None:
    r"""Write a table as CSV, whole or not at all: six decimals, "\n", undefined values empty; equal in, equal out."""
    numbers = table.select_dtypes("float").columns
    rounded = table.assign(**{name: table[name].round(6) + 0.0 for name in numbers})  # + 0.0: no "-0.000000"
    with replacing(path) as part:
        rounded.to_csv(part, index=False, float_format="%.6f", lineterminator="\n")


def read_runs(run_folders: Iterable[Path | str], spec: TableSpec) -> Runs:
    """Read all run folders, checking each against the spec."""
    runs = Runs()
    for folder in sorted(map(Path, run_folders)):
        info = read_run_info(folder)
        if info.labels != spec.labels:
            raise UserError(folder, f"was run on {info.labels} labels, the table is of {spec.labels}", "run it again")
        for block in read_predictions(folder / PREDICTIONS_FILE):
            _check_block(folder, block, info, spec)
            key = split_family(block.split), block.model
            runs.blocks[key].append(block)
            runs.infos[key].append(info)
    _check_unique(runs)
    return runs


def _check_block(folder: Path, block: FoldPredictions, info: RunInfo, spec: TableSpec) -> None:
    if block.model != info.model:
        raise UserError(folder, f"holds predictions of {block.model}, its run.json says {info.model}", "run it again")
    models = [row.model for row in spec.rows]
    if block.model not in models or split_family(block.split) not in spec.splits:
        has = f"models {', '.join(models)} and splits {', '.join(spec.splits)}"
        raise UserError(folder, f"is a run of {block.model} on {block.split}, which has no row", f"the table has {has}")


def _check_unique(runs: Runs) -> None:
    for (split, model), blocks in runs.blocks.items():
        keys = [block.sort_key for block in blocks]
        if len(set(keys)) < len(keys):
            raise UserError(f"{model} on {split}", "has a fold in two run folders", "pass each run once")


def _scored_row(split: str, row: ModelRow, runs: Runs, cohort: Cohort, spec: TableSpec) -> ScoredRow:
    key = split, row.model
    blocks = runs.blocks.get(key)
    if not blocks:
        return ScoredRow(split, row, features=row.features, config_hash=spec.config_hash)
    scores = score_split(blocks, cohort)
    counts = draw_clusters(scores.test_sets, spec.replicates, spec.seed)
    replicates = bootstrap_r2(scores.test_sets, counts)
    r2 = scores.reported.r2
    dimension_cis = tuple(interval(float(r2[i]), replicates[:, i]) for i in range(len(DIMENSION_KEYS)))
    return ScoredRow(
        split=split,
        row=row,
        scores=scores,
        ci=interval(float(r2.mean()), replicates.mean(axis=1)),
        dimension_cis=dimension_cis,
        features=runs.features(key),
        config_hash=runs.config_hash(key),
    )


def _table3_row(scored: ScoredRow, spec: TableSpec) -> dict[str, Any]:
    published_r2, published_mse, comparable = published_beside(
        scored.split, scored.row.model, spec.labels, spec.synthetic
    )
    record: dict[str, Any] = {
        **_identity(scored, spec),
        "published_r2": published_r2,
        "published_mse": published_mse,
        "comparable": comparable,
        "config_hash": scored.config_hash,
        "n_folds": 0,
        "n_seeds": 0,
        "n_test": 0,
    }
    if scored.scores is None or scored.ci is None:
        return record
    scores = scored.scores
    return {
        **record,
        **_means(scores.reported),
        **_interval(scored.ci),
        "r2_sd": scores.r2_sd,
        "n_folds": scores.n_folds,
        "n_seeds": scores.n_seeds,
        "n_test": scores.n_test,
    }


def _dimension_row(scored: ScoredRow, i: int, spec: TableSpec) -> dict[str, Any]:
    dimension = DIMENSION_KEYS[i]
    published_r2, _, comparable = published_beside(
        scored.split, scored.row.model, spec.labels, spec.synthetic, dimension
    )
    record = {
        **_identity(scored, spec),
        "dimension": dimension,
        "published_r2": published_r2,
        "comparable": comparable,
    }
    if scored.scores is None:
        return record
    values = {name: getattr(scored.scores.reported, name)[i] for name in Scores.__slots__}
    return {**record, **values, **_interval(scored.dimension_cis[i])}


def _fold_rows(scored: ScoredRow, scores: SplitScores, spec: TableSpec) -> list[dict[str, Any]]:
    records = []
    for draw in sorted({split for split, _ in scores.by_fold}):
        folds = {fold: found for (split, fold), found in scores.by_fold.items() if split == draw}
        sizes = [scores.fold_sizes[draw, fold] for fold in folds]
        entries = [*folds.items(), (MEAN_FOLD, mean_scores(list(folds.values())))]
        for (fold, found), size in zip(entries, [*sizes, round(float(np.mean(sizes)))], strict=True):
            identity = {"split": draw, "model": scored.row.name, "fold": fold, "status": spec.measured_status}
            records.append({**identity, **_means(found), "n_test": size})
    return records


def _identity(scored: ScoredRow, spec: TableSpec) -> dict[str, Any]:
    return {
        "split": scored.split,
        "model": scored.row.name,
        "features": scored.features,
        "labels": spec.labels,
        "status": spec.measured_status if scored.scores else NOT_RUN,
    }


def _means(scores: Scores) -> dict[str, float]:
    return {name: float(getattr(scores, name).mean()) for name in Scores.__slots__}


def _interval(ci: Interval) -> dict[str, float]:
    return {"r2_ci_low": ci.low, "r2_ci_high": ci.high}
