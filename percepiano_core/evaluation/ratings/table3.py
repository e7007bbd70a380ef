"""Table 3: how well each model predicts the 19 dimensions on each split, from prediction files alone.

Inputs are run folders (predictions.csv, run.json), the manifest and the noise of the ratings; the code that made the
predictions is never imported. Every configured pair of split and model has a row; without a run its status is
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

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.evaluation.ratings.bootstrap import Interval, bootstrap_r2, draw_clusters, interval
from percepiano_core.evaluation.ratings.cohort import Cohort, read_cohort
from percepiano_core.evaluation.ratings.published_results import published_beside
from percepiano_core.evaluation.ratings.scores import Scores, SplitScores, mean_scores, score_split
from percepiano_core.evaluation.ratings.test_sets import split_family
from percepiano_core.evaluation.table_rows import (
    REAL,
    SYNTHETIC,
    ModelRow,
    Run,
    config_digest_of,
    inputs_of,
    read_runs,
    status_of,
)
from percepiano_core.store.predictions import PREDICTIONS_FILE, FoldPredictions, read_predictions
from percepiano_core.training.run_folder import RunInfo

TABLE3_COLUMNS = (
    "split", "model", "inputs", "labels", "r2", "r2_sd", "r2_ci_low", "r2_ci_high", "r2_humans", "ceiling", "mse",
    "pearson", "within_segment_r", "n_folds", "n_seeds", "n_test", "published_r2", "published_mse", "comparable",
    "status", "config_digest",
)  # fmt: skip
PER_DIMENSION_COLUMNS = (
    "split", "model", "inputs", "labels", "dimension", "r2", "r2_ci_low", "r2_ci_high", "r2_humans", "ceiling", "mse",
    "pearson", "within_segment_r", "published_r2", "comparable", "status",
)  # fmt: skip
FOLD_COLUMNS = (
    "split", "model", "fold", "r2", "r2_humans", "ceiling", "mse", "pearson", "within_segment_r", "n_test", "status",
)  # fmt: skip
MEAN_FOLD = "mean"  # row of the fold table: mean over the folds above it


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What the table is to show."""

    rows: tuple[ModelRow, ...]
    splits: tuple[str, ...]  # without draws: "segment", not "segment_seed42"
    labels: str  # label derivation of every run: "published" or "clean"
    config_digest: str  # of the table
    corpus_kind: str = REAL  # SYNTHETIC marks everything made from it
    replicates: int = 1000  # of the bootstrap
    seed: int = 0  # of the bootstrap

    @property
    def synthetic(self) -> bool:
        """Whether the corpus was made by this project."""
        return self.corpus_kind == SYNTHETIC


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRow:
    """One model on one split: the run's scores and intervals, or none of them."""

    split: str
    row: ModelRow
    scores: SplitScores | None = None
    ci: Interval | None = None  # of the mean over dimensions
    dimension_cis: tuple[Interval, ...] = ()
    infos: tuple[RunInfo, ...] = ()  # what made its runs

    @property
    def status(self) -> str:
        """Whether it was measured, and on what."""
        return status_of(self.infos)

    @property
    def inputs(self) -> str:
        """What the model was given."""
        return inputs_of(self.row, self.infos)


@dataclass(frozen=True, slots=True, eq=False)
class SplitRuns:
    """All predictions, and what made them, by (split without draw, model)."""

    blocks: dict[tuple[str, str], list[FoldPredictions]] = field(default_factory=lambda: defaultdict(list))
    infos: dict[tuple[str, str], list[RunInfo]] = field(default_factory=lambda: defaultdict(list))


def score_runs(
    run_folders: Iterable[Path | str], manifest: Path | str, noise: Path | str, spec: TableSpec
) -> list[ScoredRow]:
    """Score every configured pair of split and model, in the order that `spec` gives; the costly step, done once.

    UserError: a run of other labels than `spec` has, predictions that no row asks for, an unfinished run.
    """
    runs = _read(run_folders, spec)
    cohort = read_cohort(manifest, noise)
    return [_scored_row(split, row, runs, cohort, spec) for split in spec.splits for row in spec.rows]


def table3(rows: Sequence[ScoredRow], spec: TableSpec) -> pd.DataFrame:
    """One row a split and model, columns TABLE3_COLUMNS; scores are means over the 19 dimensions."""
    return pd.DataFrame([_table3_row(row, spec) for row in rows], columns=list(TABLE3_COLUMNS))


def table3_per_dimension(rows: Sequence[ScoredRow], spec: TableSpec) -> pd.DataFrame:
    """One row a split, model and dimension, columns PER_DIMENSION_COLUMNS."""
    records = [_dimension_row(row, i, spec) for row in rows for i in range(len(DIMENSION_KEYS))]
    return pd.DataFrame(records, columns=list(PER_DIMENSION_COLUMNS))


def table3_folds(rows: Sequence[ScoredRow]) -> pd.DataFrame:
    """One row a split (with draw), model and fold, and their mean, columns FOLD_COLUMNS; runs alone.

    For splits that pool out-of-fold predictions the mean is the secondary score: folds are small and each is measured
    against its own variance, so it reads lower than the pooled score.
    """
    records = [record for row in rows if row.scores for record in _fold_rows(row, row.scores)]
    return pd.DataFrame(records, columns=list(FOLD_COLUMNS))


def _read(run_folders: Iterable[Path | str], spec: TableSpec) -> SplitRuns:
    """Read all run folders, checking each against the spec."""
    found = SplitRuns()
    for run in read_runs(run_folders):
        _check_run(run, spec)
        blocks = read_predictions(run.folder / PREDICTIONS_FILE)
        _check_blocks(run, blocks)
        key = split_family(run.info.split), run.info.model
        found.blocks[key].append(blocks[0])
        found.infos[key].append(run.info)
    return found


def _check_run(run: Run, spec: TableSpec) -> None:
    info = run.info
    for what, told, wanted in (("labels", info.data, spec.labels), ("data", info.corpus, spec.corpus_kind)):
        if told != wanted:
            raise UserError(run.folder, f"was run on {told} {what}, the table is of {wanted}", "run it again")
    models = [row.model for row in spec.rows]
    if info.model not in models or split_family(info.split) not in spec.splits:
        has = f"models {', '.join(models)} and splits {', '.join(spec.splits)}"
        raise UserError(
            run.folder, f"is a run of {info.model} on {info.split}, which has no row", f"the table has {has}"
        )


def _check_blocks(run: Run, blocks: Sequence[FoldPredictions]) -> None:
    info = run.info
    told = [(info.split, info.model, info.seed, info.fold)]
    if [block.sort_key for block in blocks] != told:
        other = next(block for block in blocks if [block.sort_key] != told or len(blocks) > 1)
        holds = f"{other.model} on {other.split}, fold {other.fold}, seed {other.seed}"
        raise UserError(run.folder, f"holds predictions of {holds}, its run.json says {run.name}", "run it again")


def _scored_row(split: str, row: ModelRow, runs: SplitRuns, cohort: Cohort, spec: TableSpec) -> ScoredRow:
    key = split, row.model
    blocks = runs.blocks.get(key)
    if not blocks:
        return ScoredRow(split, row)
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
        infos=tuple(runs.infos[key]),
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
        "config_digest": config_digest_of(scored.infos, spec.config_digest),
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


def _fold_rows(scored: ScoredRow, scores: SplitScores) -> list[dict[str, Any]]:
    records = []
    for draw in sorted({split for split, _ in scores.by_fold}):
        folds = {fold: found for (split, fold), found in scores.by_fold.items() if split == draw}
        sizes = [scores.fold_sizes[draw, fold] for fold in folds]
        entries = [*folds.items(), (MEAN_FOLD, mean_scores(list(folds.values())))]
        for (fold, found), size in zip(entries, [*sizes, round(float(np.mean(sizes)))], strict=True):
            identity = {"split": draw, "model": scored.row.title, "fold": fold, "status": scored.status}
            records.append({**identity, **_means(found), "n_test": size})
    return records


def _identity(scored: ScoredRow, spec: TableSpec) -> dict[str, Any]:
    return {
        "split": scored.split,
        "model": scored.row.title,
        "inputs": scored.inputs,
        "labels": spec.labels,
        "status": scored.status,
    }


def _means(scores: Scores) -> dict[str, float]:
    return {name: float(getattr(scores, name).mean()) for name in Scores.__slots__}


def _interval(ci: Interval) -> dict[str, float]:
    return {"r2_ci_low": ci.low, "r2_ci_high": ci.high}
