"""The average of several models, from their prediction files alone, with logit adjustment or pooled over a piece.

Logit adjustment (Menon et al., "Long-tail learning via logit adjustment", ICLR 2021) divides the probabilities of the
levels by a power of the levels' shares in the train role, so that rare levels count more. Pooling averages over the
recordings of a test piece: it uses none of their labels, but more than one recording, so that it is no prediction from
a recording and has a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from percepiano_core.errors import UserError
from percepiano_core.metrics.levels_and_beats import BLANK, best_threshold, level_f1
from percepiano_core.store.dynamics_predictions import SCORE_COLUMNS, RunPredictions
from percepiano_core.training.settings import REQUIRED, built, setting

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Settings:
    """What is averaged, and what the validation role chooses."""

    members: list[str] = setting(
        REQUIRED, "models of the same track, which learn levels and change points", unique=True
    )
    logit_adjustments: list[float] = setting(
        [0.0],
        "powers of the levels' shares in the train role that divide the probabilities; the validation role chooses one",
        least=0,
    )
    choose_by: str = setting("weighted", "mean of the levels' F1 by which it does", choices=["weighted", "macro"])
    pooled: bool = setting(False, "average over the recordings of a piece, beat by beat")


def combine(
    valid: Sequence[RunPredictions], test: Sequence[RunPredictions], settings: Mapping[str, Any]
) -> tuple[RunPredictions, RunPredictions]:
    """The combined run on the valid and the test role.

    UserError if members differ in recordings or one of them does not learn.

    Levels: mean of the logarithms of the probabilities. Change points: mean of the log-odds, each less its own
    threshold and in units of its own standard deviation. Both are those of the validation role, where the threshold of
    the mean is chosen.
    """
    options = built(Settings, settings)
    for runs in (valid, test):
        _check(runs, options.members)
    standards = [_standard(run) for run in valid]
    shares = np.array(test[0].chosen["level_shares"])
    parts = {name: _mean(runs, standards) for name, runs in (("valid", valid), ("test", test))}
    if options.pooled:
        parts = {name: _pooled(table) for name, table in parts.items()}
    known = parts["valid"]["level"].to_numpy() != BLANK
    true = parts["valid"]["change_point"].to_numpy() > 0
    threshold = best_threshold(parts["valid"]["evidence"].to_numpy()[known], true[known])
    adjustments = {power: power * np.log(shares) for power in options.logit_adjustments}
    power = max(adjustments, key=lambda each: _level_f1(parts["valid"], adjustments[each], options.choose_by))
    chosen = {"threshold": threshold, "level_shares": shares.tolist(), "logit_adjustment": power}
    for table in parts.values():
        table["predicted_level"] = _levels(table, adjustments[power])
        table["predicted_change_point"] = (table["evidence"] >= threshold).astype(np.int64)
    listener = next((i for i, run in enumerate(test) if run.tasks), 0)  # the first member that hears beats
    said = test[listener].tasks, chosen
    return (
        RunPredictions(parts["valid"], valid[listener].events, *said),
        RunPredictions(parts["test"], test[listener].events, *said),
    )


def _levels(table: pd.DataFrame, adjustment: np.ndarray) -> np.ndarray:
    """Class at each beat once the adjustment [5] is taken from the logarithms of the probabilities."""
    return (table[SCORE_COLUMNS].to_numpy() - adjustment).argmax(axis=1) + 1


def _level_f1(table: pd.DataFrame, adjustment: np.ndarray, average: str) -> float:
    known = table["level"].to_numpy() != BLANK
    return level_f1(table["level"].to_numpy()[known], _levels(table, adjustment)[known], average)


def _check(runs: Sequence[RunPredictions], members: Sequence[str]) -> None:
    first = runs[0].beats[["recording", "time"]]
    for run, member in zip(runs, members, strict=True):
        if not run.beats[["recording", "time"]].equals(first):
            raise UserError(member, f"its recordings are not those of {members[0]}", "run both on the same track")
        if run.beats[[*SCORE_COLUMNS, "evidence"]].isna().any(axis=None):
            raise UserError(member, "it has no probabilities to be combined", "combine models that learn")


def _standard(run: RunPredictions) -> tuple[float, float]:
    """Threshold and standard deviation of a member's log-odds on the validation role."""
    evidence = run.beats["evidence"].to_numpy()
    return run.chosen["threshold"], float(evidence[np.isfinite(evidence)].std()) or 1.0


def _mean(runs: Sequence[RunPredictions], standards: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """Truth, and mean of what the members say; a beat that a member could not see keeps its -inf."""
    table = runs[0].beats.copy()
    table[SCORE_COLUMNS] = np.mean([run.beats[SCORE_COLUMNS].to_numpy() for run in runs], axis=0)
    table["evidence"] = np.mean(
        [(run.beats["evidence"].to_numpy() - at) / sd for run, (at, sd) in zip(runs, standards, strict=True)],
        axis=0,
    )
    return table


def _pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Means over the recordings of each piece, beat by beat; UserError where these differ in beats."""
    beat = table.groupby("recording", sort=False).cumcount()
    beats = table.groupby(["group", "recording"]).size().groupby("group")
    if (beats.nunique() > 1).any():
        piece = beats.nunique().idxmax()
        raise UserError(str(piece), "its recordings differ in their number of beats", "do not pool this track")
    columns = [*SCORE_COLUMNS, "evidence"]
    finite = table[columns].replace(-np.inf, np.nan)
    table[columns] = finite.groupby([table["group"], beat]).transform("mean").fillna(-np.inf)
    return table
