"""Table 1 of dynamics: every model on every track, from prediction files alone, beside the published numbers.

F1 x 100. A score of a track is the mean over its folds, `sd` their population standard deviation as in the paper, `low`
and `high` the 95 % interval from drawing the pieces of each fold again (recordings of a piece share their labels, so
that pieces are what the corpus has few of). Source: spec dynamics.md, sections 0, 5 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from percepiano_core.evaluation.dynamics.scores import PieceSums, piece_sums, scores
from percepiano_core.files import replacing
from percepiano_core.store.dynamics_predictions import read_run

PUBLISHED_FILE = Path(__file__).with_name("published_table1.data.csv")
PUBLISHED_SCORES = {
    "dynamic": "paper_dynamic",
    "change_point": "paper_change_point",
    "beat": "paper_beat",
    "downbeat": "paper_downbeat",
}
TRACK_NOTES = {
    "T1": "labels and folds as published; the input is a curve of total loudness, not the sound",
    "T2": "rendered by a synthesizer: compares inputs and models, says nothing about recordings",
    "T3": "recordings of one's own; the network did not learn from them",
    "synthetic": "SYNTHETIC: composed pieces, simulated pianists; shows that the workflow runs",
}
LEVEL = 0.95
FOLD_COLUMNS = ["track", "model", "fold", "mode", "score", "value", "recordings", "pieces", "threshold"]
TABLE_COLUMNS = [
    *("track", "model", "title", "input", "true_beats", "mode", "score", "value", "sd", "low", "high"),
    *("folds", "recordings", "pieces", "comparable", "note"),
]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model in the table: key, name, what it hears, and whether it is told where the beats are."""

    model: str
    title: str
    input: str
    true_beats: bool


@dataclass(frozen=True, slots=True, eq=False)
class ScoredFold:
    """The sums of a model's test role in one fold."""

    track: str
    model: str
    fold: int
    recordings: int
    threshold: float | None
    sums: PieceSums


def score_fold(folder: Path | str, track: str, model: str, fold: int) -> ScoredFold:
    """Read and score one run."""
    run = read_run(folder, "test")
    threshold = run.run["chosen"].get("threshold")
    return ScoredFold(track, model, fold, run.beats["recording"].nunique(), threshold, piece_sums(run))


def folds_table(folds: Iterable[ScoredFold]) -> pd.DataFrame:
    """One row a track, model, fold and score."""
    rows = []
    for fold in folds:
        known = (fold.track, fold.model, fold.fold)
        counts = (fold.recordings, len(fold.sums.pieces), fold.threshold)
        for name, value in scores(fold.sums).items():
            rows.append((*known, _mode(name), _score_name(name), round(100 * value[0], 2), *counts))
    return pd.DataFrame(rows, columns=FOLD_COLUMNS)


def table1(
    folds: Sequence[ScoredFold], models: Mapping[str, Sequence[ModelRow]], replicates: int, seed: int
) -> pd.DataFrame:
    """All tracks in order, their models in order, then the published rows.

    models : track -> rows; folds of other models are passed over
    """
    parts = []
    for track, rows in models.items():
        for row in rows:
            own = [fold for fold in folds if (fold.track, fold.model) == (track, row.model)]
            parts.append(_model_rows(track, row, own, replicates, seed))
    table = pd.concat([*parts, published_rows()], ignore_index=True)[TABLE_COLUMNS]
    return table.astype(dict.fromkeys(("folds", "recordings", "pieces"), "Int64"))


def published_rows(path: Path = PUBLISHED_FILE) -> pd.DataFrame:
    """The published numbers in the columns of the table; none of them is comparable, and `note` says why."""
    rows = []
    for given in pd.read_csv(path, keep_default_na=False).to_dict("records"):
        for column, score in PUBLISHED_SCORES.items():
            if given[column] != "":
                rows.append(
                    {
                        "track": "published",
                        "model": given["model"],
                        "title": given["title"],
                        "input": given["input"],
                        "true_beats": "no",
                        "mode": "paper",
                        "score": _score_name(score),
                        "value": float(given[column]),
                        "sd": float(given[f"{column}_sd"] or "nan"),
                        "folds": int(given["folds"] or 0) or None,
                        "comparable": "no",
                        "note": given["why"],
                    }
                )
    return pd.DataFrame(rows, columns=TABLE_COLUMNS)


def write_table(path: Path | str, table: pd.DataFrame) -> None:
    """Write as CSV with two decimals."""
    with replacing(path) as part:
        table.to_csv(part, index=False, float_format="%.2f", lineterminator="\n")


def _model_rows(track: str, row: ModelRow, folds: Sequence[ScoredFold], replicates: int, seed: int) -> pd.DataFrame:
    values = [scores(fold.sums) for fold in folds]
    drawn = [scores(fold.sums, _draws(fold, replicates, seed)) for fold in folds]
    rows = []
    for name in values[0]:
        by_fold = 100 * np.array([value[name][0] for value in values])
        low, high = np.quantile(
            100 * np.mean([draw[name] for draw in drawn], axis=0), [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        )
        rows.append((_mode(name), _score_name(name), by_fold.mean(), by_fold.std(), low, high))
    table = pd.DataFrame(rows, columns=["mode", "score", "value", "sd", "low", "high"])
    return table.assign(
        track=track,
        model=row.model,
        title=row.title,
        input=row.input,
        true_beats="yes" if row.true_beats else "no",
        folds=len(folds),
        recordings=sum(fold.recordings for fold in folds),
        pieces=sum(len(fold.sums.pieces) for fold in folds),
        comparable="no",
        note=TRACK_NOTES.get(track, "") + ("; true beats given" if row.true_beats else ""),
    )


def _draws(fold: ScoredFold, replicates: int, seed: int) -> np.ndarray:
    """How often each replicate draws each piece [B, P]; the same for all models of a track and fold."""
    pieces = len(fold.sums.pieces)
    generator = np.random.default_rng(np.random.SeedSequence([seed, fold.fold, *fold.track.encode()]))
    return generator.multinomial(pieces, np.full(pieces, 1 / pieces), size=replicates).astype(np.float64)


def _mode(name: str) -> str:
    return "paper" if name.startswith("paper_") else "honest"


def _score_name(name: str) -> str:
    """Name of a score in the table: the paper's dynamics are weighted too."""
    return {"paper_dynamic": "dynamic_weighted"}.get(name, name.removeprefix("paper_"))
