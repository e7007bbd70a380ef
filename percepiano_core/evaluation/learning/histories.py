"""The courses of training runs in one table, from the history files that the rule `train` leaves in run folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from percepiano_core.errors import UserError
from percepiano_core.training.run_folder import read_run_info

RUN_FOLDER = re.compile(r"(?P<labels>[^/]+)/(?P<model>[^/]+)/(?P<split>[^/]+)/folds_(?P<fold>[^/]+)/seed(?P<seed>\d+)$")
DRAW = re.compile(r"_seed\d+$")  # a draw of a split is a split file of its own
RUN_COLUMNS = ("labels", "model", "split", "fold", "seed")
GRADIENT, STAGES = "gradient_", "stages_"


def read_histories(paths: Iterable[Path | str]) -> pd.DataFrame:
    """One row a run and epoch: the columns of RUN_COLUMNS, `split_kind` (draws alike), `kept`, and all that was told.

    `kept` is True for the epoch whose weights were kept. UserError for a file that is no history of a run.
    """
    return pd.concat([_read(Path(path)) for path in paths], ignore_index=True)


def gradient_norms(history: pd.DataFrame) -> pd.DataFrame:
    """L2 norm of the gradient of each stage, and of the other parts of a network (head, encoder), one column each."""
    parts: dict[str, list[str]] = {}
    for column in history.columns[history.columns.str.startswith(GRADIENT)]:
        name = str(column).removeprefix(GRADIENT)
        part = name.removeprefix(STAGES) if name.startswith(STAGES) else name.split("_")[0]
        parts.setdefault(part, []).append(column)
    return pd.DataFrame({part: np.sqrt((history[names] ** 2).sum(axis=1)) for part, names in parts.items()})


def columns_named(history: pd.DataFrame, prefix: str) -> pd.DataFrame:
    """The columns that begin with `prefix` and hold a number somewhere, named without it."""
    found = history.loc[:, history.columns.str.startswith(prefix)].dropna(axis=1, how="all")
    return found.rename(columns=lambda name: str(name).removeprefix(prefix))


def _read(path: Path) -> pd.DataFrame:
    place = RUN_FOLDER.search(path.parent.as_posix())
    if place is None:
        remedy = "name files as runs/LABELS/MODEL/SPLIT/folds_FOLD/seedSEED/history.csv"
        raise UserError(path, "is in no run folder", remedy)
    try:
        history = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(path, f"cannot be read ({error})", "train the network again") from None
    if "epoch" not in history:
        raise UserError(path, "has no column epoch", "train the network again")
    run = place.groupdict()
    kept = read_run_info(path.parent).chosen[run["fold"]]["epoch"]
    return history.assign(**run, split_kind=DRAW.sub("", run["split"]), kept=history["epoch"] == kept)
