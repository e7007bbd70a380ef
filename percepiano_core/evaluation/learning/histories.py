"""The courses of all trainings in one table, from the history files of run folders and of pre-training.

Beside each history lies run.json (training/run_folder.py), which says whose it is; the place of the file says nothing.
A part of a training that comes before it, as masked-note pre-training, has a history of its own in the same folder,
with the part's name before the file's: masked_notes_history.csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from percepiano_core.errors import UserError
from percepiano_core.training.run_folder import HISTORY_FILE, RunInfo, read_run_info

DRAW = re.compile(r"_seed\d+$")  # a draw of a split is a split file of its own
RUN_COLUMNS = ("system", "data", "model", "part", "split", "fold", "seed")
GRADIENT, STAGES = "gradient_", "stages_"
VALID, LOSS = "valid_", "loss"
SCORES = ("r2", "score")  # numbers of the validation role that are drawn beside its loss, the first that is there
RERUN = "train it again"


def read_histories(paths: Iterable[Path | str]) -> pd.DataFrame:
    """One row a training and epoch: RUN_COLUMNS, what follows from them, and all that was told of the epoch.

    `split_kind` is the split without its draw; `part` is "" for a model itself; `kept` is True for the epoch whose
    weights were kept; `chosen_by` names the number it was chosen by ("loss", "r2", "score", ...), `scored_by` the one
    to be drawn as its score, which is in the column `score`. UserError for a file that is no history of a run.
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
    if not path.name.endswith(HISTORY_FILE):
        raise UserError(path, f"is no {HISTORY_FILE}", "name histories of run folders")
    part = path.name.removesuffix(HISTORY_FILE).rstrip("_")
    try:
        history = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise UserError(path, f"cannot be read ({error})", RERUN) from None
    if "epoch" not in history:
        raise UserError(path, "has no column epoch", RERUN)
    info = read_run_info(path.parent)
    numbers = [str(name).removeprefix(VALID) for name in history if str(name).startswith(VALID)]
    if not numbers:
        raise UserError(path, f"has no column that begins with {VALID}", RERUN)
    chosen_by = LOSS if part else _chosen_by(info.settings, numbers)
    scored_by = next((name for name in SCORES if name in numbers), chosen_by)
    return history.assign(
        **{name: getattr(info, name) for name in RUN_COLUMNS if name != "part"},
        part=part,
        split_kind=DRAW.sub("", info.split),
        kept=history["epoch"] == _kept(info, history, part),
        chosen_by=chosen_by,
        scored_by=scored_by,
        score=history[f"{VALID}{scored_by}"],
    )


def _chosen_by(settings: Mapping[str, Any], numbers: list[str]) -> str:
    """What the recipe selects on; of a training that does not say, its loss, else its score."""
    recipe = settings.get("recipe")
    told = recipe.get("select_on") if isinstance(recipe, Mapping) else None
    return next((str(name) for name in (told, LOSS, *SCORES) if name in numbers), numbers[0])


def _kept(info: RunInfo, history: pd.DataFrame, part: str) -> int:
    """Epoch whose weights were kept, from 1; of a part, which its run does not tell of, that of the lowest loss."""
    if part:
        return int(history["epoch"].to_numpy()[np.nanargmin(history[f"{VALID}{LOSS}"].to_numpy())])
    return int(info.chosen["epoch"])
