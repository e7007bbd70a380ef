"""Table 1 of dynamics: every model on every track, from run folders alone, beside the published numbers.

F1 x 100. A score of a track is the mean over its folds, `f1_sd` their population standard deviation as in the paper,
`f1_ci_low` and `f1_ci_high` the 95 % interval from drawing the pieces of each fold again (recordings of a piece share
their labels, so that pieces are what the corpus has few of). Seeds of a fold count as one: their mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from percepiano_core.errors import UserError
from percepiano_core.evaluation.dynamics.heard import Heard, heard
from percepiano_core.evaluation.dynamics.scores import PieceSums, piece_sums, scores
from percepiano_core.evaluation.table_rows import (
    NOT_RUN,
    SYNTHETIC,
    ModelRow,
    config_digest_of,
    read_runs,
    status_of,
)
from percepiano_core.metrics.recording_scores import AS_PUBLISHED, Score
from percepiano_core.store.dynamics_predictions import read_run
from percepiano_core.table_io import read_rows
from percepiano_core.training.run_folder import RunInfo

PUBLISHED_FILE = Path(__file__).with_name("published_table1.data.csv")
PUBLISHED = "published"  # track of the published rows
PUBLISHED_SCORES = {
    "dynamic": "dynamic_weighted",
    "change_point": "change_point",
    "beat": "beat",
    "downbeat": "downbeat",
}
NOT_COMPARABLE = {  # track -> why no published number may be compared with it
    "T1": "the input is a curve of total loudness, not the sound; labels and folds are as published",
    "T2": "rendered by a synthesizer, which compares inputs and models and says nothing about recordings",
    "T3": "recordings of one's own, from which the network did not learn",
}
SYNTHETIC_CORPUS = "the corpus is synthetic"
LEVEL = 0.95
FOLD_COLUMNS = (
    "track", "model", "fold", "seed", "scoring", "score", "f1", "n_recordings", "n_pieces", "threshold", "status",
)  # fmt: skip
TABLE_COLUMNS = (
    "track", "model", "hears", "oracle_beats", "scoring", "score", "f1", "f1_sd", "f1_ci_low", "f1_ci_high", "n_folds",
    "n_seeds", "n_recordings", "n_pieces", "published_f1", "published_f1_sd", "comparable", "status", "config_digest",
)  # fmt: skip
COUNTS = ("n_folds", "n_seeds", "n_recordings", "n_pieces")


@dataclass(frozen=True, slots=True)
class DynamicsSpec:
    """What the table is to show: track -> its rows in order; `seed` and `replicates` of the bootstrap."""

    rows: Mapping[str, tuple[ModelRow, ...]]
    config_digest: str = ""  # of the table
    replicates: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRun:
    """The sums of a run's test role."""

    info: RunInfo
    recordings: int
    sums: PieceSums


@dataclass(frozen=True, slots=True, eq=False)
class ScoredModel:
    """A row of a track with its runs, ordered by fold and seed; none if it was not run."""

    track: str
    row: ModelRow
    runs: tuple[ScoredRun, ...]
    heard: Heard

    @property
    def infos(self) -> list[RunInfo]:
        """What made its runs."""
        return [run.info for run in self.runs]


def make_spec(rows: Mapping[str, Iterable[Sequence[str]]], **given: Any) -> DynamicsSpec:
    """What the table is to show, as the workflow hands it over: track -> rows of model, title and inputs."""
    return DynamicsSpec({track: tuple(ModelRow(*row) for row in own) for track, own in rows.items()}, **given)


def score_runs(run_folders: Iterable[Path | str], spec: DynamicsSpec) -> list[ScoredModel]:
    """Score every configured pair of track and model, in the order of the spec; the costly step, done once.

    UserError: predictions that no row asks for, a fold in two run folders, an unreadable run.
    """
    found: dict[tuple[str, str], list[ScoredRun]] = {}
    asked = {(track, row.model) for track, rows in spec.rows.items() for row in rows}
    for run in read_runs(run_folders):
        key = run.info.data, run.info.model
        if key not in asked:
            raise UserError(run.folder, f"is a run of {key[1]} on {key[0]}, which has no row", "remove it")
        said = read_run(run.folder, "test")
        found.setdefault(key, []).append(ScoredRun(run.info, said.beats["recording"].nunique(), piece_sums(said)))
    return [_model(track, row, found, spec) for track, rows in spec.rows.items() for row in rows]


def folds_table(models: Iterable[ScoredModel]) -> pd.DataFrame:
    """One row a track, model, fold, seed and score, columns FOLD_COLUMNS."""
    rows = [
        {
            "track": model.track,
            "model": model.row.title,
            "fold": run.info.fold,
            "seed": run.info.seed,
            "scoring": scoring,
            "score": score,
            "f1": 100 * value[0],
            "n_recordings": run.recordings,
            "n_pieces": len(run.sums.pieces),
            "threshold": run.info.chosen.get("threshold"),
            "status": status_of(model.infos),
        }
        for model in models
        for run in model.runs
        for (scoring, score), value in scores(run.sums).items()
    ]
    return pd.DataFrame(rows, columns=list(FOLD_COLUMNS))


def table1(models: Iterable[ScoredModel], spec: DynamicsSpec) -> pd.DataFrame:
    """One row a track, model and score in the order of the spec, then the published rows; columns TABLE_COLUMNS."""
    own = [row for model in models for row in _rows(model, spec)]
    table = pd.DataFrame([*own, *published_rows()], columns=list(TABLE_COLUMNS))
    return table.astype(dict.fromkeys(COUNTS, "Int64"))


def published_rows(path: Path = PUBLISHED_FILE) -> list[dict[str, Any]]:
    """The published numbers as rows of the table that were not run here; `comparable` says why none may be compared."""
    columns = ("title", "input", "folds", "why", *PUBLISHED_SCORES, *(f"{name}_sd" for name in PUBLISHED_SCORES))
    return [
        {
            "track": PUBLISHED,
            "model": given["title"],
            "hears": given["input"],
            "oracle_beats": "no",
            "scoring": AS_PUBLISHED,
            "score": score,
            "n_folds": int(given["folds"] or 0) or None,
            "published_f1": float(given[column]),
            "published_f1_sd": float(given[f"{column}_sd"] or "nan"),
            "comparable": f"no: {given['why']}",
            "status": NOT_RUN,
        }
        for given in read_rows(path, columns)
        for column, score in PUBLISHED_SCORES.items()
        if given[column] != ""
    ]


def _model(
    track: str, row: ModelRow, found: Mapping[tuple[str, str], Sequence[ScoredRun]], spec: DynamicsSpec
) -> ScoredModel:
    runs = sorted(found.get((track, row.model), ()), key=lambda run: (run.info.split, run.info.fold, run.info.seed))
    inputs = {each.model: each.inputs for each in spec.rows[track]}
    settings = {model: own[0].info.settings for (at, model), own in found.items() if at == track}
    return ScoredModel(track, row, tuple(runs), heard(row.model, inputs, settings))


def _rows(model: ScoredModel, spec: DynamicsSpec) -> list[dict[str, Any]]:
    infos, status = model.infos, status_of(model.infos)
    row = {
        "track": model.track,
        "model": model.row.title,
        "hears": model.heard.hears,
        "oracle_beats": "yes" if model.heard.oracle_beats else "no",
        "n_folds": len({(info.split, info.fold) for info in infos}),
        "n_seeds": len({info.seed for info in infos}),
        "n_recordings": sum(run.recordings for run in _once_a_fold(model.runs)),
        "n_pieces": sum(len(run.sums.pieces) for run in _once_a_fold(model.runs)),
        "comparable": f"no: {_why_not(model, status)}",
        "status": status,
        "config_digest": config_digest_of(infos, spec.config_digest),
    }
    if not model.runs:
        return [row]
    return [row | {"scoring": way, "score": score} | own for (way, score), own in _scores(model.runs, spec).items()]


def _scores(runs: Sequence[ScoredRun], spec: DynamicsSpec) -> dict[Score, dict[str, float]]:
    """Mean, standard deviation over folds, and interval of each score."""
    folds = list(_by_fold(runs).values())
    values = [_mean([scores(run.sums) for run in own]) for own in folds]
    drawn = [_mean([scores(run.sums, _draws(run, spec)) for run in own]) for own in folds]
    found = {}
    for score in values[0]:
        by_fold = 100 * np.array([value[score][0] for value in values])
        replicates = 100 * np.mean([draw[score] for draw in drawn], axis=0)
        low, high = np.quantile(replicates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        found[score] = {"f1": by_fold.mean(), "f1_sd": by_fold.std(), "f1_ci_low": low, "f1_ci_high": high}
    return found


def _by_fold(runs: Iterable[ScoredRun]) -> dict[str, list[ScoredRun]]:
    folds: dict[str, list[ScoredRun]] = {}
    for run in runs:
        folds.setdefault(run.info.fold, []).append(run)
    return folds


def _once_a_fold(runs: Iterable[ScoredRun]) -> list[ScoredRun]:
    return [own[0] for own in _by_fold(runs).values()]


def _mean(of_seeds: Sequence[Mapping[Score, np.ndarray]]) -> dict[Score, np.ndarray]:
    return {score: np.mean([each[score] for each in of_seeds], axis=0) for score in of_seeds[0]}


def _draws(run: ScoredRun, spec: DynamicsSpec) -> np.ndarray:
    """How often each replicate draws each piece [B, P]; the same for all models of a track and fold."""
    pieces = len(run.sums.pieces)
    generator = np.random.default_rng(np.random.SeedSequence([spec.seed, int(run.info.fold), *run.info.data.encode()]))
    return generator.multinomial(pieces, np.full(pieces, 1 / pieces), size=spec.replicates).astype(np.float64)


def _why_not(model: ScoredModel, status: str) -> str:
    reason = SYNTHETIC_CORPUS if SYNTHETIC in (status, model.track) else NOT_COMPARABLE.get(model.track, "own data")
    return f"{reason}; oracle beats are given" if model.heard.oracle_beats else reason
