"""The one prediction file that every model hands over, whatever its framework, and from which alone tables are made.

CSV with the columns of `COLUMNS`, one row a (split, model, seed, fold, performance, dimension); `target` and
`prediction` are ratings in the label's unit (0 to 1) with six decimals. Rows are sorted by split, model, seed, fold,
performance (as text) and by dimension in the order of the labels, so equal predictions give equal bytes. A draw of the
segment split is a split of its own here: `segment_seed42` ... `segment_seed47` (docs/evaluation.md, "The prediction
file").

A run folder holds one fold's predictions of the test role (predictions.csv) and of the validation role (valid.csv), and
what made them (training/run_folder.py). Writing needs NumPy alone, so that the process of a trivial baseline starts
fast; reading uses pandas.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.table_io import write_rows

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("split", "fold", "seed", "model", "performance", "dimension", "target", "prediction")
KEY = ["split", "model", "seed", "fold"]  # one fitted model on one test set
PREDICTIONS_FILE, VALID_FILE = "predictions.csv", "valid.csv"  # of the test and of the validation role
RERUN = "run the model that wrote it again"


@dataclass(frozen=True, slots=True, eq=False)
class FoldPredictions:
    """What one fitted model (split, fold, seed) says about its test performances, beside the labels.

    `targets` and `predictions` are [performances, 19], columns in the order of DIMENSION_KEYS, ratings in 0 to 1.
    """

    split: str
    fold: str
    seed: int
    model: str
    performances: tuple[str, ...]
    targets: np.ndarray  # [N, 19]
    predictions: np.ndarray  # [N, 19]

    @property
    def sort_key(self) -> tuple[str, str, int, str]:
        """Place in the file."""
        return self.split, self.model, self.seed, self.fold


def write_predictions(path: Path | str, folds: Iterable[FoldPredictions]) -> None:
    """Write the predictions of one or more fitted models to one file, whole or not at all.

    UserError: nothing to write, a value that is not finite, a shape that does not fit, a fold or performance twice.
    """
    path = Path(path)
    ordered = sorted(folds, key=lambda block: block.sort_key)
    _check_blocks(path, ordered)
    write_rows(path, COLUMNS, (row for block in ordered for row in _rows(block)))


def read_predictions(path: Path | str) -> list[FoldPredictions]:
    """Read a prediction file, its rows in any order, as one block a fitted model.

    UserError: missing column, unknown or missing dimension, value that is not a finite number, duplicate row.
    """
    frame = _read_frame(Path(path))
    return [_block(key, group) for key, group in frame.groupby(KEY, sort=True, observed=True)]


def _rows(block: FoldPredictions) -> Iterable[tuple[str | int, ...]]:
    """The block's rows, performances sorted as text."""
    for i in sorted(range(len(block.performances)), key=block.performances.__getitem__):
        pairs = zip(DIMENSION_KEYS, block.targets[i].tolist(), block.predictions[i].tolist(), strict=True)
        for dimension, target, prediction in pairs:
            yield (
                block.split,
                block.fold,
                block.seed,
                block.model,
                block.performances[i],
                dimension,
                f"{target:.6f}",
                f"{prediction:.6f}",
            )


def _check_blocks(path: Path, ordered: list[FoldPredictions]) -> None:
    if not any(block.performances for block in ordered):
        raise UserError(path, "there are no predictions to write", "check that the fold has test performances")
    keys = [block.sort_key for block in ordered]
    for key, following in itertools.pairwise(keys):
        if key == following:
            raise UserError(path, f"{_name(key)} comes twice", "write each fitted model once")
    for block in ordered:
        _check_block(path, block)


def _check_block(path: Path, block: FoldPredictions) -> None:
    where = _name(block.sort_key)
    shape = (len(block.performances), len(DIMENSION_KEYS))
    if block.targets.shape != shape or block.predictions.shape != shape:
        found = f"{block.targets.shape} and {block.predictions.shape}"
        raise UserError(path, f"{where} has arrays of shape {found}, not {shape}", "pass one row a performance")
    if len(set(block.performances)) < len(block.performances):
        twice = next(name for name in block.performances if block.performances.count(name) > 1)
        raise UserError(path, f"{where} has {twice} twice", "write each test performance once")
    for column, values in (("target", block.targets), ("prediction", block.predictions)):
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            i, j = bad[0]
            problem = (
                f"{where} has a {column} that is not a finite number: {block.performances[i]}, {DIMENSION_KEYS[j]}"
            )
            raise UserError(path, problem, "check the model's features and labels")


def _name(key: Iterable[object]) -> str:
    split, model, seed, fold = key
    return f"{model} on {split}, fold {fold}, seed {seed}"


def _read_frame(path: Path) -> pd.DataFrame:
    """The checked rows, sorted as they are written; `dimension` as its index in the labels' order."""
    import pandas as pd

    text = dict.fromkeys(("split", "fold", "model", "performance", "dimension"), "str")
    try:
        frame = pd.read_csv(
            path,
            dtype=text,
            keep_default_na=False,
            na_values={"target": ["", "nan"], "prediction": ["", "nan"]},
        )
    except FileNotFoundError as error:
        raise UserError(path, "is missing", RERUN) from error
    except (ValueError, pd.errors.ParserError) as error:
        raise UserError(path, f"is not a prediction file ({error})", RERUN) from error
    if tuple(frame.columns) != COLUMNS:
        raise UserError(path, f"has the columns {', '.join(frame.columns)}, not {', '.join(COLUMNS)}", RERUN)
    _check_rows(path, frame)
    frame["dimension"] = frame["dimension"].map({key: i for i, key in enumerate(DIMENSION_KEYS)})
    frame = frame.sort_values([*KEY, "performance", "dimension"], ignore_index=True)
    counts = frame.groupby([*KEY, "performance"], sort=False).size()
    if (counts != len(DIMENSION_KEYS)).any():
        *key, performance = counts.index[counts != len(DIMENSION_KEYS)][0]
        raise UserError(path, f"{_name(key)} lacks dimensions of {performance}", RERUN)
    return frame


def _check_rows(path: Path, frame: pd.DataFrame) -> None:
    if frame.empty:
        raise UserError(path, "holds no predictions", RERUN)
    unknown = frame.loc[~frame["dimension"].isin(DIMENSION_KEYS), "dimension"]
    if len(unknown):
        raise UserError(path, f"has an unknown dimension {unknown.iloc[0]!r}", f"use {', '.join(DIMENSION_KEYS)}")
    for column in ("target", "prediction"):
        finite = np.isfinite(_numbers(path, frame, column))
        if not finite.all():
            line = int(np.argmin(finite)) + 2
            raise UserError(path, f"line {line} has a {column} that is not a finite number", RERUN)
    _numbers(path, frame, "seed")
    twice = frame.duplicated([*KEY, "performance", "dimension"]).to_numpy()
    if twice.any():
        raise UserError(path, f"line {int(np.argmax(twice)) + 2} repeats an earlier row", RERUN)


def _numbers(path: Path, frame: pd.DataFrame, column: str) -> np.ndarray:
    if frame[column].dtype.kind not in "if":
        raise UserError(path, f"has text in the column {column}", RERUN)
    return frame[column].to_numpy(dtype=float)


def _block(key: Any, group: pd.DataFrame) -> FoldPredictions:
    split, model, seed, fold = key
    width = len(DIMENSION_KEYS)
    return FoldPredictions(
        split=split,
        fold=fold,
        seed=int(seed),
        model=model,
        performances=tuple(group["performance"].to_numpy()[::width]),
        targets=group["target"].to_numpy(dtype=float).reshape(-1, width),
        predictions=group["prediction"].to_numpy(dtype=float).reshape(-1, width),
    )
